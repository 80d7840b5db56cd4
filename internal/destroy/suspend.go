package destroy

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	// suspendedAt is the annotation that tells when a run suspended an object.
	suspendedAt = "groundwork.dev/suspended-by-destroy"
	// rounds is how often the engine is looked at: what was being applied while
	// it was suspended may have brought an object more.
	rounds = 5
)

// engineKinds are what the engine acts by: all have spec.suspend.
func engineKinds() []schema.GroupKind {
	return []schema.GroupKind{
		{Group: "kustomize.toolkit.fluxcd.io", Kind: "Kustomization"},
		{Group: "helm.toolkit.fluxcd.io", Kind: "HelmRelease"},
		{Group: "image.toolkit.fluxcd.io", Kind: "ImageUpdateAutomation"},
		{Group: "image.toolkit.fluxcd.io", Kind: "ImageRepository"},
	}
}

// suspend keeps the engine from bringing back what is deleted.
func (r *run) suspend(ctx context.Context) (string, error) {
	suspended := 0
	for range rounds {
		all, err := r.list(ctx, engineKinds()...)
		if err != nil {
			return "", err
		}
		var acting []*unstructured.Unstructured
		for _, o := range all {
			if !suspendedNow(o) {
				acting = append(acting, o)
			}
		}
		if len(acting) == 0 {
			if suspended == 0 {
				return fmt.Sprintf("all %d objects of the engine are suspended already", len(all)), errNothingToDo
			}
			return fmt.Sprintf("suspended %d objects of the engine", suspended), nil
		}
		now, err := r.cluster.Time(ctx)
		if err != nil {
			return "", err
		}
		fields := map[string]any{
			"metadata": map[string]any{"annotations": map[string]any{suspendedAt: now.UTC().Format(time.RFC3339)}},
			"spec":     map[string]any{"suspend": true},
		}
		for _, o := range acting {
			if err := r.cluster.Merge(ctx, manager, o, fields); err != nil {
				return "", fmt.Errorf("suspending %s: %w", name(o), err)
			}
			suspended++
		}
	}
	return "", fmt.Errorf("the engine's objects do not stay suspended: somebody resumes them; find out who, and run this again")
}

func suspendedNow(o *unstructured.Unstructured) bool {
	suspended, _, _ := unstructured.NestedBool(o.Object, "spec", "suspend")
	return suspended
}

// suspendedAt is when runs began to suspend what is suspended now; zero when
// nothing is, by a run.
func (r *run) suspendedAt(ctx context.Context) (time.Time, error) {
	all, err := r.list(ctx, engineKinds()...)
	var first time.Time
	for _, o := range all {
		at, wrong := time.Parse(time.RFC3339, o.GetAnnotations()[suspendedAt])
		if wrong == nil && suspendedNow(o) && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first, err
}
