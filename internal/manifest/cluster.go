package manifest

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// KustomizationKind is Flux's Kustomization.
func KustomizationKind() schema.GroupKind {
	return schema.GroupKind{Group: "kustomize.toolkit.fluxcd.io", Kind: "Kustomization"}
}

// Unit is one Flux Kustomization and what it applies.
type Unit struct {
	// Kustomization is the Flux Kustomization. Its object is nil for an entry that
	// no Kustomization of the tree names.
	Kustomization Object
	// Path is the folder that is built, in the tree.
	Path string
	// Objects are what is applied, sources resolved, in kustomize's order.
	Objects []Object
}

// Name returns the Kustomization's namespace/name, or the path of an entry that
// has none.
func (u Unit) Name() string {
	if u.Kustomization.Unstructured == nil {
		return u.Path
	}
	return u.Kustomization.GetNamespace() + "/" + u.Kustomization.GetName()
}

// Gap is something that was not looked at.
type Gap struct {
	At diag.Position `json:"at"`
	// Reason says what and why, in one sentence.
	Reason string `json:"reason"`
}

// Cluster is what Flux would apply from one entry.
type Cluster struct {
	// Entry is the folder that the first Kustomization names.
	Entry string
	// Units come in the order in which they are found, the entry first.
	Units []Unit
	// Problems are why a unit could not be built: it then has no objects.
	Problems diag.Problems
	// Gaps are what could not be followed.
	Gaps []Gap
}

// Objects returns those of all units.
func (c *Cluster) Objects() []Object {
	var all []Object
	for _, u := range c.Units {
		all = append(all, u.Objects...)
	}
	return all
}
