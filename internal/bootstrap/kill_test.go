package bootstrap_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// hunter kills a run at the n-th write that reaches its world, before or after
// it counts.
type hunter struct {
	mu      sync.Mutex
	n       int
	lost    bool // whether the write itself is lost
	kill    func()
	written []string // all writes that the hunter saw
}

// sees reports whether a write is lost.
func (h *hunter) sees(write string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.written = append(h.written, write)
	if len(h.written) != h.n {
		return false
	}
	h.kill()
	return h.lost
}

// hunt has the hunter see the world's writes: pushes, and what changes the
// cluster, the lock's Lease apart.
func (w *world) hunt(h *hunter) {
	w.git.BeforePush(func() {
		if h.sees("push") {
			panic(http.ErrAbortHandler)
		}
	})
	w.api.Before(func(_ http.ResponseWriter, r *http.Request) bool {
		asks := r.Method == http.MethodGet || strings.Contains(r.URL.Path, "/leases") || strings.HasSuffix(r.URL.Path, "reviews")
		if !asks && h.sees(r.Method+" "+r.URL.Path) {
			panic(http.ErrAbortHandler)
		}
		return false
	})
}

// TestKilledAtEveryWrite: fault 1, inside the steps. A run is killed by SIGKILL
// at each of its writes in turn, which arrives or is lost; the next run ends in
// the same tree, with one commit, and with every object.
func TestKilledAtEveryWrite(t *testing.T) {
	t.Parallel()
	calm := newWorld(t)
	all := &hunter{kill: func() {}}
	calm.hunt(all)
	if _, err := calm.run(t, nil); err != nil {
		t.Fatal(err)
	}
	if len(all.written) < 15 {
		t.Fatalf("a run makes %d writes: %v", len(all.written), all.written)
	}
	for n, write := range all.written {
		for _, lost := range []bool{false, true} {
			t.Run(fmt.Sprintf("%02d lost %v", n+1, lost), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.killedAt(t, &hunter{n: n + 1, lost: lost}, write)
				w.git.BeforePush(nil)
				w.api.Before(nil)
				// That a dead run's lock is waited out is tested elsewhere.
				w.api.Delete("/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/groundwork-bootstrap")
				if _, err := w.run(t, nil); err != nil {
					t.Fatal(err)
				}
				if w.commits() != "1" {
					t.Errorf("%s commits, want 1", w.commits())
				}
				for _, other := range all.written {
					method, path, _ := strings.Cut(other, " ")
					if method == http.MethodPatch && w.api.Get(path) == nil {
						t.Errorf("%s is not there", path)
					}
				}
				w.holdsAll(t)
			})
		}
	}
}

// holdsAll compares main, file by file, with what a run is to write. That an
// undisturbed run writes just that is tested elsewhere, by the tree's hash.
func (w *world) holdsAll(t *testing.T) {
	t.Helper()
	options, dir := w.address().options(), t.TempDir()
	w.git.Git("", "--git-dir", w.git.Dir, "--work-tree", dir, "checkout", "--quiet", "--force", "main", "--", ".")
	have := os.DirFS(dir)
	want := maps.Clone(options.Inputs)
	for _, name := range options.Tree.Paths() {
		want[name], _ = options.Tree.Get(name)
	}
	for name, data := range want {
		if got, err := fs.ReadFile(have, name); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %v, or not what was generated:\n%s", name, err, got)
		}
	}
	var more []string
	err := fs.WalkDir(have, ".", func(name string, d fs.DirEntry, err error) error {
		if _, wanted := want[name]; err == nil && !d.IsDir() && !wanted {
			more = append(more, name)
		}
		return err
	})
	if err != nil || !slices.Equal(more, []string{"clusters/dev/identity.yaml"}) {
		t.Errorf("%v; main also holds %v", err, more)
	}
}

// killedAt runs a copy of the test binary that does not live to see its end.
func (w *world) killedAt(t *testing.T, h *hunter, write string) {
	t.Helper()
	where, err := json.Marshal(crash{address: w.address()})
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashVariable+"="+string(where))
	var said strings.Builder
	child.Stdout, child.Stderr = &said, &said
	h.kill = func() { _ = child.Process.Kill() }
	w.hunt(h)
	err = child.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the run was to be killed at %s: %v\n%s", write, err, said.String())
	}
}
