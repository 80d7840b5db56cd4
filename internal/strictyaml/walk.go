package strictyaml

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// walker turns nodes into plain values and notes everything that strict YAML
// does not allow.
type walker struct {
	file     string
	path     []string
	problems diag.Problems
	more     int // problems beyond MaxProblems
	tooDeep  bool
	// anchors are the anchors and aliases after the first, which stands among
	// the problems at firstAnchor.
	firstAnchor int
	anchors     []*yaml.Node
	// kubernetes says that aliases are followed; left is how many values may come of
	// it.
	kubernetes bool
	left       int
}

func (w *walker) refuse(n *yaml.Node, message, hint string) {
	if len(w.problems) >= MaxProblems {
		w.more++
		return
	}
	w.problems = append(w.problems, diag.Problem{
		Position: diag.Position{File: w.file, Line: n.Line, Column: n.Column},
		Path:     dotted(w.path),
		Message:  message,
		Hint:     hint,
	})
}

func (w *walker) value(n *yaml.Node) any {
	w.checkExtras(n)
	if len(w.path) > MaxDepth {
		if !w.tooDeep {
			w.tooDeep = true
			w.path = w.path[:3:3]
			w.refuse(n, fmt.Sprintf("values nest more than %d deep", MaxDepth), "")
		}
		return nil
	}
	if w.left--; w.left < 0 && w.kubernetes {
		if w.left == -1 {
			w.refuse(n, "aliases make more values of this file than it may hold", "write the values themselves")
		}
		return nil
	}
	switch n.Kind {
	case yaml.AliasNode:
		if w.kubernetes {
			return w.value(n.Alias)
		}
		return nil
	case yaml.MappingNode:
		return w.mapping(n)
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for i, c := range n.Content {
			list = append(list, w.child(strconv.Itoa(i), c))
		}
		return list
	case yaml.ScalarNode:
		return w.scalar(n)
	default:
		return nil
	}
}

func (w *walker) child(key string, n *yaml.Node) any {
	saved := w.path
	w.path = append(w.path, key)
	v := w.value(n)
	w.path = saved
	return v
}

// checkExtras refuses anchors, aliases and tags and reports whether it did.
func (w *walker) checkExtras(n *yaml.Node) bool {
	switch {
	case w.kubernetes && (n.Kind == yaml.AliasNode || n.Anchor != ""):
		return false
	case n.Kind == yaml.AliasNode:
		w.anchor(n, fmt.Sprintf("alias *%s is not allowed", Clip(n.Value)), "write the value itself")
	case n.Anchor != "":
		w.anchor(n, fmt.Sprintf("anchor &%s is not allowed", Clip(n.Anchor)), "write the value where it is needed")
	case n.Style&yaml.TaggedStyle != 0:
		w.refuse(n, fmt.Sprintf("tag %s is not allowed", Clip(n.Tag)), "quote the value to make it a string")
	default:
		return false
	}
	return true
}

func (w *walker) mapping(n *yaml.Node) any {
	m := make(map[string]any, len(n.Content)/2)
	lines := make(map[string]int, len(n.Content)/2)
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if w.kubernetes && k.Tag == "!!merge" {
			merged = append(merged, v)
			continue
		}
		key, ok := w.key(k)
		if !ok {
			continue
		}
		if first, twice := lines[key]; twice {
			w.refuse(k, fmt.Sprintf("key %q is there twice", Clip(key)), fmt.Sprintf("the first one is in line %d", first))
			continue
		}
		lines[key] = k.Line
		m[key] = w.child(key, v)
	}
	for _, from := range merged {
		w.merge(m, from)
	}
	return m
}

// merge adds the keys that a merge key brings and the mapping lacks: those of a
// mapping, or of each in a list, the first one winning.
func (w *walker) merge(m map[string]any, from *yaml.Node) {
	var all []any
	switch value := w.child("<<", from).(type) {
	case map[string]any:
		all = []any{value}
	case []any:
		all = value
	}
	for _, value := range all {
		more, _ := value.(map[string]any)
		for key, v := range more {
			if _, there := m[key]; !there {
				m[key] = v
			}
		}
	}
}

