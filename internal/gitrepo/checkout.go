package gitrepo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5"
	gitconfig "github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Checkout is a Git checkout on this machine. Nothing here writes to it.
type Checkout struct {
	dir        string
	repository *git.Repository
	head       *object.Commit // nil before the first commit
}

// OpenCheckout opens the checkout in a folder; nil when the folder is not the
// top of one.
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
		return &Checkout{dir: dir, repository: repository}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what is checked out in %s: %w", dir, err)
	}
	commit, err := repository.CommitObject(head.Hash())
	if err != nil {
		return nil, fmt.Errorf("reading what is checked out in %s: %w", dir, err)
	}
	return &Checkout{dir, repository, commit}, nil
}

// Contains reports whether commit is what is checked out or below it.
func (c *Checkout) Contains(commit string) bool {
	if c == nil || c.head == nil {
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
	if c == nil || c.head == nil {
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

// Adopt returns the command that brings the checkout to a branch of the
// repository that now holds the files of paths, some of which are here without
// git knowing them, so that a plain git pull refuses to overwrite them. The
// command keeps every file as it is. It is "" when git pull does it, or when
// this is no checkout of that branch.
func (c *Checkout) Adopt(repositoryURL, branch string, paths []string) string {
	if c == nil {
		return ""
	}
	remote := c.remote(repositoryURL)
	head, err := c.repository.Reference(plumbing.HEAD, false)
	if remote == "" || err != nil || head.Target() != plumbing.NewBranchReferenceName(branch) {
		return ""
	}
	unknown := c.untracked(paths)
	switch {
	case len(unknown) == 0:
		return ""
	case c.head == nil:
		return fmt.Sprintf("git fetch %[1]s && git reset --quiet %[1]s/%[2]s && git ls-files -z --deleted | git checkout-index -z --stdin", remote, branch)
	default:
		return fmt.Sprintf("git add -- %s && git pull --ff-only %s %s", strings.Join(unknown, " "), remote, branch)
	}
}

// remote is the name of the remote with an address, "" when there is none.
func (c *Checkout) remote(address string) string {
	remotes, err := c.repository.Remotes()
	if err != nil {
		return ""
	}
	var found []string
	for _, r := range remotes {
		if slices.ContainsFunc(r.Config().URLs, func(u string) bool { return strings.TrimSuffix(u, ".git") == strings.TrimSuffix(address, ".git") }) {
			found = append(found, r.Config().Name)
		}
	}
	slices.Sort(found)
	if len(found) == 0 {
		return ""
	}
	return found[0]
}

// untracked is which of the paths are files here that the index does not
// hold, each by the first part of its path.
func (c *Checkout) untracked(paths []string) []string {
	index, err := c.repository.Storer.Index()
	if err != nil {
		return nil
	}
	tracked := map[string]bool{}
	for _, e := range index.Entries {
		tracked[e.Name] = true
	}
	var unknown []string
	for _, p := range paths {
		if _, err := os.Lstat(filepath.Join(c.dir, filepath.FromSlash(p))); err == nil && !tracked[p] {
			top, _, _ := strings.Cut(p, "/")
			unknown = append(unknown, top)
		}
	}
	slices.Sort(unknown)
	return slices.Compact(unknown)
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
