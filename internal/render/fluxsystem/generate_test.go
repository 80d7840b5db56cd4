package fluxsystem

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluxcd/flux2/v2/pkg/manifestgen/install"

	"github.com/groundwork-dev/groundwork/internal/tree"
)

var update = flag.Bool("update", false, "write "+File)

// groups are the API groups whose kinds a controller serves.
var groups = map[string]string{
	"source-controller":           "source.toolkit.fluxcd.io_*.yaml",
	"kustomize-controller":        "kustomize.toolkit.fluxcd.io_*.yaml",
	"helm-controller":             "helm.toolkit.fluxcd.io_*.yaml",
	"notification-controller":     "notification.toolkit.fluxcd.io_*.yaml",
	"image-reflector-controller":  "image.toolkit.fluxcd.io_image[rp]*.yaml",
	"image-automation-controller": "image.toolkit.fluxcd.io_imageupdate*.yaml",
}

// TestComponents makes the manifests with Flux's own generator and compares
// them byte by byte with what is embedded. -update writes them instead.
func TestComponents(t *testing.T) {
	t.Parallel()
	got := generate(t)
	if *update {
		if err := os.WriteFile(File, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(got, Components()) {
		t.Errorf("%s is not what manifestgen makes of base/: run go test ./internal/render/fluxsystem -run TestComponents -update, and read the diff", File)
	}
}

func generate(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	options := install.MakeDefaultOptions()
	options.Version, options.Namespace = Version, Namespace
	options.Components = nil
	for _, c := range Controllers() {
		options.Components = append(options.Components, c.Name)
		crds := labelled(concat(t, glob(t, "base/crds/"+groups[c.Name])...), c.Name)
		write(c.Name+".yaml", append(crds, concat(t, "base/"+c.Name+".yaml")...))
	}
	write("rbac.yaml", concat(t, "base/rbac.yaml"))
	write("policies.yaml", concat(t, "base/policies.yaml"))
	manifest, err := install.Generate(options, dir)
	if err != nil {
		t.Fatalf("running manifestgen over base/: %v", err)
	}
	content := strings.ReplaceAll(manifest.Content, dir, "")
	return []byte(tree.Header + content)
}

// labelled gives every CRD of the stream the label of its controller, as Flux's
// own base does: controller-gen writes none.
func labelled(crds []byte, controller string) []byte {
	return bytes.ReplaceAll(crds, []byte("\n  name: "),
		[]byte("\n  labels:\n    app.kubernetes.io/component: "+controller+"\n  name: "))
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no file matches %s (%v)", pattern, err)
	}
	return files
}

func concat(t *testing.T, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(data, []byte("---\n")) {
			b.WriteString("---\n")
		}
		b.Write(data)
	}
	return b.Bytes()
}
