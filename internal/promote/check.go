package promote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/imagepin"
	"github.com/groundwork-dev/groundwork/internal/pullrequest"
)

// Checked is what a check of a commit found.
type Checked struct {
	Commit string `json:"commit"`
	Branch string `json:"branch"`
	// Promotion says whether the commit is one; App and To are what it promotes.
	Promotion bool     `json:"promotion"`
	App       string   `json:"app,omitempty"`
	To        string   `json:"to,omitempty"`
	Passed    bool     `json:"passed"`
	Status    string   `json:"status"`
	Evidence  Evidence `json:"evidence,omitzero"`
}

// NoBranchError says that there is nothing to check.
type NoBranchError struct{ Branch string }

func (e *NoBranchError) Error() string { return "the repository has no branch " + e.Branch }

// Check judges the last commit of a branch anew, whoever made it and whatever
// its request says, and sets its status. Subjects are the promotions that there
// may be, of one base: a commit that moves the image of none of them is no
// promotion, and passes. With commit, the branch must be at it.
func Check(ctx context.Context, branch, commit string, subjects []Options, d Deps, tell func(Event)) (*Checked, error) {
	if len(subjects) == 0 {
		return nil, errors.New("platform.yaml has no app that could be promoted between clusters")
	}
	first := subjects[0]
	base, before, err := d.Repository.Fetch(ctx, first.Base)
	if err != nil {
		return nil, err
	}
	head, after, err := d.Repository.Fetch(ctx, branch)
	switch {
	case err != nil:
		return nil, err
	case head == "":
		return nil, &NoBranchError{branch}
	case commit != "" && commit != head:
		return nil, fmt.Errorf("branch %s is at %s by now, not at %s: check that one", branch, head, commit)
	}
	c := &Checked{Commit: head, Branch: branch, Status: "not a promotion"}
	based, paths, err := d.Repository.Proposes(head, base)
	if err != nil {
		return c, err
	}
	moved, err := movedPins(before, after, subjects, paths)
	if err == nil && len(moved) > 0 && !based {
		// Main may have moved where it does not matter.
		var then fs.FS
		if then, paths, err = d.Repository.ProposedOn(ctx, branch, first.Base); err == nil && then != nil {
			moved, err = movedPins(then, after, subjects, paths)
			based = len(moved) > 0 && sameFile(then, before, moved[0].path())
		}
	}
	if err != nil {
		return c, err
	}
	r := &run{first, d, tell, &Report{Commit: head, Branch: branch}}
	if len(moved) > 0 {
		r.Options = moved[0]
		c.Promotion, c.App, c.To = true, moved[0].App, moved[0].To
		err = r.check(ctx, after, based, paths)
		c.Evidence = r.report.Evidence
	}
	if _, refused := errors.AsType[*RefusedError](err); err != nil && !refused {
		return c, err // nothing is known: the status stays as it is
	}
	c.Passed = err == nil
	status := pullrequest.Status{Commit: head, Name: StatusName, Passed: true, Description: c.Status}
	if c.Promotion {
		status = r.status(head, err)
		c.Status = status.Description
	}
	if first.DryRun {
		return c, err
	}
	return c, errors.Join(err, d.Forge.SetStatus(ctx, status))
}

// movedPins are the subjects whose image differs. A pin that comes or goes with
// its app is none.
func movedPins(before, after fs.FS, subjects []Options, paths []string) ([]Options, error) {
	var moved []Options
	for _, o := range subjects {
		if !slices.Contains(paths, o.path()) {
			continue
		}
		var images []string
		for _, files := range []fs.FS{before, after} {
			data, err := fs.ReadFile(files, o.path())
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", o.path(), err)
			}
			pin, err := imagepin.Read(o.path(), data)
			if err != nil {
				return nil, err
			}
			images = append(images, pin.Image())
		}
		if len(images) == 2 && images[0] != images[1] {
			moved = append(moved, o)
		}
	}
	return moved, nil
}

func sameFile(a, b fs.FS, path string) bool {
	one, err := fs.ReadFile(a, path)
	other, otherErr := fs.ReadFile(b, path)
	return err == nil && otherErr == nil && bytes.Equal(one, other)
}

// check judges a commit that moves an image.
func (r *run) check(ctx context.Context, after fs.FS, based bool, paths []string) error {
	refuse := func(detail, fix string) error {
		r.report.Evidence.Checks = []image.Check{{Name: "commit", Result: image.Refused, Detail: detail, Fix: fix}}
		return r.refuse()
	}
	again := fmt.Sprintf("bootstrap promote --app %s --from %s --to %s", r.App, r.From, r.To)
	p, err := r.read(ctx)
	if err != nil {
		return err
	}
	proposed, _, err := r.pin(after, r.To)
	if err != nil {
		return err
	}
	switch {
	case !based:
		return refuse(fmt.Sprintf("it is not one commit on %s with the image that %s has there now", r.Base, r.To), "bring the branch up to date, or make the request anew: "+again)
	case len(paths) > 1:
		return refuse(fmt.Sprintf("beside the image of %s it changes %d other files, such as %s", r.App, len(paths)-1, other(paths, r.path())), "make a request of its own for the rest")
	}
	if proposed == p.wanted() {
		return r.judge(ctx, p)
	}
	back, err := r.ranBefore(ctx, proposed)
	if err != nil {
		return err
	}
	if !back {
		return refuse(fmt.Sprintf("it wants %s, and %s has %s", proposed.Image(), r.From, p.from.Image()), "make the request anew: "+again)
	}
	return r.judgeReturn(ctx, p, proposed)
}

// ranBefore reports whether the cluster had an image once. Then it was judged
// when it came, and a way back must not wait for another cluster.
func (r *run) ranBefore(ctx context.Context, pin imagepin.Pin) (bool, error) {
	_, found, err := r.past(ctx, func(then imagepin.Pin) bool { return then == pin })
	return found, err
}

// past is the last of the cluster's pins with a digest that is the one.
func (r *run) past(ctx context.Context, is func(imagepin.Pin) bool) (pin imagepin.Pin, found bool, err error) {
	all, err := r.Repository.Past(ctx, r.Base, r.path())
	if err != nil {
		return pin, false, err
	}
	for _, data := range all {
		if then, err := imagepin.Read(r.path(), data); err == nil && then.Digest != "" && is(then) {
			return then, true, nil
		}
	}
	return pin, false, nil
}

// judgeReturn holds an image that the cluster goes back to to the registry alone.
func (r *run) judgeReturn(ctx context.Context, p pins, to imagepin.Pin) error {
	e := &r.report.Evidence
	*e = Evidence{Image: to.Image(), Before: p.to.Image(), Tag: to.Tag, Digest: to.Digest, Key: fingerprint(r.Key)}
	p.from = to
	if err := r.step("registry", func() (string, error) { return r.judgeImage(ctx, p) }); err != nil {
		return err
	}
	e.Checks = append(e.Checks, image.Check{Name: "return", Result: image.OK, Detail: r.To + " ran this image before"})
	return r.refuse()
}

func other(paths []string, than string) string {
	for _, p := range paths {
		if p != than {
			return p
		}
	}
	return ""
}
