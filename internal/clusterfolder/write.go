package clusterfolder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

// Write writes the changes that Compare found. Each file changes in one step,
// and the inventory last: an interrupted Write is finished by the next render.
// With conflicts it writes nothing and returns them as diag.Problems.
func Write(root *os.Root, f *Folder, c *Changes) error {
	if err := c.conflicts.Err(); err != nil {
		return err
	}
	dir := Dir(f.cluster)
	announced := path.Join(dir, announcedFile)
	if c.Empty() {
		return remove(root, announced)
	}
	if err := root.MkdirAll(path.Join(dir, "data"), 0o755); err != nil {
		return fmt.Errorf("making %s: %w", dir, err)
	}
	if err := put(root, announced, f.files[inventoryFile]); err != nil {
		return err
	}
	inventory := path.Join(dir, inventoryFile)
	for _, at := range append(append([]string(nil), c.Create...), c.Update...) {
		if at == inventory {
			continue
		}
		if err := put(root, at, f.files[strings.TrimPrefix(at, dir+"/")]); err != nil {
			return err
		}
	}
	for _, at := range c.Delete {
		if err := remove(root, at); err != nil {
			return err
		}
	}
	if err := put(root, inventory, f.files[inventoryFile]); err != nil {
		return err
	}
	return remove(root, announced)
}

// put replaces a file in one step.
func put(root *os.Root, name string, data []byte) error {
	temp := path.Join(path.Dir(name), ".next-"+path.Base(name))
	err := root.Remove(temp) // left by a killed run
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = putNew(root, temp, data)
	}
	if err == nil {
		err = root.Rename(temp, name)
	}
	if err != nil {
		_ = root.Remove(temp)
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

func putNew(root *os.Root, name string, data []byte) error {
	file, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Sync(), file.Close())
}

func remove(root *os.Root, name string) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("deleting %s: %w", name, err)
	}
	return nil
}
