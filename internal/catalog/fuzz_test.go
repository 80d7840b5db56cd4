package catalog_test

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/diag"
)

// Whatever component.yaml and values.yaml hold, loading ends, and what is
// wrong is said with a file. The built-in components are the corpus, beside
// testdata/fuzz.
func FuzzLoad(f *testing.F) {
	err := fs.WalkDir(catalog.Builtin(), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() != "component.yaml" {
			return err
		}
		spec, err := fs.ReadFile(catalog.Builtin(), name)
		if err != nil {
			return err
		}
		values, err := fs.ReadFile(catalog.Builtin(), name[:len(name)-len("component.yaml")]+"values.yaml")
		if errors.Is(err, fs.ErrNotExist) {
			err = nil // it has no chart
		}
		f.Add(spec, values)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, spec, values []byte) {
		fsys := fstest.MapFS{
			"demo/component.yaml":   &fstest.MapFile{Data: spec},
			"demo/values.yaml":      &fstest.MapFile{Data: values},
			"demo/manifests/a.yaml": &fstest.MapFile{Data: values},
			"demo/README.md":        &fstest.MapFile{Data: []byte("# demo\n")},
		}
		c, err := catalog.Load(catalog.Layer{Origin: "components", FS: fsys})
		if err != nil {
			var problems diag.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("not a problem with a place: %v", err)
			}
			for _, p := range problems {
				if p.File == "" || p.Message == "" {
					t.Fatalf("a problem without a place or a message: %+v", p)
				}
			}
			return
		}
		if _, ok := c.Component("demo"); !ok {
			t.Fatal("loaded without an error and without a component")
		}
	})
}
