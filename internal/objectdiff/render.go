package objectdiff

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"go.yaml.in/yaml/v3"
)

// unified is the difference of two trees as YAML, as git would show it: a tree
// that is not there is /dev/null.
func unified(id ID, before, after map[string]any) string {
	from, to := "a/"+id.String(), "b/"+id.String()
	if before == nil {
		from = "/dev/null"
	}
	if after == nil {
		to = "/dev/null"
	}
	return udiff.Unified(from, to, document(before), document(after))
}

// document renders a tree in the order in which people write objects: what it
// is, its metadata, then the rest by name.
func document(tree map[string]any) string {
	if tree == nil {
		return ""
	}
	root := &yaml.Node{Kind: yaml.MappingNode}
	for _, key := range ordered(tree) {
		value := &yaml.Node{}
		if err := value.Encode(tree[key]); err != nil {
			return "# this object cannot be shown as YAML: " + strings.ReplaceAll(err.Error(), "\n", " ") + "\n"
		}
		root.Content = append(root.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, value)
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(root); err != nil {
		return "# this object cannot be shown as YAML: " + strings.ReplaceAll(err.Error(), "\n", " ") + "\n"
	}
	return out.String()
}

func ordered(tree map[string]any) []string {
	first := []string{"apiVersion", "kind", "metadata"}
	first = slices.DeleteFunc(first, func(key string) bool { _, ok := tree[key]; return !ok })
	rest := slices.DeleteFunc(slices.Sorted(maps.Keys(tree)), func(key string) bool { return slices.Contains(first, key) })
	return append(first, rest...)
}

// LineKind is what a line of a diff's text is, for those who colour it.
type LineKind int

// What a line of a diff's text is.
const (
	Header  LineKind = iota // names an object and what becomes of it
	Note                    // says more about the object
	Hunk                    // where in the object the next lines are
	Context                 // a line of both sides
	Added
	Removed
	Blank
	Total // the summary, the last line
)

// Line is a line of a diff's text, without its end.
type Line struct {
	Kind   LineKind
	Action Action // of the object that a Header names
	Text   string
}

// sign is what begins the header of an object.
func (a Action) sign() string {
	switch a {
	case Created:
		return "+"
	case Deleted:
		return "-"
	case Changed:
		return "~"
	case Recreated:
		return "±"
	case Failed:
		return "!"
	case Skipped, Unchanged:
	}
	return " "
}

// Lines is the diff as text, without the summary.
func (d Diff) Lines() []Line {
	var lines []Line
	for i, c := range d.Changes {
		if i > 0 {
			lines = append(lines, Line{Kind: Blank})
		}
		lines = append(lines, c.Lines()...)
	}
	return lines
}

// Lines is the change as text.
func (c Change) Lines() []Line {
	lines := []Line{{Header, c.Action, c.Action.sign() + " " + c.ID.String() + " " + string(c.Action)}}
	for note := range strings.Lines(c.Note) {
		lines = append(lines, Line{Kind: Note, Text: "  " + strings.TrimRight(note, "\r\n")})
	}
	body := 0
	for line := range strings.Lines(c.Diff) {
		text := strings.TrimSuffix(line, "\n")
		kind := Context
		switch {
		case body < 2: // the names of both sides, which the header has said
			body++
			continue
		case strings.HasPrefix(text, "@@"):
			kind = Hunk
		case strings.HasPrefix(text, "+"):
			kind = Added
		case strings.HasPrefix(text, "-"):
			kind = Removed
		case strings.HasPrefix(text, `\`):
			continue // about the end of the text, which is ours
		}
		lines = append(lines, Line{Kind: kind, Text: text})
	}
	return lines
}

// Text is the diff as plain text with the summary as its last line. style may
// colour a line; nil leaves it plain.
func (d Diff) Text(style func(Line) string) string {
	lines := d.Lines()
	if len(lines) > 0 {
		lines = append(lines, Line{Kind: Blank})
	}
	return Text(append(lines, Line{Kind: Total, Text: d.Summary.String()}), style)
}

// Text joins lines, each styled; nil leaves them plain.
func Text(lines []Line, style func(Line) string) string {
	var out strings.Builder
	for _, line := range lines {
		if style != nil {
			out.WriteString(style(line))
		} else {
			out.WriteString(line.Text)
		}
		out.WriteByte('\n')
	}
	return out.String()
}
