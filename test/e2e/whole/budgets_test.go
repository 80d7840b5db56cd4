//go:build e2e

package whole

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
)

// budgeted lets an app in that has no disruption budget, as Flux might apply it
// first, and waits until the real audit reports it: it, and not the app that has
// one.
func budgeted(t *testing.T, client dynamic.Interface) {
	t.Helper()
	const space, bare = "sampleapp", "bare"
	deployments := client.Resource(schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}).Namespace(space)
	app, err := deployments.Get(t.Context(), space, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := deployments.Create(t.Context(), withoutBudget(app, bare), metav1.CreateOptions{}); err != nil {
		t.Fatalf("admission does not let in what only the audit asks about: %v", err)
	}
	t.Cleanup(func() {
		if err := deployments.Delete(context.WithoutCancel(t.Context()), bare, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})

	rule := schema.GroupVersionResource{Group: "constraints.gatekeeper.sh", Version: "v1beta1", Resource: "requiredbudgets"}
	var reported map[string]bool
	// The audit comes round once a minute.
	err = wait.PollUntilContextTimeout(t.Context(), 2*time.Second, 4*time.Minute, true, func(context.Context) (bool, error) {
		reported = violations(*get(t, client, rule, "", "required-budgets"))
		return reported[space+"/"+bare], nil
	})
	t.Logf("without a budget are %v", reported)
	if err != nil {
		t.Error("the audit does not report the app without a budget")
	}
	if reported[space+"/"+space] {
		t.Error("the audit reports the app that has a budget")
	}
}

// withoutBudget returns a copy of an app under a name that no budget selects.
func withoutBudget(app *unstructured.Unstructured, name string) *unstructured.Unstructured {
	labels := map[string]any{"app.kubernetes.io/name": name}
	spec, _, _ := unstructured.NestedMap(app.Object, "spec")
	spec["selector"] = map[string]any{"matchLabels": labels}
	spec["replicas"] = int64(2)
	template := spec["template"].(map[string]any)
	template["metadata"] = map[string]any{"labels": labels}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec,
		"metadata": map[string]any{"name": name, "namespace": app.GetNamespace(), "labels": labels},
	}}
}

// violations returns the objects, namespace/name, that a constraint's status
// reports.
func violations(constraint unstructured.Unstructured) map[string]bool {
	found := map[string]bool{}
	all, _, _ := unstructured.NestedSlice(constraint.Object, "status", "violations")
	for _, v := range all {
		if v, ok := v.(map[string]any); ok {
			namespace, _ := v["namespace"].(string)
			name, _ := v["name"].(string)
			found[namespace+"/"+name] = true
		}
	}
	return found
}
