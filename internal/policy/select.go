package policy

import (
	"slices"

	"github.com/open-policy-agent/frameworks/constraint/pkg/apis/constraints"
	templatesv1 "github.com/open-policy-agent/frameworks/constraint/pkg/apis/templates/v1"
	syncsetv1alpha1 "github.com/open-policy-agent/gatekeeper/v3/apis/syncset/v1alpha1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Rules are what a cluster's objects say about each other.
type Rules struct {
	// Templates and Constraints are in the order of the objects.
	Templates, Constraints []*unstructured.Unstructured
	// Data are the objects that rules may look up: those whose kind a SyncSet names.
	Data []*unstructured.Unstructured
}

// Select finds the rules among the objects of a cluster.
func Select(objects []*unstructured.Unstructured) Rules {
	var r Rules
	var synced []schema.GroupVersionKind
	for _, o := range objects {
		switch o.GroupVersionKind().Group {
		case templatesv1.SchemeGroupVersion.Group:
			r.Templates = append(r.Templates, o)
		case constraints.Group:
			r.Constraints = append(r.Constraints, o)
		case syncsetv1alpha1.GroupVersion.Group:
			synced = append(synced, kindsOf(o)...)
		}
	}
	for _, o := range objects {
		if slices.Contains(synced, o.GroupVersionKind()) {
			r.Data = append(r.Data, o)
		}
	}
	return r
}

// kindsOf returns the kinds that a SyncSet names.
func kindsOf(set *unstructured.Unstructured) []schema.GroupVersionKind {
	var kinds []schema.GroupVersionKind
	list, _, _ := unstructured.NestedSlice(set.Object, "spec", "gvks")
	for _, entry := range list {
		kind, _ := entry.(map[string]any)
		text := func(key string) string { s, _ := kind[key].(string); return s }
		kinds = append(kinds, schema.GroupVersionKind{Group: text("group"), Version: text("version"), Kind: text("kind")})
	}
	return kinds
}
