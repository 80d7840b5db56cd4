package images_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/layout"

	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/sandbox/images"
)

func TestPackIsReproducible(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(program, []byte("static"), 0o700); err != nil {
		t.Fatal(err)
	}
	digest := func(bundle string) string {
		dir, err := images.Pack(t.TempDir(), image.Program{Path: program, Inside: "/manager", User: "65532:65532"}, []byte(bundle))
		if err != nil {
			t.Fatal(err)
		}
		index, err := layout.ImageIndexFromPath(dir)
		if err != nil {
			t.Fatal(err)
		}
		manifest, err := index.IndexManifest()
		if err != nil || len(manifest.Manifests) != 1 {
			t.Fatalf("index %v, %v: want one image", manifest, err)
		}
		return manifest.Manifests[0].Digest.String()
	}
	if a, b := digest("ca"), digest("ca"); a != b {
		t.Errorf("digests %s and %s of the same image", a, b)
	}
	if digest("ca") == digest("other") {
		t.Error("the same digest with other certificates")
	}
}
