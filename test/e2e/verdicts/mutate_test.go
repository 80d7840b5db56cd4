//go:build e2e

package verdicts

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	objectsPerKind     = 8
	mutationsPerObject = 20
)

// mutation is an object with one thing changed.
type mutation struct {
	what   string
	path   []string // of the change
	object *unstructured.Unstructured
}

// change is what can be done to a value; nothing where it does not apply.
type change struct {
	name string
	to   func(old any) (value any, ok bool)
}

type gone struct{}

func changes() []change {
	always := func(v any) func(any) (any, bool) { return func(any) (any, bool) { return v, true } }
	return []change{
		{"missing", always(gone{})},
		{"null", always(nil)},
		{"a map for it", always(map[string]any{"x": "y"})},
		{"a list for it", always([]any{"x"})},
		{"text for it", func(old any) (any, bool) { _, text := old.(string); return "Not A Value!", !text }},
		{"other text", func(old any) (any, bool) { _, text := old.(string); return "Not A Value!", text }},
		{"no text", func(old any) (any, bool) { _, text := old.(string); return "", text }},
		{"long text", func(old any) (any, bool) { _, text := old.(string); return strings.Repeat("x", 300), text }},
		{"a number for text", func(old any) (any, bool) { _, text := old.(string); return int64(5), text }},
		{"a switch for it", always(true)},
		{"negative", func(old any) (any, bool) { _, number := old.(int64); return int64(-1), number }},
		{"huge", func(old any) (any, bool) { _, number := old.(int64); return int64(99999999999), number }},
		{"a fraction", func(old any) (any, bool) { _, number := old.(int64); return 1.5, number }},
		{"an unknown field", func(old any) (any, bool) {
			m, ok := old.(map[string]any)
			m = maps.Clone(m)
			if ok {
				m["zzUnknown"] = "x"
			}
			return m, ok
		}},
		{"empty", func(old any) (any, bool) {
			switch old.(type) {
			case map[string]any:
				return map[string]any{}, true
			case []any:
				return []any{}, true
			}
			return nil, false
		}},
		{"twice", func(old any) (any, bool) {
			l, ok := old.([]any)
			if !ok || len(l) == 0 {
				return nil, false
			}
			return append(slices.Clone(l), l[0]), true
		}},
	}
}

// mutations are the same in each run: the object decides.
func mutations(o *unstructured.Unstructured) []mutation {
	h := fnv.New64a()
	fmt.Fprint(h, o.GetAPIVersion(), o.GetKind(), o.GetNamespace(), o.GetName())
	random := rand.New(rand.NewPCG(h.Sum64(), 1))
	paths := places(nil, o.Object)
	all := changes()
	var made []mutation
	for tries := 0; len(made) < mutationsPerObject && tries < 20*mutationsPerObject; tries++ {
		path, c := paths[random.IntN(len(paths))], all[random.IntN(len(all))]
		if m, ok := mutate(o, path, c); ok {
			made = append(made, m)
		}
	}
	if o.GetNamespace() == "" {
		housed := o.DeepCopy()
		housed.SetNamespace("samples")
		made = append(made, mutation{"a namespace", []string{"metadata", "namespace"}, housed})
	}
	bad := o.DeepCopy()
	bad.SetName("Not_A_Name")
	return append(made, mutation{"a bad name", []string{"metadata", "name"}, bad})
}

// places are the paths of all values but those that say which object it is.
func places(path []string, v any) [][]string {
	var all [][]string
	if len(path) > 0 {
		all = append(all, path)
	}
	add := func(key string, below any) {
		next := append(slices.Clone(path), key)
		switch strings.Join(next, ".") {
		case "apiVersion", "kind", "metadata.name", "metadata.namespace":
		case "metadata": // replaced as a whole, it says no more where the object belongs
			all = append(all, places(next, below)[1:]...)
		default:
			all = append(all, places(next, below)...)
		}
	}
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			add(key, v[key])
		}
	case []any:
		for i, item := range v {
			add(strconv.Itoa(i), item)
		}
	}
	return all
}

func mutate(o *unstructured.Unstructured, path []string, c change) (mutation, bool) {
	changed := o.DeepCopy()
	var parent any = changed.Object
	last := len(path) - 1
	for _, key := range path[:last] {
		parent = below(parent, key)
	}
	value, ok := c.to(below(parent, path[last]))
	if !ok {
		return mutation{}, false
	}
	switch parent := parent.(type) {
	case map[string]any:
		if isGone(value) {
			delete(parent, path[last])
		} else {
			parent[path[last]] = value
		}
	case []any:
		if isGone(value) {
			return mutation{}, false
		}
		i, _ := strconv.Atoi(path[last])
		parent[i] = value
	}
	return mutation{strings.Join(path, ".") + ": " + c.name, path, changed}, true
}

func below(v any, key string) any {
	switch v := v.(type) {
	case map[string]any:
		return v[key]
	case []any:
		i, _ := strconv.Atoi(key)
		return v[i]
	}
	return nil
}

func isGone(v any) bool { _, is := v.(gone); return is }
