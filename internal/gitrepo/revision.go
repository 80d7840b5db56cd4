package gitrepo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Revision returns the files of a folder of a work tree as a commit has them:
// a branch, tag or hash. Nothing is checked out. A file is read when it is
// asked for.
func Revision(dir, name string) (fs.FS, error) {
	repository, err := git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{DetectDotGit: true})
	if err != nil {
		return nil, fmt.Errorf("opening the Git repository of %s: %w", dir, err)
	}
	hash, err := repository.ResolveRevision(plumbing.Revision(name))
	if err != nil {
		return nil, fmt.Errorf("there is no revision %q in the Git repository of %s: %w", name, dir, err)
	}
	commit, err := repository.CommitObject(*hash)
	if err != nil {
		return nil, fmt.Errorf("reading commit %s: %w", hash, err)
	}
	tree, err := commit.Tree()
	if err != nil {
		return nil, fmt.Errorf("reading commit %s: %w", hash, err)
	}
	below, err := insideRepository(repository, dir)
	if err != nil {
		return nil, err
	}
	if below != "." {
		if tree, err = tree.Tree(below); err != nil {
			return nil, fmt.Errorf("commit %s has no folder %s: %w", hash, below, err)
		}
	}
	return revision{&sync.Mutex{}, tree}, nil
}

// revision is the tree of a commit as a file system. go-git's trees are not
// safe for concurrent use; this is.
type revision struct {
	mu   *sync.Mutex
	tree *object.Tree
}

var (
	_ fs.ReadDirFS  = revision{}
	_ fs.ReadFileFS = revision{}
	_ fs.StatFS     = revision{}
)

// find returns the entry of a path; the root has none.
func (r revision) find(op, name string) (*object.TreeEntry, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	if name == "." {
		return &object.TreeEntry{Name: ".", Mode: filemode.Dir}, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	entry, err := r.tree.FindEntry(name)
	if errors.Is(err, object.ErrEntryNotFound) || errors.Is(err, object.ErrDirectoryNotFound) {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: err}
	}
	return entry, nil
}

// Lstat implements fs.ReadLinkFS's half of it: links are told, not followed.
func (r revision) Lstat(name string) (fs.FileInfo, error) { return r.Stat(name) }

// ReadLink implements fs.ReadLinkFS; nobody here follows links.
func (revision) ReadLink(name string) (string, error) {
	return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
}

// Stat implements fs.StatFS.
func (r revision) Stat(name string) (fs.FileInfo, error) {
	entry, err := r.find("stat", name)
	if err != nil {
		return nil, err
	}
	return entryInfo{r, name, *entry}, nil
}

// ReadFile implements fs.ReadFileFS.
func (r revision) ReadFile(name string) ([]byte, error) {
	entry, err := r.find("open", name)
	if err != nil {
		return nil, err
	}
	if !entry.Mode.IsRegular() && entry.Mode != filemode.Executable {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrInvalid}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	file, err := r.tree.TreeEntryFile(entry)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	text, err := file.Contents()
	return []byte(text), err
}

// ReadDir implements fs.ReadDirFS.
func (r revision) ReadDir(name string) ([]fs.DirEntry, error) {
	tree := r.tree
	if _, err := r.find("readdir", name); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if name != "." {
		var err error
		if tree, err = r.tree.Tree(name); err != nil {
			return nil, &fs.PathError{Op: "readdir", Path: name, Err: err}
		}
	}
	list := make([]fs.DirEntry, len(tree.Entries))
	for i, e := range tree.Entries {
		list[i] = fs.FileInfoToDirEntry(entryInfo{r, path.Join(name, e.Name), e})
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, nil
}

// Open implements fs.FS.
func (r revision) Open(name string) (fs.File, error) {
	info, err := r.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		entries, err := r.ReadDir(name)
		return &folder{blob{bytes.NewReader(nil), info}, entries}, err
	}
	data, err := r.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return blob{bytes.NewReader(data), info}, nil
}

// folder is an open folder.
type folder struct {
	blob
	left []fs.DirEntry
}

// Read implements fs.File.
func (f *folder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.info.Name(), Err: fs.ErrInvalid}
}

// ReadDir implements fs.ReadDirFile.
func (f *folder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(f.left) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(f.left) {
		n = len(f.left)
	}
	list := f.left[:n]
	f.left = f.left[n:]
	return list, nil
}

// blob is an open file.
type blob struct {
	io.Reader
	info fs.FileInfo
}

// Stat implements fs.File.
func (b blob) Stat() (fs.FileInfo, error) { return b.info, nil }

// Close implements fs.File.
func (blob) Close() error { return nil }

// entryInfo is an entry of a tree as a file's.
type entryInfo struct {
	in    revision
	path  string
	entry object.TreeEntry
}

// Name implements fs.FileInfo.
func (i entryInfo) Name() string { return path.Base(i.path) }

// Size implements fs.FileInfo.
func (i entryInfo) Size() int64 {
	i.in.mu.Lock()
	defer i.in.mu.Unlock()
	size, err := i.in.tree.Size(i.path)
	if err != nil {
		return 0
	}
	return size
}

// Mode implements fs.FileInfo.
func (i entryInfo) Mode() fs.FileMode {
	mode, err := i.entry.Mode.ToOSFileMode()
	if err != nil {
		return fs.ModeIrregular
	}
	return mode
}

// ModTime implements fs.FileInfo: Git knows none.
func (entryInfo) ModTime() time.Time { return time.Time{} }

// IsDir implements fs.FileInfo.
func (i entryInfo) IsDir() bool { return i.Mode().IsDir() }

// Sys implements fs.FileInfo.
func (entryInfo) Sys() any { return nil }

// insideRepository is the path of a folder in its repository's work tree.
func insideRepository(repository *git.Repository, dir string) (string, error) {
	work, err := repository.Worktree()
	if err != nil {
		return "", fmt.Errorf("finding the work tree of %s: %w", dir, err)
	}
	top, err := filepath.EvalSymlinks(work.Filesystem.Root())
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err == nil {
		dir, err = filepath.Rel(top, dir)
	}
	if err != nil {
		return "", fmt.Errorf("finding %s in its repository: %w", dir, err)
	}
	return filepath.ToSlash(dir), nil
}
