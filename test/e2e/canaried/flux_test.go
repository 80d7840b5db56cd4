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
	commit := strings.TrimSpace(s.must(t, s.checkout, "git", "rev-parse", "HEAD"))
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

// failures are Flux' events about an app that is ill.
func (s *sandbox) failures(t *testing.T) []string {
	t.Helper()
	list, err := s.client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "events"}).Namespace(flux).
		List(t.Context(), metav1.ListOptions{FieldSelector: "involvedObject.name=app-" + app + ",type=Warning"})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range list.Items {
		told = append(told, fmt.Sprintf("%v %v %v", e.Object["lastTimestamp"], e.Object["reason"], e.Object["message"]))
	}
	return told
}
