package tree

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

func build(t *testing.T, files map[string]string) *Tree {
	t.Helper()
	tr := New()
	for name, data := range files {
		if err := tr.Add(name, []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tr.WithInventories(); err != nil {
		t.Fatal(err)
	}
	return tr
}

func open(t *testing.T, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func compare(t *testing.T, tr *Tree, root *os.Root) *Changes {
	t.Helper()
	ch, err := Compare(tr, root.FS())
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func apply(t *testing.T, tr *Tree, root *os.Root) *Changes {
	t.Helper()
	ch := compare(t, tr, root)
	if err := Apply(root, tr, ch); err != nil {
		t.Fatal(err)
	}
	return ch
}

// files returns every file below a folder.
func files(t *testing.T, root *os.Root) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := fs.WalkDir(root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := root.ReadFile(name)
		found[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func contents(tr *Tree) map[string]string {
	all := map[string]string{}
	for _, name := range tr.Paths() {
		data, _ := tr.Get(name)
		all[name] = string(data)
	}
	return all
}

func write(t *testing.T, root *os.Root, name, data string) {
	t.Helper()
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := root.WriteFile(name, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestAddRefusesPaths(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", ".", "/clusters/dev/a", "../clusters/dev/a", "clusters/dev/../../../etc/passwd", "clusters/dev//a", "clusters/dev/./a",
		"clusters/dev/a\n", "clusters/dev/a b", "clusters/dev/a:b", `clusters\dev\a`, "clusters/dev/\xff", "platform.yaml", "clusters/dev",
		"clusters//a", "infrastructure/other/dev/a", "apps/" + strings.Repeat("a", MaxPath) + "/b",
	} {
		if err := New().Add(name, nil); err == nil {
			t.Errorf("Add(%q) was accepted", name)
		}
	}
	tr := New()
	if err := errors.Join(tr.Add("apps/dev/a", nil), tr.Add("apps/dev/a/b", nil)); err != nil {
		t.Fatal(err)
	}
	if err := tr.Add("apps/dev/a", nil); err == nil {
		t.Error("a path was accepted twice")
	}
	if err := tr.WithInventories(); err == nil {
		t.Error("a path that is a file and a folder was accepted")
	}
}

func TestCluster(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"clusters/dev/a.yaml": "dev", "infrastructure/controllers/prod/x/a": "prod", "infrastructure/configs/prod/x": "prod",
		"apps/dev/a/b": "dev", "apps/dev": "", "docs/dev/a": "", "infrastructure/dev/a": "",
	} {
		if got := Cluster(name); got != want {
			t.Errorf("Cluster(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestApplyLifecycle(t *testing.T) {
	t.Parallel()
	root := open(t, t.TempDir())
	write(t, root, "README.md", "mine")
	write(t, root, "clusters/dev/patches/own.yaml", "mine")
	first := build(t, map[string]string{"clusters/dev/a.yaml": "1", "apps/dev/x/y/b.yaml": "2", "apps/prod/x/c.yaml": "3"})
	if ch := apply(t, first, root); len(ch.Create) != 5 || ch.Len() != 5 {
		t.Errorf("first apply: %+v", ch)
	}
	before := stamps(t, root)
	if ch := apply(t, first, root); !ch.Empty() {
		t.Errorf("second apply: %+v", ch)
	}
	if after := stamps(t, root); !reflect.DeepEqual(before, after) {
		t.Error("applying what is there already wrote something")
	}
	second := build(t, map[string]string{"clusters/dev/a.yaml": "1b"})
	ch := apply(t, second, root)
	want := &Changes{
		Update: []string{"clusters/dev/a.yaml", "clusters/dev/inventory.yaml"},
		Delete: []string{"apps/dev/x/y/b.yaml", "apps/prod/x/c.yaml", "clusters/prod/inventory.yaml"},
	}
	ch.reasons, ch.blocked = nil, nil
	if !reflect.DeepEqual(ch, want) {
		t.Errorf("changes: got %+v, want %+v", ch, want)
	}
	expected := contents(second)
	expected["README.md"], expected["clusters/dev/patches/own.yaml"] = "mine", "mine"
	if got := files(t, root); !reflect.DeepEqual(got, expected) {
		t.Errorf("files: got %v, want %v", got, expected)
	}
	for _, dir := range []string{"apps", "clusters/prod", stageDir} {
		if _, err := root.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("folder %s is still there: %v", dir, err)
		}
	}
}

func stamps(t *testing.T, root *os.Root) map[string]string {
	t.Helper()
	found := map[string]string{}
	for name := range files(t, root) {
		info, err := root.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		found[name] = fmt.Sprint(info.ModTime().UnixNano(), info.Mode())
	}
	return found
}

func TestSeedIsWrittenOnce(t *testing.T) {
	t.Parallel()
	root := open(t, t.TempDir())
	tr := New()
	if err := errors.Join(tr.Seed("clusters/dev/patches/k.yaml", []byte("seed")), tr.Add("clusters/dev/a", []byte("1"))); err != nil {
		t.Fatal(err)
	}
	if err := tr.WithInventories(); err != nil {
		t.Fatal(err)
	}
	apply(t, tr, root)
	write(t, root, "clusters/dev/patches/k.yaml", "mine now")
	if ch := apply(t, tr, root); !ch.Empty() {
		t.Errorf("a seed that was changed: %+v", ch)
	}
	apply(t, build(t, map[string]string{"clusters/dev/a": "2"}), root)
	if got := files(t, root)["clusters/dev/patches/k.yaml"]; got != "mine now" {
		t.Errorf("the seed is %q", got)
	}
}

func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	old := map[string]string{"apps/dev/x/a.yaml": "1", "apps/dev/x/gone.yaml": "2", "clusters/dev/c.yaml": "3"}
	next := map[string]string{"apps/dev/x/a.yaml": "1b", "clusters/dev/c.yaml": "3", "apps/dev/x/new.yaml": "4"}
	tests := map[string]struct {
		damage  func(t *testing.T, root *os.Root, dir string)
		edited  []string
		foreign []string
		message string
	}{
		"edited and wanted": {
			damage: func(t *testing.T, root *os.Root, _ string) { write(t, root, "apps/dev/x/a.yaml", "mine") },
			edited: []string{"apps/dev/x/a.yaml"}, message: "changed by hand",
		},
		"edited and no longer wanted": {
			damage: func(t *testing.T, root *os.Root, _ string) { write(t, root, "apps/dev/x/gone.yaml", "mine") },
			edited: []string{"apps/dev/x/gone.yaml"}, message: "changed by hand",
		},
		"foreign": {
			damage:  func(t *testing.T, root *os.Root, _ string) { write(t, root, "apps/dev/x/new.yaml", "mine") },
			foreign: []string{"apps/dev/x/new.yaml"}, message: "in the way",
		},
		"link to a file": {
			damage: func(t *testing.T, root *os.Root, _ string) {
				must(t, root.Remove("apps/dev/x/a.yaml"), root.Symlink("../../../clusters/dev/c.yaml", "apps/dev/x/a.yaml"))
			},
			foreign: []string{"apps/dev/x/a.yaml"}, message: "symbolic link",
		},
		"link to a folder outside": {
			damage: func(t *testing.T, _ *os.Root, dir string) {
				outside := t.TempDir()
				must(t, os.Rename(filepath.Join(dir, "apps"), filepath.Join(outside, "apps")), os.Symlink(filepath.Join(outside, "apps"), filepath.Join(dir, "apps")))
			},
			foreign: []string{"apps/dev/x/a.yaml", "apps/dev/x/gone.yaml", "apps/dev/x/new.yaml"}, message: "apps: is a symbolic link",
		},
		"link loop": {
			damage: func(t *testing.T, root *os.Root, _ string) {
				must(t, root.RemoveAll("apps/dev"), root.Symlink("dev", "apps/dev"))
			},
			foreign: []string{"apps/dev/x/a.yaml", "apps/dev/x/gone.yaml", "apps/dev/x/new.yaml"}, message: "apps/dev: is a symbolic link",
		},
		"folder": {
			damage: func(t *testing.T, root *os.Root, _ string) {
				must(t, root.Remove("apps/dev/x/a.yaml"), root.Mkdir("apps/dev/x/a.yaml", 0o755))
			},
			foreign: []string{"apps/dev/x/a.yaml"}, message: "is a folder",
		},
		"inventory is a link": {
			damage: func(t *testing.T, root *os.Root, _ string) {
				must(t, root.Rename("clusters/dev/inventory.yaml", "clusters/dev/i"), root.Symlink("i", "clusters/dev/inventory.yaml"))
			},
			foreign: []string{"apps/dev/x/a.yaml", "clusters/dev/inventory.yaml"}, message: "symbolic link",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			root := open(t, dir)
			apply(t, build(t, old), root)
			test.damage(t, root, dir)
			want := build(t, next)
			ch := compare(t, want, root)
			if !slices.Equal(ch.HandEdited, test.edited) || !slices.Equal(ch.Foreign, test.foreign) {
				t.Errorf("edited %v, foreign %v; want %v, %v", ch.HandEdited, ch.Foreign, test.edited, test.foreign)
			}
			err := Apply(root, want, ch)
			var problems diag.Problems
			if !errors.As(err, &problems) || !strings.Contains(err.Error(), test.message) || !strings.Contains(err.Error(), "clusters/dev/patches/") {
				t.Errorf("error %v: want %q, and where the change belongs", err, test.message)
			}
			if _, err := root.Stat(stageDir); !errors.Is(err, fs.ErrNotExist) {
				t.Error("a refused Apply wrote something")
			}
		})
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestInventoryIsNotTrusted(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("mine"))
	good := inventoryHead + "dev\nfiles:\n"
	for name, data := range map[string]string{
		"outside":          good + "  ../secret: " + hex.EncodeToString(sum[:]) + "\n",
		"platform.yaml":    good + "  platform.yaml: " + hex.EncodeToString(sum[:]) + "\n",
		"other cluster":    good + "  apps/prod/x/a: " + hex.EncodeToString(sum[:]) + "\n",
		"merge conflict":   good + "<<<<<<< HEAD\n",
		"short hash":       good + "  apps/dev/x/a: sha256:abcd\n",
		"no inventory":     "kind: ConfigMap\n",
		"empty":            "",
		"endless line":     good + strings.Repeat("a", 1<<20),
		"not hexadecimal":  good + "  apps/dev/x/a: sha256:" + strings.Repeat("z", 64) + "\n",
		"no algorithm":     good + "  apps/dev/x/a: " + hex.EncodeToString(sum[:]) + "\n",
		"no files, a list": inventoryHead + "dev\nfiles: []\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := open(t, t.TempDir())
			write(t, root, "platform.yaml", "mine")
			write(t, root, "clusters/dev/inventory.yaml", data)
			_, err := Compare(build(t, map[string]string{"clusters/dev/a": "1"}), root.FS())
			var problems diag.Problems
			if !errors.As(err, &problems) || problems[0].File != "clusters/dev/inventory.yaml" {
				t.Errorf("error %v: want a problem of the inventory", err)
			}
		})
	}
}

// TestLostInventory shows the way out of a merge conflict: without an
// inventory, what is as generated is taken over.
func TestLostInventory(t *testing.T) {
	t.Parallel()
	root := open(t, t.TempDir())
	tr := build(t, map[string]string{"clusters/dev/a": "1", "apps/dev/b": "2"})
	apply(t, tr, root)
	must(t, root.Remove("clusters/dev/inventory.yaml"))
	if ch := apply(t, tr, root); !slices.Equal(ch.Create, []string{"clusters/dev/inventory.yaml"}) || ch.Len() != 1 {
		t.Errorf("changes: %+v", ch)
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	a := build(t, map[string]string{"apps/dev/a": "1", "apps/dev/b": "2"})
	b := build(t, map[string]string{"apps/dev/b": "2", "apps/dev/a": "1"})
	if a.Hash() != b.Hash() {
		t.Error("the order of Add changes the hash")
	}
	for _, other := range []map[string]string{
		{"apps/dev/a": "2", "apps/dev/b": "1"}, {"apps/dev/a": "1"}, {"apps/dev/a": "1", "apps/dev/c": "2"},
	} {
		if build(t, other).Hash() == a.Hash() {
			t.Errorf("%v has the same hash", other)
		}
	}
}

func BenchmarkHalfMillionFiles(b *testing.B) {
	data := []byte(strings.Repeat("line of yaml\n", 20))
	for b.Loop() {
		tr := New()
		for i := range 500_000 {
			if err := tr.Add(fmt.Sprintf("infrastructure/controllers/c%03d/component-%05d/file-%d.yaml", i/5000, i/5, i%5), data); err != nil {
				b.Fatal(err)
			}
		}
		if err := tr.WithInventories(); err != nil {
			b.Fatal(err)
		}
		tr.Hash()
	}
}

// Many files go onto the disk together.
func TestApplyMany(t *testing.T) {
	t.Parallel()
	root := open(t, t.TempDir())
	for n := range 2 {
		want := version(t, n, 3*many)
		apply(t, want, root)
		if got := files(t, root); !reflect.DeepEqual(got, contents(want)) {
			t.Errorf("version %d: %d files, want %d", n, len(got), want.Len())
		}
	}
	// One that cannot be written: nothing of it stays behind.
	want := build(t, map[string]string{"clusters/dev/" + strings.Repeat("a", 300): "1"})
	if err := Apply(root, want, compare(t, want, root)); err == nil {
		t.Error("a name that is too long was written")
	}
	entries, err := fs.ReadDir(root.FS(), stageDir)
	if err != nil || len(entries) != 2 { // what was announced, and .gitignore
		t.Errorf("staged: %v, %v", entries, err)
	}
}

// The account's stack has an inventory of its own, which may list nothing else.
func TestAccount(t *testing.T) {
	t.Parallel()
	root := open(t, t.TempDir())
	apply(t, build(t, map[string]string{"terraform/account/a.tf": "a", "terraform/account/b.tf": "b", "terraform/platform/dev/c.tf": "c"}), root)
	have := files(t, root)
	if list := have["terraform/account/inventory.yaml"]; !strings.Contains(list, "  terraform/account/a.tf: ") || strings.Contains(list, "platform/dev") {
		t.Errorf("the account's inventory is\n%s", list)
	}
	if list := have["clusters/dev/inventory.yaml"]; !strings.Contains(list, "  terraform/platform/dev/c.tf: ") || strings.Contains(list, "account") {
		t.Errorf("the cluster's inventory is\n%s", list)
	}
	write(t, root, "terraform/account/mine.tf", "mine")
	write(t, root, "terraform/account/a.tf", "edited")
	less := build(t, map[string]string{"terraform/account/a.tf": "a"})
	ch := compare(t, less, root)
	if want := []string{"terraform/account/a.tf"}; !slices.Equal(ch.HandEdited, want) {
		t.Errorf("hand-edited are %q, want %q", ch.HandEdited, want)
	}
	if err := ch.Conflicts().Err(); err == nil || !strings.Contains(err.Error(), "in a file of your own beside it") {
		t.Errorf("conflict is %v", err)
	}
	write(t, root, "terraform/account/a.tf", "a")
	apply(t, less, root)
	have = files(t, root)
	if _, is := have["terraform/account/b.tf"]; is || have["terraform/account/mine.tf"] != "mine" || len(have) != 3 {
		t.Errorf("what is left is %q", slices.Sorted(maps.Keys(have)))
	}
	write(t, root, "terraform/account/inventory.yaml", strings.ReplaceAll(have["terraform/account/inventory.yaml"], "terraform/account/a.tf", "clusters/dev/a.yaml"))
	if _, err := Compare(less, root.FS()); err == nil || !strings.Contains(err.Error(), "cannot be a generated file of account") {
		t.Errorf("an inventory that lists another's file: %v", err)
	}
}

// A forge's folder is people's but for the code owners, which have an inventory
// of their own and go with it.
func TestForgeFolders(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{".github", ".gitea", ".gitlab"} {
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			root := open(t, t.TempDir())
			write(t, root, dir+"/workflows/ci.yaml", "mine")
			both := map[string]string{dir + "/CODEOWNERS": "* @a", "clusters/dev/a.yaml": "a"}
			apply(t, build(t, both), root)
			have := files(t, root)
			if list := have[dir+"/inventory.yaml"]; !strings.Contains(list, "  name: "+dir[1:]+"\n") || !strings.Contains(list, "  "+dir+"/CODEOWNERS: ") || strings.Contains(list, "clusters/") {
				t.Errorf("the inventory is\n%s", list)
			}
			write(t, root, dir+"/CODEOWNERS", "* @eve")
			ch := compare(t, build(t, both), root)
			if err := ch.Conflicts().Err(); err == nil || !strings.Contains(err.Error(), dir+"/CODEOWNERS: was changed by hand") || !strings.Contains(err.Error(), "spec.governance of platform.yaml") {
				t.Errorf("conflict is %v", err)
			}
			write(t, root, dir+"/CODEOWNERS", "* @a")
			apply(t, build(t, map[string]string{"clusters/dev/a.yaml": "a"}), root)
			have = files(t, root)
			if have[dir+"/workflows/ci.yaml"] != "mine" || len(have) != 3 {
				t.Errorf("what is left is %q", slices.Sorted(maps.Keys(have)))
			}
			if err := New().Add(dir+"/workflows/ci.yaml", nil); err == nil {
				t.Error("a workflow may be generated")
			}
			write(t, root, dir+"/inventory.yaml", inventoryHead+"x\nfiles:\n  "+dir+"/workflows/ci.yaml: sha256:"+strings.Repeat("0", 64)+"\n")
			if _, err := Compare(build(t, both), root.FS()); err == nil || !strings.Contains(err.Error(), "cannot be a generated file of "+dir) {
				t.Errorf("an inventory that lists a workflow: %v", err)
			}
		})
	}
}
