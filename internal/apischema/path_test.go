package apischema

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFieldPath(t *testing.T) {
	t.Parallel()
	o := map[string]any{
		"metadata": map[string]any{"labels": map[string]any{"a.b/c": "x", "a": "y"}, "annotations": map[string]any{"k[0].x": "z"}},
		"spec": map[string]any{
			"ports":  []any{map[string]any{"port": int64(80)}, map[string]any{"port": int64(80), "protocol": "UDP"}},
			"list":   []any{map[string]any{"name": "a"}, map[string]any{"name": `b"],.`}, map[string]any{"name": []any{"x"}}},
			"set":    []any{"x", "y"},
			"a.b":    map[string]any{"c": int64(1)},
			"matrix": []any{[]any{int64(1)}},
		},
	}
	for text, want := range map[string][]string{
		"":                                      nil,
		`.spec.list[name=["x"]].name`:           {"spec", "list", "2", "name"},
		"<nil>":                                 nil,
		"spec.list[1].name":                     {"spec", "list", "1", "name"},
		"spec.matrix[0][0]":                     {"spec", "matrix", "0", "0"},
		"metadata.labels[a.b/c]":                {"metadata", "labels", "a.b/c"},
		"metadata.labels.a.b/c":                 {"metadata", "labels", "a.b/c"},
		"metadata.labels.a":                     {"metadata", "labels", "a"},
		"metadata.annotations[k[0].x]":          {"metadata", "annotations", "k[0].x"},
		"spec.a.b.c":                            {"spec", "a.b", "c"},
		"spec.missing[3].x":                     {"spec", "missing", "3", "x"},
		"spec.missing[a.b/c]":                   {"spec", "missing", "a.b/c"},
		".spec.list[name=\"a\"].image":          {"spec", "list", "0", "image"},
		`.spec.list[name="b\"],."].x`:           {"spec", "list", "1", "x"},
		`.spec.ports[port=80,protocol="UDP"].x`: {"spec", "ports", "1", "x"},
		`.spec.ports[port=80,protocol="TCP"].x`: {"spec", "ports", "0", "x"},
		`.spec.set[="y"]`:                       {"spec", "set", "1"},
	} {
		if diff := cmp.Diff(want, fieldPath(text, o)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func FuzzFieldPath(f *testing.F) {
	for _, text := range []string{"a.b[0]", `.a[b="c"].d`, "[[", "a[", "a[b=", `[="`, "]"} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) { // it ends, and does not panic
		fieldPath(text, map[string]any{"a": []any{map[string]any{"b": "c"}, "d", nil}})
	})
}
