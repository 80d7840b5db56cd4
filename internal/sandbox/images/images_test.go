package images_test

import (
	"archive/tar"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/sandbox/artifact"
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

func TestPackBeside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"server", "tool"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	pack := func(beside ...image.Executable) string {
		packed, err := images.Pack(dir, image.Program{Path: filepath.Join(dir, "server"), Inside: "/server", User: "1:1", Beside: beside}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return packed
	}
	packed := pack(image.Executable{Path: filepath.Join(dir, "tool"), Inside: "/usr/bin/tool"})
	if packed == pack() || packed == pack(image.Executable{Path: filepath.Join(dir, "server"), Inside: "/usr/bin/tool"}) {
		t.Error("one image for what has other programs beside the first")
	}
	made, err := artifact.Open(packed)
	if err != nil {
		t.Fatal(err)
	}
	files := mutate.Extract(made)
	defer files.Close()
	found := map[string]string{}
	for r := tar.NewReader(files); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		found[h.Name] = string(data)
	}
	if found["server"] != "server" || found["usr/bin/tool"] != "tool" {
		t.Errorf("the image has %q", found)
	}
}
