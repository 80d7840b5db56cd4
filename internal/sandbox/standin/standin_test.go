package standin_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/layout"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/sandbox/standin"
)

func component() standin.Component {
	return standin.Component{
		Name: "a", Chart: "a", Version: "1.2.3", Repository: "https://charts.example/x", Namespace: "a-system",
		CRDs: []string{"things.a.example"},
		Workloads: []standin.Workload{
			{Kind: "Deployment", Name: "one", Images: []string{"example/one:1"}, Replicas: 2},
			{Kind: "DaemonSet", Name: "two", Images: []string{"example/two:1"}, Labels: map[string]string{"x": "y"}},
		},
		Manifests: map[string][]byte{"own.yaml": []byte("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: one\n  annotations: {a: \"{{x}}\"}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\n")},
	}
}

func files(t *testing.T, data []byte) map[string]string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[h.Name] = string(content)
	}
}

func TestArchive(t *testing.T) {
	t.Parallel()
	first, permissive, err := standin.Archive(component())
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := standin.Archive(component())
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("the same facts make other bytes (%v)", err)
	}
	if len(permissive) != 1 {
		t.Errorf("permissive %v: want the CRD without a definition", permissive)
	}
	got := files(t, first)
	for _, name := range []string{"a/Chart.yaml", "a/values.yaml", "a/crds/things.a.example.yaml", "a/templates/own.yaml", "a/templates/daemonset-two.yaml"} {
		if _, ok := got[name]; !ok {
			t.Errorf("no %s", name)
		}
	}
	if _, ok := got["a/templates/deployment-one.yaml"]; ok {
		t.Error("the workload that own.yaml has is made as well")
	}
	for name, content := range got {
		var o map[string]any
		if err := yaml.Unmarshal([]byte(strings.ReplaceAll(content, `{{ "{{" }}`, "{{")), &o); err != nil && !strings.Contains(content, "---") {
			t.Errorf("%s: %v", name, err)
		}
		if name != "a/values.yaml" && !strings.Contains(content, standin.Label) {
			t.Errorf("%s has no label", name)
		}
	}
}

func TestCharts(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	published := filepath.Join(cache, "charts", "charts.example", "x", "b-1.0.0.tgz")
	if err := os.MkdirAll(filepath.Dir(published), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(published, []byte("real"), 0o644); err != nil {
		t.Fatal(err)
	}
	oci := component()
	oci.Repository = "oci://quay.example/charts"
	all := []standin.Component{
		component(), {Name: "b", Chart: "b", Version: "1.0.0", Repository: "https://charts.example/x"}, oci,
	}
	dir, charts, err := standin.Serve(all, cache)
	if err != nil {
		t.Fatal(err)
	}
	// Another sandbox serves something else beside it, and then the same.
	for i, n := range []int{2, 3} {
		other, list, err := standin.Serve(all[:n], cache)
		if err != nil || (other == dir) != (n == 3) || n == 3 && list[2].Layout != charts[2].Layout {
			t.Errorf("%d: folder %s beside %s, %v", i, other, dir, err)
		}
	}
	if !charts[0].StandIn || charts[1].StandIn || !charts[2].StandIn {
		t.Errorf("charts %+v: want only the second to be real", charts)
	}
	for _, name := range []string{"index.yaml", "a-1.2.3.tgz", "b-1.0.0.tgz"} {
		if _, err := os.Stat(filepath.Join(dir, "https", "charts.example", "x", name)); err != nil {
			t.Error(err)
		}
	}
	if want := "quay.example/charts/a:1.2.3"; charts[2].Ref != want {
		t.Errorf("reference %s, want %s", charts[2].Ref, want)
	}
	index, err := layout.ImageIndexFromPath(charts[2].Layout)
	if err != nil {
		t.Fatal(err)
	}
	list, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	image, err := index.Image(list.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := image.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	if manifest.Config.MediaType != "application/vnd.cncf.helm.config.v1+json" || len(manifest.Layers) != 1 {
		t.Errorf("manifest %+v: want a Helm chart", manifest)
	}
	if _, _, err := standin.Serve([]standin.Component{{Name: "c", Chart: "c", Version: "1", Repository: "https://../x"}}, cache); err == nil {
		t.Error("a repository out of the folder is accepted")
	}
	if left, err := filepath.Glob(filepath.Join(cache, "served", ".new-*")); err != nil || len(left) > 0 {
		t.Errorf("half-made folders are left: %v, %v", left, err)
	}
}
