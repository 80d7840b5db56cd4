// Package chartkeys knows which values a Helm chart reads. Most charts ignore
// a mistyped key silently; this finds it. What it knows is derived from the
// values.yaml that comes with a chart, by 'bootstrap charts vendor', and kept in
// the component's folder.
package chartkeys

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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
	// Also are values that the chart reads although nothing of it shows them, and
	// Open those that may hold anything although their default has keys: what a
	// person found out, each a path of keys parted by slashes.
	Also []string `json:"also,omitempty"`
	Open []string `json:"open,omitempty"`
	Keys Keys     `json:"keys"`
}

// MaxBytes bounds a File that is written down: what it is read into is many times
// as large.
const MaxBytes = 256 << 10

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

// Marshal writes a File, the same bytes every time. What Parse would refuse is an
// error.
func (f *File) Marshal() ([]byte, error) {
	text, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		return nil, fmt.Errorf("writing the keys of a chart: %w", err)
	}
	text = append(text, '\n')
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("writing the keys of a chart: they are more than %d KiB", MaxBytes>>10)
	}
	if _, err := Parse(text); err != nil {
		return nil, err
	}
	return text, nil
}

// Path splits a path of keys at its slashes: keys have dots, grafana/grafana.ini.
// It is an error where a key is empty.
func Path(path string) ([]string, error) {
	keys := strings.Split(path, "/")
	if slices.Contains(keys, "") {
		return nil, fmt.Errorf("%q is no path of keys, such as a/b", path)
	}
	return keys, nil
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
