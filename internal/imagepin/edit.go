package imagepin

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// editor changes lines, each with its end. What it adds goes below the lines
// that it still has to change.
type editor struct {
	file  string
	lines []string
	entry *yaml.Node
}

func (e *editor) set(key, to string) error {
	text := scalar(to)
	if n := value(e.entry, key); n != nil {
		head, tail, err := e.cut(n)
		if err != nil {
			return err
		}
		e.lines[n.Line-1] = head + text + tail
		return nil
	}
	name := e.entry.Content[0]
	last := e.entry.Content[len(e.entry.Content)-1]
	if e.entry.Style&yaml.FlowStyle != 0 {
		return e.problem(name, "is written in one line", "write each key on a line of its own")
	}
	if _, _, err := e.cut(last); err != nil {
		return err
	}
	if at := last.Line - 1; !strings.HasSuffix(e.lines[at], "\n") {
		e.lines[at] += "\n"
	}
	line := strings.Repeat(" ", name.Column-1) + key + ": " + text + "\n"
	e.lines = slices.Insert(e.lines, last.Line, line)
	return nil
}

// cut splits the line of a value, which must stand on that line alone.
func (e *editor) cut(n *yaml.Node) (head, tail string, err error) {
	text := n.Value
	switch n.Style {
	case yaml.DoubleQuotedStyle:
		text = `"` + n.Value + `"`
	case yaml.SingleQuotedStyle:
		text = `'` + n.Value + `'`
	}
	line := e.lines[n.Line-1]
	if n.Column-1 > len(line) || !strings.HasPrefix(line[n.Column-1:], text) {
		return "", "", e.problem(n, "is written in a way that cannot be edited", "write it as plain text on one line")
	}
	head, rest := line[:n.Column-1], line[n.Column-1:]
	return head, rest[len(text):], nil
}

func (e *editor) problem(n *yaml.Node, message, hint string) error {
	return diag.Problems{{
		Position: diag.Position{File: e.file, Line: n.Line, Column: n.Column}, Path: "images[0]", Message: message, Hint: hint,
	}}
}

// scalar is a value as YAML, in quotes where it would be read as something
// else: a tag of digits is no number.
func scalar(s string) string {
	data, err := yaml.Marshal(s)
	if err != nil { // no string does that
		return fmt.Sprintf("%q", s)
	}
	return strings.TrimSuffix(string(data), "\n")
}
