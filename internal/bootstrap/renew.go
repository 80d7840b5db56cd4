package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/pullrequest"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

// TokenError says that the repository's host does not accept the token, and
// that there is no other one.
type TokenError struct {
	// Step is the title of the step that needed it, Source where it comes from.
	Step, Source string
	Cause        error
}

func (e *TokenError) Error() string {
	return fmt.Sprintf("the repository's host refuses the token at: %s: %v\nput one that is valid into %s and run the same command again: it goes on from here", e.Step, e.Cause, e.Source)
}

func (e *TokenError) Unwrap() error { return e.Cause }

func unauthorized(err error) bool {
	var e interface{ Unauthorized() bool }
	return errors.As(err, &e) && e.Unauthorized()
}

// renewing does what needs the token; once more with a fresh one if the token
// is refused and there is another by now.
func (r *run) renewing(ctx context.Context, do func() error) error {
	err := do()
	if !unauthorized(err) || r.deps.Token.Current().Empty() {
		return err
	}
	changed, failed := r.deps.Token.Renew()
	if failed != nil {
		return &TokenError{r.current.title, r.deps.Token.Source(), errors.Join(err, failed)}
	}
	if !changed {
		return &TokenError{r.current.title, r.deps.Token.Source(), err}
	}
	r.progress("the token was refused; going on with the one that is in " + r.deps.Token.Source() + " now")
	if r.given && r.sourceSecret() != "" && r.Repository.Auth != config.AuthSSH {
		if err := r.giveToken(ctx); err != nil {
			return fmt.Errorf("giving the cluster the fresh token: %w", err)
		}
	}
	if err = do(); unauthorized(err) {
		return &TokenError{r.current.title, r.deps.Token.Source(), err}
	}
	return err
}

// renewingRepository is a Repository by token.
type renewingRepository struct {
	Repository
	run *run
}

func (d renewingRepository) Head(ctx context.Context, branch string) (commit string, err error) {
	err = d.run.renewing(ctx, func() error {
		commit, err = d.Repository.Head(ctx, branch)
		return err
	})
	return commit, err
}

func (d renewingRepository) Fetch(ctx context.Context, branch string) (commit string, files fs.FS, err error) {
	err = d.run.renewing(ctx, func() error {
		commit, files, err = d.Repository.Fetch(ctx, branch)
		return err
	})
	return commit, files, err
}

func (d renewingRepository) Push(ctx context.Context, branch, from, base, to string) error {
	return d.run.renewing(ctx, func() error { return d.Repository.Push(ctx, branch, from, base, to) })
}

func (d renewingRepository) Contains(ctx context.Context, branch, commit string) (is bool, err error) {
	err = d.run.renewing(ctx, func() error {
		is, err = d.Repository.Contains(ctx, branch, commit)
		return err
	})
	return is, err
}

// renewingForge is a Forge.
type renewingForge struct {
	Forge
	run *run
}

func (d renewingForge) EnsureDeployKey(ctx context.Context, title, publicKey string, readOnly bool) (created bool, err error) {
	err = d.run.renewing(ctx, func() error {
		created, err = d.Forge.EnsureDeployKey(ctx, title, publicKey, readOnly)
		return err
	})
	return created, err
}

func (d renewingForge) CreateRequest(ctx context.Context, branch, base, title, body string) (made pullrequest.Request, err error) {
	err = d.run.renewing(ctx, func() error {
		made, err = d.Forge.CreateRequest(ctx, branch, base, title, body)
		return err
	})
	return made, err
}

func (d renewingForge) Request(ctx context.Context, number int) (found pullrequest.Request, err error) {
	err = d.run.renewing(ctx, func() error {
		found, err = d.Forge.Request(ctx, number)
		return err
	})
	return found, err
}

func (d renewingForge) EnsureWebhook(ctx context.Context, address string, secret redact.Secret) (created bool, err error) {
	err = d.run.renewing(ctx, func() error {
		created, err = d.Forge.EnsureWebhook(ctx, address, secret)
		return err
	})
	return created, err
}
