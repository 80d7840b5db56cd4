package strictyaml

import (
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// Locator knows where the values of a document stand.
type Locator interface {
	// Position is the place of the value at path; of the nearest value above
	// it when there is none. List items are named by their index.
	Position(path ...string) diag.Position
	// KeyPosition is the place of the key of the value at path.
	KeyPosition(path ...string) diag.Position
}

// Position implements Locator.
func (d *Document) Position(path ...string) diag.Position {
	key, value := d.find(path)
	// An empty value has no place of its own; its key has.
	if key != nil && value.Tag == "!!null" && value.Value == "" {
		return d.place(key)
	}
	return d.place(value)
}

// KeyPosition implements Locator.
func (d *Document) KeyPosition(path ...string) diag.Position {
	key, value := d.find(path)
	if key != nil {
		return d.place(key)
	}
	return d.place(value)
}

// text is the value at path as it is written in the file.
func (d *Document) text(path ...string) string {
	if _, n := d.find(path); n != nil && n.Kind == yaml.ScalarNode {
		return n.Value
	}
	return ""
}

func (d *Document) place(n *yaml.Node) diag.Position {
	return diag.Position{File: d.file, Line: n.Line, Column: n.Column}
}

// find returns the deepest node on the way along path, and its key where it
// has one.
func (d *Document) find(path []string) (key, value *yaml.Node) {
	value = d.Root
	for _, p := range path {
		k, v := step(value, p)
		if v == nil {
			return key, value
		}
		key, value = k, v
	}
	return key, value
}

func step(n *yaml.Node, p string) (key, value *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == p {
				return n.Content[i], n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(p); err == nil && i >= 0 && i < len(n.Content) {
			return nil, n.Content[i]
		}
	}
	return nil, nil
}
