package demo

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

func (r *run) bootstrap(ctx context.Context) (string, error) {
	args := slices.Concat([]string{"run", "--cluster", r.cluster}, r.runArgs, r.reachArgs)
	return "from " + r.repository, r.Shell.Run(ctx, r.dir, r.Bootstrap, args...)
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
	if r.silent != "" {
		return "", skipped(r.silent)
	}
	version, err := r.App.Version(ctx)
	if err != nil {
		return "", err
	}
	if want := r.first.version; want != "" && version != want {
		return "", fmt.Errorf("the application says it is %s, want %s", version, want)
	}
	if version == "" {
		return "", nil
	}
	return "version " + version, nil
}

// smoke asks what else users would notice.
func (r *run) smoke(ctx context.Context) (string, error) {
	return "", r.Shell.Run(ctx, r.dir, r.Bootstrap, append([]string{"smoke", "--cluster", r.cluster}, r.reachArgs...)...)
}

// change does what a user does to release a version: clone, edit, generate,
// commit, push. Requests keep coming all the while.
func (r *run) change(ctx context.Context) (string, error) {
	if r.unchanged != "" {
		return "", skipped(r.unchanged)
	}
	if err := r.commit(ctx); err != nil {
		return "", err
	}
	load := startLoad(ctx, r.App, r.callers())
	defer func() { r.report.Requests, r.report.Lost, r.lost = load.stop() }()
	if err := r.Shell.Run(ctx, r.clone, "git", "push", "--quiet"); err != nil {
		return "", err
	}
	pushed := r.Now()
	err := r.world.served(ctx, r.Deps, load)
	took := r.Now().Sub(pushed).Seconds()
	if r.silent != "" {
		return fmt.Sprintf("%s rolled out on %s %.1fs after the push", r.next, r.silent, took), err
	}
	return fmt.Sprintf("%s served by every replica %.1fs after the push", r.next, took), err
}

// callers is how many ask the application all the while.
func (r *run) callers() int {
	if r.silent != "" {
		return 0
	}
	return workers
}

// unlost tells what became of the requests that were sent during the change.
func (r *run) unlost(context.Context) (string, error) {
	switch {
	case r.unchanged != "":
		return "", skipped(r.unchanged)
	case r.silent != "":
		return "", skipped(r.silent)
	case r.report.Lost > 0:
		return "", fmt.Errorf("%d of %d requests got no good answer: %w", r.report.Lost, r.report.Requests, r.lost)
	}
	return fmt.Sprintf("%d requests", r.report.Requests), nil
}

// commit makes the commit of the next release in a clone.
func (r *run) commit(ctx context.Context) error {
	r.clone = filepath.Join(r.work, "clone")
	if err := r.Shell.Run(ctx, r.work, "git", "clone", "--quiet", "--branch", r.branch, r.repository, r.clone); err != nil {
		return err
	}
	if err := r.Files.SetImage(r.clone, r.first.image, r.next.image); err != nil {
		return err
	}
	for _, argv := range [][]string{
		{r.Bootstrap, "generate"},
		{"git", "add", "--all"},
		{"git", "commit", "--quiet", "--message", "apps: release " + r.next.String()},
	} {
		if err := r.Shell.Run(ctx, r.clone, argv[0], argv[1:]...); err != nil {
			return err
		}
	}
	return nil
}

// drift changes the application by hand and sees Git put it back.
func (r *run) drift(ctx context.Context) (string, error) {
	byHand := r.first.image
	if r.unchanged != "" {
		byHand = ""
	}
	what, undone, err := r.Cluster.Drift(ctx, byHand)
	if err != nil {
		return "", err
	}
	if err := r.Cluster.Reconcile(ctx); err != nil {
		return "", err
	}
	return what + " by hand, and put back", undone(ctx)
}
