package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

// withAbsent makes a copy of the target's module below work with the files that
// its code embeds and the module proxy does not serve, such as a user interface
// that upstream's release builds; they are empty. It returns the flag by which
// go builds from that copy.
func (t Target) withAbsent(ctx context.Context, repoRoot, work string) (string, error) {
	source, err := ModuleDir(ctx, repoRoot, t.Name)
	if err != nil {
		return "", err
	}
	folder := filepath.Join(work, "module")
	if err := os.CopyFS(folder, os.DirFS(source)); err != nil {
		return "", fmt.Errorf("copying module %s: %w", t.Module, err)
	}
	for _, name := range t.Absent {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return "", fmt.Errorf("completing module %s: %w", t.Module, err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			return "", fmt.Errorf("completing module %s: %w", t.Module, err)
		}
	}
	mod, err := t.goMod(repoRoot)
	if err != nil {
		return "", err
	}
	if err := mod.AddReplace(t.Module, "", folder, ""); err != nil {
		return "", fmt.Errorf("replacing module %s: %w", t.Module, err)
	}
	file := filepath.Join(work, "go.mod")
	if err := os.WriteFile(file, modfile.Format(mod.Syntax), 0o644); err != nil {
		return "", fmt.Errorf("replacing module %s: %w", t.Module, err)
	}
	sums, err := os.ReadFile(filepath.Join(repoRoot, "sandbox", t.Folder, "go.sum"))
	if err != nil {
		return "", fmt.Errorf("reading the sums of module %s: %w", t.Module, err)
	}
	return "-modfile=" + file, os.WriteFile(filepath.Join(work, "go.sum"), sums, 0o644)
}
