package demo

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

func (r *run) sandboxUp(ctx context.Context) (string, error) {
	return "", r.Sandbox.Up(ctx)
}

func (r *run) publish(ctx context.Context) (string, error) {
	var err error
	if r.first, err = r.Sandbox.PublishApp(ctx, firstVersion); err != nil {
		return "", err
	}
	if r.second, err = r.Sandbox.PublishApp(ctx, secondVersion); err != nil {
		return "", err
	}
	return firstVersion + " and " + secondVersion, nil
}

func (r *run) bootstrap(ctx context.Context) (string, error) {
	url := r.Sandbox.RepositoryURL()
	if err := r.Files.WritePlatform(r.work, url, r.first); err != nil {
		return "", err
	}
	return "from " + url, r.Shell.Run(ctx, r.work, r.Bootstrap, "run", "--cluster", r.Name, "--webhook-url", r.Sandbox.ReceiverURL())
}

func (r *run) ready(ctx context.Context) (string, error) {
	unready, err := r.Cluster.Unready(ctx)
	if err != nil {
		return "", err
	}
	if len(unready) > 0 {
		return "", fmt.Errorf("not Ready: %s", strings.Join(unready, "; "))
	}
	return "", nil
}

func (r *run) answers(ctx context.Context) (string, error) {
	version, err := r.App.Version(ctx)
	if err != nil {
		return "", err
	}
	if version != firstVersion {
		return "", fmt.Errorf("the application says it is %s, want %s", version, firstVersion)
	}
	return "version " + version, nil
}

// change does what a user does to release a version: clone, edit, generate,
// commit, push. Requests keep coming all the while.
func (r *run) change(ctx context.Context) (string, error) {
	r.clone = filepath.Join(r.work, "clone")
	if err := r.Shell.Run(ctx, r.work, "git", "clone", "--quiet", r.Sandbox.RepositoryURL(), r.clone); err != nil {
		return "", err
	}
	if err := r.Files.SetImage(r.clone, r.first, r.second); err != nil {
		return "", err
	}
	for _, argv := range [][]string{
		{r.Bootstrap, "generate"},
		{"git", "add", "--all"},
		{"git", "commit", "--quiet", "--message", "apps/sampleapp: release " + secondVersion},
	} {
		if err := r.Shell.Run(ctx, r.clone, argv[0], argv[1:]...); err != nil {
			return "", err
		}
	}
	load := startLoad(ctx, r.App)
	if err := r.Shell.Run(ctx, r.clone, "git", "push", "--quiet"); err != nil {
		load.stop()
		return "", err
	}
	pushed := r.Now()
	err := load.await(ctx, secondVersion)
	served := r.Now().Sub(pushed)
	r.report.Requests, r.report.Lost = load.stop()
	if err != nil {
		return "", err
	}
	if r.report.Lost > 0 {
		return "", fmt.Errorf("%d of %d requests got no good answer: %w", r.report.Lost, r.report.Requests, load.lastErr())
	}
	return fmt.Sprintf("%s served by every replica %.1fs after the push, %d requests, none lost",
		secondVersion, served.Seconds(), r.report.Requests), nil
}

// drift changes the application by hand and sees Git put it back.
func (r *run) drift(ctx context.Context) (string, error) {
	if err := r.Cluster.SetAppImage(ctx, r.first); err != nil {
		return "", err
	}
	if err := r.Cluster.Reconcile(ctx); err != nil {
		return "", err
	}
	return "image set to " + firstVersion + " by hand, " + secondVersion + " put back", r.Cluster.AwaitAppImage(ctx, r.second)
}
