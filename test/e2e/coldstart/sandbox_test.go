//go:build e2e

// Package coldstart holds the cold-start prover to what Flux really does: each
// repository of the prover's tests, the seeded faults among them, is pushed to
// a sandbox, and what its verdict says is what becomes of it.
package coldstart

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/groundwork-dev/groundwork/internal/testsupport/coldstarttest"
	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

const repository = "../../.."

// sandbox is the one cluster of the test run, with its forge and registry.
type sandbox struct {
	*sandboxed.Sandbox
	client dynamic.Interface
}

var shared *sandbox

func TestMain(m *testing.M) {
	flag.Parse()
	// All that a case does is wait.
	if err := flag.Set("test.parallel", "100"); err != nil {
		panic(err)
	}
	os.Exit(sandboxed.Run(m, sandboxed.Options{Name: "coldstart", Repository: repository, Nodes: "real"}, func(s *sandboxed.Sandbox) error {
		shared = &sandbox{Sandbox: s}
		if err := shared.connect(); err != nil {
			return err
		}
		return shared.installFlux(context.Background())
	}))
}

// connect reaches the API server of a sandbox with a node that runs pods: without
// one, it asks no webhooks.
func (s *sandbox) connect() error {
	config, err := clientcmd.BuildConfigFromFlags("", s.Env["KUBECONFIG"])
	if err != nil {
		return err
	}
	config.QPS = -1 // all cases at once
	s.client, err = dynamic.NewForConfig(config)
	return err
}

// installFlux applies the controllers of this repository's own cluster, with
// as many workers as there are cases: one that waits holds up no other.
func (s *sandbox) installFlux(ctx context.Context) error {
	file := repository + "/clusters/dev/flux-system/gotk-components.yaml"
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	objects, err := coldstarttest.Objects(file, data)
	if err != nil {
		return err
	}
	workers := map[string][]any{
		"source-controller":    {"--concurrent=20"},
		"kustomize-controller": {"--concurrent=50", "--requeue-dependency=2s"},
		"helm-controller":      {"--concurrent=20", "--requeue-dependency=2s"},
	}
	for _, o := range objects {
		if more := workers[o.GetName()]; o.GetKind() == "Deployment" && more != nil {
			containers, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
			container := containers[0].(map[string]any)
			container["args"] = append(container["args"].([]any), more...)
			if err := unstructured.SetNestedSlice(o.Object, containers, "spec", "template", "spec", "containers"); err != nil {
				return err
			}
		}
		if err := s.apply(ctx, o.Unstructured); err != nil {
			return err
		}
	}
	secret := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "forge", "namespace": "flux-system"},
		"stringData": map[string]any{"username": "git", "password": s.Env["GROUNDWORK_GIT_TOKEN"]},
	}}
	if err := s.apply(ctx, secret); err != nil {
		return err
	}
	// The kinds are served once they can be listed.
	return wait.PollUntilContextTimeout(ctx, time.Second, time.Minute, true, func(ctx context.Context) (bool, error) {
		return !slices.ContainsFunc([]schema.GroupVersionResource{repositories(), kustomizations(), releases()}, func(r schema.GroupVersionResource) bool {
			_, err := s.client.Resource(r).List(ctx, metav1.ListOptions{})
			return err != nil
		}), nil
	})
}

func repositories() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "source.toolkit.fluxcd.io", Version: "v1", Resource: "gitrepositories"}
}

func kustomizations() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Resource: "kustomizations"}
}

func releases() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "helm.toolkit.fluxcd.io", Version: "v2", Resource: "helmreleases"}
}

func (s *sandbox) apply(ctx context.Context, o *unstructured.Unstructured) error {
	resource, _ := meta.UnsafeGuessKindToResource(o.GroupVersionKind())
	_, err := s.client.Resource(resource).Namespace(o.GetNamespace()).Apply(ctx, o.GetName(), o, metav1.ApplyOptions{FieldManager: "e2e", Force: true})
	if err != nil {
		return fmt.Errorf("applying %s %s: %w", o.GetKind(), o.GetName(), err)
	}
	return nil
}
