package gitrepo

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// files returns a commit's files. Links show up as what they are, and reading
// one fails: nothing is followed.
func (r *Remote) files(commit string) (fs.FS, error) {
	return treeFS(r.objects, commit)
}

func treeFS(s storer.EncodedObjectStorer, commit string) (fs.FS, error) {
	c, err := object.GetCommit(s, plumbing.NewHash(commit))
	if err != nil {
		return nil, fmt.Errorf("reading commit %s: %w", commit, err)
	}
	tree, err := c.Tree()
	if err != nil {
		return nil, fmt.Errorf("reading the tree of commit %s: %w", commit, err)
	}
	return &commitFS{objects: s, tree: tree}, nil
}

// emptyFS is the files of a branch that does not exist.
type emptyFS struct{}

func (emptyFS) Open(name string) (fs.File, error) {
	if name == "." {
		return &openDir{info: info{name: ".", mode: fs.ModeDir | 0o755}}, nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// commitFS is a commit's tree as a file system, which may be read by many at
// the same time.
type commitFS struct {
	objects storer.EncodedObjectStorer

	mu   sync.Mutex // a tree remembers what was looked up in it
	tree *object.Tree
}

// find looks up a path; tree is nil for what is no folder.
func (c *commitFS) find(name string) (entry *object.TreeEntry, tree *object.Tree, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if entry, err = c.tree.FindEntry(name); err != nil {
		return nil, nil, fs.ErrNotExist
	}
	if entry.Mode == filemode.Dir {
		tree, err = c.tree.Tree(name)
	}
	return entry, tree, err
}

func (c *commitFS) Open(name string) (fs.File, error) {
	fail := func(err error) (fs.File, error) { return nil, &fs.PathError{Op: "open", Path: name, Err: err} }
	if !fs.ValidPath(name) {
		return fail(fs.ErrInvalid)
	}
	if name == "." {
		return c.dir(".", c.tree)
	}
	entry, tree, err := c.find(name)
	if err != nil {
		return fail(err)
	}
	switch entry.Mode {
	case filemode.Dir:
		return c.dir(path.Base(name), tree)
	case filemode.Submodule:
		return fail(fs.ErrInvalid)
	}
	blob, err := object.GetBlob(c.objects, entry.Hash)
	if err != nil {
		return fail(err)
	}
	content, err := blob.Reader()
	if err != nil {
		return fail(err)
	}
	defer content.Close()
	data, err := io.ReadAll(content)
	if err != nil {
		return fail(err)
	}
	return &openFile{Reader: bytes.NewReader(data), info: info{path.Base(name), int64(len(data)), modeOf(entry.Mode)}}, nil
}

func (c *commitFS) dir(name string, tree *object.Tree) (fs.File, error) {
	d := &openDir{info: info{name: name, mode: fs.ModeDir | 0o755}}
	for _, e := range tree.Entries {
		var size int64
		if e.Mode.IsFile() {
			if blob, err := object.GetBlob(c.objects, e.Hash); err == nil {
				size = blob.Size
			}
		}
		d.entries = append(d.entries, fs.FileInfoToDirEntry(info{e.Name, size, modeOf(e.Mode)}))
	}
	// Git sorts folders as if their names ended in a slash, fs by name.
	sortEntries(d.entries)
	return d, nil
}

func modeOf(m filemode.FileMode) fs.FileMode {
	switch m {
	case filemode.Dir:
		return fs.ModeDir | 0o755
	case filemode.Symlink:
		return fs.ModeSymlink | 0o777
	case filemode.Executable:
		return 0o755
	case filemode.Submodule:
		return fs.ModeIrregular
	default:
		return 0o644
	}
}

type info struct {
	name string
	size int64
	mode fs.FileMode
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return i.mode }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.mode.IsDir() }
func (i info) Sys() any           { return nil }

type openFile struct {
	*bytes.Reader
	info info
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error               { return nil }

type openDir struct {
	info    info
	entries []fs.DirEntry
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *openDir) Close() error               { return nil }
func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.info.name, Err: fs.ErrInvalid}
}

func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		all := d.entries
		d.entries = nil
		return all, nil
	}
	if len(d.entries) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.entries))
	some := d.entries[:n]
	d.entries = d.entries[n:]
	return some, nil
}
