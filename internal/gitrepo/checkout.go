package gitrepo

import (
	"errors"
	"fmt"

	"github.com/go-git/go-git/v5"
	gitconfig "github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Checkout is the Git history of a folder on this machine. Nothing here
// writes to it.
type Checkout struct {
	repository *git.Repository
	head       *object.Commit
}

// OpenCheckout returns the history of a folder; nil when the folder is not the
// top of a Git checkout with at least one commit.
func OpenCheckout(dir string) (*Checkout, error) {
	repository, err := git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{EnableDotGitCommonDir: true})
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("opening the Git checkout in %s: %w", dir, err)
	}
	head, err := repository.Head()
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what is checked out in %s: %w", dir, err)
	}
	commit, err := repository.CommitObject(head.Hash())
	if err != nil {
		return nil, fmt.Errorf("reading what is checked out in %s: %w", dir, err)
	}
	return &Checkout{repository, commit}, nil
}

// Contains reports whether commit is what is checked out or below it.
func (c *Checkout) Contains(commit string) bool {
	if c == nil {
		return false
	}
	hash := plumbing.NewHash(commit)
	if c.head.Hash == hash {
		return true
	}
	below, err := c.repository.CommitObject(hash)
	if err != nil {
		return false
	}
	is, err := below.IsAncestor(c.head)
	return err == nil && is
}

// File returns a file as it was last committed, nil when it was not.
func (c *Checkout) File(path string) []byte {
	if c == nil {
		return nil
	}
	file, err := c.head.File(path)
	if err != nil {
		return nil
	}
	text, err := file.Contents()
	if err != nil {
		return nil
	}
	return []byte(text)
}

// UserIdentity returns who commits on this machine by git's own
// configuration, the zero Identity when it does not say.
func UserIdentity() Identity {
	for _, scope := range []gitconfig.Scope{gitconfig.GlobalScope, gitconfig.SystemScope} {
		c, err := gitconfig.LoadConfig(scope)
		if err == nil && c.User.Name != "" && c.User.Email != "" {
			return Identity{c.User.Name, c.User.Email}
		}
	}
	return Identity{}
}
