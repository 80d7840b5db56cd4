package reference_test

import (
	"bytes"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/catalog/reference"
)

func parse(t *testing.T, text string) *yaml.Node {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Content[0]
}

func compile(t *testing.T, text string) *reference.Template {
	t.Helper()
	tmpl, problems := reference.Compile("a.yaml", parse(t, text), reference.Names{
		"text": true, "cluster.name": true, "p.int": true, "p.bool": true, "p.list": false, "p.map": false, "p.digits": true,
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return tmpl
}

func lookup(t *testing.T) reference.Lookup {
	t.Helper()
	values := map[string]*yaml.Node{}
	for name, v := range map[string]any{
		"cluster.name": "dev", "p.int": 3, "p.bool": true, "p.list": []any{"a", "b"},
		"p.map": map[string]any{"k": "v"}, "p.digits": "0123",
	} {
		n, err := reference.Node(v)
		if err != nil {
			t.Fatal(err)
		}
		values[name] = n
	}
	return func(name string) *yaml.Node { return values[name] }
}

func TestResolve(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"text":               {"a: \"{{cluster.name}}\"\n", "a: dev\n"},
		"spaces":             {"a: \"{{ cluster.name }}\"\n", "a: dev\n"},
		"inside of a text":   {"a: x-{{cluster.name}}-{{p.int}}\n", "a: x-dev-3\n"},
		"number":             {"a: \"{{p.int}}\"\n", "a: 3\n"},
		"boolean":            {"a: \"{{p.bool}}\"\n", "a: true\n"},
		"boolean as text":    {"a: is {{p.bool}}\n", "a: is true\n"},
		"digits stay text":   {"a: \"{{p.digits}}\"\n", "a: \"0123\"\n"},
		"text like a number": {"a: \"{{p.int}}{{p.int}}\"\n", "a: \"33\"\n"},
		"text that is safe":  {"a: \"{{p.int}}Gi\"\n", "a: 3Gi\n"},
		"list":               {"a: \"{{p.list}}\"\n", "a:\n    - a\n    - b\n"},
		"mapping":            {"a: \"{{p.map}}\"\n", "a:\n    k: v\n"},
		"in a list":          {"a: [\"{{p.int}}\", x]\n", "a: [3, x]\n"},
		"comments":           {"# above\na: \"{{p.int}}\" # beside\nb: 1\n", "# above\na: 3 # beside\nb: 1\n"},
		"block of text":      {"a: |\n    name: {{cluster.name}}\n    n: {{p.int}}\n", "a: |\n    name: dev\n    n: 3\n"},
		"another's braces":   {"a: \"{{ $labels.pod }} {{pod}} {{ printf \\\"%s\\\" . }}\"\n", "a: \"{{ $labels.pod }} {{pod}} {{ printf \\\"%s\\\" . }}\"\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := yaml.Marshal(compile(t, test.in).Resolve(lookup(t)))
			if err != nil {
				t.Fatal(err)
			}
			if string(out) != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", out, test.want)
			}
		})
	}
}

func TestResolveSharesWhatDoesNotChange(t *testing.T) {
	t.Parallel()
	tmpl := compile(t, "still: {a: [1, 2]}\nmoving: {b: \"{{cluster.name}}\", c: {d: 1}}\n")
	before, err := yaml.Marshal(tmpl.Root())
	if err != nil {
		t.Fatal(err)
	}
	got := tmpl.Resolve(lookup(t))
	if got == tmpl.Root() {
		t.Error("the document changes and is shared")
	}
	if got.Content[1] != tmpl.Root().Content[1] || got.Content[3].Content[3] != tmpl.Root().Content[3].Content[3] {
		t.Error("a part that does not change is copied")
	}
	after, err := yaml.Marshal(tmpl.Root())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Errorf("the template changed:\n%s", after)
	}
	if still := compile(t, "a: 1\n"); still.Resolve(lookup(t)) != still.Root() || still.Varies() {
		t.Error("a document without references is copied")
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ base, over, want string }{
		"adds":                {"a: 1\n", "b: 2\n", "a: 1\nb: 2\n"},
		"replaces a scalar":   {"a: 1 # one\nb: 2\n", "a: 3\n", "a: 3\nb: 2\n"},
		"replaces a list":     {"a: [1, 2]\n", "a: [3]\n", "a: [3]\n"},
		"merges mappings":     {"a:\n    b: 1\n    c: 2\n", "a:\n    c: 3\n    d: 4\n", "a:\n    b: 1\n    c: 3\n    d: 4\n"},
		"mapping over scalar": {"a: 1\n", "a:\n    b: 2\n", "a:\n    b: 2\n"},
		"scalar over mapping": {"a:\n    b: 2\n", "a: 1\n", "a: 1\n"},
		"keeps comments":      {"# why a\na: 1\n# why b\nb: 2\n", "b: 3 # three\n", "# why a\na: 1\n# why b\nb: 3 # three\n"},
		"its own comment":     {"# why\na: 1\n", "# why not\na: 2\n", "# why not\na: 2\n"},
		"into an empty one":   {"a: {}\n", "a:\n    b: 1\n", "a:\n    b: 1\n"},
		"references":          {"a:\n    b: \"{{p.int}}\"\n    c: 1\n", "a:\n    c: \"{{cluster.name}}\"\n", "a:\n    b: 3\n    c: dev\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			merged := reference.Merge(compile(t, test.base), compile(t, test.over))
			out, err := yaml.Marshal(merged.Resolve(lookup(t)))
			if err != nil {
				t.Fatal(err)
			}
			if string(out) != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", out, test.want)
			}
		})
	}
}
