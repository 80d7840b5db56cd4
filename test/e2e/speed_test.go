//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

// TestPushIsAppliedFast pushes an annotation of the app's Kustomization again
// and again and measures how long the cluster takes to have it. It asserts
// nothing about the time: that depends on the machine.
func TestPushIsAppliedFast(t *testing.T) {
	const pushes = 20
	dir := shared.ensure(t)
	kustomizations := shared.client.Resource(schema.GroupVersionResource{
		Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Resource: "kustomizations",
	}).Namespace("flux-system")
	took := make([]time.Duration, 0, pushes)
	for i := range pushes {
		value := fmt.Sprintf("push-%d", i)
		sandboxed.Write(t, dir, map[string]string{"clusters/dev/patches/kustomization.yaml": `apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
  - target:
      kind: Kustomization
      name: app-sampleapp
    patch: |
      apiVersion: kustomize.toolkit.fluxcd.io/v1
      kind: Kustomization
      metadata:
        name: app-sampleapp
        annotations:
          groundwork.dev/e2e: ` + value + "\n"})
		shared.Must(t, dir, "git", "commit", "--quiet", "--all", "--message", value)
		watch, err := kustomizations.Watch(t.Context(), metav1.ListOptions{FieldSelector: "metadata.name=app-sampleapp"})
		if err != nil {
			t.Fatal(err)
		}
		shared.Must(t, dir, "git", "push", "--quiet", "origin", "HEAD:main")
		pushed := time.Now()
		late := time.AfterFunc(2*time.Minute, watch.Stop)
		for event := range watch.ResultChan() {
			o, ok := event.Object.(*unstructured.Unstructured)
			if ok && o.GetAnnotations()["groundwork.dev/e2e"] == value {
				took = append(took, time.Since(pushed))
				break
			}
		}
		late.Stop()
		watch.Stop()
		if len(took) != i+1 {
			t.Fatalf("push %d was not applied within two minutes", i)
		}
	}
	slices.Sort(took)
	t.Logf("%d pushes applied: p50 %s, p95 %s, slowest %s", pushes, took[pushes/2].Round(time.Millisecond), took[pushes*95/100-1].Round(time.Millisecond), took[pushes-1].Round(time.Millisecond))
	t.Log(strings.Trim(fmt.Sprint(took), "[]"))
}
