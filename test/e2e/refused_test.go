//go:build e2e

package e2e

import (
	"context"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

const (
	exitRefused     = 4
	exitTimedOut    = 5
	exitDrift       = 2
	exitInterrupted = 130
)

// TestConcurrentRunRefused starts a run while another one is at work: that one
// waits for an image that is only pushed when the second run has ended.
func TestConcurrentRunRefused(t *testing.T) {
	dir := shared.ensure(t)
	p := shared.good()
	p.Image = "ghcr.io/groundwork-dev/sampleapp:late"
	p.write(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	waits, ended := make(chan struct{}), make(chan sandboxed.Result)
	go func() {
		cmd := shared.Command(ctx, dir, shared.Bootstrap, runArgs(dir)...)
		watch := &watcher{texts: []string{"• Wait until"}, seen: func() { close(waits) }}
		cmd.Stderr = watch
		_ = cmd.Run()
		ended <- sandboxed.Result{Stderr: watch.said.String(), Code: cmd.ProcessState.ExitCode()}
	}()
	select {
	case <-waits:
	case first := <-ended:
		t.Fatalf("the first run ended: %d\n%s", first.Code, first.Stderr)
	}
	began := time.Now()
	second := shared.run(t, dir, runArgs(dir)...)
	t.Logf("the second run took %.1fs", time.Since(began).Seconds())
	if err := shared.publishApp(p.Image); err != nil {
		t.Error(err)
	}
	second.Want(t, exitRefused, "another run is at work on this cluster", "(process ")
	first := <-ended
	first.Want(t, 0)
}

// TestOtherRepositoryRefused runs for another repository against the cluster.
func TestOtherRepositoryRefused(t *testing.T) {
	shared.ensure(t)
	other := shared.newRepository(t, "other")
	dir := shared.checkout(t, other)
	p := shared.good()
	p.URL = other
	p.write(t, dir)
	before := shared.stamps(t)
	shared.run(t, dir, runArgs(dir)...).Want(t, exitRefused, "other.git")
	if head := shared.head(t, other); head != "" {
		t.Errorf("%s was pushed to the other repository", head)
	}
	sameStamps(t, before, shared.stamps(t))
}

// TestWrongClusterRefused runs against a cluster for a folder that belongs to
// another one.
func TestWrongClusterRefused(t *testing.T) {
	dir := shared.ensure(t)
	const file = "clusters/dev/identity.yaml"
	right, err := os.ReadFile(dir + "/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(right)) {
		if key, _, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == "clusterUID" {
			line = key + ": 00000000-0000-0000-0000-000000000000\n"
		}
		lines = append(lines, line)
	}
	commit := func(data string) string {
		sandboxed.Write(t, dir, map[string]string{file: data})
		shared.Must(t, dir, "git", "commit", "--quiet", "--all", "--message", "identity")
		shared.Must(t, dir, "git", "push", "--quiet", "origin", "HEAD:main")
		return shared.head(t, shared.url)
	}
	head := commit(strings.Join(lines, ""))
	p := shared.good()
	p.Replicas = 3
	p.write(t, dir)
	before := shared.stamps(t)
	shared.run(t, dir, runArgs(dir)...).Want(t, exitRefused, "is not the cluster", "clusters/dev")
	if now := shared.head(t, shared.url); now != head {
		t.Errorf("main was at %s, is at %s", head, now)
	}
	sameStamps(t, before, shared.stamps(t))
	shared.Must(t, dir, "git", "checkout", "--quiet", "platform.yaml")
	commit(string(right))
}

// TestHandEditRefused runs over a generated file that somebody edited.
func TestHandEditRefused(t *testing.T) {
	dir := shared.ensure(t)
	const file = "apps/dev/sampleapp/service.yaml"
	right, err := os.ReadFile(dir + "/" + file)
	if err != nil {
		t.Fatal(err)
	}
	push := func(data string) string {
		sandboxed.Write(t, dir, map[string]string{file: data})
		shared.Must(t, dir, "git", "commit", "--quiet", "--all", "--message", "service")
		shared.Must(t, dir, "git", "push", "--quiet", "origin", "HEAD:main")
		return shared.head(t, shared.url)
	}
	head := push(string(right) + "# by hand\n")
	shared.run(t, dir, runArgs(dir)...).Want(t, exitDrift, file, "platform.yaml", "clusters/dev/patches/")
	if now := shared.head(t, shared.url); now != head {
		t.Errorf("main was at %s, is at %s", head, now)
	}
	push(string(right))
}

// TestInterruptedRunContinues interrupts a run that waits, as Ctrl-C does.
func TestInterruptedRunContinues(t *testing.T) {
	dir := shared.ensure(t)
	p := shared.good()
	p.Image = "ghcr.io/groundwork-dev/sampleapp:not-there"
	p.write(t, dir)
	cmd := shared.Command(t.Context(), dir, shared.Bootstrap, runArgs(dir)...)
	watch := &watcher{texts: []string{"• Wait until"}, seen: func() { _ = cmd.Process.Signal(syscall.SIGINT) }}
	cmd.Stderr = watch
	_ = cmd.Run()
	sandboxed.Result{Stderr: watch.said.String(), Code: cmd.ProcessState.ExitCode()}.Want(t, exitInterrupted, "run the same command again")
	p.Image = goodImage
	shared.Must(t, dir, "git", "fetch", "--quiet")
	shared.Must(t, dir, "git", "reset", "--quiet", "--hard", "origin/main")
	p.write(t, dir)
	began := time.Now()
	shared.succeed(t, dir)
	t.Logf("the next run took %.1fs", time.Since(began).Seconds())
}

// watcher keeps what is written to it and calls seen once one of texts is among it.
type watcher struct {
	texts []string
	seen  func()
	said  strings.Builder
	once  sync.Once
}

func (w *watcher) Write(p []byte) (int, error) {
	w.said.Write(p)
	for _, text := range w.texts {
		if strings.Contains(w.said.String(), text) {
			w.once.Do(w.seen)
		}
	}
	return len(p), nil
}
