package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// rules are what a file may be.
type rules struct {
	bytes, marks int
	// kubernetes says that the file is read as Kubernetes does: anchors, aliases
	// and merge keys are followed, and yes is true.
	kubernetes bool
}

// parse reads at most limit documents that hold a value; -1 means all.
func parse(file string, data []byte, limit int, r rules) ([]*Document, error) {
	if p := checkText(file, data, r); p != nil {
		return nil, diag.Problems{*p}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var docs []*Document
	var problems diag.Problems
	more, values := 0, r.marks
	for limit < 0 || len(docs) < limit {
		root, err := next(dec)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			problems = append(problems, syntaxProblem(file, data, err))
			break
		}
		if isNothing(root) {
			continue
		}
		w := walker{file: file, kubernetes: r.kubernetes, left: values}
		value := w.value(root)
		w.finish()
		values = w.left
		problems = append(problems, w.problems...)
		more += w.more
		docs = append(docs, &Document{Root: root, file: file, value: value})
	}
	if len(problems) > 0 {
		return nil, capped(problems, more)
	}
	return docs, nil
}

// next returns the value of the next document, nil when it has none. The YAML
// library panics on some broken input; that is a syntax error like any other.
func next(dec *yaml.Decoder) (root *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			root, err = nil, fmt.Errorf("%v", r)
		}
	}()
	var n yaml.Node
	if err := dec.Decode(&n); err != nil {
		return nil, err
	}
	if n.Kind == yaml.DocumentNode {
		if len(n.Content) == 0 {
			return nil, nil
		}
		return n.Content[0], nil
	}
	return &n, nil
}

// isNothing reports whether a document is empty: no value and not even a
// written null.
func isNothing(n *yaml.Node) bool {
	return n == nil || n.Kind == 0 || n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value == "" && n.Anchor == "" && n.Style == 0
}

// capped sorts problems and cuts them after MaxProblems, saying how many more
// there are besides.
func capped(ps diag.Problems, more int) diag.Problems {
	ps.Sort()
	if over := len(ps) - MaxProblems; over > 0 {
		ps, more = ps[:MaxProblems:MaxProblems], more+over
	}
	if more > 0 {
		ps = append(ps, diag.Problem{Position: ps[len(ps)-1].Position, Message: fmt.Sprintf("and %d more problems", more)})
	}
	return ps
}
