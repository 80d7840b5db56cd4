package bootstrap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/pullrequest"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

const (
	// pushAttempts bounds how often a commit is built again on a branch that
	// moves.
	pushAttempts = 10
	firstPause   = 250 * time.Millisecond
	longestPause = 5 * time.Second
	// mergePoll is how often a forge is asked about a pull request; none of
	// them can be watched.
	mergePoll = 3 * time.Second
)

// fetch reads the remote branch.
func (r *run) fetch(ctx context.Context) (err error) {
	r.base, r.files, err = r.deps.Repository.Fetch(ctx, r.Repository.Branch)
	return err
}

// compare refuses what a person has to decide, before anything changes.
func (r *run) compare(context.Context) (string, error) {
	edits, err := r.edits()
	if err != nil {
		return "", err
	}
	return summary(edits, r.files), nil
}

// edits is what the next commit changes on the fetched files: the generated
// tree, its inputs and the cluster's identity; nil deletes a file.
func (r *run) edits() (map[string][]byte, error) {
	changes, err := r.deps.Compare(r.files)
	if err != nil {
		return nil, fmt.Errorf("comparing with the repository: %w", err)
	}
	if len(changes.HandEdited)+len(changes.Foreign) > 0 {
		return nil, &DriftError{changes.HandEdited, changes.Foreign, changes.Conflicts}
	}
	edits := map[string][]byte{}
	for _, name := range slices.Concat(changes.Create, changes.Update) {
		edits[name], _ = r.Tree.Get(name)
	}
	for _, name := range changes.Delete {
		edits[name] = nil
	}
	if err := r.inputEdits(edits); err != nil {
		return nil, err
	}
	if _, err := fs.Stat(r.files, r.identityFile()); errors.Is(err, fs.ErrNotExist) {
		if edits[r.identityFile()], err = r.identityYAML(); err != nil {
			return nil, err
		}
	}
	return edits, r.scan(edits)
}

// inputEdits adds the user's files. One that the repository has otherwise is
// only replaced when the user's folder is known to build on it.
func (r *run) inputEdits(edits map[string][]byte) error {
	based := r.base == "" || (r.deps.Checkout != nil && r.deps.Checkout.Contains(r.base))
	for name, data := range r.Inputs {
		theirs, err := fs.ReadFile(r.files, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			edits[name] = data
		case err != nil:
			return fmt.Errorf("reading %s of the repository: %w", name, err)
		case bytes.Equal(theirs, data):
		case based, r.deps.Checkout != nil && bytes.Equal(r.deps.Checkout.File(name), theirs):
			edits[name] = data
		case r.deps.Checkout == nil:
			return &RefusedError{
				fmt.Sprintf("%s here is not the one in %s, and this folder is no Git checkout that could tell which is newer", name, r.Repository.URL),
				"work in a clone of the repository: git clone " + r.Repository.URL,
			}
		default:
			return &RefusedError{
				fmt.Sprintf("%s was changed in %s (commit %s) since this checkout was updated", name, r.Repository.URL, short(r.base)),
				"git pull, then run again",
			}
		}
	}
	if r.base == "" || r.deps.Checkout == nil || !based {
		return nil
	}
	return r.removedInputs(edits)
}

