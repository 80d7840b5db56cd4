package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/memory"
)

// Propose makes a commit that holds the files of commit base with edits, and
// nothing else, to be pushed to a branch whose last commit is onto ("" for a new
// branch). It is a merge of base into the branch, so that no push is ever
// forced, whatever the branch held. It returns onto itself when that is such a
// commit already. Both must have been fetched.
func (r *Remote) Propose(_ context.Context, base, onto string, edits map[string][]byte, message string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	on, err := object.GetCommit(r.objects, plumbing.NewHash(base))
	if err != nil {
		return "", fmt.Errorf("reading commit %s: %w", base, err)
	}
	tree, err := r.writeTree(on.TreeHash, edits)
	if err != nil {
		return "", fmt.Errorf("building the commit's tree: %w", err)
	}
	parents := []plumbing.Hash{on.Hash}
	if onto != "" {
		last, err := object.GetCommit(r.objects, plumbing.NewHash(onto))
		if err != nil {
			return "", fmt.Errorf("reading commit %s: %w", onto, err)
		}
		if last.TreeHash == tree && slices.Contains(last.ParentHashes, on.Hash) {
			return onto, nil
		}
		if last.Hash != on.Hash {
			parents = []plumbing.Hash{last.Hash, on.Hash}
		}
	}
	return r.storeCommit(tree, parents, message)
}

// Proposes reports whether a commit is one that Propose made on base, and the
// paths of the files in which it differs from base, sorted. Both must have been
// fetched.
func (r *Remote) Proposes(commit, base string) (based bool, paths []string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var trees []*object.Tree
	for _, hash := range []string{base, commit} {
		c, err := object.GetCommit(r.objects, plumbing.NewHash(hash))
		if err != nil {
			return false, nil, fmt.Errorf("reading commit %s: %w", hash, err)
		}
		based = slices.Contains(c.ParentHashes, plumbing.NewHash(base))
		tree, err := c.Tree()
		if err != nil {
			return false, nil, fmt.Errorf("reading the tree of commit %s: %w", hash, err)
		}
		trees = append(trees, tree)
	}
	changes, err := object.DiffTree(trees[0], trees[1])
	if err != nil {
		return false, nil, fmt.Errorf("comparing commit %s with %s: %w", commit, base, err)
	}
	for _, c := range changes {
		paths = append(paths, c.From.Name, c.To.Name)
	}
	slices.Sort(paths)
	return based, slices.DeleteFunc(slices.Compact(paths), func(p string) bool { return p == "" }), nil
}

// ProposedOn finds which of base's last commits a branch's last commit was made
// on by Propose, though base may have moved since. It returns that commit's files
// and the paths in which the branch differs; nil where there is none.
func (r *Remote) ProposedOn(ctx context.Context, branch, base string) (files fs.FS, paths []string, err error) {
	commits, err := r.history(ctx, base)
	if err != nil {
		return nil, nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	other := &Remote{opts: r.opts, endpoint: r.endpoint, objects: memory.NewStorage()}
	head, err := other.fetch(ctx, branch, 2) // it and its parents
	if err != nil || head == "" {
		return nil, nil, err
	}
	last, err := object.GetCommit(other.objects, plumbing.NewHash(head))
	if err != nil {
		return nil, nil, fmt.Errorf("reading commit %s: %w", head, err)
	}
	at := slices.IndexFunc(commits, func(c *object.Commit) bool { return slices.Contains(last.ParentHashes, c.Hash) })
	if at < 0 {
		return nil, nil, nil
	}
	on := commits[at].Hash.String()
	if _, paths, err = other.Proposes(head, on); err != nil {
		return nil, nil, err
	}
	files, err = treeFS(other.objects, on)
	return files, paths, err
}

// maxLog is how many commits of a branch Log, Past and ProposedOn look at.
const maxLog = 500

// Log returns the first lines of the messages of the branch's commits from
// (without) to (with), the newest first. Both are the beginnings of hashes. It
// is an error when they are not below one another in what it looks at.
func (r *Remote) Log(ctx context.Context, branch, from, to string) ([]string, error) {
	commits, err := r.history(ctx, branch)
	if err != nil {
		return nil, err
	}
	var lines []string
	inside := false
	for _, c := range commits {
		if strings.HasPrefix(c.Hash.String(), from) && inside {
			return lines, nil
		}
		inside = inside || strings.HasPrefix(c.Hash.String(), to)
		if inside {
			first, _, _ := strings.Cut(strings.TrimSpace(c.Message), "\n")
			lines = append(lines, c.Hash.String()[:12]+" "+first)
		}
	}
	return nil, fmt.Errorf("the last %d commits of %s do not lead from %s to %s", maxLog, branch, from, to)
}

// Past returns what a file held in the branch's last commits, the newest first,
// each content once.
func (r *Remote) Past(ctx context.Context, branch, path string) ([][]byte, error) {
	commits, err := r.history(ctx, branch)
	if err != nil {
		return nil, err
	}
	var past [][]byte
	seen := map[plumbing.Hash]bool{}
	for _, c := range commits {
		f, err := c.File(path)
		if errors.Is(err, object.ErrFileNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s of commit %s: %w", path, c.Hash, err)
		}
		if seen[f.Hash] {
			continue
		}
		seen[f.Hash] = true
		text, err := f.Contents()
		if err != nil {
			return nil, fmt.Errorf("reading %s of commit %s: %w", path, c.Hash, err)
		}
		past = append(past, []byte(text))
	}
	return past, nil
}

// history returns a branch's last commits, the newest first. Of a merge it goes
// on with the first parent: what was merged is told by the merge.
func (r *Remote) history(ctx context.Context, branch string) ([]*object.Commit, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	// A storage of its own: deepening a shallow history is not go-git's strength.
	other := &Remote{opts: r.opts, endpoint: r.endpoint, objects: memory.NewStorage()}
	head, err := other.fetch(ctx, branch, maxLog)
	if err != nil {
		return nil, err
	}
	var commits []*object.Commit
	for hash := plumbing.NewHash(head); len(commits) < maxLog; {
		c, err := object.GetCommit(other.objects, hash)
		if err != nil {
			break // the history that was fetched ends here
		}
		commits = append(commits, c)
		if c.NumParents() == 0 {
			break
		}
		hash = c.ParentHashes[0]
	}
	return commits, nil
}

// Export writes a commit's files into an empty folder as a Git checkout that
// knows commit base too. Both must have been fetched. Links are left out.
func (r *Remote) Export(_ context.Context, dir, commit, base string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	repository, err := git.PlainInit(dir, false)
	if err != nil {
		return fmt.Errorf("making a checkout: %w", err)
	}
	for _, o := range r.objects.Objects {
		if _, err := repository.Storer.SetEncodedObject(o); err != nil {
			return fmt.Errorf("writing a checkout: %w", err)
		}
	}
	if err := repository.Storer.SetShallow([]plumbing.Hash{plumbing.NewHash(base)}); err != nil {
		return fmt.Errorf("writing a checkout: %w", err)
	}
	head := plumbing.NewHashReference(plumbing.HEAD, plumbing.NewHash(commit))
	if err := repository.Storer.SetReference(head); err != nil {
		return fmt.Errorf("writing a checkout: %w", err)
	}
	files, err := treeFS(r.objects, commit)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		return writeOut(root, files, name)
	})
	if err != nil {
		err = fmt.Errorf("writing a checkout: %w", err)
	}
	return errors.Join(err, root.Close())
}

func writeOut(root *os.Root, files fs.FS, name string) error {
	in, err := files.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	out, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
