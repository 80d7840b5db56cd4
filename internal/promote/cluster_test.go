package promote_test

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// object is one of the cluster, from pairs of a path and a value.
func object(apiVersion, kind, namespace, name string, pairs ...any) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": apiVersion, "kind": kind}}
	o.SetNamespace(namespace)
	o.SetName(name)
	for i := 0; i < len(pairs); i += 2 {
		set(o, pairs[i].(string), pairs[i+1])
	}
	return o
}

func set(o *unstructured.Unstructured, at string, value any) {
	if err := unstructured.SetNestedField(o.Object, value, strings.Split(at, ".")...); err != nil {
		panic(err)
	}
}

func condition(kind, status string, since time.Time) any {
	return map[string]any{"type": kind, "status": status, "lastTransitionTime": since.Format(time.RFC3339), "message": "because"}
}

// healthyObjects are an app that is well since a time.
func healthyObjects(since time.Time, digest string) []*unstructured.Unstructured {
	deployment := object("apps/v1", "Deployment", "shop", "web",
		"spec.selector.matchLabels", map[string]any{"app": "web"},
		"status.replicas", int64(2), "status.updatedReplicas", int64(2), "status.availableReplicas", int64(2),
		"status.conditions", []any{condition("Available", "True", since), condition("Progressing", "True", since)})
	deployment.SetLabels(map[string]string{"kustomize.toolkit.fluxcd.io/name": "app-web", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"})
	all := []*unstructured.Unstructured{
		deployment,
		object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "flux-system", "app-web", "status.conditions", []any{condition("Ready", "True", since)}),
	}
	for _, name := range []string{"web-1", "web-2"} {
		pod := object("v1", "Pod", "shop", name, "status.conditions", []any{condition("Ready", "True", since)},
			"status.containerStatuses", []any{map[string]any{"name": "web", "imageID": webName + "@" + digest}})
		pod.SetLabels(map[string]string{"app": "web"})
		all = append(all, pod)
	}
	return all
}

// named is an object of the world.
func (w *world) named(kind, name string) *unstructured.Unstructured {
	for _, o := range w.objects {
		if o.GetKind() == kind && o.GetName() == name {
			return o
		}
	}
	w.t.Fatalf("no %s %s", kind, name)
	return nil
}
