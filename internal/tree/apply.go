package tree

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// Apply works in a folder of its own at the root, on the same file system as
// the files. It is gone when Apply has finished.
const (
	stageDir = ".groundwork-stage"
	// stageFile lists what is about to be written.
	stageFile = stageDir + "/files"
	// stageIgnore keeps Git from seeing a folder that a killed run left.
	stageIgnore = stageDir + "/.gitignore"
)

const (
	// writers is how many files are written at a time; each waits for the disk.
	writers = 16
	// many files are put onto the disk by one call for its whole file system:
	// half a million single ones take minutes.
	many = 256
	// batchSize bounds what is staged beside the files that are there.
	batchSize = 10_000
)

// Apply writes the changes that Compare found. Each file changes in one step:
// whoever reads it, or kills Apply, sees the old or the new content and nothing
// between. The inventories come last, so that an interrupted Apply is finished
// by comparing and applying again, even to another tree. With conflicts it
// writes nothing and returns them as diag.Problems.
func Apply(root *os.Root, want *Tree, ch *Changes) error {
	if err := ch.Conflicts().Err(); err != nil {
		return err
	}
	if ch.Empty() && !ch.staged {
		return nil
	}
	a := applier{root: root, want: want, dirs: map[string]bool{}}
	if err := a.announce(ch); err != nil {
		return fmt.Errorf("preparing to write: %w", err)
	}
	isInventory := func(name string) bool { return name == inventoryOf(owner(name)) }
	files := slices.Concat(ch.Create, ch.Update)
	inventories := slices.Clone(files)
	inventories = slices.DeleteFunc(inventories, func(name string) bool { return !isInventory(name) })
	files = slices.DeleteFunc(files, isInventory)
	for _, step := range []func() error{
		func() error { return a.write(files) },
		func() error { return a.remove(ch.Delete) },
		func() error { return a.write(inventories) },
		a.syncDirs,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := root.RemoveAll(stageDir); err != nil {
		return fmt.Errorf("removing %s: %w", stageDir, err)
	}
	return nil
}

type applier struct {
	root *os.Root
	want *Tree
	mu   sync.Mutex
	dirs map[string]bool // folders whose entries changed
	temp atomic.Int64
}

// announce leaves word of what is about to be written: a rerun with another
// platform.yaml must know files that this one wrote and no inventory names.
func (a *applier) announce(ch *Changes) error {
	if err := a.root.MkdirAll(stageDir, 0o755); err != nil {
		return err
	}
	if err := a.put(stageIgnore, []byte("*\n")); err != nil {
		return err
	}
	var b bytes.Buffer
	if ch.staged { // what an earlier run announced still stands
		have, err := a.root.ReadFile(stageFile)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		b.Write(have)
	}
	for _, name := range slices.Concat(ch.Create, ch.Update) {
		sum := a.want.files[name].sum
		b.WriteString(hex.EncodeToString(sum[:]) + " " + name + "\n")
	}
	return a.put(stageFile, b.Bytes())
}

// readStaged reads what an interrupted Apply announced. A line that makes no
// sense announces nothing.
func (c *comparer) readStaged() error {
	root, err := c.folder(".")
	if err != nil {
		return err
	}
	_, c.changes.staged = root.entries[stageDir]
	mode, there, err := c.mode(stageFile)
	if err != nil || !there || !mode.IsRegular() {
		return err
	}
	f, err := c.have.Open(stageFile)
	if err != nil {
		return fmt.Errorf("reading %s: %w", stageFile, err)
	}
	defer f.Close()
	lines := lineScanner(f)
	for lines.Scan() {
		sum, name, _ := strings.Cut(lines.Text(), " ")
		if d, ok := parseDigest(sum); ok && checkPath(name) == nil {
			c.staged[name] = append(c.staged[name], d)
		}
	}
	if err := lines.Err(); err != nil && !errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("reading %s: %w", stageFile, err)
	}
	return nil
}

// write writes files of the wanted tree: the new ones beside the old, all onto
// the disk, and then each in its place.
func (a *applier) write(names []string) error {
	for batch := range slices.Chunk(names, batchSize) {
		if err := a.writeBatch(batch); err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) writeBatch(names []string) error {
	atOnce := syncsAll && len(names) >= many
	disk, err := a.root.Open(stageDir) // before the first write, whose error it has to know
	if err != nil {
		return fmt.Errorf("opening %s: %w", stageDir, err)
	}
	defer disk.Close()
	temps := make([]string, len(names))
	err = each(names, func(i int, name string) (err error) {
		if err := a.folder(path.Dir(name)); err != nil {
			return err
		}
		temps[i], err = a.stage(a.want.files[name].data, !atOnce)
		return err
	})
	if err == nil && atOnce {
		err = syncFileSystem(disk)
	}
	if err == nil {
		err = each(names, func(i int, name string) error { return a.root.Rename(temps[i], name) })
	}
	if err != nil { // what is in its place is no longer here
		for _, temp := range temps {
			_ = a.root.Remove(temp)
		}
	}
	return err
}

// each calls f with each name, some at a time, until one fails.
func each(names []string, f func(i int, name string) error) error {
	var g errgroup.Group
	g.SetLimit(writers)
	var failed atomic.Bool
	for i, name := range names {
		if failed.Load() {
			break
		}
		g.Go(func() error {
			if err := f(i, name); err != nil {
				failed.Store(true)
				return fmt.Errorf("writing %s: %w", name, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// folder makes a folder, and notes that its entries change.
func (a *applier) folder(dir string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.dirs[dir] {
		return nil
	}
	if err := a.root.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	a.dirs[dir] = true
	return nil
}

// put replaces a file in one step.
func (a *applier) put(name string, data []byte) error {
	temp, err := a.stage(data, true)
	if err == nil {
		err = a.root.Rename(temp, name)
	}
	if err != nil {
		_ = a.root.Remove(temp)
	}
	return err
}

// stage writes a new file in the stage folder, onto the disk where sync says
// so, and returns its name also when that fails.
func (a *applier) stage(data []byte, sync bool) (string, error) {
	f, temp, err := a.create()
	if err != nil {
		return temp, err
	}
	_, err = f.Write(data)
	if err == nil && sync {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return temp, err
}

// create opens a new file in the stage folder; files that a killed run left
// there are passed over.
func (a *applier) create() (*os.File, string, error) {
	for {
		name := stageDir + "/" + strconv.FormatInt(a.temp.Add(1), 10)
		f, err := a.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if !errors.Is(err, fs.ErrExist) {
			return f, name, err
		}
	}
}

// remove deletes files and the folders that are empty then.
func (a *applier) remove(names []string) error {
	for _, name := range names {
		if err := a.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("deleting %s: %w", name, err)
		}
		dir := path.Dir(name)
		for ; dir != "."; dir = path.Dir(dir) {
			if a.root.Remove(dir) != nil { // not empty
				break
			}
			delete(a.dirs, dir)
		}
		a.dirs[dir] = true
	}
	return nil
}

// syncDirs makes the renames last.
func (a *applier) syncDirs() error {
	if syncsAll && len(a.dirs) >= many {
		return a.syncDir(stageDir, syncFileSystem)
	}
	for dir := range a.dirs {
		if err := a.syncDir(dir, (*os.File).Sync); err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) syncDir(dir string, sync func(*os.File) error) error {
	f, err := a.root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("opening %s: %w", dir, err)
	}
	if err := errors.Join(sync(f), f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", dir, err)
	}
	return nil
}
