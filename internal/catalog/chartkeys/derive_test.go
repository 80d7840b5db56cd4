package chartkeys_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/catalog/chartkeys"
	"github.com/groundwork-dev/groundwork/internal/testsupport"
)

func TestDerive(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ values, want string }{
		"empty":                {"", `{}`},
		"null":                 {"# nothing\n~\n", `{}`},
		"scalars and lists":    {"a: 1\nb: [{c: 1}]\n", `{"a":null,"b":null}`},
		"mappings":             {"a: {b: {c: 1}, d: {}}\n", `{"a":{"b":{"c":null},"d":null}}`},
		"handed on":            {"a:\n  resources: {limits: {cpu: 1}}\n", `{"a":{"resources":null}}`},
		"commented out":        {"a: 1\n# b: 1\nc:\n  d: 1\n  # e:\n  #   f: 1\n", `{"a":null,"b":null,"c":{"d":null,"e":null}}`},
		"commented, open":      {"a: {}\n  # b: 1\n", `{"a":null}`},
		"prose":                {"a: 1\n# See the docs, for example.\n", `{"a":null}`},
		"an alias":             {"a: &x {b: 1}\nc: *x\n", `{"a":{"b":null},"c":null}`},
		"an alias of itself":   {"a: &x {b: *x}\n", `{"a":{"b":null}}`},
		"lines as Windows has": {"a:\r\n  b: 1\r\n  # c: 1\r\n", `{"a":{"b":null,"c":null}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys, err := chartkeys.Derive([]byte(test.values))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := json.Marshal(keys); err != nil || string(got) != test.want {
				t.Errorf("got %s, %v, want %s", got, err, test.want)
			}
		})
	}
}

// TestDeriveRefuses is not parallel: it measures.
func TestDeriveRefuses(t *testing.T) {
	for name, test := range map[string]struct{ values, want string }{
		"a list":      {"- a\n", "they are no mapping"},
		"a text":      {"a", "they are no mapping"},
		"broken":      {"a: [\n", "parsing the chart's values: yaml: "},
		"deep":        {strings.Repeat("[", 90_000), "yaml: "},
		"large":       {strings.Repeat("#\n", 600_000), "more than 1024 KiB"},
		"many values": {"a: [" + strings.Repeat("a,", 110_000) + "]\n", "or 100000 values"},
		"many items":  {"a:\n" + strings.Repeat(" - a\n", 110_000), "or 100000 values"},
	} {
		t.Run(name, func(t *testing.T) {
			testsupport.Within(t, func() {
				if keys, err := chartkeys.Derive([]byte(test.values)); err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %d keys, %.200v, want %q", len(keys), err, test.want)
				}
			})
		})
	}
}

func TestNameAndOpen(t *testing.T) {
	t.Parallel()
	keys, err := chartkeys.Derive([]byte("a: {b: 1, c: {d: 1}}\nlabels: {}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{"a/b": false, "a/x/y": true, "labels/x": false, "a/b/x": false, "z": true} {
		where, err := chartkeys.Path(path)
		if got := keys.Name(where...); got != want || err != nil {
			t.Errorf("naming %s: %v, %v", path, got, err)
		}
	}
	if !keys.Open("a", "c") || keys.Open("a", "q") || keys.Open("q", "a") {
		t.Error("open: c is there, q is not")
	}
	if got, _ := json.Marshal(keys); string(got) != `{"a":{"b":null,"c":null,"x":null},"labels":null,"z":null}` {
		t.Errorf("%s", got)
	}
	for _, path := range []string{"", "/a", "a//b", "a/"} {
		if _, err := chartkeys.Path(path); err == nil {
			t.Errorf("%q was taken", path)
		}
	}
}

func TestMarshal(t *testing.T) {
	t.Parallel()
	f := chartkeys.File{Chart: "a", Version: "1.0.0", Also: []string{"x"}, Open: []string{"b/c.d"}, Keys: chartkeys.Keys{"x": nil, "b": {"c.d": nil}}}
	text, err := f.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := chartkeys.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := again.Marshal(); err != nil || !bytes.Equal(second, text) {
		t.Errorf("%s, %v, want %s", second, err, text)
	}
	f.Keys[strings.Repeat("a", chartkeys.MaxBytes)] = nil
	if _, err := f.Marshal(); err == nil || !strings.Contains(err.Error(), "more than 256 KiB") {
		t.Errorf("too large: %v", err)
	}
	if _, err := (&chartkeys.File{Chart: "a", Version: "1"}).Marshal(); err == nil {
		t.Error("one without keys was written")
	}
}

// Whatever values.yaml holds, deriving ends, and what the chart itself sets is
// known afterwards.
func FuzzDerive(f *testing.F) {
	for _, text := range []string{values, "", "a: &x {b: *x}\n", "a: 1\n# b: 1\n", "- a\n", "a:\n  <<: {b: 1}\n", "? [a]\n: b\n", "a: {b: 1}\na: {c: 1}\n", "a:\n\t# b: 1\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := chartkeys.Derive(text)
		if err != nil {
			return
		}
		var doc yaml.Node
		if err := yaml.Unmarshal(text, &doc); err != nil {
			t.Fatalf("derived from what is no YAML: %v", err)
		}
		seen := map[string]bool{}
		if len(doc.Content) == 0 || repeated(doc.Content[0], seen) {
			return // the last of several counts
		}
		if unknown := keys.Unknown(doc.Content[0]); len(unknown) > 0 {
			t.Errorf("%q: the chart's own %q is not known", text, unknown[0].Path)
		}
	})
}

// repeated says whether a mapping has a key twice.
func repeated(n *yaml.Node, seen map[string]bool) bool {
	if n.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		if seen[key] || repeated(n.Content[i+1], map[string]bool{}) {
			return true
		}
		seen[key] = true
	}
	return false
}
