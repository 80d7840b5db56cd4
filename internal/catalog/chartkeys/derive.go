package chartkeys

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// What a chart's values.yaml may be: parsed, a value takes hundreds of bytes. The
// largest in use has 250 KiB and 6,000 values.
const (
	maxValues = 1 << 20
	maxMarks  = 100_000
)

// Derive returns the keys of a chart's values.yaml; none where it is empty. A key
// that is commented out where a key could stand counts too: charts show optional
// values so.
func Derive(values []byte) (Keys, error) {
	if len(values) > maxValues || marks(values) > maxMarks {
		return nil, fmt.Errorf("parsing the chart's values: they are more than %d KiB, or %d values", maxValues>>10, maxMarks)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(values, &doc); err != nil {
		return nil, fmt.Errorf("parsing the chart's values: %w", err)
	}
	keys := Keys{}
	if len(doc.Content) == 1 {
		if doc.Content[0].Kind != yaml.MappingNode && doc.Content[0].ShortTag() != "!!null" {
			return nil, errors.New("parsing the chart's values: they are no mapping")
		}
		maps.Copy(keys, derive(doc.Content[0]))
	}
	keys.addCommented(string(values))
	return keys, nil
}

// marks is at least how many values a text can have, comments left out.
func marks(text []byte) int {
	n := 0
	for line := range bytes.Lines(text) {
		if line = bytes.TrimLeft(line, " "); len(line) > 0 && line[0] != '#' {
			n += 1 + bytes.Count(line, []byte(",")) + bytes.Count(line, []byte("[")) + bytes.Count(line, []byte("{")) +
				bytes.Count(line, []byte(": ")) + bytes.Count(line, []byte("- "))
		}
	}
	return n
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

// Name adds the value at a path of keys: the first key of it that is not known,
// which may hold anything then. It returns whether one was added.
func (k Keys) Name(path ...string) bool {
	for in := k; len(path) > 0; path = path[1:] {
		below, known := in[path[0]]
		if !known {
			in[path[0]] = nil
			return true
		}
		if len(below) == 0 {
			return false // anything may stand there already
		}
		in = below
	}
	return false
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
