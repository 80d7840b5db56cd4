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

// writers is how many files are written at a time; each waits for the disk.
const writers = 16

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
	isInventory := func(name string) bool { return name == InventoryPath(Cluster(name)) }
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

// write writes files of the wanted tree, some at a time.
func (a *applier) write(names []string) error {
	var wg sync.WaitGroup
	errs := make([]error, writers)
	for i := range errs {
		wg.Go(func() {
			for j := i; j < len(names) && errs[i] == nil; j += writers {
				if err := a.writeOne(names[j]); err != nil {
					errs[i] = fmt.Errorf("writing %s: %w", names[j], err)
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (a *applier) writeOne(name string) error {
	dir := path.Dir(name)
	if err := a.root.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	a.mu.Lock()
	a.dirs[dir] = true
	a.mu.Unlock()
	return a.put(name, a.want.files[name].data)
}

// put replaces a file in one step.
func (a *applier) put(name string, data []byte) error {
	f, temp, err := a.create()
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = a.root.Rename(temp, name)
	}
	if err != nil {
		return errors.Join(err, a.root.Remove(temp))
	}
	return nil
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
	for dir := range a.dirs {
		f, err := a.root.Open(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("opening %s: %w", dir, err)
		}
		err = f.Sync()
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return fmt.Errorf("writing %s: %w", dir, err)
		}
	}
	return nil
}
