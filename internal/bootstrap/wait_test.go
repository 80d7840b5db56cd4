package bootstrap_test

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/groundwork-dev/groundwork/internal/bootstrap"
	"github.com/groundwork-dev/groundwork/internal/cluster/apitest"
)

// TestLateCRDIsAwaited: fault 8. The kinds are established a while after they
// were applied; nothing that needs them is applied before.
func TestLateCRDIsAwaited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var late atomic.Int32
	w.api.Changed(func(o apitest.Object) {
		if o["kind"] == "CustomResourceDefinition" {
			time.AfterFunc(300*time.Millisecond, func() {
				late.Add(1)
				w.controllers(o)
			})
			return
		}
		if o["kind"] == "Deployment" && late.Load() != 3 {
			t.Errorf("a Deployment was applied when %d of 3 kinds were established", late.Load())
		}
		w.controllers(o)
	})
	if _, err := w.run(t, nil); err != nil {
		t.Fatal(err)
	}
}

// TestBranchMovesWhileWaiting: somebody pushes while the cluster is at work; the
// run ends at their commit, which holds this run's.
func TestBranchMovesWhileWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var moved atomic.Bool
	w.ready = func(name string) bool { return name != "apps" || moved.Load() }
	options := w.address().options()
	deps, err := w.address().deps(options)
	if err != nil {
		t.Fatal(err)
	}
	report, err := bootstrap.Run(t.Context(), options, deps, func(e bootstrap.Event) {
		if e.Step == "wait" && e.State == bootstrap.Progress && moved.CompareAndSwap(false, true) {
			w.git.Commit("main", "docs/theirs.md", "theirs\n")
			go w.reconcile()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if head := w.git.Git(w.git.Dir, "rev-parse", "main"); report.Commit != head || !strings.HasSuffix(report.Revision, head) {
		t.Fatalf("ended at %s, want %s", report.Commit, head)
	}
}

// TestGivenUpByFlux: the run does not wait out its time for what Flux does not
// try again.
func TestGivenUpByFlux(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.broken.Store("apps")
	began := time.Now()
	report, err := w.run(t, nil)
	var given *bootstrap.StalledError
	if !errors.As(err, &given) || !slices.Equal(given.Objects, []string{"Kustomization/flux-system/apps"}) {
		t.Fatalf("got %v", err)
	}
	if given.Diagnosis == nil || report.Diagnosis == nil || !strings.Contains(err.Error(), "no such file") {
		t.Fatalf("no cause in %v", err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Fatalf("it took %s of a minute", took)
	}
}

// TestGivenUpForAMoment: what Flux gave up becomes ready after all, as when
// somebody pushes a correction.
func TestGivenUpForAMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.broken.Store("apps")
	options := w.address().options()
	deps, err := w.address().deps(options)
	if err != nil {
		t.Fatal(err)
	}
	given := 0
	if _, err := bootstrap.Run(t.Context(), options, deps, func(e bootstrap.Event) {
		if strings.Contains(e.Detail, "has given up") {
			given++
			w.broken.Store("")
			go w.reconcile()
		}
	}); err != nil || given != 1 {
		t.Fatalf("given up %d times: %v", given, err)
	}
}
