package gitrepo

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Commit makes a commit on base ("" for the first one of a branch) that sets
// the files of edits, a nil value deleting one, and leaves every other file
// alone. Files keep their mode. It returns base itself when nothing changes.
// The commit stays in memory until it is pushed.
func (r *Remote) Commit(_ context.Context, base string, edits map[string][]byte, message string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	root := plumbing.ZeroHash
	var parents []plumbing.Hash
	if base != "" {
		parent, err := object.GetCommit(r.objects, plumbing.NewHash(base))
		if err != nil {
			return "", fmt.Errorf("reading commit %s: %w", base, err)
		}
		root, parents = parent.TreeHash, []plumbing.Hash{parent.Hash}
	}
	tree, err := r.writeTree(root, edits)
	if err != nil {
		return "", fmt.Errorf("building the commit's tree: %w", err)
	}
	if base != "" && tree == root {
		return base, nil
	}
	if tree == plumbing.ZeroHash {
		if tree, err = r.store(&object.Tree{}); err != nil {
			return "", err
		}
	}
	return r.storeCommit(tree, parents, message)
}

func (r *Remote) storeCommit(tree plumbing.Hash, parents []plumbing.Hash, message string) (string, error) {
	author := object.Signature{Name: r.opts.Author.Name, Email: r.opts.Author.Email, When: r.opts.Now()}
	hash, err := r.store(&object.Commit{Author: author, Committer: author, Message: message, TreeHash: tree, ParentHashes: parents})
	if err != nil {
		return "", fmt.Errorf("building the commit: %w", err)
	}
	return hash.String(), nil
}

// writeTree returns a copy of the tree old (the zero hash for an empty one)
// with edits applied; the zero hash when no file is left.
func (r *Remote) writeTree(old plumbing.Hash, edits map[string][]byte) (plumbing.Hash, error) {
	entries := map[string]object.TreeEntry{}
	if old != plumbing.ZeroHash {
		tree, err := object.GetTree(r.objects, old)
		if err != nil {
			return old, err
		}
		for _, e := range tree.Entries {
			entries[e.Name] = e
		}
	}
	below := map[string]map[string][]byte{}
	for path, data := range edits {
		name, rest, nested := strings.Cut(path, "/")
		if nested {
			if below[name] == nil {
				below[name] = map[string][]byte{}
			}
			below[name][rest] = data
			continue
		}
		if err := r.writeFile(entries, name, data); err != nil {
			return old, err
		}
	}
	for name, inner := range below {
		if err := r.writeFolder(entries, name, inner); err != nil {
			return old, err
		}
	}
	if len(entries) == 0 {
		return plumbing.ZeroHash, nil
	}
	tree := &object.Tree{}
	for _, e := range entries {
		tree.Entries = append(tree.Entries, e)
	}
	sort.Sort(object.TreeEntrySorter(tree.Entries))
	return r.store(tree)
}

func (r *Remote) writeFile(entries map[string]object.TreeEntry, name string, data []byte) error {
	if data == nil {
		delete(entries, name)
		return nil
	}
	mode := filemode.Regular
	if had, ok := entries[name]; ok && had.Mode == filemode.Executable {
		mode = had.Mode
	}
	blob := r.objects.NewEncodedObject()
	blob.SetType(plumbing.BlobObject)
	w, err := blob.Writer()
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	hash, err := r.objects.SetEncodedObject(blob)
	entries[name] = object.TreeEntry{Name: name, Mode: mode, Hash: hash}
	return err
}

func (r *Remote) writeFolder(entries map[string]object.TreeEntry, name string, edits map[string][]byte) error {
	old := plumbing.ZeroHash
	if had, ok := entries[name]; ok && had.Mode == filemode.Dir {
		old = had.Hash
	}
	hash, err := r.writeTree(old, edits)
	if err != nil {
		return err
	}
	if hash == plumbing.ZeroHash {
		delete(entries, name)
		return nil
	}
	entries[name] = object.TreeEntry{Name: name, Mode: filemode.Dir, Hash: hash}
	return nil
}

// store encodes an object into memory.
func (r *Remote) store(o interface {
	Encode(plumbing.EncodedObject) error
},
) (plumbing.Hash, error) {
	encoded := r.objects.NewEncodedObject()
	if err := o.Encode(encoded); err != nil {
		return plumbing.ZeroHash, err
	}
	return r.objects.SetEncodedObject(encoded)
}

// missing lists the objects that commit to needs and the trees of commit from
// do not hold: the commit, its new trees and its new blobs.
func (r *Remote) missing(from, to string) ([]plumbing.Hash, error) {
	had := map[plumbing.Hash]bool{}
	if from != "" {
		parent, err := object.GetCommit(r.objects, plumbing.NewHash(from))
		if err != nil {
			return nil, err
		}
		if err := r.walk(parent.TreeHash, func(h plumbing.Hash) bool { had[h] = true; return true }); err != nil {
			return nil, err
		}
	}
	commit, err := object.GetCommit(r.objects, plumbing.NewHash(to))
	if err != nil {
		return nil, err
	}
	hashes := []plumbing.Hash{commit.Hash}
	err = r.walk(commit.TreeHash, func(h plumbing.Hash) bool {
		if had[h] {
			return false
		}
		had[h] = true
		hashes = append(hashes, h)
		return true
	})
	return slices.Clip(hashes), err
}

// walk visits a tree and what is below; visit says whether to go deeper.
func (r *Remote) walk(tree plumbing.Hash, visit func(plumbing.Hash) bool) error {
	if !visit(tree) {
		return nil
	}
	t, err := object.GetTree(r.objects, tree)
	if err != nil {
		return err
	}
	for _, e := range t.Entries {
		switch e.Mode {
		case filemode.Dir:
			if err := r.walk(e.Hash, visit); err != nil {
				return err
			}
		case filemode.Submodule: // lives in another repository
		default:
			visit(e.Hash)
		}
	}
	return nil
}
