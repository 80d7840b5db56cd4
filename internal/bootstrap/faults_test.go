package bootstrap_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/groundwork-dev/groundwork/internal/bootstrap"
	"github.com/groundwork-dev/groundwork/internal/cluster"
	"github.com/groundwork-dev/groundwork/internal/cluster/apitest"
	"github.com/groundwork-dev/groundwork/internal/gitrepo/gittest"
	"github.com/groundwork-dev/groundwork/internal/pullrequest"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

// crashVariable tells a copy of the test binary to be a run that kills itself.
const crashVariable = "GROUNDWORK_TEST_CRASH"

// crash is where the world is and where to die.
type crash struct {
	address
	Step  string
	State bootstrap.State
}

func TestMain(m *testing.M) {
	text := os.Getenv(crashVariable)
	if text == "" {
		// The tests wait for locks and Flux far longer than they compute.
		flag.Parse()
		if err := flag.Set("test.parallel", "16"); err != nil {
			panic(err)
		}
		os.Exit(m.Run())
	}
	var c crash
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		panic(err)
	}
	options := c.options()
	deps, err := c.deps(options)
	if err != nil {
		panic(err)
	}
	options.Holder = fmt.Sprintf("crash test pid %d", os.Getpid())
	_, err = bootstrap.Run(context.Background(), options, deps, func(e bootstrap.Event) {
		if e.Step == c.Step && e.State == c.State {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	})
	fmt.Println("the run ended:", err)
	os.Exit(1)
}

// TestKilledAtEveryBoundary: fault 1. A run that is killed by SIGKILL before or
// after any step is continued by the next one and ends in the same tree, with
// one commit.
func TestKilledAtEveryBoundary(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"preflight", "compare", "lock", "push", "credentials", "install", "sync", "wait"} {
		for _, state := range []bootstrap.State{bootstrap.Started, bootstrap.Done} {
			t.Run(step+" "+string(state), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				where, err := json.Marshal(crash{w.address(), step, state})
				if err != nil {
					t.Fatal(err)
				}
				child := exec.CommandContext(t.Context(), os.Args[0])
				child.Env = append(os.Environ(), crashVariable+"="+string(where))
				out, err := child.CombinedOutput()
				var exit *exec.ExitError
				if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
					t.Fatalf("the run was to be killed: %v\n%s", err, out)
				}
				if _, err := w.run(t, nil); err != nil {
					t.Fatal(err)
				}
				if w.commits() != "1" {
					t.Errorf("%s commits, want 1", w.commits())
				}
				if got, want := w.treeHash(), undisturbed(t, w); got != want {
					t.Errorf("tree %s, want %s", got, want)
				}
				w.mutations()
				if _, err := w.run(t, nil); err != nil || len(w.mutations()) > 0 {
					t.Errorf("a further run is not a no-op: %v", err)
				}
			})
		}
	}
}

// undisturbed is the tree of a run against an empty repository that nothing
// disturbs, on a cluster with the same identity and repository address.
func undisturbed(t *testing.T, w *world) string {
	t.Helper()
	tree := w.treeHash()
	w.git.Git(w.git.Dir, "update-ref", "-d", "refs/heads/main")
	if _, err := w.run(t, nil); err != nil {
		t.Fatal(err)
	}
	got := w.treeHash()
	w.git.Git(w.git.Dir, "cat-file", "-e", tree)
	return got
}

// TestPushFaults: faults 3, 4 and 5, through a whole run.
func TestPushFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault   func(*gittest.Server)
		commits string
	}{
		"race":                 {func(s *gittest.Server) { s.BeforePush(func() { s.Commit("main", "docs/theirs.md", "theirs") }) }, "3"},
		"cut before arrival":   {func(s *gittest.Server) { s.Break(gittest.CutBefore) }, "2"},
		"cut after arrival":    {func(s *gittest.Server) { s.Break(gittest.CutAfter) }, "2"},
		"accepted, not there":  {func(s *gittest.Server) { s.Break(gittest.Swallow) }, "2"},
		"unavailable for once": {func(s *gittest.Server) { s.Break(gittest.Unavailable) }, "2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.git.Commit("main", "README.md", "hello\n")
			test.fault(w.git)
			if _, err := w.run(t, nil); err != nil {
				t.Fatal(err)
			}
			if got := w.commits(); got != test.commits {
				t.Fatalf("%s commits, want %s", got, test.commits)
			}
			if w.git.Git(w.git.Dir, "show", "main:README.md") != "hello" {
				t.Fatal("somebody's file is gone")
			}
			if name == "race" && w.git.Git(w.git.Dir, "show", "main:docs/theirs.md") != "theirs" {
				t.Fatal("the other's commit is gone")
			}
		})
	}
}

// TestProtectedBranch: fault 6. The forge's part is played here; its API is
// tested in its own package.
func TestProtectedBranch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git.Commit("main", "README.md", "hello\n")
	w.git.Protect("main")
	host := &mergingForge{world: w}
	report, err := w.run(t, func(_ *bootstrap.Options, d *bootstrap.Deps) { d.Forge = host })
	if err != nil {
		t.Fatal(err)
	}
	if report.PullRequest != "https://forge/1" || host.opened != 1 || report.Commit != w.git.Git(w.git.Dir, "rev-parse", "main") {
		t.Fatalf("report %+v, %d requests", report, host.opened)
	}
}

