// Package platformedit changes platform.yaml as a person would: it touches
// only the lines concerned, so comments, order and blank lines stay as they
// were. Every result is read again and refused if it is not the change that
// was asked for.
package platformedit

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// Add lists components on a cluster, each with its defaults, after those that
// are listed already. Data is platform.yaml, file its name in messages. An
// entry that exists is an error, diag.Problems like all that is wrong with the
// file itself.
func Add(file string, data []byte, cluster string, components ...string) ([]byte, error) {
	return change(file, data, cluster, components, func(e *editor, name string) error { return e.add(name) })
}

// Remove takes components off a cluster, with the comments right above them.
func Remove(file string, data []byte, cluster string, components ...string) ([]byte, error) {
	return change(file, data, cluster, components, func(e *editor, name string) error { return e.remove(name) })
}

func change(file string, data []byte, cluster string, components []string, one func(*editor, string) error) ([]byte, error) {
	before, err := config.Parse(file, data)
	if err != nil {
		return nil, err
	}
	for _, name := range components {
		e, err := open(file, data, cluster)
		if err != nil {
			return nil, err
		}
		if err := one(e, name); err != nil {
			return nil, err
		}
		data = []byte(strings.Join(e.lines, ""))
	}
	after, err := config.Parse(file, data)
	if err != nil {
		return nil, fmt.Errorf("editing %s: %w", file, err)
	}
	if !differsOnlyBy(before, after, cluster, components) {
		return nil, fmt.Errorf("%s is written in a way that this command cannot edit; change spec.clusters.%s.components by hand", file, cluster)
	}
	return data, nil
}

// differsOnlyBy reports whether each of the components is listed in one of the
// two files, and all others in both or none.
func differsOnlyBy(before, after *config.Platform, cluster string, components []string) bool {
	for name, c := range before.Spec.Clusters {
		theirs, ok := after.Spec.Clusters[name]
		if !ok {
			return false
		}
		for _, component := range slices.Concat(keys(c.Components), keys(theirs.Components)) {
			_, had := c.Components[component]
			_, has := theirs.Components[component]
			if (had != has) != (name == cluster && slices.Contains(components, component)) {
				return false
			}
		}
	}
	return len(before.Spec.Clusters) == len(after.Spec.Clusters)
}

func keys(m map[string]config.Component) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	return names
}

// editor holds platform.yaml in lines, each with its end.
type editor struct {
	file  string
	lines []string
	// cluster is the mapping of the cluster; key and value are its components,
	// nil where there are none.
	cluster, key, value *yaml.Node
	name                string
}

func open(file string, data []byte, cluster string) (*editor, error) {
	doc, err := strictyaml.Parse(file, data)
	if err != nil {
		return nil, err
	}
	e := &editor{file: file, lines: strings.SplitAfter(string(data), "\n"), name: cluster}
	if last := len(e.lines) - 1; e.lines[last] == "" {
		e.lines = e.lines[:last]
	} else {
		e.lines[last] += "\n"
	}
	_, spec := child(doc.Root, "spec")
	_, clusters := child(spec, "clusters")
	if _, e.cluster = child(clusters, cluster); e.cluster == nil {
		return nil, diag.Problems{{
			Position: doc.Position("spec", "clusters"), Path: "spec.clusters",
			Message: fmt.Sprintf("has no cluster %s", cluster),
		}}
	}
	e.key, e.value = child(e.cluster, "components")
	return e, nil
}

func child(m *yaml.Node, key string) (k, v *yaml.Node) {
	if m == nil || m.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return m.Content[i], m.Content[i+1]
		}
	}
	return nil, nil
}

func (e *editor) problem(n *yaml.Node, message, hint string) error {
	return diag.Problems{{
		Position: diag.Position{File: e.file, Line: n.Line, Column: n.Column},
		Path:     "spec.clusters." + e.name + ".components", Message: message, Hint: hint,
	}}
}

func (e *editor) add(name string) error {
	switch {
	case e.cluster.Style&yaml.FlowStyle != 0:
		return e.problem(e.cluster, "is written in one line", "write the cluster over several lines, then add the component")
	case e.key == nil:
		first := e.cluster.Content[0]
		indent := strings.Repeat(" ", first.Column-1)
		e.insert(e.end(e.cluster.Content[len(e.cluster.Content)-2]), indent+"components:\n", indent+"  "+name+": {}\n")
		return nil
	}
	if k, _ := child(e.value, name); k != nil {
		return e.problem(k, name+" is listed already", "")
	}
	switch {
	case len(e.value.Content) == 0:
		e.clearValue()
		e.insert(e.key.Line, strings.Repeat(" ", e.key.Column+1)+name+": {}\n")
	case e.value.Style&yaml.FlowStyle != 0:
		return e.problem(e.value, "is written in one line", "write each component on a line of its own, then add this one")
	default:
		last := e.value.Content[len(e.value.Content)-2]
		e.insert(e.end(last), strings.Repeat(" ", last.Column-1)+name+": {}\n")
	}
	return nil
}

func (e *editor) remove(name string) error {
	k, _ := child(e.value, name)
	switch {
	case k == nil:
		at := e.cluster
		if e.key != nil {
			at = e.key
		}
		return e.problem(at, name+" is not listed", "")
	case e.value.Style&yaml.FlowStyle != 0:
		return e.problem(e.value, "is written in one line", "write each component on a line of its own, or remove this one by hand")
	}
	from, to := k.Line-1, e.end(k)
	for from > e.key.Line && isComment(e.lines[from-1]) && indentOf(e.lines[from-1]) == k.Column-1 {
		from--
	}
	e.lines = slices.Delete(e.lines, from, to)
	if len(e.value.Content) == 2 {
		at := e.key.Line - 1
		text, comment, _ := strings.Cut(strings.TrimRight(e.lines[at], "\r\n"), " #")
		if comment != "" {
			comment = " #" + comment
		}
		e.lines[at] = strings.TrimRight(text, " ") + " {}" + comment + "\n"
	}
	return nil
}

// clearValue removes the {} behind the key of the components.
func (e *editor) clearValue() {
	at := e.value.Line - 1
	line := e.lines[at]
	head, tail := line[:e.value.Column-1], line[e.value.Column-1:]
	e.lines[at] = strings.TrimRight(head, " ") + strings.TrimPrefix(tail, "{}")
}

// end returns the number of the last line of the entry that starts with key.
func (e *editor) end(key *yaml.Node) int {
	last := key.Line
	for i := key.Line; i < len(e.lines); i++ {
		line := e.lines[i]
		if strings.TrimSpace(line) == "" {
			continue
		}
		if indentOf(line) < key.Column {
			break
		}
		last = i + 1
	}
	return last
}

// insert puts lines behind the line of that number.
func (e *editor) insert(line int, lines ...string) { e.lines = slices.Insert(e.lines, line, lines...) }

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

func isComment(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " "), "#") }
