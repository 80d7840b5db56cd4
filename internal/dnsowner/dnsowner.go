// Package dnsowner tells the records of a DNS zone that a controller wrote for
// one cluster from all others, by the TXT records in which such controllers note
// whose a record is. It knows the form that ExternalDNS writes since its version
// 0.12 (https://kubernetes-sigs.github.io/external-dns/latest/docs/registry/txt/):
// the record app.example.com of type A has its owner in the TXT record
// a-app.example.com, or in _label.a-app.example.com.
package dnsowner

import (
	"slices"
	"strings"
)

// Record is a record of a zone.
type Record struct {
	// Name is the full name, in any case, with or without the dot at its end.
	Name string
	// Type is A, CNAME, TXT and so on.
	Type string
	// Set tells records of one name and type apart, where a zone allows several.
	Set string
	// Values are what it holds; those of a TXT record in quotes.
	Values []string
}

// Owned returns the indexes of the records that belong to one of the markers,
// in rising order: each TXT record that holds one and nothing of others, and the
// record that it speaks of. A marker is a list such as
// "heritage=external-dns,external-dns/owner=acme-dev"; a TXT record holds it when
// each part of it is a part of the record. An empty marker owns nothing.
func Owned(records []Record, markers []string) []int {
	type key struct{ name, kind, set string }
	index := map[key]int{}
	for i, r := range records {
		index[key{normal(r.Name), r.Type, r.Set}] = i
	}
	owned := map[int]bool{}
	for i, r := range records {
		if r.Type != "TXT" || !holds(r.Values, markers) {
			continue
		}
		owned[i] = true
		name, kinds := subject(normal(r.Name))
		for _, kind := range kinds {
			if at, ok := index[key{name, kind, r.Set}]; ok {
				owned[at] = true
			}
		}
	}
	var all []int
	for i := range records {
		if owned[i] {
			all = append(all, i)
		}
	}
	return all
}

// subject returns the name that a TXT record speaks of, and the types; none
// where it speaks of nothing.
func subject(name string) (of string, kinds []string) {
	if strings.HasPrefix(name, "_") {
		_, name, _ = strings.Cut(name, ".")
	}
	kind, of, _ := strings.Cut(name, "-")
	if of == "" || strings.Contains(kind, ".") {
		return "", nil
	}
	switch kind {
	case "cname":
		// What a load balancer's name stands for is an alias in Route 53, of type
		// A, and noted as a CNAME.
		return of, []string{"CNAME", "A"}
	case "a", "aaaa", "srv", "mx", "naptr", "txt", "ns":
		return of, []string{strings.ToUpper(kind)}
	}
	return "", nil
}

// holds reports whether each value holds one of the markers.
func holds(values, markers []string) bool {
	for _, value := range values {
		parts := strings.Split(text(value), ",")
		if !slices.ContainsFunc(markers, func(marker string) bool { return within(marker, parts) }) {
			return false
		}
	}
	return len(values) > 0
}

func within(marker string, parts []string) bool {
	if strings.TrimSpace(marker) == "" {
		return false
	}
	for part := range strings.SplitSeq(marker, ",") {
		if !slices.Contains(parts, part) {
			return false
		}
	}
	return true
}

// text is what a TXT record says: its strings, one after the other.
func text(value string) string {
	parts := strings.Split(value, `"`)
	if len(parts) == 1 {
		return value
	}
	var b strings.Builder
	for i := 1; i < len(parts); i += 2 {
		b.WriteString(parts[i])
	}
	return b.String()
}

func normal(name string) string { return strings.TrimSuffix(strings.ToLower(name), ".") }
