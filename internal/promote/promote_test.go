package promote_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/promote"
	"github.com/groundwork-dev/groundwork/internal/pullrequest"
)

func has(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in:\n%s", part, text)
		}
	}
}

// only returns the one open request.
func (w *world) only() pullrequest.Request {
	w.t.Helper()
	open := w.open()
	if len(open) != 1 {
		w.t.Fatalf("%d open requests, want one: %+v", len(open), open)
	}
	return open[0]
}

// TestPromote: a request with the evidence, one line changed, and the same
// again without another commit; then a newer image supersedes it.
func TestPromote(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	report, err := w.run(options())
	if err != nil || report.Result != promote.Opened {
		t.Fatalf("%+v, %v", report, err)
	}
	request := w.only()
	has(t, request.Title, "promote web to prod: "+newTag)
	has(t, request.Body, "apps/prod/web/image/kustomization.yaml", digestOf(newTag), oldTag, "+  image: new", "~~~~diff",
		"+ example.com/new v0.1.0", "- example.com/gone v1.0.0", "! example.com/lib v1.0.0 → v1.1.0",
		"fix ~~~ @somebody", "since 2026-01-01 11:00:00Z", "none there", "SHA-256 `"+report.Evidence.Key+"`")
	if s := w.statuses[request.Head]; !s.Passed || s.Name != promote.StatusName {
		t.Errorf("the head has the status %+v", s)
	}
	if based, paths, _ := w.Proposes(request.Head, w.branches["main"]); !based || len(paths) != 1 || paths[0] != path("prod") {
		t.Errorf("the commit changes %v", paths)
	}
	if got := w.commits[request.Head].files[path("prod")]; got != pinFile(newTag, digestOf(newTag)) {
		t.Errorf("the file is\n%s", got)
	}

	if report, err = w.run(options()); err != nil || report.Result != promote.Updated || w.pushes != 1 || len(w.comments) != 0 {
		t.Errorf("again: %+v, %v, %d pushes, comments %q", report, err, w.pushes, w.comments)
	}

	const newest = "main-18-ccccccc"
	w.publish(newest, "example.com/lib v1.1.0")
	w.commit("main", map[string]string{path("dev"): pinFile(newest, digestOf(newest))})
	w.objects = healthyObjects(w.now.Add(-time.Hour), digestOf(newest))
	if report, err = w.run(options()); err != nil || report.Result != promote.Updated {
		t.Fatalf("newer: %+v, %v", report, err)
	}
	again := w.only()
	has(t, again.Title, newest)
	has(t, again.Body, "not below one another")
	has(t, strings.Join(w.comments, "\n"), "#1 Superseded: this request was `promote web to prod: "+newTag)
	if again.Number != request.Number || again.Head == request.Head || !w.statuses[again.Head].Passed {
		t.Errorf("the request is %+v", again)
	}
	if parents := w.commits[again.Head].parents; parents[0] != request.Head {
		t.Errorf("the branch was moved by force: parents %v", parents)
	}

	// dev goes back to what prod has: there is nothing left to merge.
	w.commit("main", map[string]string{path("dev"): pinFile(oldTag, digestOf(oldTag))})
	if report, err = w.run(options()); err != nil || report.Result != promote.Nothing || len(w.open()) != 0 {
		t.Errorf("nothing: %+v, %v, open %v", report, err, w.open())
	}
}

// TestWait: it waits for time alone, and no longer than it may.
func TestWait(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]promote.Result{9 * time.Minute: promote.Opened, 7 * time.Minute: promote.Refused} {
		w := newWorld(t)
		w.objects = healthyObjects(w.now.Add(-2*time.Minute), digestOf(newTag))
		o := options()
		o.Wait = wait
		report, err := w.run(o)
		if report.Result != want || (err == nil) != (want == promote.Opened) {
			t.Errorf("waiting %s: %s, %v", wait, report.Result, err)
		}
	}
	w := newWorld(t)
	if _, err := w.run(options()); err != nil {
		t.Fatal(err)
	}
	w.objects = healthyObjects(w.now.Add(-2*time.Minute), digestOf(newTag))
	o := options()
	o.Wait = time.Hour
	if report, err := w.run(o); err != nil || report.Result != promote.Updated {
		t.Errorf("with an open request: %s, %v", report.Result, err)
	}
	w = newWorld(t)
	w.objects = healthyObjects(w.now.Add(-2*time.Minute), digestOf(newTag))
	delete(w.images, newTag)
	start := w.now
	if _, err := w.run(o); err == nil || !w.now.Equal(start) {
		t.Errorf("it waits for an image that is not there: %v", err)
	}
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, d := options(), w.deps()
	o.DryRun = true
	d.Forge = nil // there may be none
	report, err := promote.Run(t.Context(), o, d, func(promote.Event) {})
	if err != nil || report.Result != promote.DryRun || w.pushes+len(w.requests)+len(w.statuses) != 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	has(t, report.Body, digestOf(newTag), "+  image: new")
}