// mergingForge merges a pull request when it is asked about it the second
// time.
type mergingForge struct {
	*world
	opened, asked int
	head          string
}

func (f *mergingForge) EnsureDeployKey(context.Context, string, string, bool) (bool, error) {
	return false, errors.New("no deploy key was to be registered")
}

func (f *mergingForge) EnsureWebhook(context.Context, string, redact.Secret) (bool, error) {
	return false, errors.New("no webhook was to be registered")
}

func (f *mergingForge) CreateRequest(_ context.Context, branch, _, _, _ string) (pullrequest.Request, error) {
	f.opened++
	f.head = branch
	return pullrequest.Request{Number: 1, URL: "https://forge/1", State: pullrequest.Open}, nil
}

func (f *mergingForge) Request(context.Context, int) (pullrequest.Request, error) {
	if f.asked++; f.asked < 2 {
		return pullrequest.Request{State: pullrequest.Open}, nil
	}
	f.git.Git(f.git.Dir, "update-ref", "refs/heads/main", "refs/heads/"+f.head)
	return pullrequest.Request{State: pullrequest.Merged}, nil
}

// TestProtectedBranchOnAPlainServer: the server has no API, so the run says
// what to do, and goes on once that is done.
func TestProtectedBranchOnAPlainServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git.Commit("main", "README.md", "hello\n")
	w.git.Protect("main")
	_, err := w.run(t, nil)
	if err == nil || !strings.Contains(err.Error(), "merge branch groundwork/dev-") {
		t.Fatalf("got %v", err)
	}
	branch := strings.TrimPrefix(w.git.Git(w.git.Dir, "for-each-ref", "--format=%(refname)", "refs/heads/groundwork"), "refs/heads/")
	w.git.Git(w.git.Dir, "update-ref", "refs/heads/main", "refs/heads/"+branch)
	if _, err := w.run(t, nil); err != nil {
		t.Fatal(err)
	}
	if w.commits() != "2" {
		t.Fatalf("%s commits", w.commits())
	}
}

// TestBusyServer: fault 7. Every third write is refused for the first time it
// is tried, in turn by 429 with Retry-After, 500 and 503.
func TestBusyServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var mu sync.Mutex
	refused := map[string]bool{}
	w.api.Before(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPatch {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		if refused[r.URL.Path] {
			return false
		}
		refused[r.URL.Path] = true
		switch len(refused) % 3 {
		case 0:
			rw.Header().Set("Retry-After", "1")
			apitest.Fail(rw, http.StatusTooManyRequests, "TooManyRequests", "later")
		case 1:
			apitest.Fail(rw, http.StatusInternalServerError, "InternalError", "etcdserver: leader changed")
		case 2:
			apitest.Fail(rw, http.StatusServiceUnavailable, "ServiceUnavailable", "starting")
		}
		return true
	})
	if _, err := w.run(t, nil); err != nil {
		t.Fatal(err)
	}
}

// TestWebhookWithoutEndpoints: fault 9.
func TestWebhookWithoutEndpoints(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.api.Before(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPatch || !strings.HasSuffix(r.URL.Path, "/deployments/source-controller") {
			return false
		}
		apitest.Fail(rw, http.StatusInternalServerError, "InternalError", `Internal error occurred: failed calling webhook "validate.example.com": failed to call webhook: Post "https://guard.guard-system.svc:443/v1/admit?timeout=10s": no endpoints available for service "guard"`)
		return true
	})
	_, err := w.run(t, func(o *bootstrap.Options, _ *bootstrap.Deps) { o.Timeout = 20 * time.Second })
	var webhook *cluster.WebhookError
	if !errors.As(err, &webhook) || webhook.Webhook != "validate.example.com" || webhook.Service != "guard-system/guard" {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(err.Error(), "Deployment/flux-system/source-controller") {
		t.Fatalf("the error does not name what is blocked: %v", err)
	}
}

// TestTwoRunsAtOnce: fault 16. One wins; the other is refused and names it.
func TestTwoRunsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var block atomic.Bool
	block.Store(true)
	waiting := make(chan struct{})
	var once sync.Once
	w.ready = func(string) bool { return !block.Load() }
	first := make(chan error, 1)
	go func() {
		options := w.address().options()
		options.Holder = "ada@first pid 1"
		deps, err := w.address().deps(options)
		if err != nil {
			first <- err
			return
		}
		_, err = bootstrap.Run(t.Context(), options, deps, func(e bootstrap.Event) {
			if e.Step == "wait" && e.State == bootstrap.Progress {
				once.Do(func() { close(waiting) })
			}
		})
		first <- err
	}()
	<-waiting
	pushes := w.git.Pushes()
	w.mutations()
	_, err := w.run(t, nil)
	var held *cluster.HeldError
	if !errors.As(err, &held) || held.Holder != "ada@first pid 1" {
		t.Fatalf("got %v", err)
	}
	if writes := w.mutations(); len(writes) > 0 || w.git.Pushes() > pushes {
		t.Fatalf("the second run changed %v", writes)
	}
	block.Store(false)
	w.reconcile()
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	if leases := slices.DeleteFunc(w.api.Writes(), func(s string) bool { return !strings.HasPrefix(s, "DELETE") }); len(leases) != 1 {
		t.Fatalf("the lock was not given back: %v", leases)
	}
}
