package validate

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/manifest"
)

// Policies are the rules of a cluster, read from its own objects.
type Policies interface {
	// Review returns what an object breaks. namespace is the Namespace that it is
	// in, nil without one.
	Review(ctx context.Context, o, namespace *unstructured.Unstructured) ([]Fault, error)
}

// ObjectFault is a fault of an object that has been handed over.
type ObjectFault struct {
	Object *unstructured.Unstructured
	Fault
}

// policies holds every object against the rules of the cluster.
func (r *clusterRun) policies(ctx context.Context) error {
	all := r.objects()
	byObject := make(map[*unstructured.Unstructured]manifest.Object, len(all))
	namespaces := map[string]*unstructured.Unstructured{}
	for _, o := range all {
		byObject[o.Unstructured] = o
		if o.GetKind() == "Namespace" && o.GroupVersionKind().Group == "" {
			namespaces[o.GetName()] = o.Unstructured
		}
	}
	policies, faults, err := r.deps.Policies(ctx, bare(all))
	if err != nil {
		return err
	}
	for _, f := range faults {
		r.faults(CheckPolicy, byObject[f.Object], []Fault{f.Fault})
	}
	if policies == nil {
		return nil
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel())
	for chunk := range slices.Chunk(all, 32) {
		g.Go(func() error {
			for _, o := range chunk {
				faults, err := policies.Review(ctx, o.Unstructured, namespaceOf(o, namespaces))
				if err != nil {
					return err
				}
				r.faults(CheckPolicy, o, faults)
			}
			return ctx.Err()
		})
	}
	return g.Wait()
}

// namespaceOf returns the Namespace that an object is in: one that the tree does
// not make is taken to be as Kubernetes makes it.
func namespaceOf(o manifest.Object, known map[string]*unstructured.Unstructured) *unstructured.Unstructured {
	name := o.GetNamespace()
	if n := known[name]; n != nil || name == "" {
		return n
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace",
		"metadata": map[string]any{"name": name, "labels": map[string]any{"kubernetes.io/metadata.name": name}},
	}}
}
