package bootstrap

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/explain"
)

func crdKind() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"}
}

func deploymentKind() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}
}

// installed finds every object of Flux there and every controller ready with
// the images that the tree names.
func (r *run) installed(ctx context.Context) (string, bool, error) {
	missing, err := r.deps.Cluster.Missing(ctx, r.flux...)
	if err != nil || len(missing) > 0 {
		return "", false, err
	}
	deployments := ofKind(r.flux, "Deployment")
	for _, want := range deployments {
		have, err := r.deps.Cluster.Get(ctx, deploymentKind(), want.GetNamespace(), want.GetName())
		if err != nil || have == nil || !available(have) || !sameImages(want, have) {
			return "", false, err
		}
	}
	return fmt.Sprintf("%d controllers are ready", len(deployments)), true, nil
}

// install applies what others need first, then everything else at once, and
// watches until it is ready.
func (r *run) install(ctx context.Context) (string, error) {
	start := r.deps.Now()
	var first, rest []*unstructured.Unstructured
	for _, o := range r.flux {
		if kind := o.GetKind(); kind == "Namespace" || kind == "CustomResourceDefinition" {
			first = append(first, o)
		} else {
			rest = append(rest, o)
		}
	}
	if err := r.deps.Cluster.Apply(ctx, gitManager, first...); err != nil {
		return "", err
	}
	crds := ofKind(first, "CustomResourceDefinition")
	if err := r.await(ctx, crdKind(), "", crds, established, "kinds to be established"); err != nil {
		return "", err
	}
	if err := r.deps.Cluster.Apply(ctx, gitManager, rest...); err != nil {
		return "", err
	}
	deployments := ofKind(rest, "Deployment")
	if err := r.await(ctx, deploymentKind(), fluxNamespace, deployments, available, "controllers to be ready"); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d objects applied, %d controllers ready after %.1fs", len(r.flux), len(deployments), r.deps.Now().Sub(start).Seconds()), nil
}

// await watches the wanted objects of a kind until every one is ready.
func (r *run) await(ctx context.Context, kind schema.GroupVersionKind, namespace string,
	wanted []*unstructured.Unstructured, ready func(*unstructured.Unstructured) bool, what string,
) error {
	if len(wanted) == 0 {
		return nil
	}
	told := -1
	return r.deps.Cluster.Await(ctx, []schema.GroupVersionKind{kind}, namespace, func(objects []*unstructured.Unstructured) (bool, error) {
		have := map[string]*unstructured.Unstructured{}
		for _, o := range objects {
			have[name(o)] = o
		}
		var waiting []Item
		for _, o := range wanted {
			if found := have[name(o)]; found == nil || !ready(found) {
				waiting = append(waiting, Item{Object: name(o), Status: "not ready"})
			}
		}
		if len(waiting) > 0 && len(waiting) != told {
			told = len(waiting)
			r.progress(fmt.Sprintf("waiting for %d of %d %s", len(waiting), len(wanted), what), waiting...)
		}
		return len(waiting) == 0, nil
	})
}

func established(crd *unstructured.Unstructured) bool {
	status, _, _ := explain.Condition(crd, "Established")
	return status == "True"
}

// available reports whether a Deployment's last change is rolled out and all
// of its replicas are available.
func available(d *unstructured.Unstructured) bool {
	wanted, found, _ := unstructured.NestedInt64(d.Object, "spec", "replicas")
	if !found {
		wanted = 1
	}
	updated, _, _ := unstructured.NestedInt64(d.Object, "status", "updatedReplicas")
	ready, _, _ := unstructured.NestedInt64(d.Object, "status", "availableReplicas")
	return current(d) && updated >= wanted && ready >= wanted
}

func sameImages(a, b *unstructured.Unstructured) bool {
	ours, theirs := images(a), images(b)
	for container, image := range ours {
		if theirs[container] != image {
			return false
		}
	}
	return true
}

func images(deployment *unstructured.Unstructured) map[string]string {
	found := map[string]string{}
	containers, _, _ := unstructured.NestedSlice(deployment.Object, "spec", "template", "spec", "containers")
	for _, c := range containers {
		if c, ok := c.(map[string]any); ok {
			container, _ := c["name"].(string)
			found[container], _ = c["image"].(string)
		}
	}
	return found
}

func ofKind(objects []*unstructured.Unstructured, kind string) []*unstructured.Unstructured {
	var found []*unstructured.Unstructured
	for _, o := range objects {
		if o.GetKind() == kind {
			found = append(found, o)
		}
	}
	return found
}
