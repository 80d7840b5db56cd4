package promote_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/promote"
	"github.com/groundwork-dev/groundwork/internal/pullrequest"
)

// rolledBack is a world in which prod got the new image by request 1, tried it,
// and serves the old one again.
func rolledBack(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.commit("main", map[string]string{path("prod"): pinFile(newTag, digestOf(newTag))})
	w.requests = []pullrequest.Request{{Number: 1, Branch: promote.Branch("web", "prod"), Base: "main", State: pullrequest.Merged}}
	deployment := func(name, tag string) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": name, "namespace": "shop", "managedFields": []any{
				map[string]any{"manager": "kustomize-controller", "operation": "Apply", "time": "2026-11-27T12:00:00Z"},
				map[string]any{"manager": "rollouts", "operation": "Update", "time": "2026-11-27T13:00:00Z"},
			}},
			"spec": map[string]any{"template": map[string]any{"spec": map[string]any{"containers": []any{
				map[string]any{"name": "web", "image": webName + ":" + tag + "@" + digestOf(tag)},
			}}}},
		}}
	}
	event := func(of, at, message string) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "Event", "metadata": map[string]any{"name": at, "namespace": "shop"},
			"involvedObject": map[string]any{"kind": of, "name": "web"}, "lastTimestamp": at, "message": message,
		}}
	}
	w.objects = []*unstructured.Unstructured{
		{Object: map[string]any{
			"apiVersion": "rollouts.example.com/v1beta1", "kind": "Canary", "metadata": map[string]any{"name": "web", "namespace": "shop"},
			"status": map[string]any{"phase": "Failed", "lastTransitionTime": "2026-11-27T12:00:01Z"},
		}},
		deployment("web", newTag), deployment("web-primary", oldTag),
		event("Canary", "12:02", "Rolling back"), event("Canary", "12:01", "success rate 50 < 99\n~~~ @everyone"), event("Pod", "12:03", "unrelated"),
	}
	return w
}

func revert(t *testing.T, w *world, change func(*promote.Options)) (*promote.Reverted, error) {
	t.Helper()
	o := options()
	o.RolloutGroup = "rollouts.example.com"
	if change != nil {
		change(&o)
	}
	return promote.Revert(t.Context(), o, w.deps(), func(promote.Event) {})
}

func TestRevert(t *testing.T) {
	t.Parallel()
	w := rolledBack(t)
	got, err := revert(t, w, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Result != promote.Opened || got.Request == nil || got.Request.Branch != "revert/web-prod" || got.Promotion == nil || got.Promotion.Number != 1 {
		t.Errorf("got %+v", got)
	}
	if file := w.commits[w.branches["revert/web-prod"]].files[path("prod")]; file != pinFile(oldTag, digestOf(oldTag)) {
		t.Errorf("the file is\n%s", file)
	}
	if s := w.statuses[got.Commit]; !s.Passed || s.Name != promote.StatusName || !strings.Contains(s.Description, "prod ran it before") {
		t.Errorf("the status is %+v", s)
	}
	if len(w.comments) != 1 || !strings.Contains(w.comments[0], "#2 takes it back") || !strings.Contains(w.comments[0], "    12:01 success rate 50 < 99 ~~~") || strings.Contains(w.comments[0], "unrelated") {
		t.Errorf("comments are %q", w.comments)
	}
	// Once more: the same request, and no further word.
	pushes := w.pushes
	again, err := revert(t, w, nil)
	if err != nil || again.Result != promote.Updated || again.Request.Number != got.Request.Number || len(w.comments) != 1 || w.pushes != pushes || len(w.open()) != 1 {
		t.Errorf("again: %+v, %v; comments %q, %d pushes", again, err, w.comments, w.pushes-pushes)
	}
}

func TestRevertHasNothingToDo(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*world, *promote.Options){
		"there is no rollout that could have failed": func(_ *world, o *promote.Options) { o.RolloutGroup = "" },
		"the rollout of web in prod is Succeeded, not": func(w *world, _ *promote.Options) {
			w.objects[0].Object["status"] = map[string]any{"phase": "Succeeded"}
		},
		"that is Failed is the one before": func(w *world, _ *promote.Options) {
			w.objects[0].Object["status"] = map[string]any{"phase": "Failed", "lastTransitionTime": "2026-11-27T12:00:00Z"}
		},
		"the repository names " + webName + ":" + oldTag: func(w *world, _ *promote.Options) {
			w.commit("main", map[string]string{path("prod"): pinFile(oldTag, digestOf(oldTag))})
		},
	} {
		w := rolledBack(t)
		got, err := revert(t, w, func(o *promote.Options) { change(w, o) })
		if err != nil || got.Result != promote.Nothing || !strings.Contains(strings.Join(got.Why, ""), want) {
			t.Errorf("want %q, got %+v, %v", want, got, err)
		}
		if w.pushes > 0 || len(w.comments) > 0 || len(w.open()) > 0 {
			t.Errorf("%s: something was done", want)
		}
	}
}

// TestRevertNeedsADigestOfThePast: what prod runs must be what the repository
// once named, or no check would let the request through.
func TestRevertNeedsADigestOfThePast(t *testing.T) {
	t.Parallel()
	w := rolledBack(t)
	w.objects[2].Object["spec"] = map[string]any{"template": map[string]any{"spec": map[string]any{"containers": []any{
		map[string]any{"name": "web", "image": webName + ":unknown@" + digestOf("unknown")},
	}}}}
	got, err := revert(t, w, nil)
	if err == nil || !strings.Contains(err.Error(), "never named by its digest") || len(w.open()) > 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestRevertOnlyTells(t *testing.T) {
	t.Parallel()
	w := rolledBack(t)
	got, err := revert(t, w, func(o *promote.Options) { o.DryRun = true })
	if err != nil || got.Result != promote.DryRun || !strings.HasSuffix(got.Back, digestOf(oldTag)) || w.pushes > 0 || len(w.open()) > 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}
