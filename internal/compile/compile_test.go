package compile_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/compile"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

const repository = "../.."

var update = flag.Bool("update", false, "write the trees of this repository")

func compileRepository(t testing.TB) *tree.Tree {
	t.Helper()
	p, err := config.Load(os.DirFS(repository), config.FileName)
	if err != nil {
		t.Fatal(err)
	}
	files, _, err := compile.Compile(p, components(t))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// components is the catalogue, with this repository's own components where it
// has any.
func components(t testing.TB) *catalog.Catalog {
	t.Helper()
	layers := []catalog.Layer{catalog.BuiltinLayer()}
	if _, err := os.Stat(filepath.Join(repository, "components")); err == nil {
		layers = append(layers, catalog.Layer{Origin: "components", FS: os.DirFS(filepath.Join(repository, "components"))})
	}
	c, err := catalog.Load(layers...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestRepository compiles this repository's platform.yaml: the committed trees
// are the largest golden files. -update writes them.
func TestRepository(t *testing.T) {
	t.Parallel()
	want := compileRepository(t)
	root, err := os.OpenRoot(repository)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	changes, err := tree.Compare(want, root.FS())
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := tree.Apply(root, want, changes); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !changes.Empty() {
		t.Errorf("the committed trees are not what platform.yaml generates; run bootstrap generate and read the diff: %d files differ, such as %q",
			changes.Len(), slices.Concat(changes.HandEdited, changes.Foreign, changes.Create, changes.Update, changes.Delete)[0])
	}
}

func TestDeterministic(t *testing.T) {
	t.Parallel()
	first := compileRepository(t).Hash()
	for range 3 {
		if again := compileRepository(t).Hash(); again != first {
			t.Fatalf("the same input gave %s and %s", first, again)
		}
	}
}

// seeded says whether a file is made once, and a component of another folder.
func seeded(name string) bool {
	return strings.Contains(name, "/patches/") || strings.HasPrefix(name, "apps/") && strings.Contains(name, "/image/")
}

// TestHeaders holds every generated file to its first line, and to what a
// person would write: no tabs, no trailing spaces, one newline at the end.
func TestHeaders(t *testing.T) {
	t.Parallel()
	files := compileRepository(t)
	for _, name := range files.Paths() {
		data, _ := files.Get(name)
		text := string(data)
		if !strings.HasPrefix(text, tree.Header) && !seeded(name) {
			t.Errorf("%s does not start with the header", name)
		}
		if !strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\n\n") || strings.Contains(text, "\t") {
			t.Errorf("%s has tabs, or does not end with one newline", name)
		}
		for i, line := range strings.Split(text, "\n") {
			if strings.HasSuffix(line, " ") {
				t.Errorf("%s:%d ends with a space", name, i+1)
			}
		}
	}
}

// TestKustomizations builds every kustomization of the compiled tree as plain
// kustomize does, and finds every file in one.
func TestKustomizations(t *testing.T) {
	t.Parallel()
	files := compileRepository(t)
	disk := filesys.MakeFsInMemory()
	for _, name := range files.Paths() {
		data, _ := files.Get(name)
		if err := disk.WriteFile(name, data); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range files.Paths() {
		if filepath.Base(name) != "kustomization.yaml" || seeded(name) {
			continue
		}
		dir := filepath.Dir(name)
		resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(disk, dir)
		if err != nil {
			t.Errorf("building %s: %v", dir, err)
			continue
		}
		if resources.Size() == 0 {
			t.Errorf("%s builds to nothing", dir)
		}
		content, _ := files.Get(name)
		for _, other := range files.Paths() {
			base := filepath.Base(other)
			if filepath.Dir(other) != dir || base == "kustomization.yaml" || base == tree.InventoryFile {
				continue
			}
			if !strings.Contains(string(content), "  - "+base+"\n") {
				t.Errorf("%s does not list %s", name, base)
			}
		}
	}
}

func TestEngineThatIsNotThereYet(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(repository, config.FileName))
	if err != nil {
		t.Fatal(err)
	}
	p, err := config.Parse(config.FileName, []byte(strings.Replace(string(data), "size: ha\n", "size: ha\n      engine: argocd\n", 1)))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = compile.Compile(p, components(t))
	if err == nil || !strings.Contains(err.Error(), "spec.clusters.prod.engine") || !strings.HasPrefix(err.Error(), "platform.yaml:") {
		t.Errorf("error %v: want file, line and path of the engine", err)
	}
}