// TestRace: two at once, with forges that open two requests; and a branch that
// moves between each look and push.
func TestRace(t *testing.T) {
	t.Parallel()
	for range 20 {
		w := newWorld(t)
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				if _, err := w.run(options()); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if request := w.only(); !w.statuses[request.Head].Passed {
			t.Fatalf("the head %s has no status", request.Head)
		}
	}
}

func TestOvertaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	once := sync.Once{}
	w.before = func(branch string) {
		once.Do(func() { w.commit(branch, map[string]string{"smuggled": "x"}) })
	}
	if _, err := w.run(options()); err != nil {
		t.Fatal(err)
	}
	if _, paths, _ := w.Proposes(w.only().Head, w.branches["main"]); len(paths) != 1 {
		t.Errorf("the commit changes %v", paths)
	}
	w = newWorld(t)
	smuggle := sync.OnceFunc(func() { w.commit(promote.Branch("web", "prod"), map[string]string{"smuggled": "x"}) })
	w.after = smuggle
	if _, err := w.run(options()); err != nil {
		t.Fatal(err)
	}
	if _, paths, _ := w.Proposes(w.only().Head, w.branches["main"]); len(paths) != 1 {
		t.Errorf("after the status, the commit changes %v", paths)
	}
	w = newWorld(t)
	w.after = sync.OnceFunc(func() {
		w.requests[0].State = pullrequest.Merged
		w.commit("main", map[string]string{path("prod"): pinFile(newTag, digestOf(newTag))})
	})
	if report, err := w.run(options()); err != nil || report.Result != promote.Nothing {
		t.Errorf("merged meanwhile: %+v, %v", report, err)
	}
	w = newWorld(t)
	w.after = sync.OnceFunc(func() {
		w.publish("main-18-ccccccc")
		w.commit("main", map[string]string{path("dev"): pinFile("main-18-ccccccc", digestOf("main-18-ccccccc"))})
		w.objects = healthyObjects(w.now.Add(-time.Hour), digestOf("main-18-ccccccc"))
	})
	if _, err := w.run(options()); err != nil {
		t.Fatal(err)
	}
	has(t, w.only().Title, "main-18-ccccccc")
	w = newWorld(t)
	w.before = func(branch string) { w.commit(branch, map[string]string{"x": w.branches[branch]}) }
	if _, err := w.run(options()); err == nil || !strings.Contains(err.Error(), "moved 6 times") {
		t.Errorf("a branch that never rests: %v", err)
	}
}

// TestRefused: each is told with its reason, and changes nothing.
func TestRefused(t *testing.T) {
	t.Parallel()
	change := func(w *world, f func(*image.Evidence)) {
		e := w.images[newTag]
		f(&e)
		w.images[newTag] = e
	}
	for name, tc := range map[string]struct {
		spoil func(w *world)
		want  string
	}{
		"no pin":        {func(w *world) { delete(w.commits[w.branches["main"]].files, path("prod")) }, "pin: branch main has no apps/prod/web"},
		"no digest":     {func(w *world) { w.commit("main", map[string]string{path("dev"): pinFile(newTag, "")}) }, "without a digest"},
		"not there":     {func(w *world) { delete(w.images, newTag) }, "digest: the registry has no"},
		"moved tag":     {func(w *world) { change(w, func(e *image.Evidence) { e.TagDigest = digestOf("x") }) }, "it was moved"},
		"unsigned":      {func(w *world) { change(w, func(e *image.Evidence) { e.Signatures = nil }) }, "signature: the image has none"},
		"another key":   {func(w *world) { change(w, func(e *image.Evidence) { e.Signatures = w.another() }) }, "by another key"},
		"no sbom":       {func(w *world) { change(w, func(e *image.Evidence) { e.SBOMs = nil }) }, "no bill of materials"},
		"exchanged":     {func(w *world) { change(w, func(e *image.Evidence) { e.SBOMs = w.images[oldTag].SBOMs }) }, "is not the bill of materials that the image states"},
		"other digest":  {func(w *world) { w.objects = healthyObjects(w.now.Add(-time.Hour), digestOf(oldTag)) }, "running: pod web-1 of dev runs"},
		"simulated":     {func(w *world) { set(w.named("Pod", "web-2"), "status.containerStatuses", []any{}) }, "simulated pods never do"},
		"no deployment": {func(w *world) { w.objects = w.objects[1:] }, "has no Deployment shop/web"},
		"no pods":       {func(w *world) { w.objects = w.objects[:2] }, "has no pods"},
		"no Flux":       {func(w *world) { w.named("Deployment", "web").SetLabels(nil) }, "no Kustomization of Flux"},
		"suspended":     {func(w *world) { set(w.named("Kustomization", "app-web"), "spec.suspend", true) }, "is suspended"},
		"not Ready":     {func(w *world) { w.says("Kustomization", "app-web", condition("Ready", "False", w.now)) }, "Kustomization/flux-system/app-web is not Ready: because"},
		"at work":       {func(w *world) { w.says("Kustomization", "app-web", condition("Ready", "Unknown", w.now)) }, "is not Ready"},
		"pod not ready": {func(w *world) { w.says("Pod", "web-1", condition("Ready", "False", w.now)) }, "healthy: Pod/shop/web-1 is not Ready"},
		"says nothing":  {func(w *world) { w.says("Pod", "web-1") }, "healthy: Pod/shop/web-1 is not Ready"},
		"rolling out":   {func(w *world) { set(w.named("Deployment", "web"), "status.updatedReplicas", int64(1)) }, "1 of 2 pods"},
		"not seen": {func(w *world) {
			w.named("Deployment", "web").SetGeneration(3)
			set(w.named("Deployment", "web"), "status.observedGeneration", int64(2))
		}, "has not seen it yet"},
		"too young": {func(w *world) { w.says("Pod", "web-1", condition("Ready", "True", w.now.Add(-9*time.Minute))) }, "for 9m0s only"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			tc.spoil(w)
			report, err := w.run(options())
			refused, ok := errors.AsType[*promote.RefusedError](err)
			if !ok || !refused.Refused() || report.Result != promote.Refused {
				t.Fatalf("%+v, %v", report, err)
			}
			has(t, err.Error(), "the promotion of web from dev to prod is refused", tc.want, "fix: ")
			if w.pushes+len(w.requests)+len(w.statuses) != 0 {
				t.Error("something was changed")
			}
		})
	}
}

