package tree

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"path"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
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
		want: want, have: have, changes: &Changes{reasons: map[string]string{}, blocked: map[string]string{}},
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

// folder is what a folder holds. fault is what stands in its place or above
// it, and reason says why that cannot be a folder.
type folder struct {
	entries       map[string]fs.FileMode
	fault, reason string
}

func (c *comparer) readOwned() error {
	clusters, err := c.folder(clustersDir)
	if err != nil {
		return err
	}
	owners := append([]string{accountDir}, forgeDirs()...)
	for _, cluster := range slices.Sorted(maps.Keys(clusters.entries)) {
		owners = append(owners, path.Join(clustersDir, cluster))
	}
	for _, owner := range owners {
		name := inventoryOf(owner)
		mode, there, err := c.mode(name)
		if err != nil {
			return err
		}
		if !there || !mode.IsRegular() {
			continue
		}
		if err := c.readOwnedBy(owner, name); err != nil {
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
	if err != nil || dir.fault != "" {
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
		case parent.fault != "":
			f.fault, f.reason = parent.fault, parent.reason
		case there && mode&fs.ModeSymlink != 0:
			f.fault, f.reason = name, "is a symbolic link"
		case there && !mode.IsDir():
			f.fault, f.reason = name, "is a file, not a folder"
		}
	}
	if there && f.fault == "" {
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

// readOwnedBy reads the inventory of an owner.
func (c *comparer) readOwnedBy(owner, name string) error {
	f, err := c.have.Open(name)
	if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	defer f.Close()
	return parseInventory(name, owner, f, c.owned)
}

// found is a regular file that is there.
type found struct {
	name  string
	sum   digest
	sized bool // sum counts: the file is no larger than what is generated
}

// sums fills in the digests of files, as many at a time as there are
// processors.
func (c *comparer) sums(files []found) error {
	var g errgroup.Group
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		g.Go(func() error {
			s := summer{h: sha256.New(), buffer: make([]byte, 32<<10)}
			for i := w; i < len(files); i += workers {
				if err := s.sum(c.have, &files[i]); err != nil {
					return fmt.Errorf("reading %s: %w", files[i].name, err)
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// summer makes digests of files without holding them.
type summer struct {
	h      hash.Hash
	buffer []byte
}

func (s summer) sum(have fs.FS, of *found) error {
	f, err := have.Open(of.name)
	if err != nil {
		return err
	}
	defer f.Close()
	s.h.Reset()
	n, err := io.CopyBuffer(s.h, io.LimitReader(f, maxFile+1), s.buffer)
	s.h.Sum(of.sum[:0])
	of.sized = n <= maxFile
	return err
}

func (c *comparer) compareWanted() error {
	var there []found
	for _, name := range c.want.Paths() {
		mode, is, err := c.mode(name)
		switch {
		case err != nil:
			return err
		case !is:
			c.changes.Create = append(c.changes.Create, name)
		case !mode.IsRegular():
			c.irregular(name, mode)
		case !c.want.files[name].seed:
			there = append(there, found{name: name})
		}
	}
	if err := c.sums(there); err != nil {
		return err
	}
	for _, f := range there {
		switch {
		case f.sized && f.sum == c.want.files[f.name].sum:
		case f.name == inventoryOf(owner(f.name)), c.unchanged(f):
			c.changes.Update = append(c.changes.Update, f.name)
		default:
			c.refuse(f.name)
		}
	}
	return nil
}

// unchanged reports whether a file is as it was generated.
func (c *comparer) unchanged(f found) bool {
	owned, isOwned := c.owned[f.name]
	return f.sized && (isOwned && owned == f.sum || slices.Contains(c.staged[f.name], f.sum))
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
	case dir.fault != "":
		c.changes.Foreign = append(c.changes.Foreign, name)
		c.changes.blocked[name] = dir.fault
		c.changes.reasons[dir.fault] = dir.reason
		return
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
	var there []found
	for _, name := range slices.Compact(gone) {
		if _, wanted := c.want.files[name]; wanted {
			continue
		}
		mode, is, err := c.mode(name)
		switch {
		case err != nil:
			return err
		case !is:
		case !mode.IsRegular():
			c.irregular(name, mode)
		default:
			there = append(there, found{name: name})
		}
	}
	if err := c.sums(there); err != nil {
		return err
	}
	for _, f := range there {
		if slices.Contains(c.inventories, f.name) || c.unchanged(f) {
			c.changes.Delete = append(c.changes.Delete, f.name)
		} else if _, owned := c.owned[f.name]; owned {
			c.refuse(f.name)
		} // what is only announced and differs is somebody's own
	}
	return nil
}
