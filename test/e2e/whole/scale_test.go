//go:build e2e

package whole

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

// trusted checks that the platform's authority is in every namespace that is
// there to stay, and the same everywhere.
func trusted(t *testing.T, client dynamic.Interface) {
	t.Helper()
	bundles := schema.GroupVersionResource{Group: "trust.cert-manager.io", Version: "v1alpha1", Resource: "bundles"}
	for _, b := range list(t, client, bundles) {
		if !conditionTrue(b, "Synced") {
			t.Errorf("bundle %s is not synced", b.GetName())
		}
	}
	have := map[string]string{}
	for _, cm := range list(t, client, schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}) {
		if cm.GetName() == "platform-ca" {
			have[cm.GetNamespace()], _, _ = unstructured.NestedString(cm.Object, "data", "ca.crt")
		}
	}
	for _, n := range list(t, client, schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}) {
		if ca := have[n.GetName()]; !strings.HasPrefix(ca, "-----BEGIN CERTIFICATE-----") || ca != have["cert-manager"] {
			t.Errorf("namespace %s has not the authority of cert-manager's namespace, but %.40q", n.GetName(), ca)
		}
	}
}

// scales puts load on the app until the autoscaler, which reads the real
// metrics-server, has added pods; and makes sure that Flux leaves it at that.
func scales(t *testing.T, config *rest.Config, client dynamic.Interface) {
	t.Helper()
	const app = "sampleapp"
	transport, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var load sync.WaitGroup
	for range 8 {
		load.Go(func() {
			ask(ctx, transport, config.Host+"/api/v1/namespaces/"+app+"/services/"+app+":80/proxy/metrics")
		})
	}
	defer load.Wait()
	defer cancel()

	var autoscaler, deployment unstructured.Unstructured
	err = wait.PollUntilContextTimeout(ctx, time.Second, 4*time.Minute, true, func(context.Context) (bool, error) {
		autoscaler = *get(t, client, schema.GroupVersionResource{Group: "autoscaling", Version: "v2", Resource: "horizontalpodautoscalers"}, app, app)
		deployment = *get(t, client, schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}, app, app)
		return number(autoscaler, "status", "currentReplicas") > number(autoscaler, "spec", "minReplicas") &&
			number(deployment, "status", "readyReplicas") > number(autoscaler, "spec", "minReplicas"), nil
	})
	t.Logf("metrics %v, replicas %d of at least %d", autoscaler.Object["status"], number(deployment, "status", "readyReplicas"), number(autoscaler, "spec", "minReplicas"))
	if err != nil {
		t.Error("the autoscaler adds no pod under load")
	}
	for _, owner := range deployment.GetManagedFields() {
		if owner.Manager == "kustomize-controller" && strings.Contains(owner.FieldsV1.GetRawString(), `"f:replicas"`) {
			t.Error("Flux owns the number of replicas, and would take the pods away again")
		}
	}
}

// ask asks for an address again and again.
func ask(ctx context.Context, client *http.Client, address string) {
	for ctx.Err() == nil {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return
		}
		if response, err := client.Do(request); err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
		}
	}
}

func get(t *testing.T, client dynamic.Interface, resource schema.GroupVersionResource, namespace, name string) *unstructured.Unstructured {
	t.Helper()
	o, err := client.Resource(resource).Namespace(namespace).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func number(o unstructured.Unstructured, path ...string) int64 {
	n, _, _ := unstructured.NestedInt64(o.Object, path...)
	return n
}
