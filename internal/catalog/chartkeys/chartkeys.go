// Package chartkeys knows which values a Helm chart reads. Most charts ignore
// a mistyped key silently; this finds it. What it knows is derived from the
// values.yaml that comes with a chart, by the program in derive/, and kept in
// the component's folder.
package chartkeys

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// Keys are the keys of a mapping, each with those of the mapping below it. A
// key without any below may hold anything.
type Keys map[string]Keys

// File is what a component keeps about the values of its chart.
type File struct {
	// Chart and Version are what the keys were derived from.
	Chart   string `json:"chart"`
	Version string `json:"version"`
	Keys    Keys   `json:"keys"`
}

// Parse reads a File.
func Parse(text []byte) (*File, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var f File
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("reading the keys of a chart: %w", err)
	}
	if f.Chart == "" || f.Version == "" || len(f.Keys) == 0 {
		return nil, errors.New("reading the keys of a chart: want chart, version and keys")
	}
	return &f, nil
}

// Unknown is a key of values that the chart does not have.
type Unknown struct {
	// Path leads to the key from the top of the values, the key itself included.
	Path []string
	// Key is its node.
	Key *yaml.Node
	// Hint names the key that was meant, if one is near.
	Hint string
}

// Unknown returns the keys of values that the chart does not have, in the order
// of the file.
func (k Keys) Unknown(values *yaml.Node) []Unknown { return k.unknown(nil, values) }

func (k Keys) unknown(path []string, n *yaml.Node) []Unknown {
	if n.Kind != yaml.MappingNode || len(k) == 0 {
		return nil
	}
	var found []Unknown
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		here := append(slices.Clone(path), key.Value)
		if below, known := k[key.Value]; known {
			found = append(found, below.unknown(here, n.Content[i+1])...)
			continue
		}
		found = append(found, Unknown{here, key, strictyaml.DidYouMean(key.Value, slices.Collect(maps.Keys(k)))})
	}
	return found
}

// At returns the keys below a path; nil where anything may stand, and where
// nothing is known.
func (k Keys) At(path ...string) Keys {
	for _, key := range path {
		k = k[key]
	}
	return k
}

// Derive returns the keys of a chart's values.yaml. A key that is commented
// out where a key could stand counts too: charts show optional values so.
func Derive(values []byte) (Keys, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(values, &doc); err != nil {
		return nil, fmt.Errorf("parsing the chart's values: %w", err)
	}
	keys := Keys{}
	if len(doc.Content) == 1 {
		keys = derive(doc.Content[0])
	}
	keys.addCommented(string(values))
	return keys, nil
}

// passed are values that charts hand on to Kubernetes as they are, so that
// there is more to set than the default shows.
func passed() []string {
	return []string{"affinity", "nodeSelector", "resources", "securityContext", "podSecurityContext", "containerSecurityContext"}
}

func derive(n *yaml.Node) Keys {
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		return nil
	}
	keys := Keys{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		if keys[key] = derive(n.Content[i+1]); slices.Contains(passed(), key) {
			keys[key] = nil
		}
	}
	return keys
}

var (
	keyLine       = regexp.MustCompile(`^( *)([A-Za-z_][A-Za-z0-9_.-]*):( |$)`)
	commentedLine = regexp.MustCompile(`^( *)# ?([A-Za-z_][A-Za-z0-9_.-]*):( |$)`)
)

// addCommented adds the keys of lines such as "  # minAvailable: 1" to the
// mapping whose keys stand in that column.
func (k Keys) addCommented(values string) {
	type place struct {
		column int
		key    string
	}
	var path []place
	for line := range strings.Lines(values) {
		line = strings.TrimRight(line, "\r\n")
		if m := keyLine.FindStringSubmatch(line); m != nil {
			for len(path) > 0 && path[len(path)-1].column >= len(m[1]) {
				path = path[:len(path)-1]
			}
			path = append(path, place{len(m[1]), m[2]})
			continue
		}
		m := commentedLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		in := k
		for _, p := range path {
			if p.column >= len(m[1]) || in == nil {
				break
			}
			in = in[p.key]
		}
		if len(in) == 0 {
			continue // whatever stands there may hold anything
		}
		if _, known := in[m[2]]; !known {
			in[m[2]] = nil
		}
	}
}

// Open says that the value at a path of keys may hold anything. It returns
// whether there is one.
func (k Keys) Open(path ...string) bool {
	below, ok := k[path[0]]
	if ok && len(path) > 1 {
		return below.Open(path[1:]...)
	}
	if ok {
		k[path[0]] = nil
	}
	return ok
}

// Add puts the keys of a chart that comes with this one below its name, and
// what this chart says about it stays.
func (k Keys) Add(name string, sub Keys) { k[name] = merge(k[name], sub) }

func merge(a, b Keys) Keys {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0:
		return a
	}
	merged := maps.Clone(a)
	for key, below := range b {
		merged[key] = merge(merged[key], below)
	}
	return merged
}
