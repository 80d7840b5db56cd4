package fluxbuild

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/manifest"
)

// Cluster builds everything that Flux would apply, beginning with the
// kustomization of a folder.
func (t *Tree) Cluster(ctx context.Context, entry string) (*manifest.Cluster, error) {
	w := walk{tree: t, cluster: &manifest.Cluster{Entry: entry}, seen: map[string]bool{}}
	found := []step{{unit: manifest.Unit{Path: path.Clean(entry)}}}
	for len(found) > 0 {
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(runtime.GOMAXPROCS(0))
		for i := range found {
			g.Go(func() error {
				found[i].build(t)
				return ctx.Err()
			})
		}
		if err := g.Wait(); err != nil {
			return nil, err
		}
		for _, s := range found {
			w.add(s)
		}
		found = w.next()
	}
	return w.cluster, nil
}

// step is a unit that is being built.
type step struct {
	unit     manifest.Unit
	problems diag.Problems
	gaps     []manifest.Gap
}

// walk follows Kustomizations.
type walk struct {
	tree    *Tree
	cluster *manifest.Cluster
	done    int // units whose Kustomizations have been looked at
	seen    map[string]bool
	source  string // what the entry is read from, if that is known
}

func (w *walk) add(s step) {
	w.cluster.Units = append(w.cluster.Units, s.unit)
	w.cluster.Problems = append(w.cluster.Problems, s.problems...)
	w.cluster.Gaps = append(w.cluster.Gaps, s.gaps...)
}

// next returns the units that those of the last round declare.
func (w *walk) next() []step {
	var found []step
	units := w.cluster.Units
	first := w.done == 0
	for _, u := range units[w.done:] {
		for _, o := range u.Objects {
			if !o.Is(manifest.KustomizationKind()) {
				continue
			}
			name := o.GetNamespace() + "/" + o.GetName()
			if w.seen[name] {
				w.cluster.Problems = append(w.cluster.Problems, diag.Problem{
					Position: o.At.Position("metadata", "name"), Message: fmt.Sprintf("Kustomization %s is declared twice", name),
					Hint: "two owners would undo each other's changes; remove one",
				})
				continue
			}
			w.seen[name] = true
			if first && pathOf(o) == w.cluster.Entry && units[0].Kustomization.Unstructured == nil {
				units[0].Kustomization, w.source = o, sourceOf(o)
				continue
			}
			found = append(found, step{unit: manifest.Unit{Kustomization: o, Path: pathOf(o)}})
		}
	}
	w.done = len(units)
	slices.SortStableFunc(found, func(a, b step) int { return cmp.Compare(a.unit.Name(), b.unit.Name()) })
	return slices.DeleteFunc(found, w.elsewhere)
}

// elsewhere says whether a unit is read from another source, and notes it.
func (w *walk) elsewhere(s step) bool {
	o := s.unit.Kustomization
	source := sourceOf(o)
	other := w.source != "" && source != w.source
	if !other && (w.source != "" || w.tree.isDir(s.unit.Path)) {
		return false
	}
	w.cluster.Gaps = append(w.cluster.Gaps, manifest.Gap{
		At: o.At.Position("spec", "sourceRef"), Reason: fmt.Sprintf("Kustomization %s is read from %s, which is not this tree", s.unit.Name(), source),
	})
	return true
}

// pathOf is the folder that a Kustomization names, in the tree.
func pathOf(o manifest.Object) string {
	p, _, _ := unstructured.NestedString(o.Object, "spec", "path")
	return strings.TrimPrefix(path.Join("/", p), "/") + map[bool]string{true: "."}[path.Join("/", p) == "/"]
}

// sourceOf is what a Kustomization is read from.
func sourceOf(o manifest.Object) string {
	ref, _, _ := unstructured.NestedStringMap(o.Object, "spec", "sourceRef")
	return fmt.Sprintf("%s %s/%s", ref["kind"], cmp.Or(ref["namespace"], o.GetNamespace()), ref["name"])
}
