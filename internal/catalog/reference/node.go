package reference

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// plain are texts that no YAML parser, of 1.1 either, takes for anything but a
// string.
var plain = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9._/-]*(://[A-Za-z0-9._/-]+)?( [A-Za-z0-9._/-]+)*$|^[0-9]+([KMGT]i?B?|ms|[smhdwy])$`)

// isWord says that some YAML parser takes the text for a boolean or null.
func isWord(s string) bool {
	return slices.Contains([]string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}, strings.ToLower(s))
}

func stringStyle(s string) yaml.Style {
	if plain.MatchString(s) && !isWord(s) {
		return 0
	}
	return yaml.DoubleQuotedStyle
}

// String returns a node for a text.
func String(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s, Style: stringStyle(s)}
}

// Node returns the node for a value as encoding/json decodes it: nil, bool,
// float64, json.Number, string, []any, map[string]any, and Go's integers. Keys
// are sorted. Any other type is an error.
func Node(v any) (*yaml.Node, error) {
	scalar := func(tag, value string) (*yaml.Node, error) {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}, nil
	}
	switch v := v.(type) {
	case nil:
		return scalar("!!null", "null")
	case bool:
		return scalar("!!bool", strconv.FormatBool(v))
	case string:
		return String(v), nil
	case int:
		return scalar("!!int", strconv.Itoa(v))
	case int64:
		return scalar("!!int", strconv.FormatInt(v, 10))
	case uint64:
		return scalar("!!int", strconv.FormatUint(v, 10))
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return scalar("!!int", strconv.FormatInt(int64(v), 10))
		}
		return scalar("!!float", strconv.FormatFloat(v, 'g', -1, 64))
	case json.Number:
		if _, err := v.Int64(); err == nil {
			return scalar("!!int", v.String())
		}
		return scalar("!!float", v.String())
	case []any:
		return sequence(v)
	case map[string]any:
		return mapping(v)
	default:
		return nil, fmt.Errorf("a value of type %T has no YAML form", v)
	}
}

func sequence(items []any) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	if len(items) == 0 {
		n.Style = yaml.FlowStyle
	}
	for _, item := range items {
		child, err := Node(item)
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, child)
	}
	return n, nil
}

func mapping(m map[string]any) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	if len(m) == 0 {
		n.Style = yaml.FlowStyle
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		child, err := Node(m[key])
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, String(key), child)
	}
	return n, nil
}
