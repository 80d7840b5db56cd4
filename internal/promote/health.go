package promote

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/image"
)

// Health is how the app does on the cluster that it comes from.
type Health struct {
	// Workload is the Deployment that serves, namespace/name.
	Workload string `json:"workload"`
	Pods     int    `json:"pods"`
	// Since is when the last of all conditions became good, At when that was read.
	Since time.Time `json:"since"`
	At    time.Time `json:"at"`
	// Conditions are what it was read from.
	Conditions []Condition `json:"conditions,omitempty"`
	// Canary is the result of the last rollout; empty without one.
	Canary string `json:"canary,omitempty"`
}

// Condition is what an object says of itself, and since when.
type Condition struct {
	Object string    `json:"object"`
	Type   string    `json:"type"`
	Status string    `json:"status"`
	Reason string    `json:"reason,omitempty"`
	Since  time.Time `json:"since"`

	message string
}

// The labels by which Flux marks what it applied.
const (
	ownerName      = "kustomize.toolkit.fluxcd.io/name"
	ownerNamespace = "kustomize.toolkit.fluxcd.io/namespace"
)

// scene is what the cluster has of the app; what is not there is nil.
type scene struct {
	now                        time.Time
	name                       string // of the Deployment that serves
	deployment, canary, engine *unstructured.Unstructured
	pods                       []*unstructured.Unstructured
}

// patience bounds the reading of the cluster, rest the waiting for Flux.
const (
	patience = time.Minute
	rest     = 10 * time.Second
)

// look reads the app's objects as they are now.
func look(ctx context.Context, c Cluster, o Options) (scene, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("the API server of %s does not answer within %s", o.From, patience))
	defer cancel()
	s := scene{name: o.App}
	if o.RolloutGroup != "" {
		s.name += "-primary" // the version that has the users' requests
		var err error
		if s.canary, err = c.Get(ctx, schema.GroupVersionKind{Group: o.RolloutGroup, Version: "v1beta1", Kind: "Canary"}, o.Namespace, o.App); err != nil {
			return s, err
		}
	}
	var all []*unstructured.Unstructured
	kinds := []schema.GroupVersionKind{{Group: "apps", Version: "v1", Kind: "Deployment"}, {Version: "v1", Kind: "Pod"}}
	if err := c.Await(ctx, kinds, o.Namespace, func(objects []*unstructured.Unstructured) (bool, error) { all = objects; return true, nil }); err != nil {
		return s, err
	}
	var applied *unstructured.Unstructured // what Flux applied, whichever serves
	for _, d := range all {
		if d.GetKind() == "Deployment" && d.GetName() == s.name {
			s.deployment = d
		}
		if d.GetKind() == "Deployment" && d.GetName() == o.App {
			applied = d
		}
	}
	s.pods = podsOf(s.deployment, all)
	var err error
	if applied != nil && applied.GetLabels()[ownerName] != "" {
		if s.engine, err = atRest(ctx, c, applied.GetLabels()[ownerNamespace], applied.GetLabels()[ownerName]); err != nil {
			return s, err
		}
	}
	s.now, err = c.Time(ctx)
	return s, err
}

// atRest returns a Kustomization once Flux is not at work on it: at each
// interval it is not Ready for a moment. One that takes long is returned as it is.
func atRest(ctx context.Context, c Cluster, namespace, name string) (*unstructured.Unstructured, error) {
	short, cancel := context.WithTimeout(ctx, rest)
	defer cancel()
	var found *unstructured.Unstructured
	kinds := []schema.GroupVersionKind{{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Kind: "Kustomization"}}
	err := c.Await(short, kinds, namespace, func(objects []*unstructured.Unstructured) (bool, error) {
		found = nil
		for _, o := range objects {
			if o.GetName() == name {
				found = o
			}
		}
		return found == nil || condition(found, "Ready").Status != "Unknown", nil
	})
	if found != nil && ctx.Err() == nil {
		err = nil
	}
	return found, err
}

// podsOf are those of a Deployment that have not ended and are not to end, by
// name.
func podsOf(deployment *unstructured.Unstructured, all []*unstructured.Unstructured) []*unstructured.Unstructured {
	if deployment == nil {
		return nil
	}
	match, _, _ := unstructured.NestedStringMap(deployment.Object, "spec", "selector", "matchLabels")
	if len(match) == 0 {
		return nil
	}
	var found []*unstructured.Unstructured
	for _, pod := range all {
		phase, _, _ := unstructured.NestedString(pod.Object, "status", "phase")
		ended := pod.GetDeletionTimestamp() != nil || phase == "Failed" || phase == "Succeeded"
		if pod.GetKind() == "Pod" && !ended && labels.SelectorFromSet(match).Matches(labels.Set(pod.GetLabels())) {
			found = append(found, pod)
		}
	}
	slices.SortFunc(found, func(a, b *unstructured.Unstructured) int { return strings.Compare(a.GetName(), b.GetName()) })
	return found
}

