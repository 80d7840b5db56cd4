// Package objectdiff compares sets of Kubernetes objects by what they say: two
// rendered trees, or live objects and what they would become. Values of Secrets
// are in no output, yet a change of one is seen. What the server keeps for
// itself (resourceVersion, managedFields, status and the like) does not count.
package objectdiff

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Action is what becomes of an object.
type Action string

// What becomes of an object. Recreated is deleted and made anew, because a
// field changes that cannot; Failed is refused by the server; Skipped is left
// alone on purpose.
const (
	Created   Action = "created"
	Changed   Action = "changed"
	Deleted   Action = "deleted"
	Recreated Action = "recreated"
	Failed    Action = "failed"
	Unchanged Action = "unchanged"
	Skipped   Action = "skipped"
)

// ID tells an object from every other. The version is not part of it: an
// object is the same in each version that its server speaks.
type ID struct {
	Group     string `json:"group,omitempty"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// IDOf returns the object's identity.
func IDOf(o *unstructured.Unstructured) ID {
	gvk := schema.FromAPIVersionAndKind(o.GetAPIVersion(), o.GetKind())
	return ID{gvk.Group, gvk.Kind, o.GetNamespace(), o.GetName()}
}

// String is Kind.group/namespace/name, without the parts that are empty.
func (id ID) String() string {
	parts := []string{id.Kind, id.Namespace, id.Name}
	if id.Group != "" {
		parts[0] += "." + id.Group
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "/")
}

func (id ID) compare(other ID) int {
	return cmp.Or(strings.Compare(id.Namespace, other.Namespace), strings.Compare(id.Kind, other.Kind),
		strings.Compare(id.Group, other.Group), strings.Compare(id.Name, other.Name))
}

// Field is one field whose value differs. Path is as in
// spec.containers[name=app].image; a nil side has no such field. Lists whose
// elements have no key in common, or that change their order, are one field.
type Field struct {
	Path   string `json:"path"`
	Before any    `json:"before,omitempty"`
	After  any    `json:"after,omitempty"`
}

// Change is what becomes of one object, its secrets masked.
type Change struct {
	ID     ID      `json:"object"`
	Action Action  `json:"action"`
	Fields []Field `json:"fields,omitempty"`
	// Diff is a unified diff of the object as YAML, with three lines of context.
	Diff string `json:"diff,omitempty"`
	// Note says what the action does not: why something failed, or why it is
	// not known in detail.
	Note string `json:"note,omitempty"`
}

// Summary counts objects by what becomes of them.
type Summary struct {
	Created   int `json:"created"`
	Changed   int `json:"changed"`
	Deleted   int `json:"deleted"`
	Recreated int `json:"recreated,omitempty"`
	Failed    int `json:"failed,omitempty"`
	Skipped   int `json:"skipped,omitempty"`
	Unchanged int `json:"unchanged"`
}

// Add returns the sum of both.
func (s Summary) Add(other Summary) Summary {
	return Summary{
		s.Created + other.Created, s.Changed + other.Changed, s.Deleted + other.Deleted, s.Recreated + other.Recreated,
		s.Failed + other.Failed, s.Skipped + other.Skipped, s.Unchanged + other.Unchanged,
	}
}

// String is as in "1 created, 2 changed, 0 deleted, 40 unchanged"; what is
// rare is named only where there is some.
func (s Summary) String() string {
	parts := []string{
		fmt.Sprintf("%d created", s.Created), fmt.Sprintf("%d changed", s.Changed), fmt.Sprintf("%d deleted", s.Deleted),
	}
	for _, rare := range []struct {
		n    int
		what Action
	}{{s.Recreated, Recreated}, {s.Failed, Failed}, {s.Skipped, Skipped}} {
		if rare.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", rare.n, rare.what))
		}
	}
	return strings.Join(append(parts, fmt.Sprintf("%d unchanged", s.Unchanged)), ", ")
}

func (s *Summary) count(a Action) {
	switch a {
	case Created:
		s.Created++
	case Changed:
		s.Changed++
	case Deleted:
		s.Deleted++
	case Recreated:
		s.Recreated++
	case Failed:
		s.Failed++
	case Skipped:
		s.Skipped++
	case Unchanged:
		s.Unchanged++
	}
}

// Diff is the difference of two sets. Changes are in the order of namespace,
// kind, group and name; objects that stay as they are are counted alone.
type Diff struct {
	Summary Summary  `json:"summary"`
	Changes []Change `json:"changes"`
}

// Empty reports whether nothing differs and nothing failed.
func (d Diff) Empty() bool {
	return !slices.ContainsFunc(d.Changes, func(c Change) bool { return c.Action != Skipped })
}

// Compare returns what leads from before to after. Neither set is changed. Of
// objects of one identity in one set the last counts.
func Compare(before, after []*unstructured.Unstructured) Diff {
	old := make(map[ID]*unstructured.Unstructured, len(before))
	for _, o := range before {
		old[IDOf(o)] = o
	}
	want := make(map[ID]*unstructured.Unstructured, len(after))
	for _, o := range after {
		want[IDOf(o)] = o
	}
	attempts := make([]Attempt, 0, len(want))
	for id, o := range want {
		attempts = append(attempts, Attempt{ID: id, Action: Changed, Before: old[id], After: o})
	}
	for id, o := range old {
		if want[id] == nil {
			attempts = append(attempts, Attempt{ID: id, Action: Deleted, Before: o})
		}
	}
	return Of(attempts)
}
