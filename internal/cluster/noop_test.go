package cluster

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/merge"
	"sigs.k8s.io/structured-merge-diff/v6/typed"

	"github.com/groundwork-dev/groundwork/internal/objectdiff"
)

// fluxManager is the manager of these tests.
const fluxManager = "kustomize-controller"

// thing is a kind that has every kind of list and map that servers know. It
// goes by the name of a built-in one, whose Go types send empty structs.
const thing = `types:
- name: thing
  map:
    fields:
    - {name: apiVersion, type: {scalar: string}}
    - {name: kind, type: {scalar: string}}
    - {name: metadata, type: {namedType: meta}}
    - {name: spec, type: {namedType: spec}}
- name: meta
  map:
    fields:
    - {name: name, type: {scalar: string}}
    - {name: namespace, type: {scalar: string}}
    - {name: labels, type: {namedType: strings}}
    - {name: finalizers, type: {namedType: set}}
- name: strings
  map: {elementType: {scalar: string}}
- name: set
  list: {elementType: {scalar: string}, elementRelationship: associative}
- name: spec
  map:
    fields:
    - {name: replicas, type: {scalar: numeric}}
    - {name: paused, type: {scalar: boolean}}
    - {name: strategy, type: {namedType: strategy}}
    - {name: selector, type: {map: {elementType: {scalar: string}, elementRelationship: atomic}}}
    - {name: args, type: {list: {elementType: {scalar: string}, elementRelationship: atomic}}}
    - {name: nested, type: {map: {elementType: {namedType: strings}}}}
    - name: ports
      type:
        list:
          elementType: {namedType: port}
          elementRelationship: associative
          keys: [port, protocol]
    - name: containers
      type:
        list:
          elementType: {namedType: container}
          elementRelationship: associative
          keys: [name]
- name: strategy
  map:
    fields:
    - {name: type, type: {scalar: string}}
    - {name: surge, type: {scalar: numeric}}
- name: port
  map:
    fields:
    - {name: port, type: {scalar: numeric}}
    - {name: protocol, default: TCP, type: {scalar: string}}
    - {name: target, type: {scalar: numeric}}
- name: container
  map:
    fields:
    - {name: name, type: {scalar: string}}
    - {name: image, type: {scalar: string}}
    - {name: env, type: {namedType: strings}}
    - {name: args, type: {list: {elementType: {scalar: string}, elementRelationship: atomic}}}
`

// oneVersion is the converter of a kind that has one version.
type oneVersion struct{}

func (oneVersion) Convert(o *typed.TypedValue, _ fieldpath.APIVersion) (*typed.TypedValue, error) {
	return o, nil
}
func (oneVersion) IsMissingVersionError(error) bool { return false }

// world plays the part of a server that matters here, by its own library.
type world struct {
	t        testing.TB
	kind     typed.ParseableType
	updater  *merge.Updater
	live     map[string]any
	managers fieldpath.ManagedFields
}

func newWorld(t testing.TB) *world {
	t.Helper()
	parser, err := typed.NewParser(thing)
	if err != nil {
		t.Fatal(err)
	}
	updater := (&merge.UpdaterBuilder{Converter: oneVersion{}}).BuildUpdater()
	return &world{t, parser.Type("thing"), updater, header(), fieldpath.ManagedFields{}}
}

func header() map[string]any {
	return map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": "x", "namespace": "y"}}
}

func (w *world) typed(o map[string]any, opts ...typed.ValidationOptions) *typed.TypedValue {
	w.t.Helper()
	v, err := w.kind.FromUnstructured(o, opts...)
	if err != nil {
		w.t.Fatalf("%v: %v", o, err)
	}
	return v
}

// apply does a forced apply and reports whether it changed the object.
func (w *world) apply(manager string, o map[string]any) bool {
	w.t.Helper()
	result, managers, err := w.updater.Apply(w.typed(w.live, typed.AllowDuplicates), w.typed(o), "apps/v1", w.managers, manager, true)
	if err != nil {
		w.t.Fatalf("applying %v to %v: %v", o, w.live, err)
	}
	w.managers = managers
	if result == nil {
		return false
	}
	w.live = defaulted(copied(w.t, result.AsValue().Unstructured().(map[string]any)))
	return true
}

