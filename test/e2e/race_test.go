//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestPushRace has somebody else commit to main all the time while a run
// pushes a change of its own.
func TestPushRace(t *testing.T) {
	dir := shared.ensure(t)
	p := shared.good()
	p.Replicas = 3
	p.write(t, dir)
	theirs := shared.checkout(t, shared.url)
	before := shared.head(t, shared.url)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan []string)
	go func() { ended <- shared.keepCommitting(ctx, theirs) }()
	got := shared.run(t, dir, runArgs(dir)...)
	stop()
	pushed := <-ended
	got.want(t, 0)
	clone := shared.checkout(t, shared.url)
	all := shared.must(t, clone, "git", "log", "--format=%H")
	for _, commit := range append(pushed, before) {
		if !strings.Contains(all, commit) {
			t.Errorf("commit %s of the other is lost", commit)
		}
	}
	ours := strings.Count(shared.must(t, clone, "git", "log", "--format=%s", before+".."), "clusters/dev:")
	if ours != 1 || len(pushed) == 0 {
		t.Errorf("the run made %d commits, want 1; the other made %d", ours, len(pushed))
	}
	t.Logf("%d commits of the other, %d retries", len(pushed), strings.Count(got.stderr, "; attempt "))
}

// keepCommitting commits and pushes until ctx ends, and returns the commits
// that main took.
func (s *sandbox) keepCommitting(ctx context.Context, dir string) (pushed []string) {
	quiet := func(args ...string) (string, error) {
		out, err := s.command(context.WithoutCancel(ctx), dir, "git", args...).Output()
		return strings.TrimSpace(string(out)), err
	}
	for i := 0; ctx.Err() == nil; i++ {
		_, _ = quiet("commit", "--quiet", "--allow-empty", "--message", fmt.Sprintf("theirs %d", i))
		if _, err := quiet("push", "--quiet", "origin", "HEAD:main"); err == nil {
			commit, _ := quiet("rev-parse", "HEAD")
			pushed = append(pushed, commit)
		} else {
			_, _ = quiet("fetch", "--quiet")
			_, _ = quiet("reset", "--quiet", "--hard", "origin/main")
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	return pushed
}
