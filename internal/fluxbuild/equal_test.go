package fluxbuild

import (
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/manifest"
)

// TestPlainIsWhatKustomizeBuilds holds the short way, which takes the objects
// of plain kustomizations as they are read, to kustomize itself.
func TestPlainIsWhatKustomizeBuilds(t *testing.T) {
	t.Parallel()
	root, err := os.OpenRoot("../..")
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	tree := NewTree(root.FS())
	compared := 0
	for _, top := range []string{"clusters", "infrastructure", "apps"} {
		err := fs.WalkDir(root.FS(), top, func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.Name() != "kustomization.yaml" || e.IsDir() {
				return err
			}
			s := &survey{tree: tree}
			s.folder(path.Dir(name), manifest.Place{}.Position())
			if len(s.changing)+len(s.problems) > 0 {
				return nil
			}
			compared++
			own := map[string]any{}
			if err := tree.merge(name, own, nil); err != nil {
				return err
			}
			built, err := tree.run(path.Dir(name), name, own, s.objects)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return nil
			}
			if got, want := text(t, s.objects), text(t, built); got != want {
				t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if compared < 60 {
		t.Errorf("%d kustomizations were compared", compared)
	}
	t.Logf("%d kustomizations are the same", compared)
}

// text is objects as JSON, a line each with the place it is from.
func text(t *testing.T, objects []manifest.Object) string {
	t.Helper()
	var all string
	for _, o := range objects {
		data, err := json.Marshal(o.Object)
		if err != nil {
			t.Fatal(err)
		}
		all += o.At.Position().String() + " " + string(data) + "\n"
	}
	return all
}
