package validate

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/manifest"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

func parallel() int { return runtime.GOMAXPROCS(0) }

// objects returns everything that the cluster would hold as far as it is known:
// what is in the tree, and what charts render to.
func (r *clusterRun) objects() []manifest.Object {
	all := r.built.Objects()
	for _, rel := range r.releases {
		all = append(append(all, rel.definitions...), rel.objects...)
	}
	return all
}

// bare are the objects as others take them.
func bare(all []manifest.Object) []*unstructured.Unstructured {
	list := make([]*unstructured.Unstructured, len(all))
	for i, o := range all {
		list[i] = o.Unstructured
	}
	return list
}

// schemas asks of every object whether the API server would take it.
func (r *clusterRun) schemas(ctx context.Context) error {
	all := r.objects()
	schemas, err := r.deps.Schemas(ctx, bare(all))
	if err != nil {
		return err
	}
	r.place(schemas)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel())
	for chunk := range slices.Chunk(all, 32) {
		g.Go(func() error {
			for _, o := range chunk {
				look := func() ([]Fault, error) { return schemas.Check(ctx, o.Unstructured) }
				if o.Release == nil {
					look = r.seen.once(schemas, o.Unstructured, look)
				}
				faults, err := look()
				if err != nil {
					return err
				}
				r.faults(CheckSchema, o, r.unknowable(o, slices.Clone(faults)))
			}
			return ctx.Err()
		})
	}
	return g.Wait()
}

// verdicts are those about objects that several clusters have.
type verdicts struct {
	mu sync.Mutex
	of map[verdict]func() ([]Fault, error)
}

// verdict is what a cluster's schemas say about an object.
type verdict struct {
	by    Schemas
	about *unstructured.Unstructured
}

// once returns what looks at an object the first time.
func (v *verdicts) once(by Schemas, about *unstructured.Unstructured, look func() ([]Fault, error)) func() ([]Fault, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	key := verdict{by, about}
	if v.of[key] == nil {
		v.of[key] = sync.OnceValues(look)
	}
	return v.of[key]
}

// unknowable makes a gap of a kind that nobody serves where a chart that
// nothing is known of may bring it.
func (r *clusterRun) unknowable(o manifest.Object, faults []Fault) []Fault {
	return slices.DeleteFunc(faults, func(f Fault) bool {
		if !f.UnknownKind {
			return false
		}
		for _, rel := range r.releases {
			if !rel.rendered && rel.known.Component == nil {
				r.gap(o.At.Position(), fmt.Sprintf("%s: %s, unless chart %s brings it", o.ID(), f.Message, rel.Chart))
				return true
			}
		}
		return false
	})
}

// place puts what charts render without a namespace where Helm would put it.
func (r *clusterRun) place(schemas Schemas) {
	for _, rel := range r.releases {
		for _, o := range rel.objects {
			if namespaced, known := schemas.Namespaced(o.GroupVersionKind()); known && namespaced && o.GetNamespace() == "" {
				o.SetNamespace(rel.Namespace)
			}
		}
	}
}

// faults reports what a check found in an object.
func (r *clusterRun) faults(check Check, o manifest.Object, faults []Fault) {
	for _, f := range faults {
		if o.Template != "" {
			f.Message += ", in what " + o.Template + " makes"
		}
		r.report(Finding{
			Problem: diag.Problem{
				Position: o.At.Position(f.Path...), Path: strictyaml.Dotted(f.Path...), Message: f.Message, Hint: f.Hint,
			},
			Check: check, Rule: f.Rule, Severity: f.Severity, Object: o.ID().String(),
		})
	}
}
