package cluster

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/value"

	"github.com/groundwork-dev/groundwork/internal/objectdiff"
)

// provenNoop reports whether it follows from live alone that a forced
// server-side apply of want by manager leaves live as it is.
//
// The server computes an apply as: merge want into live; remove what manager
// applied last time, does not apply now and nobody else owns; default the
// result. Where the result is the live object, it stops before defaulting. The
// set of fields that manager applied last time is in live's managedFields, and
// its shape shows how the server's schema reads each list and map: a path with
// children is merged by these children, a path without is replaced whole.
//
// So if, walking want along that set, (1) every field of want is in the set and
// every path of the set is in want, (2) each value at the end of a path equals
// live's value there, and (3) elements of merged lists stand in want in the
// order in which they stand in live, then the merge writes what is there and
// moves nothing, and nothing is left to remove. Ownership of others does not
// matter, because no value changes. The walk returns false wherever it would
// have to guess: another version, an entry that is not exactly one, an object
// that is being deleted, null values, lists whose elements cannot be paired one
// to one, a value that the server has written in another way (1000m, 1).
//
// What this cannot see is what has changed on the server since that apply: a
// webhook or policy that would now refuse or alter the object, a schema that
// reads a list in another way or validates more strictly. Who needs that too
// asks the server about everything (objectdiff.Trial).
func provenNoop(manager string, want, live *unstructured.Unstructured) bool {
	if live.GetAPIVersion() != want.GetAPIVersion() || live.GetKind() != want.GetKind() || live.GetDeletionTimestamp() != nil {
		return false
	}
	set := appliedSet(manager, live)
	if set == nil {
		return false
	}
	desired := make(map[string]any, len(want.Object))
	for key, v := range want.Object {
		if key != "apiVersion" && key != "kind" && key != "metadata" {
			desired[key] = v
		}
	}
	if metadata, ok := ownMetadata(want); !ok {
		return false
	} else if len(metadata) > 0 {
		desired["metadata"] = metadata
	}
	return proof{scheme.Scheme.Recognizes(want.GroupVersionKind())}.sameMap(desired, live.Object, set)
}

// proof is the walk.
type proof struct {
	// builtIn is whether the kind is one of Kubernetes' own.
	builtIn bool
}

// mergedStruct reports whether a field of built-in kinds is a struct that is
// merged field by field wherever it is an object. Flux sends these where the
// author does not, as {}. The fields of an empty object do not show in a set how
// the server reads it, but merged with what is there it changes nothing.
func mergedStruct(field string) bool {
	switch field {
	case "metadata", "spec", "strategy", "updateStrategy", "resources":
		return true
	}
	return false
}

// appliedSet returns what manager applied to the object last, nil when that is
// not known, was in another version, or when Flux would first take over what
// kubectl set.
func appliedSet(manager string, live *unstructured.Unstructured) *fieldpath.Set {
	var entry *metav1.ManagedFieldsEntry
	entries := live.GetManagedFields()
	for i, e := range entries {
		if takenOver(manager, e) {
			return nil
		}
		if e.Manager == manager && e.Operation == metav1.ManagedFieldsOperationApply && e.Subresource == "" {
			if entry != nil {
				return nil
			}
			entry = &entries[i]
		}
	}
	if entry == nil || entry.APIVersion != live.GetAPIVersion() {
		return nil
	}
	return setOf(*entry)
}

// setOf reads the fields of an entry, nil when there are none or they cannot
// be read.
func setOf(entry metav1.ManagedFieldsEntry) *fieldpath.Set {
	if entry.FieldsV1 == nil {
		return nil
	}
	set := &fieldpath.Set{}
	if set.FromJSON(entry.FieldsV1.GetRawReader()) != nil {
		return nil
	}
	return set
}

