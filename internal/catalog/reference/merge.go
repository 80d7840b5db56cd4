package reference

import (
	"go.yaml.in/yaml/v3"
)

// Merge returns base with over laid over it: mappings merge key by key, in
// base's order and then over's; lists and scalars replace. Comments of a
// replaced value are over's where it has any. Neither template is changed; nil
// stands for an empty document.
func Merge(base, over *Template) *Template {
	switch {
	case base == nil:
		return over
	case over == nil:
		return base
	}
	m := &Template{hot: make(map[*yaml.Node]struct{}, len(base.hot)+len(over.hot))}
	for _, t := range []*Template{base, over} {
		for n := range t.hot {
			m.hot[n] = struct{}{}
		}
	}
	m.root = m.merge(base.root, over.root)
	return m
}

func (t *Template) merge(base, over *yaml.Node) *yaml.Node {
	if base.Kind != over.Kind || base.Kind != yaml.MappingNode {
		return over
	}
	merged := *base
	merged.Content = append([]*yaml.Node(nil), base.Content...)
	if len(merged.Content) == 0 {
		merged.Style = over.Style
	}
	at := make(map[string]int, len(base.Content)/2)
	for i := 0; i+1 < len(base.Content); i += 2 {
		at[base.Content[i].Value] = i
	}
	for i := 0; i+1 < len(over.Content); i += 2 {
		key, value := over.Content[i], over.Content[i+1]
		j, ok := at[key.Value]
		if !ok {
			merged.Content = append(merged.Content, key, value)
			continue
		}
		merged.Content[j] = withComments(key, merged.Content[j])
		merged.Content[j+1] = t.merge(merged.Content[j+1], value)
	}
	t.mark(&merged)
	return &merged
}

// mark makes n hot when one of its children is.
func (t *Template) mark(n *yaml.Node) {
	for _, child := range n.Content {
		if _, hot := t.hot[child]; hot {
			t.hot[n] = struct{}{}
			return
		}
	}
}

// withComments returns over with the comments of base where it has none.
func withComments(over, base *yaml.Node) *yaml.Node {
	key := *over
	if key.HeadComment == "" && key.LineComment == "" && key.FootComment == "" {
		key.HeadComment, key.LineComment, key.FootComment = base.HeadComment, base.LineComment, base.FootComment
	}
	return &key
}
