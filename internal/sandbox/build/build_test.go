package build

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func module() map[string]string {
	return map[string]string{
		"sandbox/x/go.mod":   "module x\n\ngo 1.26.0\n\nreplace y => ../y\n",
		"sandbox/x/main.go":  "package main\n\nfunc main() {}\n",
		"sandbox/y/y.go":     "package y\n",
		"sandbox/z/other.go": "package z\n",
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	base := Target{Name: "x", Folder: "x", Packages: []string{"."}, Programs: []string{"x"}}
	key := func(t *testing.T, target Target, version string, changed map[string]string) string {
		t.Helper()
		root := t.TempDir()
		write(t, root, module())
		write(t, root, changed)
		k, err := target.Key(root, version)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	want := key(t, base, "go1.26.0", nil)
	if len(want) != 12 {
		t.Errorf("key %q: want 12 digits", want)
	}
	tags, cgo, flags := base, base, base
	tags.Tags, cgo.Cgo, flags.LDFlags = []string{"a"}, true, "-X a=b"
	for name, tt := range map[string]struct {
		target  Target
		version string
		changed map[string]string
		same    bool
	}{
		"same":     {target: base, version: "go1.26.0", same: true},
		"test":     {target: base, version: "go1.26.0", changed: map[string]string{"sandbox/x/x_test.go": "package main\n"}, same: true},
		"stranger": {target: base, version: "go1.26.0", changed: map[string]string{"sandbox/z/other.go": "package zz\n"}, same: true},
		"go":       {target: base, version: "go1.26.1"},
		"tags":     {target: tags, version: "go1.26.0"},
		"cgo":      {target: cgo, version: "go1.26.0"},
		"ldflags":  {target: flags, version: "go1.26.0"},
		"source":   {target: base, version: "go1.26.0", changed: map[string]string{"sandbox/x/main.go": "package main\n"}},
		"go.sum":   {target: base, version: "go1.26.0", changed: map[string]string{"sandbox/x/go.sum": "a\n"}},
		"replaced": {target: base, version: "go1.26.0", changed: map[string]string{"sandbox/y/y.go": "package yy\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := key(t, tt.target, tt.version, tt.changed); (got == want) != tt.same {
				t.Errorf("key %s beside %s: same %v, want %v", got, want, got == want, tt.same)
			}
		})
	}
}

func TestTargetsHaveModules(t *testing.T) {
	t.Parallel()
	targets, err := Targets()
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range targets {
		from, err := target.BuiltFrom("../../..")
		if err != nil {
			t.Error(err)
		}
		if target.Module != "" && !strings.HasPrefix(from, target.Module+"@v") {
			t.Errorf("%s is built from %q", target.Name, from)
		}
	}
}

func TestEnsureOne(t *testing.T) {
	t.Parallel()
	root, home := t.TempDir(), t.TempDir()
	write(t, root, module())
	write(t, home, map[string]string{"0123456789ab/x": "old", "ba9876543210/x": "a sandbox runs it", ".new-1/x": "half"})
	old := time.Now().Add(-keepUnused - time.Hour)
	if err := os.Chtimes(filepath.Join(home, "0123456789ab"), old, old); err != nil {
		t.Fatal(err)
	}
	target := Target{Name: "x", Folder: "x", Packages: []string{"."}, Programs: []string{"x"}}
	var events []Event
	for range 2 {
		if _, err := target.ensure(t.Context(), root, home, "go", func(e Event) { events = append(events, e) }); err != nil {
			t.Fatal(err)
		}
	}
	if len(events) != 3 || !events[0].Building || events[1].Building || !events[2].Cached {
		t.Errorf("events %+v: want building, built, cached", events)
	}
	if left, err := os.ReadDir(home); err != nil || len(left) != 2 {
		t.Errorf("left %v, %v: want the new build and the one used lately", left, err)
	}
	if _, err := os.Stat(filepath.Join(home, "ba9876543210", "x")); err != nil {
		t.Errorf("a build that was used lately is gone: %v", err)
	}
	write(t, root, map[string]string{"sandbox/x/main.go": "package main\n\nfunc main() { undefinedName() }\n"})
	if _, err := target.ensure(t.Context(), root, home, "go", func(Event) {}); err == nil || !strings.Contains(err.Error(), "undefinedName") {
		t.Errorf("error %v: want what the compiler said", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := target.ensure(ctx, root, home, "go", func(Event) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v: want cancelled", err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	targets := []Target{
		{Needs: []Need{{Package: "b-dev", File: "/nonexistent/b.h"}, {Package: "go", Command: "go"}}},
		{Needs: []Need{{Package: "b-dev", File: "/nonexistent/b.h"}, {Package: "a", Command: "no-such-command-at-all"}}},
	}
	var missing *Missing
	if err := Check(targets); !errors.As(err, &missing) {
		t.Fatalf("error %v: want *Missing", err)
	}
	if want := "apt-get install -y --no-install-recommends a b-dev"; missing.Command() != want {
		t.Errorf("command %q, want %q", missing.Command(), want)
	}
}

// TestModuleDirDownloads has the module cache of a new machine: empty.
func TestModuleDirDownloads(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Version}} {{.Dir}}", "golang.org/x/sync").Output()
	if err != nil {
		t.Fatal(err)
	}
	version, there, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	cache, _, _ := strings.Cut(there, "/golang.org/")
	t.Setenv("GOPROXY", "file://"+filepath.Join(cache, "cache", "download"))
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOFLAGS", "-modcacherw")
	t.Setenv("GOSUMDB", "off")
	dir := t.TempDir()
	write(t, dir, map[string]string{"go.mod": "module x\n\ngo 1.26.0\n\nrequire golang.org/x/sync " + version + "\n"})
	got, err := moduleDir(t.Context(), dir, "golang.org/x/sync")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(got, "go.mod")); err != nil {
		t.Errorf("the module is not in %q: %v", got, err)
	}
	if _, err := moduleDir(t.Context(), dir, "golang.org/x/none"); err == nil {
		t.Error("a module that is not needed was found")
	}
}