// ownMetadata is the metadata that sets of fields speak of, and false when the
// object sets some that belongs to the server.
func ownMetadata(want *unstructured.Unstructured) (map[string]any, bool) {
	metadata, _ := want.Object["metadata"].(map[string]any)
	own := make(map[string]any, len(metadata))
	for key, v := range metadata {
		switch key {
		case "name", "namespace":
		case "creationTimestamp":
			if v != nil {
				return nil, false
			}
		case "managedFields", "resourceVersion", "uid", "generation", "selfLink", "generateName", "deletionTimestamp":
			return nil, false
		default:
			own[key] = v
		}
	}
	return own, true
}

// sameValue is the walk for the value at the path of element, which is a
// member or has children in set.
func (p proof) sameValue(want, live any, set *fieldpath.Set, element fieldpath.PathElement) bool {
	children, merged := set.Children.Get(element)
	if empty, ok := want.(map[string]any); ok && len(empty) == 0 && !merged && p.builtIn &&
		element.FieldName != nil && mergedStruct(*element.FieldName) {
		_, ok := live.(map[string]any)
		return ok && set.Members.Has(element)
	}
	if !merged {
		return want != nil && set.Members.Has(element) && objectdiff.EqualValues(want, live)
	}
	switch w := want.(type) {
	case map[string]any:
		l, ok := live.(map[string]any)
		return ok && p.sameMap(w, l, children)
	case []any:
		l, ok := live.([]any)
		return ok && p.sameList(w, l, children)
	}
	return false
}

func (p proof) sameMap(want, live map[string]any, set *fieldpath.Set) bool {
	if len(elements(set)) != len(want) {
		return false
	}
	for key, w := range want {
		l, ok := live[key]
		if !ok || !p.sameValue(w, l, set, fieldpath.FieldNameElement(key)) {
			return false
		}
	}
	return true
}

// sameList pairs each element of want with one path of set and one element of
// live, in order.
func (p proof) sameList(want, live []any, set *fieldpath.Set) bool {
	paths := elements(set)
	if len(paths) != len(want) {
		return false
	}
	used := make([]bool, len(paths))
	next := 0
	for _, w := range want {
		at := pathOf(w, paths)
		if at < 0 || used[at] {
			return false
		}
		used[at] = true
		found := -1
		for i, l := range live {
			if !names(paths[at], l, false) {
				continue
			}
			if found >= 0 {
				return false
			}
			found = i
		}
		if found < next {
			return false
		}
		next = found + 1
		if !p.sameValue(w, live[found], set, paths[at]) {
			return false
		}
	}
	return true
}

// pathOf returns the one path that an element of want can mean, or -1.
func pathOf(want any, paths []fieldpath.PathElement) int {
	at := -1
	for i, path := range paths {
		if !names(path, want, true) {
			continue
		}
		if at >= 0 {
			return -1
		}
		at = i
	}
	return at
}

// names reports whether a path of a set means the element of a list. In what
// is wanted, the server fills in keys that have a default, so they may be
// missing; where that was another value last time, the set has it as a field
// of the element and the walk finds it missing.
func names(path fieldpath.PathElement, element any, defaulted bool) bool {
	switch {
	case path.Value != nil:
		return value.Equals(*path.Value, value.NewValueInterface(element))
	case path.Key != nil:
		fields, ok := element.(map[string]any)
		if !ok {
			return false
		}
		matched := 0
		for _, key := range *path.Key {
			v, ok := fields[key.Name]
			switch {
			case !ok && defaulted:
			case !ok || !value.Equals(key.Value, value.NewValueInterface(v)):
				return false
			default:
				matched++
			}
		}
		return matched > 0
	}
	return false
}

// elements are the paths one level below a set, members and those with
// children, each once.
func elements(set *fieldpath.Set) []fieldpath.PathElement {
	all := make([]fieldpath.PathElement, 0, set.Members.Size())
	set.Members.Iterate(func(e fieldpath.PathElement) { all = append(all, e) })
	for e := range set.Children.All() {
		if !set.Members.Has(e) {
			all = append(all, e)
		}
	}
	return all
}