// update writes an object as kubectl edit or a controller would.
func (w *world) update(manager string, o map[string]any) {
	w.t.Helper()
	_, managers, err := w.updater.Update(w.typed(w.live, typed.AllowDuplicates), w.typed(o, typed.AllowDuplicates), "apps/v1", w.managers, manager)
	if err != nil {
		w.t.Fatal(err)
	}
	w.live, w.managers = o, managers
}

// defaulted fills in what a server would.
func defaulted(o map[string]any) map[string]any {
	spec, _ := o["spec"].(map[string]any)
	if spec == nil {
		spec = map[string]any{}
		o["spec"] = spec
	}
	if spec["replicas"] == nil {
		spec["replicas"] = int64(1)
	}
	if strategy, ok := spec["strategy"].(map[string]any); ok && strategy["type"] == nil {
		strategy["type"] = "Rolling"
	}
	ports, _ := spec["ports"].([]any)
	for _, p := range ports {
		if port := p.(map[string]any); port["protocol"] == nil {
			port["protocol"] = "TCP"
		}
	}
	return o
}

// object is the live object as a server shows it.
func (w *world) object() *unstructured.Unstructured {
	own := fieldpath.NewSet(
		fieldpath.MakePathOrDie("apiVersion"), fieldpath.MakePathOrDie("kind"), fieldpath.MakePathOrDie("metadata"),
		fieldpath.MakePathOrDie("metadata", "name"), fieldpath.MakePathOrDie("metadata", "namespace"),
	)
	o := &unstructured.Unstructured{Object: copied(w.t, w.live)}
	var entries []metav1.ManagedFieldsEntry
	for name, set := range w.managers {
		raw, err := set.Set().Difference(own).ToJSON()
		if err != nil {
			w.t.Fatal(err)
		}
		operation := metav1.ManagedFieldsOperationUpdate
		if set.Applied() {
			operation = metav1.ManagedFieldsOperationApply
		}
		entries = append(entries, metav1.ManagedFieldsEntry{
			Manager: name, Operation: operation, APIVersion: "apps/v1", FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(string(raw)),
		})
	}
	o.SetManagedFields(entries)
	return o
}

func copied(t testing.TB, o map[string]any) map[string]any {
	t.Helper()
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	u := &unstructured.Unstructured{}
	if err := u.UnmarshalJSON(data); err != nil {
		t.Fatal(err)
	}
	return u.Object
}

// randomThing returns an object with some of all fields.
func randomThing(r *rand.Rand) map[string]any {
	some := func() bool { return r.IntN(3) > 0 }
	word := func() string { return string(rune('a' + r.IntN(4))) }
	words := func() map[string]any {
		m := map[string]any{}
		for range 1 + r.IntN(3) {
			m[word()] = word()
		}
		return m
	}
	list := func() []any {
		var l []any
		for _, i := range r.Perm(4)[:1+r.IntN(3)] {
			l = append(l, string(rune('a'+i)))
		}
		return l
	}
	o := header()
	spec, metadata := map[string]any{}, o["metadata"].(map[string]any)
	set := func(m map[string]any, key string, v any) {
		if some() {
			m[key] = v
		}
	}
	set(metadata, "labels", words())
	set(metadata, "finalizers", list())
	set(spec, "replicas", int64(r.IntN(3)))
	set(spec, "paused", r.IntN(2) == 0)
	set(spec, "selector", words())
	strategy := map[string]any{}
	if r.IntN(2) == 0 {
		set(strategy, "type", word())
		set(strategy, "surge", int64(r.IntN(2)))
	}
	set(spec, "strategy", strategy)
	set(spec, "args", list())
	set(spec, "nested", map[string]any{word(): words(), word(): words()})
	var ports, containers []any
	for _, i := range r.Perm(3)[:1+r.IntN(3)] {
		port := map[string]any{"port": int64(i)}
		if some() {
			port["protocol"] = []string{"TCP", "UDP"}[r.IntN(2)]
		}
		set(port, "target", int64(r.IntN(2)))
		ports = append(ports, port)
		container := map[string]any{"name": fmt.Sprint(i)}
		set(container, "image", word())
		set(container, "env", words())
		set(container, "args", list())
		containers = append(containers, container)
	}
	set(spec, "ports", ports)
	set(spec, "containers", containers)
	set(o, "spec", spec)
	return o
}

