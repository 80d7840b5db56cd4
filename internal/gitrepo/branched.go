package gitrepo

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/memory"
)

// Branched finds the commit of base where a branch, which must be at head, left
// it. It returns that commit's files and the paths in which head differs from
// them; nil where there is none. Between the two there is one commit after
// another, no merge: so that commit is what a merge will compare with.
func (r *Remote) Branched(ctx context.Context, branch, head, base string) (files fs.FS, paths []string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	// Storages of their own, as for history.
	trunk := &Remote{opts: r.opts, endpoint: r.endpoint, objects: memory.NewStorage()}
	other := &Remote{opts: r.opts, endpoint: r.endpoint, objects: memory.NewStorage()}
	if _, err := trunk.fetch(ctx, base, maxLog); err != nil {
		return nil, nil, err
	}
	at, err := other.fetch(ctx, branch, maxLog)
	if err != nil {
		return nil, nil, err
	}
	if at != head {
		return nil, nil, &NotFastForwardError{branch, "it is at " + at}
	}
	for hash := plumbing.NewHash(head); ; {
		if trunk.objects.HasEncodedObject(hash) == nil {
			if _, paths, err = other.Proposes(head, hash.String()); err != nil {
				return nil, nil, err
			}
			files, err = treeFS(other.objects, hash.String())
			return files, paths, err
		}
		c, err := object.GetCommit(other.objects, hash)
		if err != nil || c.NumParents() != 1 {
			return nil, nil, nil //nolint:nilerr // the history that was fetched ends here
		}
		hash = c.ParentHashes[0]
	}
}

// Remove deletes a branch that is at a commit; one that is gone is no error. The
// server compares: a branch that somebody moved stays, as a NotFastForwardError.
func (r *Remote) Remove(ctx context.Context, branch, at string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	sent := r.send(ctx, branch, at, "", "")
	head, err := r.Head(ctx, branch)
	switch {
	case err != nil:
		return fmt.Errorf("deleting branch %s: %w", branch, err)
	case head == "":
		return nil
	case head != at:
		return &NotFastForwardError{branch, "it is at " + head}
	case sent == nil:
		return &LostError{Branch: branch}
	}
	return sent
}