// key returns the text of a key. Whole numbers count as text, as in JSON.
func (w *walker) key(k *yaml.Node) (string, bool) {
	switch {
	case w.checkExtras(k):
		return "", false
	case k.Kind != yaml.ScalarNode:
		w.refuse(k, "a key cannot be a mapping or a list", "quote it if it is text")
		return "", false
	case k.Tag == "!!merge":
		w.refuse(k, "merge key << is not allowed", "write the keys themselves")
		return "", false
	case k.Tag == "!!str" || k.Tag == "!!int" || k.Tag == "!!timestamp":
		return k.Value, true
	default:
		w.refuse(k, fmt.Sprintf("key %s is %s, want text", Clip(k.Value), tagNoun(k.Tag)), "quote it")
		return "", false
	}
}

func (w *walker) scalar(n *yaml.Node) any {
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int":
		var v any
		if err := n.Decode(&v); err != nil {
			return n.Value
		}
		return v
	case "!!float":
		var v float64
		if err := n.Decode(&v); err != nil {
			return n.Value
		}
		if math.IsInf(v, 0) || math.IsNaN(v) {
			w.refuse(n, fmt.Sprintf("%s is not a finite number", n.Value), "quote it if it is text")
			return nil
		}
		if v == 0 {
			return 0.0 // not -0
		}
		return v
	case "!!str":
		if b, is := boolean(n.Value); is && w.kubernetes && n.Style == 0 {
			return b
		}
		return n.Value
	default:
		return n.Value
	}
}

// boolean reports the words that YAML 1.1, which Kubernetes reads, takes for true
// and false.
func boolean(word string) (value, is bool) {
	switch word {
	case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON":
		return true, true
	case "n", "N", "no", "No", "NO", "off", "Off", "OFF":
		return false, true
	}
	return false, false
}

// anchor refuses an anchor or alias. They come in numbers and are one mistake,
// so one problem tells of all.
func (w *walker) anchor(n *yaml.Node, message, hint string) {
	switch {
	case w.firstAnchor > 0:
		w.anchors = append(w.anchors, n)
	case len(w.problems) < MaxProblems:
		w.refuse(n, message, hint)
		w.firstAnchor = len(w.problems)
	default:
		w.more++
	}
}

// finish says where the anchors and aliases after the first are.
func (w *walker) finish() {
	const listed = 5
	if len(w.anchors) == 0 {
		return
	}
	var lines []string
	for _, n := range w.anchors {
		if line := strconv.Itoa(n.Line); !slices.Contains(lines, line) && len(lines) <= listed {
			lines = append(lines, line)
		}
	}
	where := "line " + lines[0]
	if len(lines) > listed {
		where = "lines " + strings.Join(lines[:listed], ", ") + ", …"
	} else if len(lines) > 1 {
		where = "lines " + strings.Join(lines, ", ")
	}
	first := &w.problems[w.firstAnchor-1]
	first.Hint += "; so with those in " + where
}

func tagNoun(tag string) string {
	switch tag {
	case "!!null":
		return "empty"
	case "!!bool":
		return "true or false"
	default:
		return "a number"
	}
}

// Dotted writes a path for people: spec.zones[1], or spec["a.b"] for a key that
// holds a dot.
func Dotted(path ...string) string { return dotted(path) }

func dotted(path []string) string {
	var b strings.Builder
	for _, p := range path {
		switch {
		case isIndex(p) && b.Len() > 0:
			b.WriteString("[" + p + "]")
		case p == "" || strings.ContainsAny(p, ". []\"\n\r\t"):
			b.WriteString("[" + strconv.Quote(Clip(p)) + "]")
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(Clip(p))
		}
	}
	return b.String()
}

func isIndex(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) < 7
}

// Clip shortens long text for a message.
func Clip(s string) string {
	const limit = 60
	r := []rune(s[:min(len(s), 4*limit+4)])
	if len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return strings.ToValidUTF8(string(r), "")
}
