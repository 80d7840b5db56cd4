package fluxbuild_test

import (
	"os"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/fluxbuild"
)

// TestRepository builds this repository's own clusters.
func TestRepository(t *testing.T) {
	t.Parallel()
	root, err := os.OpenRoot("../..")
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, name := range []string{"dev", "prod"} {
		tree := fluxbuild.NewTree(root.FS())
		c, err := tree.Cluster(t.Context(), "clusters/"+name)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Problems) > 0 || len(c.Gaps) > 0 {
			t.Errorf("%s: problems\n%v\ngaps %v", name, c.Problems, c.Gaps)
		}
		if len(c.Units) < 30 || c.Units[0].Name() != "flux-system/flux-system" || len(c.Objects()) < 250 {
			t.Errorf("%s: %d units, the first is %s, %d objects", name, len(c.Units), c.Units[0].Name(), len(c.Objects()))
		}
		for _, o := range c.Objects() {
			if at := o.At.Position(); at.Line == 0 {
				t.Errorf("%s of %s has no line", o.ID(), at)
			}
		}
		t.Logf("%s: %d units, %d objects, %d inputs", name, len(c.Units), len(c.Objects()), len(tree.Inputs()))
	}
}

func BenchmarkCluster(b *testing.B) {
	root, err := os.OpenRoot("../..")
	if err != nil {
		b.Fatal(err)
	}
	defer root.Close()
	for b.Loop() {
		tree := fluxbuild.NewTree(root.FS())
		for _, name := range []string{"dev", "prod"} {
			c, err := tree.Cluster(b.Context(), "clusters/"+name)
			if err != nil || len(c.Problems) > 0 {
				b.Fatal(err, c.Problems)
			}
		}
	}
}
