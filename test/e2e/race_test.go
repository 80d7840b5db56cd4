//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

// TestPushRace has others commit to main all the time while a run
// pushes a change of its own.
func TestPushRace(t *testing.T) {
	dir := shared.ensure(t)
	p := shared.good()
	p.Replicas = 3
	p.write(t, dir)
	before := shared.head(t, shared.url)
	racing, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	const others = 2
	ended := make(chan []string, others)
	for i := range others {
		go func() { ended <- shared.keepCommitting(racing, i) }()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	// Others stop when ours is in, since the rest of the run is none of the
	// race, or has lost three times: against others who never pause, any number
	// of attempts may be lost, most of all on a slow machine.
	cmd := shared.Command(ctx, dir, shared.Bootstrap, runArgs(dir)...)
	watch := &watcher{texts: []string{"✓ Commit and push"}, seen: stop}
	for lost := 4; lost <= 10; lost++ { // what comes within two seconds is not told
		watch.texts = append(watch.texts, fmt.Sprintf("; attempt %d of", lost))
	}
	cmd.Stderr = watch
	_ = cmd.Run()
	stop()
	var pushed []string
	for range others {
		pushed = append(pushed, <-ended...)
	}
	sandboxed.Result{Stderr: watch.said.String(), Code: cmd.ProcessState.ExitCode()}.Want(t, 0)
	clone := shared.checkout(t, shared.url)
	all := shared.Must(t, clone, "git", "log", "--format=%H")
	for _, commit := range append(pushed, before) {
		if !strings.Contains(all, commit) {
			t.Errorf("commit %s of the other is lost", commit)
		}
	}
	ours := strings.Count(shared.Must(t, clone, "git", "log", "--format=%s", before+".."), "clusters/dev:")
	if ours != 1 || len(pushed) == 0 {
		t.Errorf("the run made %d commits, want 1; the other made %d", ours, len(pushed))
	}
	t.Logf("%d commits of the other, %d retries", len(pushed), strings.Count(watch.said.String(), "; attempt "))
}

// keepCommitting commits to main through the forge's API, which is faster than
// git, until ctx ends. It returns the commits that main took.
func (s *sandbox) keepCommitting(ctx context.Context, who int) (pushed []string) {
	for i := 0; ctx.Err() == nil; i++ {
		var made struct {
			Commit struct {
				SHA string `json:"sha"`
			} `json:"commit"`
		}
		path := fmt.Sprintf("/repos/platform/e2e/contents/notes/%d-%d-%d.txt", time.Now().Unix(), who, i)
		err := s.AskForge(context.WithoutCancel(ctx), http.MethodPost, path,
			map[string]any{"branch": "main", "message": fmt.Sprintf("theirs %d", i), "content": "bm90ZQo="}, &made)
		if err == nil {
			pushed = append(pushed, made.Commit.SHA)
		}
	}
	return pushed
}