// perturbed takes or changes something small.
func perturbed(t testing.TB, r *rand.Rand, o map[string]any) map[string]any {
	t.Helper()
	c, other := copied(t, o), randomThing(r)
	spec, _ := c["spec"].(map[string]any)
	otherSpec, _ := other["spec"].(map[string]any)
	for key := range maps.Keys(spec) {
		if r.IntN(3) == 0 {
			delete(spec, key)
			if v, ok := otherSpec[key]; ok && r.IntN(2) == 0 {
				spec[key] = v
			}
			break
		}
	}
	for _, key := range []string{"ports", "containers"} {
		if l, _ := spec[key].([]any); len(l) > 1 && r.IntN(3) == 0 {
			r.Shuffle(len(l), func(i, j int) { l[i], l[j] = l[j], l[i] })
			spec[key] = l[r.IntN(2):]
		}
	}
	return c
}

// TestProvenNoopAgainstTheServersOwnLibrary plays random histories of an object
// and tries, at the end of each, an apply: whenever the proof says that nothing
// changes, the library that servers merge by must say the same.
func TestProvenNoopAgainstTheServersOwnLibrary(t *testing.T) {
	t.Parallel()
	rounds := 2_000
	if testing.Short() {
		rounds = 500
	}
	var proven, noops, same, sameProven int
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		w := newWorld(t)
		if r.IntN(2) == 0 {
			w.apply("helm", randomThing(r))
		}
		applied := randomThing(r)
		w.apply(fluxManager, applied)
		touched := false
		for range r.IntN(3) {
			switch r.IntN(3) {
			case 0:
				w.apply("helm", perturbed(t, r, w.live))
			case 1:
				w.update("operator", defaulted(perturbed(t, r, w.live)))
			case 2:
				w.apply(fluxManager, perturbed(t, r, applied))
			}
			touched = true
		}
		want := applied
		if r.IntN(3) == 0 {
			want, touched = perturbed(t, r, applied), true
		}
		live := w.object()
		before := copied(t, w.live)
		says := provenNoop(fluxManager, &unstructured.Unstructured{Object: want}, live)
		changed := w.apply(fluxManager, want)
		if says && changed {
			t.Fatalf("seed %d: said to change nothing, but\n%v\nbecomes\n%v\nby\n%v\nfields %v", seed, before, w.live, want, live.GetManagedFields())
		}
		if says {
			proven++
		}
		if !changed {
			noops++
		}
		if !touched {
			same++
			if says {
				sameProven++
			}
		}
	}
	t.Logf("%d histories: %d end in an apply that changes nothing, %d of them proven; %d of %d untouched ones proven", rounds, noops, proven, sameProven, same)
	if sameProven*10 < same*9 {
		t.Errorf("only %d of %d applies of the same again are proven to change nothing", sameProven, same)
	}
}

