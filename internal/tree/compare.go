package tree

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
)

// maxFile bounds what is read of a file that is there, in bytes; no generated
// one comes near.
const maxFile = 256 << 20

// Compare compares the wanted files with those of a repository. The inventories
// in have, and the trace of an interrupted Apply, say which files are owned.
// Files that are neither wanted nor owned are ignored. The error is
// diag.Problems for an inventory that makes no sense.
func Compare(want *Tree, have fs.FS) (*Changes, error) {
	if err := want.check(); err != nil {
		return nil, err
	}
	c := comparer{
		want: want, have: have, changes: &Changes{reasons: map[string]string{}},
		dirs: map[string]folder{}, owned: inventory{}, staged: map[string][]digest{},
	}
	for _, step := range []func() error{c.readOwned, c.readStaged, c.compareWanted, c.findUnwanted} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	slices.Sort(c.changes.HandEdited)
	slices.Sort(c.changes.Foreign)
	return c.changes, nil
}

type comparer struct {
	want    *Tree
	have    fs.FS
	changes *Changes
	dirs    map[string]folder
	// owned is what inventories say, staged what an interrupted Apply was
	// about to write.
	owned       inventory
	staged      map[string][]digest
	inventories []string
}

// folder is what a folder holds; reason says why it cannot be one.
type folder struct {
	entries map[string]fs.FileMode
	reason  string
}

func (c *comparer) readOwned() error {
	clusters, err := c.folder(clustersDir)
	if err != nil {
		return err
	}
	for _, cluster := range slices.Sorted(maps.Keys(clusters.entries)) {
		name := InventoryPath(cluster)
		mode, there, err := c.mode(name)
		if err != nil {
			return err
		}
		if !there || !mode.IsRegular() {
			continue
		}
		data, err := c.read(name)
		if err != nil {
			return err
		}
		if err := parseInventory(name, cluster, data, c.owned); err != nil {
			return err
		}
		c.inventories = append(c.inventories, name)
	}
	return nil
}

// mode returns the type of the file at a path; false when there is none. Below
// what is no folder, such as a symbolic link, it is irregular.
func (c *comparer) mode(name string) (fs.FileMode, bool, error) {
	dir, err := c.folder(path.Dir(name))
	if err != nil || dir.reason != "" {
		return fs.ModeIrregular, true, err
	}
	mode, there := dir.entries[path.Base(name)]
	return mode, there, nil
}

// folder lists a folder, once.
func (c *comparer) folder(name string) (folder, error) {
	f, known := c.dirs[name]
	if known {
		return f, nil
	}
	there := true
	if name != "." {
		parent, err := c.folder(path.Dir(name))
		if err != nil {
			return f, err
		}
		var mode fs.FileMode
		mode, there = parent.entries[path.Base(name)]
		switch {
		case parent.reason != "":
			f.reason = parent.reason
		case there && mode&fs.ModeSymlink != 0:
			f.reason = name + " is a symbolic link"
		case there && !mode.IsDir():
			f.reason = name + " is a file, not a folder"
		}
	}
	if there && f.reason == "" {
		entries, err := fs.ReadDir(c.have, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return f, fmt.Errorf("listing %s: %w", name, err)
		}
		f.entries = make(map[string]fs.FileMode, len(entries))
		for _, e := range entries {
			f.entries[e.Name()] = e.Type()
		}
	}
	c.dirs[name] = f
	return f, nil
}

func (c *comparer) read(name string) ([]byte, error) {
	f, err := c.have.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	defer f.Close()
	var b bytes.Buffer
	if info, err := f.Stat(); err == nil {
		b.Grow(int(min(max(info.Size(), 0), maxFile)) + bytes.MinRead)
	}
	if _, err := b.ReadFrom(io.LimitReader(f, maxFile+1)); err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if b.Len() > maxFile {
		return nil, fmt.Errorf("reading %s: it is larger than %d MiB", name, maxFile>>20)
	}
	return b.Bytes(), nil
}

func (c *comparer) compareWanted() error {
	for _, name := range c.want.Paths() {
		f := c.want.files[name]
		mode, there, err := c.mode(name)
		switch {
		case err != nil:
			return err
		case !there:
			c.changes.Create = append(c.changes.Create, name)
			continue
		case !mode.IsRegular():
			c.irregular(name, mode)
			continue
		case f.seed:
			continue
		}
		data, err := c.read(name)
		if err != nil {
			return err
		}
		switch {
		case bytes.Equal(data, f.data):
		case name == InventoryPath(Cluster(name)), c.unchanged(name, data):
			c.changes.Update = append(c.changes.Update, name)
		default:
			c.refuse(name)
		}
	}
	return nil
}

// unchanged reports whether a file is as it was generated.
func (c *comparer) unchanged(name string, data []byte) bool {
	sum := digest(sha256.Sum256(data))
	owned, isOwned := c.owned[name]
	return isOwned && owned == sum || slices.Contains(c.staged[name], sum)
}

func (c *comparer) refuse(name string) {
	if _, owned := c.owned[name]; owned {
		c.changes.HandEdited = append(c.changes.HandEdited, name)
		return
	}
	c.changes.Foreign = append(c.changes.Foreign, name)
}

// irregular refuses what is no regular file.
func (c *comparer) irregular(name string, mode fs.FileMode) {
	reason := "is not a regular file"
	switch dir := c.dirs[path.Dir(name)]; {
	case dir.reason != "":
		reason = "cannot be written: " + dir.reason
	case mode&fs.ModeSymlink != 0:
		reason = "is a symbolic link"
	case mode.IsDir():
		reason = "is a folder, where a file is generated"
	}
	c.changes.Foreign = append(c.changes.Foreign, name)
	c.changes.reasons[name] = reason
}

// findUnwanted finds owned files that are no longer wanted.
func (c *comparer) findUnwanted() error {
	gone := slices.Clone(c.inventories)
	gone = slices.AppendSeq(gone, maps.Keys(c.owned))
	gone = slices.AppendSeq(gone, maps.Keys(c.staged))
	slices.Sort(gone)
	for _, name := range slices.Compact(gone) {
		if _, wanted := c.want.files[name]; wanted {
			continue
		}
		mode, there, err := c.mode(name)
		switch {
		case err != nil:
			return err
		case !there:
			continue
		case !mode.IsRegular():
			c.irregular(name, mode)
			continue
		}
		data, err := c.read(name)
		if err != nil {
			return err
		}
		if slices.Contains(c.inventories, name) || c.unchanged(name, data) {
			c.changes.Delete = append(c.changes.Delete, name)
		} else if _, owned := c.owned[name]; owned {
			c.refuse(name)
		} // what is only announced and differs is somebody's own
	}
	return nil
}