// running holds each pod to the digest: what its container was really made
// from, and not what it was asked to be.
func (s scene) running(o Options, digest string) image.Check {
	c := image.Check{Name: "running", Result: image.Refused, Fix: fmt.Sprintf("wait until %s runs it, or see why not: bootstrap doctor --cluster %s", o.From, o.From)}
	where := o.Namespace + "/" + s.name
	switch {
	case s.deployment == nil:
		c.Detail = fmt.Sprintf("%s has no Deployment %s", o.From, where)
		return c
	case len(s.pods) == 0:
		c.Detail = fmt.Sprintf("the Deployment %s of %s has no pods", where, o.From)
		return c
	}
	for _, pod := range s.pods {
		id := imageID(pod, o.App)
		if id == "" {
			c.Detail = fmt.Sprintf("pod %s of %s does not say which image its container %s runs; simulated pods never do", pod.GetName(), o.From, o.App)
			return c
		}
		if _, got, _ := strings.Cut(id, "@"); got != digest {
			c.Detail = fmt.Sprintf("pod %s of %s runs %s", pod.GetName(), o.From, id)
			return c
		}
	}
	return image.Check{Name: "running", Result: image.OK, Detail: fmt.Sprintf("the digest, in all pods of Deployment %s of %s (%d)", where, o.From, len(s.pods))}
}

// imageID is what the runtime says of a pod's container.
func imageID(pod *unstructured.Unstructured, container string) string {
	statuses, _, _ := unstructured.NestedSlice(pod.Object, "status", "containerStatuses")
	for _, status := range statuses {
		m, _ := status.(map[string]any)
		if name, _, _ := unstructured.NestedString(m, "name"); name == container {
			id, _, _ := unstructured.NestedString(m, "imageID")
			return id
		}
	}
	return ""
}

const checkHealthy = "healthy"

// young is how long the app, which is well, has to stay so to be healthy; zero
// where it is long enough, or where that is not what is missing.
func (s scene) young(o Options) time.Duration {
	if s.deployment == nil || s.unwell(o) != "" {
		return 0
	}
	return max(0, o.HealthyFor-s.now.Sub(s.health(o).Since)).Round(time.Second)
}

// healthy holds the app to be well, and to have been for long enough.
func (s scene) healthy(o Options) image.Check {
	c := image.Check{Name: checkHealthy, Result: image.Refused, Fix: fmt.Sprintf("see why: bootstrap doctor --cluster %s; kubectl -n %s get deployment,pods", o.From, o.Namespace)}
	if s.deployment == nil {
		return image.Check{Name: checkHealthy, Result: image.Skipped, Detail: "there is nothing to look at"}
	}
	if why := s.unwell(o); why != "" {
		c.Detail = why
		return c
	}
	h := s.health(o)
	lasted := max(0, s.now.Sub(h.Since)).Round(time.Second)
	if missing := s.young(o); missing > 0 {
		last := h.last()
		c.Detail = fmt.Sprintf("healthy in %s for %s only, since %s (%s of %s)", o.From, lasted, stamp(h.Since), last.Type, last.Object)
		c.Fix = fmt.Sprintf("run it again in %s, or have it --wait; --healthy-for asks for %s", missing, o.HealthyFor)
		return c
	}
	return image.Check{Name: checkHealthy, Result: image.OK, Detail: fmt.Sprintf("since %s, for %s", stamp(h.Since), lasted)}
}

