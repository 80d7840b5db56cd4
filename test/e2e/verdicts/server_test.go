//go:build e2e

package verdicts

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

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// server is the API server of a sandbox.
type server struct {
	client    dynamic.Interface
	discovery discovery.DiscoveryInterface
	resources map[schema.GroupVersionKind]metav1.APIResource
}

// start brings a sandbox up, without a real node, until the test ends.
func start(t *testing.T) *server {
	t.Helper()
	bootstrap := filepath.Join(t.TempDir(), "bootstrap")
	command(t, 10*time.Minute, "go", "build", "-o", bootstrap, repository+"/cmd/bootstrap")
	name := fmt.Sprintf("verdicts-%d", os.Getpid())
	t.Cleanup(func() {
		if out, err := exec.Command(bootstrap, "sandbox", "down", "--name", name).CombinedOutput(); err != nil {
			t.Errorf("sandbox down: %v\n%s", err, out)
		}
	})
	command(t, 30*time.Minute, bootstrap, "sandbox", "up", "--name", name, "--nodes", "simulated", "--foreground=false", "--dir", repository)
	var env map[string]string
	if err := json.Unmarshal([]byte(command(t, time.Minute, bootstrap, "sandbox", "env", "--name", name, "--output", "json")), &env); err != nil {
		t.Fatal(err)
	}
	return connect(t, env["KUBECONFIG"])
}

// connect reads what the API server serves.
func connect(t *testing.T, kubeconfig string) *server {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	config.WarningHandler = rest.NoWarnings{}
	s := &server{}
	if s.client, err = dynamic.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	if s.discovery, err = discovery.NewDiscoveryClientForConfig(config); err != nil {
		t.Fatal(err)
	}
	s.discover(t)
	return s
}

// discover reads which kinds the server serves.
func (s *server) discover(t *testing.T) {
	t.Helper()
	_, lists, err := s.discovery.ServerGroupsAndResources()
	if err != nil {
		t.Fatal(err)
	}
	s.resources = map[schema.GroupVersionKind]metav1.APIResource{}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list.APIResources {
			if !strings.Contains(r.Name, "/") {
				s.resources[version.WithKind(r.Kind)] = r
			}
		}
	}
}

// install makes the definitions and the namespaces that the objects live in,
// and waits until every kind is served.
func (s *server) install(t *testing.T, definitions, objects []*unstructured.Unstructured) {
	t.Helper()
	options := metav1.ApplyOptions{FieldManager: "verdicts", Force: true}
	for _, d := range definitions {
		if _, err := s.in(t, d).Apply(t.Context(), d.GetName(), d, options); err != nil {
			t.Fatalf("installing %s: %v", d.GetName(), err)
		}
	}
	namespaces := s.client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"})
	for _, o := range objects {
		if name := o.GetNamespace(); name != "" {
			n := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name}}}
			if _, err := namespaces.Apply(t.Context(), name, n, options); err != nil {
				t.Fatalf("making namespace %s: %v", name, err)
			}
		}
	}
	for _, d := range definitions {
		s.await(t, d.GetName())
	}
	s.awaitAccounts(t, objects)
	s.discover(t)
}

// awaitAccounts waits for the service account that a pod has when it names none:
// admission looks for it.
func (s *server) awaitAccounts(t *testing.T, objects []*unstructured.Unstructured) {
	t.Helper()
	accounts := s.client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"})
	for _, o := range objects {
		if o.GetKind() != "Pod" {
			continue
		}
		err := wait.PollUntilContextTimeout(t.Context(), 200*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
			_, err := accounts.Namespace(o.GetNamespace()).Get(ctx, "default", metav1.GetOptions{})
			if apierrors.IsNotFound(err) {
				return false, nil
			}
			return err == nil, err
		})
		if err != nil {
			t.Fatalf("the service account of namespace %s: %v", o.GetNamespace(), err)
		}
	}
}

// await waits until a definition's kinds are served.
func (s *server) await(t *testing.T, definition string) {
	t.Helper()
	definitions := s.client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	err := wait.PollUntilContextTimeout(t.Context(), 200*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		d, err := definitions.Get(ctx, definition, metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		plural, group, _ := strings.Cut(definition, ".")
		versions, _, _ := unstructured.NestedSlice(d.Object, "spec", "versions")
		for _, v := range versions {
			if v := v.(map[string]any); v["served"] == true {
				resource := schema.GroupVersionResource{Group: group, Version: v["name"].(string), Resource: plural}
				if _, err := s.client.Resource(resource).List(ctx, metav1.ListOptions{}); err != nil {
					return false, nil //nolint:nilerr // not served yet
				}
			}
		}
		return true, nil
	})
	if err != nil {
		t.Fatalf("definition %s: %v", definition, err)
	}
}

// in is where the object belongs.
func (s *server) in(t *testing.T, o *unstructured.Unstructured) dynamic.ResourceInterface {
	t.Helper()
	kind := o.GroupVersionKind()
	r, ok := s.resources[kind]
	if !ok {
		t.Fatalf("the server serves no %s", kind)
	}
	resource := s.client.Resource(kind.GroupVersion().WithResource(r.Name))
	if r.Namespaced {
		return resource.Namespace(o.GetNamespace())
	}
	return resource
}

// answers are the server's refusals of a dry-run apply and a dry-run create.
func (s *server) answers(t *testing.T, o *unstructured.Unstructured) []string {
	t.Helper()
	text, err := json.Marshal(o.Object)
	if err != nil {
		t.Fatal(err)
	}
	var refusals []string
	note := func(verb string, err error) {
		if apierrors.IsAlreadyExists(err) || err == nil { // what exists is found after everything else
			return
		}
		if _, answered := err.(apierrors.APIStatus); !answered {
			t.Fatal(err)
		}
		refusals = append(refusals, verb+": "+err.Error())
	}
	if o.GetName() != "" {
		force := true
		_, err = s.in(t, o).Patch(t.Context(), o.GetName(), types.ApplyPatchType, text, metav1.PatchOptions{
			DryRun: []string{metav1.DryRunAll}, FieldManager: "verdicts", Force: &force, FieldValidation: metav1.FieldValidationStrict,
		})
		note("apply", err)
	}
	_, err = s.in(t, o).Create(t.Context(), o, metav1.CreateOptions{
		DryRun: []string{metav1.DryRunAll}, FieldManager: "verdicts", FieldValidation: metav1.FieldValidationStrict,
	})
	note("create", err)
	return refusals
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
