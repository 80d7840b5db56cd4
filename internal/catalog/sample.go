package catalog

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/catalog/reference"
)

// SampleValues returns the chart's values for no cluster in particular: parameters
// have their defaults, and the rest of what only a cluster knows is a word. They
// hold what YAML has, mappings with texts as keys.
func (c *Component) SampleValues() (map[string]any, error) {
	values := map[string]any{}
	if c.values == nil {
		return values, nil
	}
	root := c.values.Resolve(func(name string) *yaml.Node {
		parameter, ok := strings.CutPrefix(name, RefParameters)
		if !ok {
			return reference.String("sample")
		}
		if n := c.parameters.small[parameter]; n != nil {
			return n
		}
		return sample(c.parameters.declared[parameter].Schema)
	})
	if err := root.Decode(&values); err != nil {
		return nil, fmt.Errorf("reading %s/%s: %w", c.Origin, valuesFile, err)
	}
	return values, nil
}

// sample is a value of a parameter that has no default.
func sample(s Schema) *yaml.Node {
	if len(s.Enum) > 0 {
		if n, err := reference.Node(s.Enum[0]); err == nil {
			return n
		}
	}
	switch s.Type {
	case TypeInteger, TypeNumber:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: "1"}
	case TypeBoolean:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "false"}
	case TypeArray:
		return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	case TypeObject:
		return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	default:
		return reference.String("sample")
	}
}
