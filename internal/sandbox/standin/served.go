package standin

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Serve writes the chart of every component into a folder of cacheDir/served
// that is named after what it holds, and returns the folder: a sandbox that is
// up goes on being served from its own. In it, https holds
// <host>/<path>/index.yaml beside the archives, oci the layouts. Real archives
// are read from cacheDir/charts/<host>/<path>/<chart>-<version>.tgz.
func Serve(components []Component, cacheDir string) (string, []Chart, error) {
	served := filepath.Join(cacheDir, "served")
	if err := os.MkdirAll(served, 0o755); err != nil {
		return "", nil, err
	}
	half, err := os.MkdirTemp(served, halfMade)
	if err != nil {
		return "", nil, err
	}
	defer os.RemoveAll(half)
	list, err := charts(components, cacheDir, half)
	if err != nil {
		return "", nil, err
	}
	key, err := nameOf(half)
	if err != nil {
		return "", nil, err
	}
	dir := filepath.Join(served, key)
	// Who comes second finds the same there.
	if err := os.Rename(half, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", nil, fmt.Errorf("keeping the charts: %w", err)
	}
	for i := range list {
		if list[i].Layout != "" {
			list[i].Layout = filepath.Join(dir, strings.TrimPrefix(list[i].Layout, half))
		}
	}
	now := time.Now()
	if err := os.Chtimes(dir, now, now); err != nil {
		return "", nil, err
	}
	return dir, list, prune(served, now.Add(-unused))
}

const (
	halfMade = ".new-"
	// unused is how long a folder of charts that nobody asked for is kept: longer
	// than any sandbox is up.
	unused = 7 * 24 * time.Hour
)

// nameOf is the name of a folder that holds what this one does.
func nameOf(dir string) (string, error) {
	h := sha256.New()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := root.ReadFile(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%s %x\n", path, sha256.Sum256(data))
		return nil
	})
	return fmt.Sprintf("%x", h.Sum(nil))[:12], err
}

// prune removes folders that nobody has asked for since.
func prune(served string, since time.Time) error {
	entries, err := os.ReadDir(served)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if info, infoErr := e.Info(); infoErr == nil && info.ModTime().Before(since) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(served, e.Name())))
		}
	}
	return err
}
