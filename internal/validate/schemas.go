package validate

import (
	"context"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/manifest"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

func parallel() int { return runtime.GOMAXPROCS(0) }

func definitionKind() schema.GroupKind {
	return schema.GroupKind{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}
}

// objects returns everything that the cluster would hold as far as it is known:
// what is in the tree, and what charts render to.
func (r *clusterRun) objects() []manifest.Object {
	all := r.built.Objects()
	for _, rel := range r.releases {
		all = append(all, rel.objects...)
	}
	return all
}

// definitions returns the CRDs of the cluster: those of its objects, and those
// of charts that are not at hand.
func (r *clusterRun) definitions() []*unstructured.Unstructured {
	var definitions []*unstructured.Unstructured
	for _, o := range r.objects() {
		if o.Is(definitionKind()) {
			definitions = append(definitions, o.Unstructured)
		}
	}
	for _, rel := range r.releases {
		if rel.objects == nil {
			definitions = append(definitions, rel.known.Definitions...)
		}
	}
	return definitions
}

// schemas asks of every object whether the API server would take it.
func (r *clusterRun) schemas(ctx context.Context) error {
	schemas, err := r.deps.Schemas(r.definitions())
	if err != nil {
		return err
	}
	r.place(schemas)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel())
	for chunk := range slices.Chunk(r.objects(), 32) {
		g.Go(func() error {
			for _, o := range chunk {
				faults, err := schemas.Check(ctx, o.Unstructured)
				if err != nil {
					return err
				}
				r.faults(CheckSchema, o, faults)
			}
			return ctx.Err()
		})
	}
	return g.Wait()
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
		r.report(Finding{
			Problem: diag.Problem{
				Position: o.At.Position(f.Path...), Path: strictyaml.Dotted(f.Path...), Message: f.Message, Hint: f.Hint,
			},
			Check: check, Rule: f.Rule, Severity: f.Severity, Object: o.ID().String(),
		})
	}
}
