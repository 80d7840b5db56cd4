// Package gitrepo reads and extends a branch of a remote Git repository
// without a work tree: it fetches the branch's last commit into memory, builds
// new objects on its tree and pushes them in one pack. A push replaces exactly
// the commit that it was built on, or fails.
package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/go-git/go-git/v5"
	gitconfig "github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/storage/memory"

	"github.com/groundwork-dev/groundwork/internal/redact"
)

// Identity is who commits.
type Identity struct{ Name, Email string }

// Options says which repository, as whom.
type Options struct {
	URL string
	// Auth is nil for a repository that everybody may write.
	Auth   transport.AuthMethod
	Author Identity
	// Secrets are masked in every error; nil for none.
	Secrets func() []redact.Secret
	Now     func() time.Time
}

func (o Options) secrets() []redact.Secret {
	if o.Secrets == nil {
		return nil
	}
	return o.Secrets()
}

// Remote is a remote repository. Its methods may be called from any goroutine,
// one at a time.
type Remote struct {
	opts     Options
	endpoint *transport.Endpoint

	mu      sync.Mutex
	objects *memory.Storage
}

// Open returns the repository; it does not connect yet.
func Open(opts Options) (*Remote, error) {
	endpoint, err := transport.NewEndpoint(opts.URL)
	if err != nil {
		return nil, fmt.Errorf("reading the repository's address: %w", mask(err, opts.secrets()))
	}
	endpoint.Proxy = sshProxy(endpoint)
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Remote{opts: opts, endpoint: endpoint, objects: memory.NewStorage()}, nil
}

// Head returns the branch's last commit, "" when the branch does not exist yet.
func (r *Remote) Head(ctx context.Context, branch string) (string, error) {
	refs, err := r.remote().ListContext(ctx, &git.ListOptions{Auth: r.opts.Auth, ProxyOptions: r.endpoint.Proxy})
	if errors.Is(err, transport.ErrEmptyRemoteRepository) {
		return "", nil
	}
	if err != nil {
		return "", r.fail("reading the branches of %s", err)
	}
	for _, ref := range refs {
		if ref.Name() == plumbing.NewBranchReferenceName(branch) {
			return ref.Hash().String(), nil
		}
	}
	return "", nil
}

// Fetch returns the branch's last commit and its files; "" and no files when
// the branch does not exist yet.
func (r *Remote) Fetch(ctx context.Context, branch string) (string, fs.FS, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	commit, err := r.fetch(ctx, branch, 1)
	if err != nil || commit == "" {
		return "", emptyFS{}, err
	}
	files, err := r.files(commit)
	return commit, files, err
}

// Contains reports whether the branch's history holds a commit, looking at the
// last hundred.
func (r *Remote) Contains(ctx context.Context, branch, commit string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	// A storage of its own: deepening a shallow history is not go-git's strength.
	other := &Remote{opts: r.opts, endpoint: r.endpoint, objects: memory.NewStorage()}
	head, err := other.fetch(ctx, branch, 100)
	if err != nil || head == "" {
		return false, err
	}
	c, err := object.GetCommit(other.objects, plumbing.NewHash(head))
	if err != nil {
		return false, r.fail("reading the history of %s", err)
	}
	seen := map[plumbing.Hash]bool{}
	for queue := []*object.Commit{c}; len(queue) > 0; queue = queue[1:] {
		if queue[0].Hash.String() == commit {
			return true, nil
		}
		for _, hash := range queue[0].ParentHashes {
			if parent, err := object.GetCommit(other.objects, hash); err == nil && !seen[hash] {
				seen[hash] = true
				queue = append(queue, parent)
			}
		}
	}
	return false, nil
}

// fetch brings the last commits of a branch into memory.
func (r *Remote) fetch(ctx context.Context, branch string, depth int) (string, error) {
	head, err := r.Head(ctx, branch)
	if err != nil || head == "" {
		return "", err
	}
	if r.objects.HasEncodedObject(plumbing.NewHash(head)) == nil {
		return head, nil
	}
	name := plumbing.NewBranchReferenceName(branch)
	err = r.remote().FetchContext(ctx, &git.FetchOptions{
		Auth: r.opts.Auth, ProxyOptions: r.endpoint.Proxy, Depth: depth, Tags: git.NoTags,
		RefSpecs: []gitconfig.RefSpec{gitconfig.RefSpec("+" + name.String() + ":" + name.String())},
	})
	if err != nil && !errors.Is(err, git.NoErrAlreadyUpToDate) {
		return "", r.fail("fetching from %s", err)
	}
	ref, err := r.objects.Reference(name)
	if err != nil {
		return "", r.fail("fetching from %s", err)
	}
	return ref.Hash().String(), nil
}

func (r *Remote) remote() *git.Remote {
	return git.NewRemote(r.objects, &gitconfig.RemoteConfig{Name: "origin", URLs: []string{r.opts.URL}})
}

// fail wraps an error of the remote; format has one %s for its address.
func (r *Remote) fail(format string, err error) error {
	return fmt.Errorf(format+": %w", redact.Text(r.opts.URL, r.opts.secrets()...), explain(mask(err, r.opts.secrets())))
}
