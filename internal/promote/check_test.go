package promote_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/promote"
)

// TestCheck: whatever a commit is called and whoever made it, what it moves is
// judged, and its status says how.
func TestCheck(t *testing.T) {
	t.Parallel()
	const branch = "promote/web-prod"
	for name, tc := range map[string]struct {
		change func(w *world)
		passed bool
		want   string
	}{
		"as it was made": {func(*world) {}, true, newTag + ": signed, and healthy in dev since"},
		"by hand": {func(w *world) {
			w.branches[branch] = ""
			w.branches[branch] = w.branches["main"]
			w.commit(branch, map[string]string{path("prod"): pinFile(newTag, digestOf(newTag))})
		}, true, "signed, and healthy"},
		"no promotion": {func(w *world) {
			w.branches[branch] = w.branches["main"]
			w.commit(branch, map[string]string{"other": "2"})
		}, true, "not a promotion"},
		"the source's own": {func(w *world) {
			w.branches[branch] = w.branches["main"]
			w.commit(branch, map[string]string{path("dev"): pinFile(oldTag, digestOf(oldTag))})
		}, true, "not a promotion"},
		"a comment": {func(w *world) {
			w.branches[branch] = w.branches["main"]
			w.commit(branch, map[string]string{path("prod"): "# more\n" + pinFile(oldTag, digestOf(oldTag))})
		}, true, "not a promotion"},
		"a new app": {func(w *world) {
			delete(w.commits[w.branches["main"]].files, path("prod"))
			w.branches[branch] = w.branches["main"]
			w.commit(branch, map[string]string{path("prod"): pinFile(oldTag, digestOf(oldTag)), "other": "2"})
		}, true, "not a promotion"},
		"main moved elsewhere": {func(w *world) { w.commit("main", map[string]string{"other": "2"}) }, true, "signed, and healthy"},
		"prod moved": {func(w *world) {
			w.commit("main", map[string]string{path("prod"): pinFile("main-9-ddddddd", digestOf("x"))})
		}, false, "commit: it is not one commit on main"},
		"dev moved": {func(w *world) {
			w.commit("main", map[string]string{path("dev"): pinFile(oldTag, digestOf(oldTag))})
		}, false, "it wants " + webName + ":" + newTag},
		"behind main": {func(w *world) {
			w.branches[branch] = w.branches["main"]
			w.commit(branch, map[string]string{"other": "2"})
			w.commit("main", map[string]string{path("prod"): pinFile("main-9-ddddddd", digestOf("x"))})
		}, true, "not a promotion"},
		"two commits": {func(w *world) {
			w.commit(branch, map[string]string{"other": "2"})
		}, false, "commit: it is not one commit on main"},
		"more than one": {func(w *world) { more(w, branch) }, false, "it changes 1 other files, such as other"},
		"another image": {func(w *world) {
			w.branches[branch] = w.branches["main"]
			w.commit(branch, map[string]string{path("prod"): pinFile("main-9-ddddddd", digestOf("x"))})
		}, false, "it wants " + webName + ":main-9"},
		"a return": {func(w *world) {
			w.commit("main", map[string]string{path("prod"): pinFile(newTag, digestOf(newTag))})
			w.branches[branch] = w.branches["main"]
			w.commit(branch, map[string]string{path("prod"): pinFile(oldTag, digestOf(oldTag))})
			w.objects = nil // whatever dev does
		}, true, oldTag + ": signed, and prod ran it before"},
		"a return to what is not signed by now": {func(w *world) {
			w.commit("main", map[string]string{path("prod"): pinFile(newTag, digestOf(newTag))})
			w.branches[branch] = w.branches["main"]
			w.commit(branch, map[string]string{path("prod"): pinFile(oldTag, digestOf(oldTag))})
			delete(w.images, oldTag)
		}, false, "digest: the registry has no"},
		"a return to a tag alone": {func(w *world) {
			w.commit("main", map[string]string{path("prod"): pinFile(oldTag, "")})
			w.commit("main", map[string]string{path("prod"): pinFile(newTag, digestOf(newTag))})
			w.branches[branch] = w.branches["main"]
			w.commit(branch, map[string]string{path("prod"): pinFile(oldTag, "")})
		}, false, "it wants " + webName + ":" + oldTag},
		"unhealthy by now": {func(w *world) { w.says("Pod", "web-1", condition("Ready", "False", w.now)) }, false, "healthy: Pod"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if _, err := w.run(options()); err != nil {
				t.Fatal(err)
			}
			clear(w.statuses)
			tc.change(w)
			head := w.branches[branch]
			checked, err := promote.Check(t.Context(), branch, head, []promote.Options{options()}, w.deps(), func(promote.Event) {})
			if _, refused := errors.AsType[*promote.RefusedError](err); refused == tc.passed || err != nil && !refused {
				t.Errorf("got %v", err)
			}
			s := w.statuses[head]
			if s.Passed != tc.passed || s.Name != promote.StatusName || checked.Passed != tc.passed {
				t.Errorf("the status is %+v", s)
			}
			has(t, s.Description, tc.want)
		})
	}
}

// more proposes a second file in one commit on main.
func more(w *world, branch string) {
	w.branches[branch] = w.branches["main"]
	w.commit(branch, map[string]string{path("prod"): pinFile(newTag, digestOf(newTag)), "other": "2"})
}

func TestCheckOfAnotherCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.branches["feature"] = w.branches["main"]
	for commit, want := range map[string]string{"0123": "by now, not at 0123", "": ""} {
		_, err := promote.Check(t.Context(), "feature", commit, []promote.Options{options()}, w.deps(), func(promote.Event) {})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("got %v", err)
		}
	}
	_, err := promote.Check(t.Context(), "none", "", []promote.Options{options()}, w.deps(), func(promote.Event) {})
	if _, ok := errors.AsType[*promote.NoBranchError](err); !ok {
		t.Errorf("a branch that is not there: %v", err)
	}
}
