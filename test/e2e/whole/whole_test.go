//go:build e2e

// Package whole brings this repository's own platform up, as dev has it and as
// prod has it, with every component on.
package whole

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const repository = "../../.."

// TestProd has the rules enforced.
func TestProd(t *testing.T) {
	config, client := bringUp(t, "prod")
	t.Run("closed by default", func(t *testing.T) { closed(t, client) })
	t.Run("rules refuse", func(t *testing.T) { refused(t, client) })
	t.Run("apps without a budget are reported", func(t *testing.T) { budgeted(t, client) })
	t.Run("authorities in every namespace", func(t *testing.T) { trusted(t, client) })
	t.Run("in the waves that were proven", func(t *testing.T) { inWaves(t, client, "prod") })
	t.Run("alerts arrive", func(t *testing.T) { alerted(t, config, client) })
	t.Run("autoscaler scales", func(t *testing.T) { scales(t, config, client) })
}

// TestDev has the rules only say what they would refuse.
func TestDev(t *testing.T) {
	config, client := bringUp(t, "dev")
	t.Run("closed by default", func(t *testing.T) { closed(t, client) })
	t.Run("authorities in every namespace", func(t *testing.T) { trusted(t, client) })
	t.Run("in the waves that were proven", func(t *testing.T) { inWaves(t, client, "dev") })
	t.Run("alerts arrive", func(t *testing.T) { alerted(t, config, client) })
}

// bringUp plays the demo on a cluster of this repository and keeps it until the
// test ends: everything in it is ready.
func bringUp(t *testing.T, cluster string) (*rest.Config, dynamic.Interface) {
	t.Helper()
	bootstrap := filepath.Join(t.TempDir(), "bootstrap")
	command(t, 10*time.Minute, "go", "build", "-o", bootstrap, repository+"/cmd/bootstrap")
	name := fmt.Sprintf("whole-%s-%d", cluster, os.Getpid())
	t.Cleanup(func() {
		if out, err := exec.Command(bootstrap, "sandbox", "down", "--name", name).CombinedOutput(); err != nil {
			t.Errorf("sandbox down: %v\n%s", err, out)
		}
	})
	t.Log(command(t, 15*time.Minute, bootstrap, "demo", "--cluster", cluster, "--name", name, "--keep", "--dir", repository))
	config := kubeconfig(t, bootstrap, name)
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	for resource, atLeast := range map[schema.GroupVersionResource]int{
		{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Resource: "kustomizations"}: 30,
		{Group: "helm.toolkit.fluxcd.io", Version: "v2", Resource: "helmreleases"}:        15,
		// Really issued: cert-manager's own controller runs here.
		{Group: "cert-manager.io", Version: "v1", Resource: "certificates"}: 10,
	} {
		objects := awaitReady(t, client, resource)
		if len(objects) < atLeast {
			t.Errorf("%d %s, want at least %d", len(objects), resource.Resource, atLeast)
		}
		t.Logf("%d %s are ready", len(objects), resource.Resource)
	}
	return config, client
}

// closed checks that everything is denied by default in each namespace of ours.
func closed(t *testing.T, client dynamic.Interface) {
	t.Helper()
	denied := map[string]bool{}
	for _, p := range list(t, client, schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "networkpolicies"}) {
		if p.GetName() == "default-deny" {
			denied[p.GetNamespace()] = true
		}
	}
	ours := 0
	for _, n := range list(t, client, schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}) {
		if n.GetLabels()["groundwork.dev/tier"] == "" || n.GetName() == "flux-system" {
			continue // Flux has policies of its own
		}
		ours++
		if !denied[n.GetName()] {
			t.Errorf("namespace %s denies nothing by default", n.GetName())
		}
	}
	if ours < 20 {
		t.Errorf("%d namespaces of ours, want at least 20", ours)
	}
}

// refused checks that the rules hold for an app: the real Gatekeeper answers.
func refused(t *testing.T, client dynamic.Interface) {
	t.Helper()
	bad := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{"name": "bad", "namespace": "sampleapp"},
		"spec": map[string]any{
			"securityContext": map[string]any{"runAsNonRoot": true, "runAsUser": int64(65532), "seccompProfile": map[string]any{"type": "RuntimeDefault"}},
			"containers": []any{map[string]any{
				"name": "bad", "image": "docker.io/library/nginx:latest",
				"securityContext": map[string]any{"allowPrivilegeEscalation": false, "capabilities": map[string]any{"drop": []any{"ALL"}}},
			}},
		},
	}}
	_, err := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "pods"}).Namespace("sampleapp").Create(t.Context(), bad, metav1.CreateOptions{})
	if err == nil {
		t.Fatal("a pod that breaks the rules was let in")
	}
	for _, rule := range []string{"allowed-registries", "pinned-images", "required-resources"} {
		if !strings.Contains(err.Error(), rule) {
			t.Errorf("the refusal does not name %s: %v", rule, err)
		}
	}
}

// awaitReady waits until all objects are ready, which they are not for a moment
// after the demo's last push, and returns them.
func awaitReady(t *testing.T, client dynamic.Interface, resource schema.GroupVersionResource) []unstructured.Unstructured {
	t.Helper()
	var objects []unstructured.Unstructured
	var missing []string
	err := wait.PollUntilContextTimeout(t.Context(), time.Second, 3*time.Minute, true, func(context.Context) (bool, error) {
		objects, missing = list(t, client, resource), nil
		for _, o := range objects {
			if !ready(o) {
				missing = append(missing, o.GetNamespace()+"/"+o.GetName())
			}
		}
		return len(missing) == 0, nil
	})
	if err != nil {
		t.Errorf("%s that are not ready: %s", resource.Resource, strings.Join(missing, ", "))
	}
	return objects
}

func ready(o unstructured.Unstructured) bool { return conditionTrue(o, "Ready") }

func conditionTrue(o unstructured.Unstructured, name string) bool {
	conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, c := range conditions {
		if c, ok := c.(map[string]any); ok && c["type"] == name {
			return c["status"] == "True"
		}
	}
	return false
}

func list(t *testing.T, client dynamic.Interface, resource schema.GroupVersionResource) []unstructured.Unstructured {
	t.Helper()
	found, err := client.Resource(resource).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return found.Items
}

func kubeconfig(t *testing.T, bootstrap, name string) *rest.Config {
	t.Helper()
	var env map[string]string
	if err := json.Unmarshal([]byte(command(t, time.Minute, bootstrap, "sandbox", "env", "--name", name, "--output", "json")), &env); err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", env["KUBECONFIG"])
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1 // a load is made through it
	return config
}

// command runs a command that has to succeed and returns what it wrote.
func command(t *testing.T, limit time.Duration, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, stderr.Bytes())
	}
	return string(out)
}