// unwell is the first thing that is not as it should be.
func (s scene) unwell(o Options) string {
	if s.engine == nil {
		return fmt.Sprintf("no Kustomization of Flux applies Deployment %s/%s in %s", o.Namespace, o.App, o.From)
	}
	if on, _, _ := unstructured.NestedBool(s.engine.Object, "spec", "suspend"); on {
		return named(s.engine) + " is suspended"
	}
	if o.RolloutGroup != "" {
		switch phase := s.phase(); phase {
		case "Succeeded", "Initialized":
		case "":
			return fmt.Sprintf("the Canary %s/%s of %s has not begun", o.Namespace, o.App, o.From)
		default:
			return fmt.Sprintf("the Canary %s/%s of %s is %s", o.Namespace, o.App, o.From, phase)
		}
	}
	for _, obj := range append([]*unstructured.Unstructured{s.engine, s.deployment}, s.pods...) {
		if seen, said, _ := unstructured.NestedInt64(obj.Object, "status", "observedGeneration"); said && seen < obj.GetGeneration() {
			return named(obj) + " has changed, and its controller has not seen it yet"
		}
	}
	status := func(field string) int64 {
		n, _, _ := unstructured.NestedInt64(s.deployment.Object, "status", field)
		return n
	}
	if n := status("replicas"); n == 0 || status("updatedReplicas") != n || status("availableReplicas") != n || int(n) != len(s.pods) {
		return fmt.Sprintf("%s: %d of %d pods are of its newest version, %d are available", named(s.deployment), status("updatedReplicas"), n, status("availableReplicas"))
	}
	for _, c := range s.conditions() {
		if c.Status != "True" {
			return strings.TrimSuffix(fmt.Sprintf("%s is not %s: %s", c.Object, c.Type, oneLine(c.message)), ": ")
		}
	}
	return ""
}

// conditions are those that must be true.
func (s scene) conditions() []Condition {
	var all []Condition
	if s.engine != nil {
		c := condition(s.engine, "Ready")
		// Flux begins anew at each interval, and each time it is not Ready for a
		// moment: its history tells since when it has applied what it applies now.
		if since := s.firstApplied(); !since.IsZero() {
			c.Since = since
		}
		all = append(all, c)
	}
	if s.deployment != nil {
		rollout := condition(s.deployment, "Progressing")
		if at := moment(conditionOf(s.deployment, "Progressing"), "lastUpdateTime"); at.After(rollout.Since) {
			rollout.Since = at // it stays true, and says when the last rollout ended
		}
		all = append(all, condition(s.deployment, "Available"), rollout)
	}
	for _, pod := range s.pods {
		all = append(all, condition(pod, "Ready"))
	}
	return all
}

// firstApplied is when Flux first applied what it applied last, if that went
// well; zero where it keeps no history.
func (s scene) firstApplied() time.Time {
	history, _, _ := unstructured.NestedSlice(s.engine.Object, "status", "history")
	if len(history) == 0 {
		return time.Time{}
	}
	last, _ := history[0].(map[string]any)
	if result, _, _ := unstructured.NestedString(last, "lastReconciledStatus"); result != "ReconciliationSucceeded" {
		return time.Time{}
	}
	return moment(last, "firstReconciled")
}

func (s scene) phase() string {
	if s.canary == nil {
		return ""
	}
	phase, _, _ := unstructured.NestedString(s.canary.Object, "status", "phase")
	return phase
}

// health sums up.
func (s scene) health(o Options) Health {
	h := Health{Workload: o.Namespace + "/" + s.name, Pods: len(s.pods), At: s.now, Conditions: s.conditions()}
	h.Since = h.last().Since
	if s.canary != nil {
		failed, _, _ := unstructured.NestedInt64(s.canary.Object, "status", "failedChecks")
		h.Canary = fmt.Sprintf("%s, %d failed checks, at %s", s.phase(), failed, stamp(moment(mapOf(s.canary, "status"), "lastTransitionTime")))
	}
	return h
}

// last is the condition that changed last.
func (h Health) last() Condition {
	var last Condition
	for _, c := range h.Conditions {
		if c.Since.After(last.Since) {
			last = c
		}
	}
	return last
}

func conditionOf(o *unstructured.Unstructured, kind string) map[string]any {
	list, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, item := range list {
		if m, ok := item.(map[string]any); ok && m["type"] == kind {
			return m
		}
	}
	return nil
}

func condition(o *unstructured.Unstructured, kind string) Condition {
	m := conditionOf(o, kind)
	text := func(field string) string { s, _, _ := unstructured.NestedString(m, field); return s }
	return Condition{
		Object: named(o), Type: kind, Status: text("status"), Reason: text("reason"),
		Since: moment(m, "lastTransitionTime"), message: text("message"),
	}
}

func mapOf(o *unstructured.Unstructured, field string) map[string]any {
	m, _, _ := unstructured.NestedMap(o.Object, field)
	return m
}

// moment reads a time; zero without one.
func moment(m map[string]any, field string) time.Time {
	s, _, _ := unstructured.NestedString(m, field)
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return at
}

func named(o *unstructured.Unstructured) string {
	return o.GetKind() + "/" + o.GetNamespace() + "/" + o.GetName()
}