// removedInputs deletes the components that the user deleted.
func (r *run) removedInputs(edits map[string][]byte) error {
	err := fs.WalkDir(r.files, "components", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if _, kept := r.Inputs[name]; !kept {
			edits[name] = nil
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// scan refuses to commit secrets.
func (r *run) scan(edits map[string][]byte) error {
	scanner := redact.NewScanner(r.deps.Token.Current())
	var problems diag.Problems
	for name, data := range edits {
		problems = append(problems, scanner.Scan(name, data)...)
	}
	return problems.Err()
}

// pushed finds out that the repository holds everything already.
func (r *run) pushed(context.Context) (string, bool, error) {
	edits, err := r.edits()
	if err != nil || len(edits) > 0 || r.base == "" {
		return "", false, err
	}
	r.at(r.base)
	return "nothing to commit, " + r.Repository.Branch + " is at " + short(r.base), true, nil
}

func (r *run) at(commit string) {
	r.commit = commit
	r.report.Commit = commit
}

// push commits what differs and pushes it. The branch may move meanwhile: then
// everything is compared again with what it holds now, and built on that.
func (r *run) push(ctx context.Context) (string, error) {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		edits, err := r.edits()
		if err != nil {
			return "", err
		}
		if len(edits) == 0 && r.base != "" {
			r.at(r.base)
			return r.Repository.Branch + " is at " + short(r.base), nil
		}
		commit, err := r.deps.Repository.Commit(ctx, r.base, edits, r.message(edits))
		if err != nil {
			return "", err
		}
		err = r.deps.Repository.Push(ctx, r.Repository.Branch, r.base, r.base, commit)
		switch {
		case err == nil:
			r.report.Pushed = true
			r.at(commit)
			return fmt.Sprintf("%s: %s to %s", short(commit), summary(edits, r.files), r.Repository.Branch), nil
		case rejected(err) && r.base != "":
			return r.request(ctx, commit, edits, err)
		case !notFastForward(err) && !lost(err), attempt == pushAttempts:
			return "", err
		}
		r.progress(fmt.Sprintf("%v; attempt %d of %d", err, attempt+1, pushAttempts))
		if err := sleep(ctx, pause/2+rand.N(pause)); err != nil {
			return "", err
		}
		pause = min(2*pause, longestPause)
		if err := r.fetch(ctx); err != nil {
			return "", err
		}
	}
}

// request takes the way around a protected branch: a branch of its own, a pull
// request, and its merge by whoever may. Its name is made from what it holds,
// so that a run that comes back finds it again.
func (r *run) request(ctx context.Context, commit string, edits map[string][]byte, refusal error) (string, error) {
	branch := fmt.Sprintf("groundwork/%s-%s", r.Cluster, contentHash(edits))
	there, err := r.deps.Repository.Head(ctx, branch)
	if err != nil {
		return "", err
	}
	if there == "" {
		if err := r.deps.Repository.Push(ctx, branch, "", r.base, commit); err != nil {
			return "", errors.Join(err, refusal)
		}
	}
	title, body, _ := strings.Cut(r.message(edits), "\n\n")
	made, err := r.deps.Forge.CreateRequest(ctx, branch, r.Repository.Branch, title, body)
	if err != nil {
		return "", fmt.Errorf("%w (branch %s is pushed and waits to be merged into %s)", errors.Join(refusal, err), branch, r.Repository.Branch)
	}
	url := made.URL
	r.report.PullRequest = url
	r.report.Pushed = true
	if err := r.merged(ctx, made.Number, url); err != nil {
		return "", err
	}
	if err := r.fetch(ctx); err != nil {
		return "", err
	}
	left, err := r.edits()
	if err != nil {
		return "", err
	}
	if len(left) > 0 {
		return "", fmt.Errorf("pull request %s is merged, but %s is not what it held: %s; run again", url, r.Repository.Branch, summary(left, r.files))
	}
	r.at(r.base)
	return fmt.Sprintf("%s is protected; pull request %s was merged, it is at %s", r.Repository.Branch, url, short(r.base)), nil
}

// merged waits for the merge of a pull request.
func (r *run) merged(ctx context.Context, number int, url string) error {
	for {
		found, err := r.deps.Forge.Request(ctx, number)
		_, expired := errors.AsType[*TokenError](err)
		switch {
		case expired:
			return err
		case err != nil && ctx.Err() == nil:
			r.progress(fmt.Sprintf("asking about pull request %s: %v", url, err))
		case found.State == pullrequest.Merged:
			return nil
		case found.State == pullrequest.Closed:
			return &RefusedError{"pull request " + url + " was closed without being merged", "open it again, or run again for a new one"}
		default:
			r.progress(r.Repository.Branch+" is protected: waiting for the merge of "+url, Item{Object: url, Status: "open"})
		}
		if err := sleep(ctx, mergePoll); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
