// Package imagerequest brings what image automation pushed to a branch of its own
// into the branch that the clusters follow: by one pull request, which the forge
// merges by its own rules. It keeps no state, and trusts nothing that the branch
// holds but one file's tag and digest.
package imagerequest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/groundwork-dev/groundwork/internal/imagepin"
	"github.com/groundwork-dev/groundwork/internal/pullrequest"
)

const (
	// looks bounds how often a forge is asked that has not looked at the request yet.
	looks = 20
	pause = time.Second
)

// Repository is the remote repository.
type Repository interface {
	// Fetch returns a branch's last commit and its files; "" without the branch.
	Fetch(ctx context.Context, branch string) (commit string, files fs.FS, err error)
	// Branched returns the files of base where the branch, which must be at head,
	// left it, and the paths in which head differs; nil where it holds a merge, or
	// never was on base.
	Branched(ctx context.Context, branch, head, base string) (files fs.FS, paths []string, err error)
	// Remove deletes a branch that is at a commit. Its error has NotFastForward()
	// where somebody moved it.
	Remove(ctx context.Context, branch, at string) error
}

// Forge is where the repository's pull requests are.
type Forge interface {
	Requests(ctx context.Context, branch, base string) ([]pullrequest.Request, error)
	CreateRequest(ctx context.Context, branch, base, title, body string) (pullrequest.Request, error)
	UpdateRequest(ctx context.Context, number int, title, body string) error
	CloseRequest(ctx context.Context, number int) error
	Comment(ctx context.Context, number int, body string) error
	Merge(ctx context.Context, number int, head string) (pullrequest.Merge, error)
}

// Deps is the world.
type Deps struct {
	Repository Repository
	Forge      Forge
	// Pause waits, up to a time.
	Pause func(ctx context.Context, most time.Duration)
}

// Options says which image, and what to do.
type Options struct {
	App, Cluster string
	// Base is the branch that the clusters follow.
	Base string
	// Merge asks the forge to merge the request.
	Merge bool
	// DryRun changes nothing, and asks nothing of the forge.
	DryRun bool
}

func (o Options) path() string   { return imagepin.Path(o.Cluster, o.App) }
func (o Options) branch() string { return imagepin.Branch(o.Cluster, o.App) }

// Result is how a request ended.
type Result string

// The results.
const (
	Nothing Result = "nothing" // the branch has nothing that the base has not
	Opened  Result = "opened"
	Kept    Result = "kept" // it was open, and is about the branch's last commit now
	Merged  Result = "merged"
	DryRun  Result = "dry run"
	Refused Result = "refused"
)

// Report is what became of one branch.
type Report struct {
	App     string `json:"app"`
	Cluster string `json:"cluster"`
	Branch  string `json:"branch"`
	Result  Result `json:"result"`
	Commit  string `json:"commit,omitempty"`
	// Image is what the branch wants, Before what the base has.
	Image   string               `json:"image,omitempty"`
	Before  string               `json:"before,omitempty"`
	Request *pullrequest.Request `json:"request,omitempty"`
	// Why there is nothing to do, it is refused, or the forge does not merge yet.
	Why string `json:"why,omitempty"`
	// Removed says that the branch was deleted: image automation begins it anew.
	Removed bool `json:"removed,omitempty"`
}

// RefusedError says what a branch changes that image automation would not, and
// what to do.
type RefusedError struct{ Branch, Why, Fix string }

func (e *RefusedError) Error() string {
	return fmt.Sprintf("branch %s is refused: %s\n  fix: %s", e.Branch, e.Why, e.Fix)
}

// Refused tells the error apart from others.
func (*RefusedError) Refused() bool { return true }

// run is one branch under way.
type run struct {
	o Options
	Deps
	*Report
	tag string // that the branch wants
}

// Run opens the request of one app on one cluster, or keeps it, and merges it
// where it is asked to. What the branch must not change is a RefusedError.
func Run(ctx context.Context, o Options, d Deps) (*Report, error) {
	r := &run{o: o, Deps: d, Report: &Report{App: o.App, Cluster: o.Cluster, Branch: o.branch()}}
	err := r.judge(ctx)
	if refused, is := errors.AsType[*RefusedError](err); is {
		r.Result, r.Why = Refused, refused.Why
	}
	switch {
	case err != nil:
		return r.Report, err
	case r.o.DryRun:
		if r.Result == "" {
			r.Result = DryRun
		}
		return r.Report, nil
	case r.Result == Nothing:
		return r.Report, r.nothing(ctx)
	}
	if err := r.request(ctx); err != nil || !r.o.Merge {
		return r.Report, err
	}
	return r.Report, r.merge(ctx)
}

// nothing ends what is open about a branch with nothing in it, and the branch:
// image automation would go on from there, and no more from the base.
func (r *run) nothing(ctx context.Context) error {
	open, err := r.Forge.Requests(ctx, r.Branch, r.o.Base)
	if err != nil {
		return err
	}
	for _, one := range open {
		if err := r.Forge.Comment(ctx, one.Number, "Superseded: "+r.Why+"."); err != nil {
			return err
		}
		if err := r.Forge.CloseRequest(ctx, one.Number); err != nil {
			return err
		}
	}
	return r.remove(ctx)
}

// remove deletes the branch as it was judged. One that moved meanwhile is left to
// the next run.
func (r *run) remove(ctx context.Context) error {
	if r.Commit == "" {
		return nil
	}
	err := r.Repository.Remove(ctx, r.Branch, r.Commit)
	if moved, ok := errors.AsType[interface {
		error
		NotFastForward() bool
	}](err); ok && moved.NotFastForward() {
		return nil
	}
	r.Removed = err == nil
	return err
}

// request leaves one open request for the branch.
func (r *run) request(ctx context.Context) error {
	open, err := r.Forge.Requests(ctx, r.Branch, r.o.Base)
	if err != nil {
		return err
	}
	title, body := r.title(), r.body()
	var one pullrequest.Request
	if r.Result = Kept; len(open) > 0 {
		one = open[0]
	} else {
		if one, err = r.Forge.CreateRequest(ctx, r.Branch, r.o.Base, title, body); err != nil {
			return err
		}
		r.Result = Opened
	}
	r.Request = &one
	if one.Title == title && one.Body == body {
		return nil
	}
	return r.Forge.UpdateRequest(ctx, one.Number, title, body)
}

// merge has the forge merge the commit that was judged. That it does not, since
// checks or approvals are missing, is told and left to a later run.
func (r *run) merge(ctx context.Context) error {
	for left := looks; ; left-- {
		got, err := r.Forge.Merge(ctx, r.Request.Number, r.Commit)
		if err != nil {
			return err
		}
		if got.Done {
			r.Result, r.Request.State = Merged, pullrequest.Merged
			return r.remove(ctx)
		}
		if r.Why = got.Why; !got.Busy || left == 1 {
			return nil
		}
		if r.Pause(ctx, pause); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func (r *run) title() string {
	return fmt.Sprintf("%s on %s: %s", r.App, r.Cluster, r.tag)
}

func (r *run) body() string {
	return fmt.Sprintf("A new build of %s for %s, from image automation.\n\n    %s\n    becomes\n    %s\n\nOne file changes, %s, in tag and digest alone (`bootstrap image request`, at %s). It may be merged without anybody once the rules of %s are met.\n",
		r.App, r.Cluster, r.Before, r.Image, "`"+r.o.path()+"`", r.Commit, r.o.Base)
}
