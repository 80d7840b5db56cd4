package fluxbuild

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// treeRoot is where kustomize sees the repository.
const treeRoot = "/tree"

// overlay shows a tree to kustomize, with files of ours over it. Nothing can be
// written.
type overlay struct {
	tree *Tree
	over map[string][]byte // by path in the tree
}

var _ filesys.FileSystem = overlay{}

// errReadOnly is the answer to whoever writes.
func errReadOnly(name string) error {
	return &fs.PathError{Op: "write", Path: name, Err: fs.ErrPermission}
}

// name is the path in the tree; false for what is beside it.
func (o overlay) name(p string) (string, bool) {
	p = path.Clean(p)
	if p == treeRoot {
		return ".", true
	}
	return strings.CutPrefix(p, treeRoot+"/")
}

// Create implements filesys.FileSystem.
func (overlay) Create(name string) (filesys.File, error) { return nil, errReadOnly(name) }

// Mkdir implements filesys.FileSystem.
func (overlay) Mkdir(name string) error { return errReadOnly(name) }

// MkdirAll implements filesys.FileSystem.
func (overlay) MkdirAll(name string) error { return errReadOnly(name) }

// RemoveAll implements filesys.FileSystem.
func (overlay) RemoveAll(name string) error { return errReadOnly(name) }

// WriteFile implements filesys.FileSystem.
func (overlay) WriteFile(name string, _ []byte) error { return errReadOnly(name) }

// Open implements filesys.FileSystem. Kustomize reads whole files.
func (overlay) Open(name string) (filesys.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
}

// IsDir implements filesys.FileSystem.
func (o overlay) IsDir(p string) bool {
	p = path.Clean(p)
	if name, ok := o.name(p); ok {
		return o.tree.isDir(name)
	}
	return p == "/"
}

// Exists implements filesys.FileSystem.
func (o overlay) Exists(p string) bool {
	if o.IsDir(p) {
		return true
	}
	_, err := o.ReadFile(p)
	return err == nil
}

// ReadFile implements filesys.FileSystem.
func (o overlay) ReadFile(p string) ([]byte, error) {
	name, ok := o.name(p)
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: p, Err: fs.ErrNotExist}
	}
	if data, ours := o.over[name]; ours {
		return data, nil
	}
	return o.tree.file(name).read()
}

// ReadDir implements filesys.FileSystem.
func (o overlay) ReadDir(p string) ([]string, error) {
	name, ok := o.name(p)
	if !ok {
		return nil, &fs.PathError{Op: "readdir", Path: p, Err: fs.ErrNotExist}
	}
	entries, err := o.tree.entries(name)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

// CleanedAbs implements filesys.FileSystem.
func (o overlay) CleanedAbs(p string) (filesys.ConfirmedDir, string, error) {
	p = path.Join("/", p)
	switch {
	case o.IsDir(p):
		return filesys.ConfirmedDir(p), "", nil
	case o.Exists(p):
		return filesys.ConfirmedDir(path.Dir(p)), path.Base(p), nil
	default:
		return "", "", fmt.Errorf("%s: %w", p, os.ErrNotExist)
	}
}

// Glob implements filesys.FileSystem.
func (o overlay) Glob(pattern string) ([]string, error) {
	names, err := o.ReadDir(path.Dir(pattern))
	if err != nil {
		return nil, nil //nolint:nilerr // as filepath.Glob: what cannot be listed matches nothing
	}
	var found []string
	for _, name := range names {
		full := path.Join(path.Dir(pattern), name)
		ok, err := path.Match(pattern, full)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, full)
		}
	}
	return found, nil
}

// Walk implements filesys.FileSystem. Kustomize walks nothing when it builds.
func (overlay) Walk(p string, _ filepath.WalkFunc) error {
	return &fs.PathError{Op: "walk", Path: p, Err: fs.ErrInvalid}
}