func TestProvenNoop(t *testing.T) {
	t.Parallel()
	spec := func(o map[string]any) map[string]any { return o["spec"].(map[string]any) }
	port := func(n int64, more ...any) map[string]any {
		p := map[string]any{"port": n}
		for i := 0; i < len(more); i += 2 {
			p[more[i].(string)] = more[i+1]
		}
		return p
	}
	base := func() map[string]any {
		o := header()
		o["metadata"].(map[string]any)["labels"] = map[string]any{"a": "b"}
		o["spec"] = map[string]any{
			"selector": map[string]any{"a": "b"}, "args": []any{"x"},
			"strategy": map[string]any{},
			"ports":    []any{port(1), port(2, "protocol", "UDP"), port(2, "protocol", "TCP")},
		}
		return o
	}
	tests := map[string]struct {
		live func(*world)
		want func(map[string]any)
		noop bool
	}{
		"the same again":          {noop: true},
		"no creation timestamp":   {want: func(o map[string]any) { o["metadata"].(map[string]any)["creationTimestamp"] = nil }, noop: true},
		"a creation timestamp":    {want: func(o map[string]any) { o["metadata"].(map[string]any)["creationTimestamp"] = "x" }},
		"a resource version":      {want: func(o map[string]any) { o["metadata"].(map[string]any)["resourceVersion"] = "1" }},
		"another value":           {want: func(o map[string]any) { spec(o)["args"] = []any{"y"} }},
		"a field more":            {want: func(o map[string]any) { spec(o)["paused"] = true }},
		"a field less":            {want: func(o map[string]any) { delete(spec(o), "args") }},
		"a field more in an atom": {want: func(o map[string]any) { spec(o)["selector"].(map[string]any)["c"] = "d" }},
		"an atom emptied":         {want: func(o map[string]any) { spec(o)["selector"] = map[string]any{} }},
		"an empty struct":         {live: func(w *world) { w.live["spec"].(map[string]any)["strategy"].(map[string]any)["type"] = "Rolling" }, noop: true},
		"a struct emptied":        {live: func(w *world) { w.update("operator", perturbedStrategy(w)) }, noop: true},
		"null":                    {want: func(o map[string]any) { spec(o)["args"] = nil }},
		"another version":         {want: func(o map[string]any) { o["apiVersion"] = "apps/v1beta2" }},
		"another order":           {want: func(o map[string]any) { p := spec(o)["ports"].([]any); p[0], p[1] = p[1], p[0] }},
		"another key":             {want: func(o map[string]any) { spec(o)["ports"].([]any)[0] = port(3) }},
		"an element less":         {want: func(o map[string]any) { spec(o)["ports"] = spec(o)["ports"].([]any)[1:] }},
		"another element":         {want: func(o map[string]any) { spec(o)["ports"] = append(spec(o)["ports"].([]any), port(4)) }},
		"more by others": {live: func(w *world) {
			o := copied(w.t, w.live)
			o["metadata"].(map[string]any)["labels"].(map[string]any)["other"] = "x"
			spec(o)["ports"] = append([]any{port(9, "protocol", "TCP")}, spec(o)["ports"].([]any)...)
			w.update("operator", o)
		}, noop: true},
		"owned by another too": {live: func(w *world) {
			o := header()
			o["spec"] = map[string]any{"args": []any{"x"}}
			w.apply("helm", o)
		}, noop: true},
		"changed by another": {live: func(w *world) {
			o := copied(w.t, w.live)
			spec(o)["args"] = []any{"y"}
			w.update("operator", o)
		}},
		"kubectl was there": {live: func(w *world) {
			o := copied(w.t, w.live)
			spec(o)["paused"] = true
			w.update("kubectl-edit", o)
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.apply(fluxManager, base())
			if test.live != nil {
				test.live(w)
			}
			want := base()
			if test.want != nil {
				test.want(want)
			}
			if got := provenNoop(fluxManager, &unstructured.Unstructured{Object: want}, w.object()); got != test.noop {
				t.Errorf("proven: %t, want %t", got, test.noop)
			}
		})
	}
}

// perturbedStrategy is the live object with more in its strategy.
func perturbedStrategy(w *world) map[string]any {
	o := copied(w.t, w.live)
	o["spec"].(map[string]any)["strategy"].(map[string]any)["surge"] = int64(3)
	return o
}

// TestTakeOver undoes what only kubectl set.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := header()
	want["metadata"].(map[string]any)["labels"] = map[string]any{"ours": "x"}
	want["spec"] = map[string]any{"containers": []any{map[string]any{"name": "app", "image": "app:1"}}}
	w.apply(fluxManager, want)
	edited := copied(t, w.live)
	labels := edited["metadata"].(map[string]any)["labels"].(map[string]any)
	labels["edited"], labels["operated"] = "x", "y"
	spec := edited["spec"].(map[string]any)
	spec["paused"] = true
	spec["nested"] = map[string]any{"a": map[string]any{"b": "c"}}
	app := spec["containers"].([]any)[0].(map[string]any)
	app["env"] = map[string]any{"DEBUG": "1"}
	spec["containers"] = append(spec["containers"].([]any), map[string]any{"name": "debug", "image": "shell"})
	w.update("kubectl-edit", edited)
	operated := header()
	operated["metadata"].(map[string]any)["labels"] = map[string]any{"operated": "y"}
	w.apply("operator", operated)

	w.apply(fluxManager, want)
	result := w.object()
	result.SetAnnotations(map[string]string{"kubectl.kubernetes.io/last-applied-configuration": "{}"})
	takeOver(fluxManager, &unstructured.Unstructured{Object: want}, result)

	expected := copied(t, want)
	expected["metadata"].(map[string]any)["labels"].(map[string]any)["operated"] = "y"
	expected["metadata"].(map[string]any)["annotations"] = map[string]any{}
	expected["spec"].(map[string]any)["replicas"] = int64(1)
	if !objectdiff.Equal(result, &unstructured.Unstructured{Object: expected}) {
		t.Errorf("got %v\nwant %v", result.Object, expected)
	}
}
