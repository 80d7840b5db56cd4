package cluster

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// takenOver reports whether Flux takes the fields of an entry over before it
// applies, which undoes what was set by hand.
func takenOver(manager string, e metav1.ManagedFieldsEntry) bool {
	if e.Subresource != "" {
		return false
	}
	kubectl := strings.HasPrefix(e.Manager, "kubectl")
	if e.Operation == metav1.ManagedFieldsOperationApply {
		return kubectl
	}
	return kubectl || strings.HasPrefix(e.Manager, "before-first-apply") || strings.HasPrefix(e.Manager, manager)
}

// takeOver does to the result of a dry run what Flux does in a request of its
// own: it removes fields that only kubectl owns, and marks that kubectl and
// old versions of Flux left behind. The managedFields of the result say who
// owns what after the apply.
func takeOver(manager string, want, result *unstructured.Unstructured) {
	theirs, others := fieldpath.NewSet(), fieldpath.NewSet()
	for _, e := range result.GetManagedFields() {
		set := setOf(e)
		switch {
		case set == nil:
		case takenOver(manager, e):
			theirs = theirs.Union(set)
		default:
			others = others.Union(set)
		}
	}
	removeFields(result.Object, theirs, others)
	leftBehind := map[string][]string{
		"annotations": {"kubectl.kubernetes.io/last-applied-configuration", "kustomize.toolkit.fluxcd.io/checksum", "fluxcd.io/sync-checksum"},
		"labels":      {"fluxcd.io/sync-gc-mark"},
	}
	for field, keys := range leftBehind {
		for _, key := range keys {
			if _, wanted, _ := unstructured.NestedString(want.Object, "metadata", field, key); !wanted {
				unstructured.RemoveNestedField(result.Object, "metadata", field, key)
			}
		}
	}
}

// removeFields removes from a map what is in set and not in others. A map or
// list that others own a part of stays.
func removeFields(object map[string]any, set, others *fieldpath.Set) {
	for _, e := range elements(set) {
		if e.FieldName == nil {
			continue
		}
		v, ok := object[*e.FieldName]
		if !ok {
			continue
		}
		rest := removed(v, e, set, others)
		if rest == nil {
			delete(object, *e.FieldName)
		} else {
			object[*e.FieldName] = rest
		}
	}
}

// removed is what remains of the value at e, nil for nothing.
func removed(v any, e fieldpath.PathElement, set, others *fieldpath.Set) any {
	children, parts := set.Children.Get(e)
	kept, shared := others.Children.Get(e)
	if !shared {
		if others.Members.Has(e) {
			return v
		}
		if set.Members.Has(e) && (!parts || e.Key != nil) {
			return nil
		}
		kept = fieldpath.NewSet()
	}
	if !parts {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		removeFields(v, children, kept)
		if len(v) == 0 {
			return nil
		}
		return v
	case []any:
		return removeElements(v, children, kept)
	}
	return v
}

func removeElements(list []any, set, others *fieldpath.Set) any {
	rest := make([]any, 0, len(list))
	for _, v := range list {
		for _, e := range elements(set) {
			if names(e, v, false) {
				v = removed(v, e, set, others)
				break
			}
		}
		if v != nil {
			rest = append(rest, v)
		}
	}
	if len(rest) == 0 {
		return nil
	}
	return rest
}