// another are signatures of another key.
func (w *world) another() []image.Signature {
	return newWorld(w.t).images[newTag].Signatures
}

// says replaces an object's conditions.
func (w *world) says(kind, name string, conditions ...any) {
	set(w.named(kind, name), "status.conditions", conditions)
}

// TestHealthTimes: Flux is at work on what has not changed at each interval,
// and its history says so; a rollout that ended is told by its update's time.
func TestHealthTimes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("Kustomization", "app-web", condition("Ready", "True", w.now.Add(-time.Second)))
	set(w.named("Kustomization", "app-web"), "status.history", []any{map[string]any{
		"firstReconciled": w.now.Add(-2 * time.Hour).Format(time.RFC3339), "lastReconciledStatus": "ReconciliationSucceeded",
	}})
	report, err := w.run(options())
	if err != nil || !report.Evidence.Health.Since.Equal(w.now.Add(-time.Hour)) {
		t.Errorf("healthy since %s: %v", report.Evidence.Health.Since, err)
	}
	rollout := condition("Progressing", "True", w.now.Add(-time.Hour)).(map[string]any)
	rollout["lastUpdateTime"] = w.now.Add(-time.Minute).Format(time.RFC3339)
	w.says("Deployment", "web", condition("Available", "True", w.now.Add(-time.Hour)), rollout)
	if _, err := w.run(options()); err == nil || !strings.Contains(err.Error(), "Progressing of Deployment/shop/web") {
		t.Errorf("a rollout a minute ago: %v", err)
	}
}

// TestCanary: the version that has the users' requests counts, and the rollout
// must have ended well.
func TestCanary(t *testing.T) {
	t.Parallel()
	for phase, want := range map[string]string{"Succeeded": "", "Initialized": "", "Progressing": "is Progressing", "Failed": "is Failed", "": "has not begun"} {
		t.Run(phase, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o := options()
			o.RolloutGroup = "rollouts.example.com"
			applied := w.named("Deployment", "web").DeepCopy()
			w.named("Deployment", "web").SetName("web-primary")
			w.objects = append(w.objects, applied, object("rollouts.example.com/v1beta1", "Canary", "shop", "web",
				"status.phase", phase, "status.failedChecks", int64(1), "status.lastTransitionTime", w.now.Format(time.RFC3339)))
			report, err := w.run(o)
			if want != "" {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			has(t, report.Body, phase+", 1 failed checks, at 2026-01-01 12:00:00Z", "shop/web-primary")
		})
	}
}

// TestLargeBody: a forge takes what is written, however much there is.
func TestLargeBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.deps()
	d.Render = func(context.Context, string, string) (string, error) {
		return strings.Repeat("+ ünicode line\n", 20000), nil
	}
	var modules []string
	for i := range 5000 {
		modules = append(modules, "example.com/"+strings.Repeat("m", i%50)+string(rune('a'+i%26))+strings.Repeat("n", i/50)+" v1")
	}
	w.publish(newTag, modules...)
	report, err := promote.Run(t.Context(), options(), d, func(promote.Event) {})
	if err != nil || len(report.Body) > 65000 {
		t.Fatalf("%d bytes, %v", len(report.Body), err)
	}
	has(t, report.Body, "lines more", "### Commits")
}
