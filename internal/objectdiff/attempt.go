package objectdiff

import (
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Wanted is an object as it should be.
type Wanted struct {
	Object *unstructured.Unstructured
	// Force lets the object be deleted and made anew when a field changes that
	// cannot.
	Force bool
}

// Trial says how wanted objects are tried on a server.
type Trial struct {
	// Manager is the field manager in whose name they would be applied.
	Manager string
	// Parallel bounds the requests under way at once, 16 when it is 0.
	Parallel int
	// Everything asks the server about objects too that are proven to stay as
	// they are: a webhook or a stricter schema may have come since.
	Everything bool
}

// Attempt is what became of one object, or would: the server's answer, before
// it is compared and masked. Before and After are nil where there is no object,
// or none is known.
type Attempt struct {
	ID            ID
	Action        Action
	Before, After *unstructured.Unstructured
	Note          string
	// Proven says that the object was found unchanged without asking the server
	// about it.
	Proven bool
}

// Marked reports whether an object, if any, has a label or an annotation of
// that value, the case of letters aside.
func Marked(o *unstructured.Unstructured, key, value string) bool {
	return o != nil && (strings.EqualFold(o.GetLabels()[key], value) || strings.EqualFold(o.GetAnnotations()[key], value))
}

// Of compares the two sides of each attempt. An attempt that is Changed is
// looked at: it may come out as Created, Deleted or Unchanged.
func Of(attempts []Attempt) Diff { return OfGroups([][]Attempt{attempts})[0] }

// OfGroups does what Of does with each group. A Secret in one of them is masked
// in all.
func OfGroups(groups [][]Attempt) []Diff {
	diffs := make([]Diff, len(groups))
	secrets := sync.OnceValue(func() *masker { return newMasker(slices.Concat(groups...)) })
	for i, attempts := range groups {
		rest := different(attempts)
		diff := Diff{Summary: Summary{Unchanged: len(attempts) - len(rest)}, Changes: []Change{}}
		slices.SortFunc(rest, func(a, b Attempt) int { return a.ID.compare(b.ID) })
		for _, a := range rest {
			change := secrets().change(a)
			diff.Summary.count(change.Action)
			if change.Action != Unchanged {
				diff.Changes = append(diff.Changes, change)
			}
		}
		diffs[i] = diff
	}
	return diffs
}

// different are the attempts that are not Unchanged, at a look at their trees.
func different(attempts []Attempt) []Attempt {
	var rest []Attempt
	for _, a := range attempts {
		if a.Action == Changed {
			switch {
			case a.Before == nil && a.After != nil:
				a.Action = Created
			case a.Before != nil && a.After == nil:
				a.Action = Deleted
			case Equal(a.Before, a.After):
				a.Action = Unchanged
			}
		}
		if a.Action != Unchanged {
			rest = append(rest, a)
		}
	}
	return rest
}

// change renders one attempt.
func (m *masker) change(a Attempt) Change {
	change := Change{ID: a.ID, Action: a.Action, Note: m.text(a.Note)}
	if a.Action == Skipped || a.Action == Failed {
		return change
	}
	before, after := m.pair(content(a.Before), content(a.After))
	change.Fields = fields(before, after)
	if len(change.Fields) == 0 && a.Action == Changed {
		change.Action = Unchanged // said in other words: stringData for data
		return change
	}
	change.Diff = unified(a.ID, before, after)
	return change
}

func content(o *unstructured.Unstructured) map[string]any {
	if o == nil {
		return nil
	}
	return o.Object
}
