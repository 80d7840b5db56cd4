// Package reference fills facts of the platform into parsed YAML. A reference
// is a dotted name in double braces inside a scalar:
//
//	size: "{{parameters.storage}}"           takes the referenced value, its type too
//	url: https://grafana.{{cluster.domain}}  takes its text
//
// References are resolved on nodes, after parsing, so a value cannot change a
// document's structure by accident, and comments stay. Double braces around
// anything else, such as {{ $labels.pod }} or {{pod}}, belong to another
// template language and are left alone.
package reference

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// Names is what may be referred to: true for values that are a scalar and so
// may stand inside of a longer text.
type Names map[string]bool

// Lookup returns the value of a name. The node may end up in many documents, so
// nobody may change it.
type Lookup func(name string) *yaml.Node

// Template is a parsed document with references. It is immutable.
type Template struct {
	root *yaml.Node
	// hot holds every node with a reference in it or below it.
	hot map[*yaml.Node]struct{}
}

var (
	dotted = regexp.MustCompile(`\{\{ *([a-zA-Z][a-zA-Z0-9_-]*(?:\.[a-zA-Z0-9_-]+)+) *\}\}`)
	single = regexp.MustCompile(`\{\{ *([a-zA-Z][a-zA-Z0-9_-]*) *\}\}`)
)

// Compile checks every reference below root against the names and returns the
// template. The file is for messages only.
func Compile(file string, root *yaml.Node, names Names) (*Template, diag.Problems) {
	t := &Template{root: root, hot: map[*yaml.Node]struct{}{}}
	c := compiler{file: file, names: names, hot: t.hot}
	c.walk(root)
	return t, c.problems
}

type compiler struct {
	file     string
	names    Names
	hot      map[*yaml.Node]struct{}
	problems diag.Problems
}

// walk marks the hot nodes and says whether n is one.
func (c *compiler) walk(n *yaml.Node) bool {
	if n == nil {
		return false
	}
	hot := false
	switch n.Kind {
	case yaml.ScalarNode:
		hot = c.scalar(n)
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if dotted.MatchString(n.Content[i].Value) {
				c.report(n.Content[i], "a key cannot hold a reference", "only values are filled in; write the key out")
			}
			hot = c.walk(n.Content[i+1]) || hot
		}
	default:
		for _, child := range n.Content {
			hot = c.walk(child) || hot
		}
	}
	if hot {
		c.hot[n] = struct{}{}
	}
	return hot
}

func (c *compiler) scalar(n *yaml.Node) bool {
	if !strings.Contains(n.Value, "{{") {
		return false
	}
	matches := dotted.FindAllStringSubmatch(n.Value, -1)
	for _, m := range matches {
		scalar, known := c.names[m[1]]
		switch {
		case !known:
			c.report(n, fmt.Sprintf("unknown reference {{%s}}", m[1]), c.suggest(m[1]))
		case !scalar && m[0] != n.Value:
			c.report(n, fmt.Sprintf("{{%s}} is a list or a mapping and cannot stand inside of a text", m[1]),
				"make it the whole value")
		}
	}
	for _, m := range single.FindAllStringSubmatch(n.Value, -1) {
		if c.isRoot(m[1]) {
			c.report(n, fmt.Sprintf("incomplete reference {{%s}}", m[1]), c.suggest(m[1]))
		}
	}
	return len(matches) > 0
}

func (c *compiler) isRoot(word string) bool {
	for name := range c.names {
		if root, _, _ := strings.Cut(name, "."); root == word {
			return true
		}
	}
	return false
}

func (c *compiler) report(n *yaml.Node, message, hint string) {
	c.problems = append(c.problems, diag.Problem{
		Position: diag.Position{File: c.file, Line: n.Line, Column: n.Column}, Message: message, Hint: hint,
	})
}

// suggest returns the nearest name, or the names under the same root, or all.
func (c *compiler) suggest(name string) string {
	var all, sameRoot []string
	root, _, _ := strings.Cut(name, ".")
	for known := range c.names {
		all = append(all, known)
		if strings.HasPrefix(known, root+".") {
			sameRoot = append(sameRoot, known)
		}
	}
	if near := strictyaml.Nearest(name, all); near != "" {
		return fmt.Sprintf("did you mean {{%s}}?", near)
	}
	if len(sameRoot) > 0 {
		all = sameRoot
	}
	slices.Sort(all)
	return "known: " + strings.Join(all, ", ")
}

// Root returns the document as it is written, references and all. The caller
// must not change it.
func (t *Template) Root() *yaml.Node { return t.root }

// Varies says whether the document has references.
func (t *Template) Varies() bool { return len(t.hot) > 0 }

// Resolve returns the document with every reference filled in. Nodes without
// references are shared with the template; the result must not be changed.
// The lookup must know every name that the template was compiled with.
func (t *Template) Resolve(lookup Lookup) *yaml.Node { return t.resolve(t.root, lookup) }

func (t *Template) resolve(n *yaml.Node, lookup Lookup) *yaml.Node {
	if _, hot := t.hot[n]; !hot {
		return n
	}
	if n.Kind == yaml.ScalarNode {
		return fill(n, lookup)
	}
	filled := *n
	filled.Content = make([]*yaml.Node, len(n.Content))
	for i, child := range n.Content {
		filled.Content[i] = t.resolve(child, lookup)
	}
	return &filled
}

func fill(n *yaml.Node, lookup Lookup) *yaml.Node {
	if m := dotted.FindStringSubmatch(n.Value); len(m) > 1 && m[0] == n.Value && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		filled := *lookup(m[1])
		filled.HeadComment, filled.LineComment, filled.FootComment = n.HeadComment, n.LineComment, n.FootComment
		filled.Line, filled.Column = n.Line, n.Column
		return &filled
	}
	filled := *n
	filled.Value = dotted.ReplaceAllStringFunc(n.Value, func(ref string) string {
		return lookup(dotted.FindStringSubmatch(ref)[1]).Value
	})
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		filled.Style = stringStyle(filled.Value)
	}
	filled.Tag = "!!str"
	return &filled
}
