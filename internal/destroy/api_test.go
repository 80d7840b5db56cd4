package destroy_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The API server of a world.

func (w *world) Server() string { return "https://api.dev.example.com" }

func (w *world) Time(context.Context) (time.Time, error) { return w.now, w.look() }

func (w *world) Lock(ctx context.Context, _, _, _ string) (context.Context, func(), error) {
	return ctx, func() {}, w.look()
}

func (w *world) Serves(_ context.Context, kinds ...schema.GroupKind) ([]schema.GroupVersionKind, error) {
	var served []schema.GroupVersionKind
	for _, kind := range kinds {
		for _, k := range w.kinds {
			if k.GroupKind() == kind {
				served = append(served, k)
			}
		}
	}
	return served, w.look()
}

func (w *world) List(_ context.Context, kind schema.GroupVersionKind) ([]*unstructured.Unstructured, error) {
	return w.all(kind), w.look()
}

// all are copies of a kind's objects, by name.
func (w *world) all(kinds ...schema.GroupVersionKind) []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for _, n := range slices.Sorted(maps.Keys(w.objects)) {
		if o := w.objects[n]; slices.Contains(kinds, o.GroupVersionKind()) {
			all = append(all, o.DeepCopy())
		}
	}
	return all
}

func (w *world) Create(_ context.Context, _ string, o *unstructured.Unstructured) (bool, error) {
	return true, w.write("create "+o.GetKind(), func() {
		w.backedUp = append(w.backedUp, strings.Join(slices.Sorted(maps.Keys(w.objects)), " "))
		w.add(o.DeepCopy())
	})
}

func (w *world) Merge(_ context.Context, _ string, o *unstructured.Unstructured, fields map[string]any) error {
	return w.write("suspend "+id(o), func() { merge(w.objects[id(o)].Object, fields) })
}

func merge(into, fields map[string]any) {
	for key, value := range fields {
		inner, ok := value.(map[string]any)
		if !ok {
			into[key] = value
			continue
		}
		have, ok := into[key].(map[string]any)
		if !ok {
			have = map[string]any{}
			into[key] = have
		}
		merge(have, inner)
	}
}

func (w *world) Delete(_ context.Context, o *unstructured.Unstructured) error {
	if w.refuse != nil && len(o.GetFinalizers()) > 0 {
		return w.refuse
	}
	return w.write("delete "+id(o), func() {
		if w.asked[o.GetUID()]++; w.asked[o.GetUID()] > 1 {
			w.t.Errorf("%s is deleted twice", id(o))
		}
		have := w.objects[id(o)]
		switch {
		case have == nil || have.GetUID() != o.GetUID():
			w.t.Errorf("%s is deleted, and is not there", id(o))
		case len(have.GetFinalizers()) == 0 && have.GetKind() != "Pod":
			delete(w.objects, id(o))
		default:
			now := metav1.NewTime(w.now)
			have.SetDeletionTimestamp(&now)
		}
	})
}

func (w *world) Await(ctx context.Context, kinds []schema.GroupVersionKind, _ string, done func([]*unstructured.Unstructured) (bool, error)) error {
	for turns := 0; ; turns++ {
		if err := w.look(); err != nil {
			return err
		}
		if ok, err := done(w.all(kinds...)); ok || err != nil {
			return err
		}
		if turns > 1000 {
			return fmt.Errorf("the world does not come to rest")
		}
		if !w.settle() {
			<-ctx.Done()
			return context.Cause(ctx)
		}
	}
}
