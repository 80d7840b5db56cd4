package build

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Key identifies what a target's programs are made of: the module's files,
// those of the folders that replace its dependencies, the Go version and the
// flags. 12 hexadecimal digits.
func (t Target) Key(repoRoot, goVersion string) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "1\x00%s\x00%q\x00%q\x00%q\x00", goVersion, append(t.args(""), t.Absent...), t.env(), t.Programs)
	mod, err := t.goMod(repoRoot)
	if err != nil {
		return "", err
	}
	home := filepath.Join(repoRoot, "sandbox", t.Folder)
	folders := []string{home}
	for _, r := range mod.Replace {
		if r.New.Version == "" && strings.HasPrefix(r.New.Path, ".") {
			folders = append(folders, filepath.Join(home, filepath.FromSlash(r.New.Path)))
		}
	}
	for _, folder := range folders {
		if err := hashFolder(h, repoRoot, folder); err != nil {
			return "", fmt.Errorf("reading sources of target %s: %w", t.Name, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:12], nil
}

// hashFolder writes name, size and content of every file of a module, in the
// order of their names. Tests are no part of a program.
func hashFolder(w io.Writer, root, folder string) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path) //nolint:gosec // our own checkout, which nobody else writes
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\x00%d\x00", filepath.ToSlash(name), len(data))
		_, err = w.Write(data)
		return err
	})
}
