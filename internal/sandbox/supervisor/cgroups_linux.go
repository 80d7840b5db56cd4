package supervisor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// cgroups is where the kernel's control groups are mounted.
const cgroups = "/sys/fs/cgroup"

// removeCgroups removes a cgroup of every hierarchy, deepest first. A cgroup
// is busy until the kernel has buried its last process.
func removeCgroups(name string) error {
	if name == "" {
		return nil // a sandbox without a real node has none
	}
	roots, err := filepath.Glob(filepath.Join(cgroups, "*", name))
	if err != nil {
		return err
	}
	roots = append(roots, filepath.Join(cgroups, name)) // cgroup v2
	deadline := time.Now().Add(10 * time.Second)
	for _, root := range roots {
		for {
			err := removeTree(root)
			if err == nil {
				break
			}
			if !errors.Is(err, unix.EBUSY) || time.Now().After(deadline) {
				return fmt.Errorf("removing cgroup %s: %w", root, err)
			}
			time.Sleep(20 * time.Millisecond) //nolint:forbidigo // the kernel tells nobody when a cgroup is empty
		}
	}
	return nil
}

func removeTree(root string) error {
	var dirs []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	slices.Reverse(dirs)
	for _, dir := range dirs {
		if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// makeCgroups makes the cgroup that kubelet's are put below. A cpuset is of no
// use until it is told its processors and memory.
func makeCgroups(name string) error {
	roots, err := filepath.Glob(filepath.Join(cgroups, "*", "cgroup.procs"))
	if err != nil {
		return err
	}
	for _, procs := range roots {
		dir := filepath.Join(filepath.Dir(procs), name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("making cgroup: %w", err)
		}
		for _, f := range []string{"cpuset.cpus", "cpuset.mems"} {
			value, err := os.ReadFile(filepath.Join(filepath.Dir(procs), f))
			if err != nil {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, f), value, 0o644); err != nil {
				return fmt.Errorf("preparing cgroup: %w", err)
			}
		}
	}
	return nil
}
