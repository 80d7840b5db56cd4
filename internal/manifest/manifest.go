// Package manifest is a Kubernetes object that knows where it was written.
package manifest

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// Object is one object of a repository, as the engine would apply it.
type Object struct {
	*unstructured.Unstructured
	// At knows where its values stand. Never nil.
	At Source
	// Release is the HelmRelease whose chart makes it, and Template the chart's file;
	// nil and empty for what is written in the tree.
	Release  *unstructured.Unstructured
	Template string
}

// Source is where an object comes from.
type Source interface {
	// Position is the place of the value at path, list items by their index; of the
	// nearest value above it where there is none, or where another file put the
	// value there.
	Position(path ...string) diag.Position
}

// Annotation returns an annotation of the object, or else of the release that
// makes it; empty without one.
func (o Object) Annotation(key string) string {
	if value := o.GetAnnotations()[key]; value != "" || o.Release == nil {
		return value
	}
	return o.Release.GetAnnotations()[key]
}

// ID identifies an object in a cluster.
type ID struct{ Group, Kind, Namespace, Name string }

// ID returns the object's.
func (o Object) ID() ID {
	kind := o.GroupVersionKind()
	return ID{kind.Group, kind.Kind, o.GetNamespace(), o.GetName()}
}

// String returns Kind namespace/name, for messages.
func (id ID) String() string {
	if id.Namespace == "" {
		return id.Kind + " " + id.Name
	}
	return id.Kind + " " + id.Namespace + "/" + id.Name
}

// Is says whether the object is of a group and kind, of any version.
func (o Object) Is(kind schema.GroupKind) bool { return o.GroupVersionKind().GroupKind() == kind }

// Place is a source that knows one place and nothing inside of it.
type Place diag.Position

// Position implements Source.
func (p Place) Position(...string) diag.Position { return diag.Position(p) }

// Keys returns the keys of a mapping, sorted.
func Keys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
