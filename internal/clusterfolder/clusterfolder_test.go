package clusterfolder_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/groundwork-dev/groundwork/internal/clusterfolder"
)

var inputs = clusterfolder.Inputs{KopsVersion: "1", Request: "sha256:a", Facts: "sha256:b"}

func open(t *testing.T) (*os.Root, string) {
	t.Helper()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return root, dir
}

// render writes a render and returns what changed.
func render(t *testing.T, root *os.Root, files map[string]string) *clusterfolder.Changes {
	t.Helper()
	f, err := clusterfolder.New("dev", inputs, files)
	if err != nil {
		t.Fatal(err)
	}
	changes, err := clusterfolder.Compare(f, root.FS())
	if err != nil {
		t.Fatal(err)
	}
	if err := clusterfolder.Write(root, f, changes); err != nil {
		t.Fatal(err)
	}
	return changes
}

// files returns every file below a folder.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		all[strings.TrimPrefix(name, dir+"/")] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWrite(t *testing.T) {
	t.Parallel()
	root, dir := open(t)
	first := render(t, root, map[string]string{"kubernetes.tf": "1", "data/a": "a", "data/b": "b"})
	const d = "terraform/k8s/dev/"
	if diff := cmp.Diff([]string{d + "data/a", d + "data/b", d + "inventory.yaml", d + "kubernetes.tf"}, first.Create); diff != "" {
		t.Error(diff)
	}
	if !render(t, root, map[string]string{"kubernetes.tf": "1", "data/a": "a", "data/b": "b"}).Empty() {
		t.Error("a second render changes something")
	}
	if err := os.WriteFile(filepath.Join(dir, d, "mine.tf"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	second := render(t, root, map[string]string{"kubernetes.tf": "2", "data/a": "a", "data/c": "c"})
	want := &clusterfolder.Changes{Create: []string{d + "data/c"}, Update: []string{d + "inventory.yaml", d + "kubernetes.tf"}, Delete: []string{d + "data/b"}}
	if diff := cmp.Diff([][]string{want.Create, want.Update, want.Delete}, [][]string{second.Create, second.Update, second.Delete}); diff != "" {
		t.Error(diff)
	}
	have := files(t, dir)
	delete(have, d+"inventory.yaml")
	if diff := cmp.Diff(map[string]string{d + "kubernetes.tf": "2", d + "data/a": "a", d + "data/c": "c", d + "mine.tf": "mine"}, have); diff != "" {
		t.Error(diff)
	}
}

func TestHandEditsAreKept(t *testing.T) {
	t.Parallel()
	root, dir := open(t)
	render(t, root, map[string]string{"kubernetes.tf": "1", "data/a": "a"})
	const d = "terraform/k8s/dev/"
	for name, text := range map[string]string{"kubernetes.tf": "by hand", "data/a": "by hand", "data/new": "somebody's"} {
		if err := os.WriteFile(filepath.Join(dir, d, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before := files(t, dir)
	f, err := clusterfolder.New("dev", inputs, map[string]string{"kubernetes.tf": "2", "data/new": "n"})
	if err != nil {
		t.Fatal(err)
	}
	changes, err := clusterfolder.Compare(f, root.FS())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(changes.Conflicts()); n != 3 {
		t.Errorf("want 3 conflicts, have %v", changes.Conflicts())
	}
	if err := clusterfolder.Write(root, f, changes); err == nil {
		t.Error("hand edits were written over")
	}
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// TestInterrupted: a run that was killed after some files is finished by the
// next, even when that one renders something else.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	root, dir := open(t)
	const d = "terraform/k8s/dev/"
	render(t, root, map[string]string{"kubernetes.tf": "1", "data/a": "a"})
	old := files(t, dir)[d+"inventory.yaml"]
	render(t, root, map[string]string{"kubernetes.tf": "2", "data/b": "b"})
	next := files(t, dir)[d+"inventory.yaml"]
	for name, text := range map[string]string{"inventory.yaml": old, ".inventory.next.yaml": next, ".next-kubernetes.tf": "ha"} {
		if err := os.WriteFile(filepath.Join(dir, d, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	render(t, root, map[string]string{"kubernetes.tf": "3"})
	have := files(t, dir)
	delete(have, d+"inventory.yaml")
	if diff := cmp.Diff(map[string]string{d + "kubernetes.tf": "3"}, have); diff != "" {
		t.Error(diff)
	}
}

func TestDrift(t *testing.T) {
	t.Parallel()
	root, dir := open(t)
	render(t, root, map[string]string{"kubernetes.tf": "1", "data/a": "a"})
	if !clusterfolder.Rendered(root.FS(), "dev") || clusterfolder.Rendered(root.FS(), "prod") {
		t.Error("dev was rendered, and prod was not")
	}
	if drift, err := clusterfolder.Drift(root.FS(), "dev", inputs); err != nil || len(drift) > 0 {
		t.Errorf("nothing changed: %v %v", drift, err)
	}
	if err := os.Remove(filepath.Join(dir, clusterfolder.Dir("dev"), "data", "a")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, clusterfolder.Dir("dev"), "kubernetes.tf"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	drift, err := clusterfolder.Drift(root.FS(), "dev", clusterfolder.Inputs{KopsVersion: "2", Request: "x", Facts: "y"})
	want := []string{
		"terraform/k8s/dev was rendered from another version of kops, 1",
		"terraform/k8s/dev was rendered from another platform.yaml or catalogue",
		"terraform/k8s/dev was rendered from other facts",
		"terraform/k8s/dev/data/a is gone",
		"terraform/k8s/dev/kubernetes.tf was changed by hand",
	}
	if diff := cmp.Diff(want, drift); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// TestHostile: neither a worker nor an inventory gets anything outside the
// folder written or deleted.
func TestHostile(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"../x", "data/../../x", "/etc/x", "data/x/y", "inventory.yaml", "", ".hidden", strings.Repeat("a", 300), "a\nb"} {
		if _, err := clusterfolder.New("dev", inputs, map[string]string{name: "x"}); err == nil {
			t.Errorf("a render may write %q", name)
		}
	}
	root, dir := open(t)
	render(t, root, map[string]string{"kubernetes.tf": "1"})
	at := filepath.Join(dir, clusterfolder.Dir("dev"), "inventory.yaml")
	data, err := os.ReadFile(at)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(strings.Replace(string(data), "kubernetes.tf:", "../../../platform.yaml:", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := clusterfolder.Drift(root.FS(), "dev", inputs); err == nil || !strings.Contains(err.Error(), "which is no file of a render") {
		t.Errorf("error is %v", err)
	}
}
