//go:build e2e

package canaried

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/groundwork-dev/groundwork/internal/explain"
)

const (
	flux      = "flux-system"
	takenBack = "Canary/" + app + "/" + app + " status: 'Failed'"
)

// kustomization is the app's.
func (s *sandbox) kustomization(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	resource := schema.GroupVersionResource{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Resource: "kustomizations"}
	o, err := s.client.Resource(resource).Namespace(flux).Get(t.Context(), "app-"+app, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// ready waits until Flux has applied the commit that is checked out and finds the
// app well.
func (s *sandbox) ready(t *testing.T, limit time.Duration) {
	t.Helper()
	commit := s.Must(t, s.checkout, "git", "rev-parse", "HEAD")
	var last string
	err := wait.PollUntilContextTimeout(t.Context(), 200*time.Millisecond, limit, true, func(context.Context) (bool, error) {
		k := s.kustomization(t)
		applied, _, _ := unstructured.NestedString(k.Object, "status", "lastAppliedRevision")
		status, reason, message := explain.Condition(k, "Ready")
		last = fmt.Sprintf("%s %s %s at %s", status, reason, message, applied)
		return status == "True" && strings.HasSuffix(applied, commit), nil
	})
	if err != nil {
		t.Fatalf("the app's Kustomization is not Ready at %s: %s", commit, last)
	}
}

// failed waits until Flux tells that the rollout was taken back.
func (s *sandbox) failed(t *testing.T, limit time.Duration) {
	t.Helper()
	began := time.Now()
	var status, reason, message string
	err := wait.PollUntilContextTimeout(t.Context(), 200*time.Millisecond, limit, true, func(context.Context) (bool, error) {
		status, reason, message = explain.Condition(s.kustomization(t), "Ready")
		return status == "False" && reason == "HealthCheckFailed" && strings.Contains(message, takenBack), nil
	})
	if err != nil {
		t.Fatalf("the app's Kustomization does not tell: %s %s %s", status, reason, message)
	}
	t.Logf("told after %s: %s", time.Since(began).Round(time.Second), message)
	if told := s.failures(t); len(told) == 0 {
		t.Error("there is no event of it")
	}
}

// stamped checks what telling this failure from the one before rests on: Flagger
// stamps the Canary after Flux applied the image, which both objects name.
func (s *sandbox) stamped(t *testing.T, image string) {
	t.Helper()
	canary := s.get(t, "flagger.app", "v1beta1", "canaries", app)
	if got := canary.GetAnnotations()["groundwork.dev/image"]; got != image {
		t.Errorf("the Canary names %s, want %s", got, image)
	}
	text, _, _ := unstructured.NestedString(canary.Object, "status", "lastTransitionTime")
	looked, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []*unstructured.Unstructured{canary, s.get(t, "apps", "v1", "deployments", app)} {
		applied := 0
		for _, f := range o.GetManagedFields() {
			if f.Manager == "kustomize-controller" && f.Subresource == "" {
				applied++
				t.Logf("%s: applied at %s, looked at at %s", o.GetKind(), f.Time.UTC().Format(time.TimeOnly), looked.Format(time.TimeOnly))
				if !looked.After(f.Time.Time) {
					t.Errorf("%s was not looked at since Flux applied it", o.GetKind())
				}
			}
		}
		if applied != 1 {
			t.Errorf("Flux applied %s %d times", o.GetKind(), applied)
		}
	}
}

// failures are Flux' events about an app that is ill.
func (s *sandbox) failures(t *testing.T) []string {
	t.Helper()
	return s.warnings(t, "name=app-"+app)
}

// warnings are Flux' events about some object.
func (s *sandbox) warnings(t *testing.T, of string) []string {
	t.Helper()
	list, err := s.client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "events"}).Namespace(flux).
		List(t.Context(), metav1.ListOptions{FieldSelector: "type=Warning,involvedObject." + of})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range list.Items {
		told = append(told, fmt.Sprintf("%v %v %v", e.Object["lastTimestamp"], e.Object["reason"], e.Object["message"]))
	}
	return told
}
