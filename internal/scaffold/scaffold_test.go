package scaffold_test

import (
	"testing"
	"testing/fstest"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/scaffold"
)

// What is written loads as a component, untouched.
func TestFilesLoad(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]scaffold.Component{
		"plain": {Name: "hello"},
		"chart": {Name: "podinfo", Chart: "podinfo", Version: "6.9.2", Repository: "oci://ghcr.io/stefanprodan/charts"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, err := scaffold.Files(c)
			if err != nil {
				t.Fatal(err)
			}
			folder := fstest.MapFS{}
			for path, data := range files {
				folder[c.Name+"/"+path] = &fstest.MapFile{Data: data}
			}
			all, err := catalog.Load(catalog.Layer{Origin: "components", FS: folder})
			if err != nil {
				t.Fatal(err)
			}
			got, ok := all.Component(c.Name)
			if !ok {
				t.Fatalf("no component %s", c.Name)
			}
			if got.Namespace.Name != c.Name {
				t.Errorf("namespace %s, want %s", got.Namespace.Name, c.Name)
			}
			switch {
			case c.Chart == "" && got.Chart != nil:
				t.Errorf("chart %v, want none", got.Chart)
			case c.Chart != "" && (got.Chart == nil || got.Chart.Name != c.Chart || got.Chart.Version != c.Version || got.Chart.Repository != c.Repository):
				t.Errorf("chart %v, want %v", got.Chart, c)
			}
		})
	}
}
