package objectdiff

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const (
	// mask stands where a secret would be; the marks tell two that differ apart.
	mask       = "***"
	markBefore = " (before)"
	markAfter  = " (after)"
	// shortest is the length in bytes below which a Secret's value is not
	// searched for in other objects: shorter ones would match by chance.
	shortest = 6
	// lastApplied holds the whole object once more.
	lastApplied = "kubectl.kubernetes.io/last-applied-configuration"
)

// masker takes the values of Secrets out of trees and texts. In a Secret all of
// data is masked, whatever it is, and every annotation and label that repeats
// one of its values; elsewhere, each occurrence of a value that any of the
// Secrets has. Short words in lower case (a user's name, a database's) are left
// where they are outside of Secrets: they would hide half of the output and
// are none.
type masker struct {
	replacer *strings.Replacer
}

func newMasker(attempts []Attempt) *masker {
	values := map[string]bool{}
	for _, a := range attempts {
		for _, tree := range []map[string]any{content(a.Before), content(a.After)} {
			collect(tree, values)
		}
	}
	word := regexp.MustCompile(`^[a-z][a-z-]{0,10}$`)
	forms := map[string]bool{}
	for value := range values {
		if len(value) < shortest || word.MatchString(value) {
			continue
		}
		for _, form := range spellings(value) {
			if len(form) >= shortest {
				forms[form] = true
			}
		}
	}
	// The longest first, so that a value within another does not cut it.
	order := slices.SortedFunc(maps.Keys(forms), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	pairs := make([]string, 0, 2*len(order))
	for _, form := range order {
		pairs = append(pairs, form, mask)
	}
	return &masker{strings.NewReplacer(pairs...)}
}

// spellings are the ways in which a value is written inside other text.
func spellings(value string) []string {
	quoted, _ := json.Marshal(value)
	encoded := base64.StdEncoding.EncodeToString([]byte(value))
	return []string{
		value, strings.TrimRight(value, "\n"), string(quoted[1 : len(quoted)-1]), url.QueryEscape(value), url.PathEscape(value),
		encoded, strings.TrimRight(encoded, "="),
	}
}

// collect finds the values of all Secrets in a tree.
func collect(value any, found map[string]bool) {
	switch v := value.(type) {
	case map[string]any:
		if isSecret(v) {
			for value := range secretValues(v) {
				found[value] = true
			}
		}
		for _, inner := range v {
			collect(inner, found)
		}
	case []any:
		for _, inner := range v {
			collect(inner, found)
		}
	}
}

func isSecret(tree map[string]any) bool {
	return tree["kind"] == "Secret" && tree["apiVersion"] == "v1"
}

// secretValues are a Secret's values, as they are and decoded.
func secretValues(secret map[string]any) map[string]bool {
	values := map[string]bool{}
	for _, field := range []string{"data", "stringData"} {
		entries, _ := secret[field].(map[string]any)
		for _, entry := range entries {
			text, _ := entry.(string)
			values[text] = true
			if decoded, err := base64.StdEncoding.DecodeString(text); err == nil && field == "data" {
				values[string(decoded)] = true
			}
		}
	}
	delete(values, "")
	return values
}

func (m *masker) text(text string) string { return m.replacer.Replace(text) }

// pair returns copies of two trees, or of one beside nil, masked and without
// what the server keeps for itself.
func (m *masker) pair(before, after map[string]any) (b, a map[string]any) {
	x, y := m.values(authored(before), authored(after))
	b, _ = x.(map[string]any)
	a, _ = y.(map[string]any)
	return b, a
}

// authored is a tree without what the server keeps. The parts that stay are
// shared with it.
func authored(tree map[string]any) any {
	if tree == nil {
		return nil
	}
	copied := maps.Clone(tree)
	delete(copied, "status")
	if metadata, ok := tree["metadata"].(map[string]any); ok {
		metadata = maps.Clone(metadata)
		maps.DeleteFunc(metadata, func(key string, _ any) bool { return serverKept(key) })
		copied["metadata"] = metadata
	}
	return copied
}

// values copies two values that stand in the same place, masked.
func (m *masker) values(before, after any) (b, a any) {
	x, isMap := before.(map[string]any)
	y, bothMaps := after.(map[string]any)
	if isMap || bothMaps {
		b, a = m.maps(x, y)
		return keep(b, before, isMap, m), keep(a, after, bothMaps, m)
	}
	v, isList := before.([]any)
	w, bothLists := after.([]any)
	if isList || bothLists {
		b, a = m.lists(v, w)
		return keep(b, before, isList, m), keep(a, after, bothLists, m)
	}
	return m.scalars(before, after)
}

// keep is the masked copy if the value was of the kind that was copied;
// otherwise the value by itself.
func keep(copied, value any, was bool, m *masker) any {
	if was {
		return copied
	}
	if value == nil {
		return nil
	}
	alone, _ := m.values(value, nil)
	return alone
}

func (m *masker) maps(before, after map[string]any) (b, a map[string]any) {
	if isSecret(before) || isSecret(after) {
		before, after = m.secrets(before, after)
	}
	b, a = make(map[string]any, len(before)), make(map[string]any, len(after))
	for key, x := range before {
		y, both := after[key]
		mx, my := m.values(x, y)
		b[key] = mx
		if both {
			a[key] = my
		}
	}
	for key, y := range after {
		if _, done := before[key]; !done {
			_, a[key] = m.values(nil, y)
		}
	}
	return b, a
}

func (m *masker) lists(before, after []any) (b, a []any) {
	b, a = make([]any, len(before)), make([]any, len(after))
	for i := range max(len(before), len(after)) {
		var x, y any
		if i < len(before) {
			x = before[i]
		}
		if i < len(after) {
			y = after[i]
		}
		x, y = m.values(x, y)
		if i < len(before) {
			b[i] = x
		}
		if i < len(after) {
			a[i] = y
		}
	}
	return b, a
}

func (m *masker) scalars(before, after any) (b, a any) {
	x, isText := before.(string)
	y, both := after.(string)
	if isText {
		before = m.text(x)
	}
	if both {
		after = m.text(y)
	}
	if isText && both && x != y && before == after {
		return m.text(x) + markBefore, m.text(y) + markAfter
	}
	return before, after
}

// secrets masks what two versions of a Secret hold, in copies.
func (m *masker) secrets(before, after map[string]any) (b, a map[string]any) {
	own := secretValues(before)
	maps.Copy(own, secretValues(after))
	b, a = maps.Clone(before), maps.Clone(after)
	x, y := secretData(before), secretData(after)
	for _, side := range []struct {
		tree   map[string]any
		hidden map[string]any
	}{{b, hide(x, y, markBefore)}, {a, hide(y, x, markAfter)}} {
		delete(side.tree, "stringData")
		if _, had := side.tree["data"]; had || len(side.hidden) > 0 {
			side.tree["data"] = side.hidden
		}
	}
	p, _ := before["metadata"].(map[string]any)
	q, _ := after["metadata"].(map[string]any)
	for _, field := range []string{"annotations", "labels"} {
		repeats := func(key, value string) bool {
			if key == lastApplied {
				return true
			}
			for secret := range own {
				if strings.Contains(value, secret) {
					return true
				}
			}
			return false
		}
		v, _ := p[field].(map[string]any)
		w, _ := q[field].(map[string]any)
		setIn(b, field, hideSome(v, w, markBefore, repeats))
		setIn(a, field, hideSome(w, v, markAfter, repeats))
	}
	return b, a
}

// setIn sets a field of the metadata that had it, in a copy.
func setIn(tree map[string]any, field string, value map[string]any) {
	metadata, _ := tree["metadata"].(map[string]any)
	if _, had := metadata[field]; !had {
		return
	}
	metadata = maps.Clone(metadata)
	metadata[field] = value
	tree["metadata"] = metadata
}

// secretData is all that a Secret holds in the form of data.
func secretData(secret map[string]any) map[string]any {
	data, _ := secret["data"].(map[string]any)
	plain, _ := secret["stringData"].(map[string]any)
	all := make(map[string]any, len(data)+len(plain))
	maps.Copy(all, data)
	for key, value := range plain {
		text, _ := value.(string)
		all[key] = base64.StdEncoding.EncodeToString([]byte(text))
	}
	return all
}

func hide(entries, others map[string]any, mark string) map[string]any {
	return hideSome(entries, others, mark, func(string, string) bool { return true })
}

// hideSome masks those entries that which names, and marks those whose
// counterpart differs.
func hideSome(entries, others map[string]any, mark string, which func(key, value string) bool) map[string]any {
	hidden := make(map[string]any, len(entries))
	for key, value := range entries {
		other, both := others[key]
		text, _ := value.(string)
		counterpart, _ := other.(string)
		secret := which(key, text) || both && which(key, counterpart)
		switch {
		case !secret:
			hidden[key] = value
		case both && !EqualValues(value, other):
			hidden[key] = mask + mark
		default:
			hidden[key] = mask
		}
	}
	return hidden
}
