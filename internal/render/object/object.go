// Package object writes Kubernetes objects as YAML that reads as if written by
// hand: keys in the order given, two spaces, lists indented, comments kept.
package object

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/tree"
)

// Map returns a mapping of keys and values in turn. A value is a string, int,
// bool, []string, []*yaml.Node, map[string]string (sorted) or *yaml.Node; a nil
// node or an empty list or map leaves its key out. Anything else is a mistake
// in the program, and panics.
func Map(pairs ...any) *yaml.Node {
	m := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: make([]*yaml.Node, 0, len(pairs))}
	for i := 0; i+1 < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			panic(fmt.Sprintf("object: %v is no key", pairs[i]))
		}
		if value := node(pairs[i+1]); value != nil {
			m.Content = append(m.Content, Text(key), value)
		}
	}
	if len(m.Content) == 0 {
		m.Style = yaml.FlowStyle
	}
	return m
}

func node(v any) *yaml.Node {
	switch v := v.(type) {
	case *yaml.Node:
		return v
	case string:
		return Text(v)
	case int:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(v)}
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v)}
	case []string:
		items := make([]*yaml.Node, len(v))
		for i, s := range v {
			items[i] = Text(s)
		}
		return list(items)
	case []*yaml.Node:
		return list(v)
	case map[string]string:
		return labels(v)
	}
	panic(fmt.Sprintf("object: a %T has no place in an object", v))
}

func list(items []*yaml.Node) *yaml.Node {
	if len(items) == 0 {
		return nil
	}
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: items}
}

func labels(m map[string]string) *yaml.Node {
	if len(m) == 0 {
		return nil
	}
	pairs := make([]any, 0, 2*len(m))
	for _, key := range sortedKeys(m) {
		pairs = append(pairs, key, m[key])
	}
	return Map(pairs...)
}

// List returns a sequence.
func List(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: items}
}

// Empty returns {}.
func Empty() *yaml.Node { return Map() }

// Flow writes a node on one line.
func Flow(n *yaml.Node) *yaml.Node {
	n.Style |= yaml.FlowStyle
	return n
}

// old are plain texts that a YAML 1.1 parser takes for something else, although
// the encoder, which knows 1.2, does not quote them; and what starts with a
// colon, which reads badly.
var old = regexp.MustCompile(`^(:.*|[yYnN]|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|[-+]?0[0-7_]+)$`)

// oldStarts are the bytes that a text which matches old starts with. Most texts
// start with another, and matching costs as much as writing.
const oldStarts = ":yYnNoO+-0123456789"

// Text returns a string, quoted where it would read as something else.
func Text(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if s != "" && strings.IndexByte(oldStarts, s[0]) >= 0 && old.MatchString(s) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// Block returns a text of several lines, written as it is.
func Block(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s, Style: yaml.LiteralStyle}
}

// Comment puts a comment above an entry of a mapping; the text needs no #.
func Comment(m *yaml.Node, key, text string) *yaml.Node {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			m.Content[i].HeadComment = text
			return m
		}
	}
	panic("object: there is no " + key + " to comment on")
}

// YAML returns a node as a text of its own.
func YAML(n *yaml.Node) (string, error) {
	b, err := encode("", []*yaml.Node{n})
	return string(b), err
}

// Encode returns a generated file: the header, then the documents.
func Encode(docs ...*yaml.Node) ([]byte, error) { return encode(tree.Header, docs) }

func encode(head string, docs []*yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(2048)
	b.WriteString(head)
	for i, doc := range docs {
		if i > 0 {
			b.WriteString("---\n")
		}
		e := yaml.NewEncoder(&b)
		e.SetIndent(2)
		if err := e.Encode(doc); err != nil {
			return nil, fmt.Errorf("writing YAML: %w", err)
		}
		if err := e.Close(); err != nil {
			return nil, fmt.Errorf("writing YAML: %w", err)
		}
	}
	return bytes.Clone(b.Bytes()), nil // of its size: half a million may be kept
}
