package build

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// keepUnused is how long a build outlives its last use: a running sandbox still
// starts runc and the network plugins of the key that it began with.
const keepUnused = 14 * 24 * time.Hour

const halfMade = ".new-" // begins the name of a build that is not finished

// Event tells how a target is getting on.
type Event struct {
	Target string
	// Building says that a build begins; the event after it ends it.
	Building bool
	// Cached says that there was nothing to do.
	Cached bool
	Took   time.Duration
}

// CacheDir returns where programs are kept: GROUNDWORK_CACHE, or groundwork in
// the user's cache folder.
func CacheDir() (string, error) {
	if dir := os.Getenv("GROUNDWORK_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the cache folder: %w (set GROUNDWORK_CACHE)", err)
	}
	return filepath.Join(dir, "groundwork"), nil
}

// Ensure returns the path of every program of targets, by the program's name.
// It builds what the cache lacks, one at a time, and waits while another
// process builds. The error of a build holds what the compiler said; missing
// packages of the operating system are a *Missing.
func Ensure(ctx context.Context, repoRoot, cacheDir string, targets []Target, tell func(Event)) (map[string]string, error) {
	if err := Check(targets); err != nil {
		return nil, err
	}
	bin := filepath.Join(cacheDir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return nil, fmt.Errorf("making the cache: %w", err)
	}
	unlock, err := lock(ctx, filepath.Join(bin, ".lock"))
	if err != nil {
		return nil, fmt.Errorf("waiting for another build: %w", err)
	}
	defer unlock()
	programs := map[string]string{}
	versions := map[string]string{} // by folder: a toolchain line may differ
	for _, t := range targets {
		dir := filepath.Join(repoRoot, "sandbox", t.Folder)
		if versions[dir] == "" {
			var err error
			if versions[dir], err = goVersion(ctx, dir); err != nil {
				return nil, err
			}
		}
		out, err := t.ensure(ctx, repoRoot, filepath.Join(bin, t.Name), versions[dir], tell)
		if err != nil {
			return nil, err
		}
		for _, p := range t.Programs {
			programs[p] = filepath.Join(out, p)
		}
	}
	return programs, nil
}

func (t Target) ensure(ctx context.Context, repoRoot, home, version string, tell func(Event)) (string, error) {
	key, err := t.Key(repoRoot, version)
	if err != nil {
		return "", err
	}
	out, start := filepath.Join(home, key), time.Now()
	if t.complete(out) {
		if err := os.Chtimes(out, start, start); err != nil {
			return "", fmt.Errorf("marking %s as used: %w", t.Name, err)
		}
		tell(Event{Target: t.Name, Cached: true})
		return out, nil
	}
	tell(Event{Target: t.Name, Building: true})
	if err := os.MkdirAll(home, 0o755); err != nil {
		return "", fmt.Errorf("making the cache: %w", err)
	}
	tmp, err := os.MkdirTemp(home, halfMade)
	if err != nil {
		return "", fmt.Errorf("making the cache: %w", err)
	}
	defer os.RemoveAll(tmp)
	if err := t.build(ctx, repoRoot, tmp); err != nil {
		return "", err
	}
	if !t.complete(tmp) {
		return "", fmt.Errorf("building %s: the build did not leave %s", t.Name, strings.Join(t.Programs, ", "))
	}
	if err := errors.Join(os.Chmod(tmp, 0o755), os.RemoveAll(out), os.Rename(tmp, out)); err != nil {
		return "", fmt.Errorf("keeping %s: %w", t.Name, err)
	}
	if err := prune(home, key, start.Add(-keepUnused)); err != nil {
		return "", fmt.Errorf("removing older builds of %s: %w", t.Name, err)
	}
	tell(Event{Target: t.Name, Took: time.Since(start)})
	return out, nil
}

func (t Target) complete(dir string) bool {
	for _, p := range t.Programs {
		if info, err := os.Stat(filepath.Join(dir, p)); err != nil || !info.Mode().IsRegular() {
			return false
		}
	}
	return true
}

func (t Target) build(ctx context.Context, repoRoot, out string) error {
	dir, args := filepath.Join(repoRoot, "sandbox", t.Folder), t.args(out)
	if len(t.Absent) > 0 {
		work, err := os.MkdirTemp("", "groundwork-build-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(work)
		flag, err := t.withAbsent(ctx, repoRoot, work)
		if err != nil {
			return err
		}
		args = slices.Insert(args, 1, flag) // behind "build"
	}
	argv := append([]string{"go"}, args...)
	if nice, err := exec.LookPath("nice"); err == nil {
		argv = append([]string{nice}, argv...)
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), t.env()...)
	// go ends its compilers when it is interrupted; killed, it leaves them.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("building %s: %w", t.Name, ctx.Err())
		}
		return fmt.Errorf("building %s: %w\nin %s: go %s\n%s", t.Name, err, dir, strings.Join(args, " "), strings.TrimSpace(said.String()))
	}
	return nil
}

func goVersion(ctx context.Context, dir string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "GOVERSION", "GOOS", "GOARCH")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("asking go for its version in %s: %w: %s (the sandbox is built from source: install Go)", dir, err, strings.TrimSpace(said.String()))
	}
	return strings.Join(strings.Fields(string(out)), " "), nil
}

// prune removes what half-made builds left, and builds of other keys that
// nobody asked for since unused.
func prune(home, keep string, unused time.Time) error {
	entries, err := os.ReadDir(home)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, statErr := e.Info()
		if statErr != nil {
			err = errors.Join(err, statErr)
			continue
		}
		half := strings.HasPrefix(e.Name(), halfMade)
		if e.Name() != keep && (half || info.ModTime().Before(unused)) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(home, e.Name())))
		}
	}
	return err
}

// ModuleDir returns the folder of the module that a target is built from, in
// Go's module cache, where it is put if it is not there yet.
func ModuleDir(ctx context.Context, repoRoot, target string) (string, error) {
	targets, err := Targets()
	if err != nil {
		return "", err
	}
	found, err := Select(targets, target)
	if err != nil {
		return "", err
	}
	return moduleDir(ctx, filepath.Join(repoRoot, "sandbox", found[0].Folder), found[0].Module)
}

// moduleDir returns the folder of a module that the one in dir needs. On a new
// machine it is downloaded first.
func moduleDir(ctx context.Context, dir, module string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", module)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var found struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &found); err == nil {
		err = jsonErr
	}
	if err != nil || found.Dir == "" {
		return "", fmt.Errorf("downloading module %s: %w\n%s%s", module, cmp.Or(err, fs.ErrNotExist), found.Error, stderr.String())
	}
	return found.Dir, nil
}
