//go:build e2e

package e2e

import (
	"bufio"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	apiwatch "k8s.io/apimachinery/pkg/watch"
)

// finished reports whether a line of plain progress says that a step ended.
func finished(line string) bool {
	return strings.Contains(line, "✓ ") || strings.Contains(line, "– ")
}

// killAfter runs bootstrap and kills it as soon as its k-th step (from 1) has
// ended. It returns what the run had said, and false when it ended before that.
func (s *sandbox) killAfter(t *testing.T, dir string, k int) (said []string, killed bool) {
	t.Helper()
	ended := 0
	return s.killAt(t, dir, func(line string) <-chan struct{} {
		if finished(line) {
			ended++
		}
		if ended < k {
			return nil
		}
		now := make(chan struct{})
		close(now)
		return now
	})
}

// killAt runs bootstrap and shows arm its lines until that returns a channel;
// the run is killed when it is closed. It returns what the run had said, and
// false when it ended before that.
func (s *sandbox) killAt(t *testing.T, dir string, arm func(line string) <-chan struct{}) (said []string, killed bool) {
	t.Helper()
	cmd := s.Command(t.Context(), dir, s.Bootstrap, runArgs(dir)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var fired <-chan struct{}
	over, done := make(chan struct{}), make(chan struct{})
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		said = append(said, lines.Text())
		if fired != nil {
			continue
		}
		if fired = arm(lines.Text()); fired == nil {
			continue
		}
		go func() {
			defer close(done)
			select {
			case <-fired:
				_ = cmd.Process.Kill()
			case <-over:
			}
		}()
	}
	err = cmd.Wait()
	close(over)
	if fired != nil {
		<-done
	}
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	killed = ok && status.Signaled() && status.Signal() == syscall.SIGKILL
	if !killed && err != nil {
		t.Fatalf("the run that was to be killed ended by itself: %v\n%s", err, strings.Join(said, "\n"))
	}
	return said, killed
}

// moment is inside of a step, while the run writes.
type moment struct {
	name  string
	title string // the step's
	// come returns a channel that is closed when the moment has come.
	come func(*testing.T) <-chan struct{}
}

// moments are those that a run is killed at before its k-th step is done.
func (s *sandbox) moments() map[int][]moment {
	crds := schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	return map[int][]moment{
		4: {{"while it pushes", "• Commit and push", soon}},
		6: {{"while it installs", "• Install Flux", s.appears(crds)}},
	}
}

// soon comes within what a push takes.
func soon(t *testing.T) <-chan struct{} {
	t.Helper()
	come, after := make(chan struct{}), rand.N(300*time.Millisecond)
	t.Logf("to be killed after %s", after)
	time.AfterFunc(after, func() { close(come) })
	return come
}

// appears comes when the cluster has an object more of a resource.
func (s *sandbox) appears(resource schema.GroupVersionResource) func(*testing.T) <-chan struct{} {
	return func(t *testing.T) <-chan struct{} {
		t.Helper()
		have, err := s.client.Resource(resource).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		watch, err := s.client.Resource(resource).Watch(t.Context(), metav1.ListOptions{ResourceVersion: have.GetResourceVersion()})
		if err != nil {
			t.Fatal(err)
		}
		come := make(chan struct{})
		go func() {
			defer watch.Stop()
			for event := range watch.ResultChan() {
				if event.Type == apiwatch.Added {
					close(come)
					return
				}
			}
		}()
		return come
	}
}

// killInside kills a run at a moment of one of its steps.
func (s *sandbox) killInside(t *testing.T, dir string, m moment) {
	t.Helper()
	began := time.Now()
	said, killed := s.killAt(t, dir, func(line string) <-chan struct{} {
		if !strings.Contains(line, m.title) {
			return nil
		}
		return m.come(t)
	})
	if !killed {
		t.Errorf("the run ended before it was killed %s:\n%s", m.name, strings.Join(said, "\n"))
		return
	}
	t.Logf("killed %s after %.1fs: %s", m.name, time.Since(began).Seconds(), said[len(said)-1])
}

// TestKilledAtEveryStep kills a run at the end of each of its steps, one after
// the other, and amid the writes of some, and lets a last one finish: nothing is
// lost or done twice. It needs the cluster as it came up: files are played by
// name, this one before others.
func TestKilledAtEveryStep(t *testing.T) {
	dir := shared.checkout(t, shared.url)
	shared.good().write(t, dir)
	moments := shared.moments()
	for k := 1; ; k++ {
		for _, m := range moments[k] {
			shared.killInside(t, dir, m)
		}
		began := time.Now()
		said, killed := shared.killAfter(t, dir, k)
		last := ""
		for _, line := range said {
			if finished(line) {
				last = line
			}
		}
		t.Logf("run %d, killed %t after %.1fs: %s", k, killed, time.Since(began).Seconds(), last)
		if !killed {
			break
		}
	}
	shared.succeed(t, dir)
	shared.sameAsGenerated(t, shared.url, shared.good())
	clone := shared.checkout(t, shared.url)
	log := shared.Must(t, clone, "git", "log", "--format=%s")
	t.Logf("log of main:\n%s", log)
	if commits := len(strings.Split(log, "\n")); commits != 1 {
		t.Errorf("%d commits, want 1", commits)
	}
}

// sameAsGenerated compares main with what generate writes to an empty folder.
func (s *sandbox) sameAsGenerated(t *testing.T, url string, p platform) {
	t.Helper()
	clean := t.TempDir()
	p.write(t, clean)
	if got := s.run(t, clean, "generate", "-C", clean); got.Code != 0 {
		t.Fatalf("generate: exit %d\n%s", got.Code, got.Stderr)
	}
	want, have := files(t, clean), files(t, s.checkout(t, url))
	delete(have, "clusters/dev/identity.yaml")
	for path, data := range want {
		if have[path] != data {
			t.Errorf("%s of main is not what generate writes", path)
		}
		delete(have, path)
	}
	for path := range have {
		t.Errorf("%s is in main, and generate does not write it", path)
	}
	t.Logf("%d files are the same", len(want))
}

// files reads the folders that hold generated files.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, top := range []string{"clusters", "infrastructure", "apps"} {
		err := filepath.WalkDir(filepath.Join(dir, top), func(path string, d os.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return nil
			}
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			rel, _ := filepath.Rel(dir, path)
			found[filepath.ToSlash(rel)] = string(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}
