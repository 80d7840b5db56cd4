//go:build e2e

package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

// TestExplain gives the cluster what cannot become ready and reads whether the
// run says why.
func TestExplain(t *testing.T) {
	shared.pushChart(t, "charts.test/e2e/picky:0.1.0", map[string]string{
		"picky/Chart.yaml":            "apiVersion: v2\nname: picky\nversion: 0.1.0\n",
		"picky/values.yaml":           "replicas: 1\n",
		"picky/values.schema.json":    `{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {"replicas": {"type": "integer"}}}`,
		"picky/templates/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: picky\ndata:\n  replicas: {{ .Values.replicas | quote }}\n",
	})
	shared.pushChart(t, "charts.test/e2e/needy:0.1.0", map[string]string{
		"needy/Chart.yaml":            "apiVersion: v2\nname: needy\nversion: 0.1.0\n",
		"needy/templates/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: needy\ndata:\n  host: {{ required \"host is required\" .Values.host }}\n",
	})
	for _, tc := range []struct {
		name       string
		image      string
		components map[string]map[string]string // name → files
		want       []string
	}{
		{
			name: "image that does not exist", image: "ghcr.io/groundwork-dev/sampleapp:9.9.9",
			want: []string{"cause: image ghcr.io/groundwork-dev/sampleapp:9.9.9", "cannot be pulled", "not found", "ImagePull"},
		},
		{
			name: "kind without a definition",
			components: map[string]map[string]string{"orphan": {
				"component.yaml":        component("orphan", "") + "  provides: {groups: [widgets.test]}\n",
				"manifests/widget.yaml": "apiVersion: widgets.test/v1\nkind: Widget\nmetadata:\n  name: lonely\n  namespace: orphan\nspec: {}\n",
			}},
			want: []string{"cause: the cluster has no kind Widget of widgets.test/v1"},
		},
		{
			name: "values against the chart's schema",
			components: map[string]map[string]string{"picky": {
				"component.yaml": component("picky", "0.1.0"), "values.yaml": "replicas: many\n",
			}},
			want: []string{"cause: the values of HelmRelease/picky/picky do not fit the chart", "replicas"},
		},
		{
			name: "value that the chart requires",
			components: map[string]map[string]string{"needy": {
				"component.yaml": component("needy", "0.1.0"), "values.yaml": "port: 80\n",
			}},
			want: []string{"cause: the chart of HelmRelease/needy/needy does not render", "host is required"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := shared.ensure(t)
			p := shared.good()
			if tc.image != "" {
				p.Image = tc.image
			}
			for name, files := range tc.components {
				p.Components = append(p.Components, name)
				for path, data := range files {
					sandboxed.Write(t, dir, map[string]string{"components/" + name + "/" + path: data})
				}
				sandboxed.Write(t, dir, map[string]string{"components/" + name + "/README.md": "# " + name + "\n\nBelongs to a test.\n"})
			}
			p.write(t, dir)
			shared.run(t, dir, runArgs(dir, "--timeout", "45s")...).Want(t, exitTimedOut, tc.want...)
		})
	}
	shared.ensure(t)
}

// component is a component.yaml; chart is its chart's version, "" for none.
func component(name, chart string) string {
	text := "apiVersion: groundwork.dev/v1alpha1\nkind: Component\nspec:\n  description: Belongs to a test.\n" +
		"  namespace:\n    name: " + name + "\n    podSecurity: restricted\n"
	if chart != "" {
		text += "  chart:\n    name: " + name + "\n    version: " + chart + "\n    repository: oci://charts.test/e2e\n    crds: Skip\n"
	}
	return text
}

// pushChart packs a chart's files and pushes them to the sandbox's registry.
func (s *sandbox) pushChart(t *testing.T, to string, files map[string]string) {
	t.Helper()
	const content types.MediaType = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
	layer := static.NewLayer(archive(t, files), content)
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), "application/vnd.cncf.helm.config.v1+json")
	image, err := mutate.Append(image, mutate.Addendum{Layer: layer, MediaType: content})
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(to)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, image, remote.WithTransport(s.HTTP.Transport), remote.WithContext(t.Context())); err != nil {
		t.Fatalf("pushing %s: %v", to, err)
	}
	// A chart that cannot be read again would be explained too, but as another
	// fault than the one that is meant.
	if _, err := remote.Image(ref, remote.WithTransport(s.HTTP.Transport), remote.WithContext(t.Context())); err != nil {
		t.Fatalf("reading %s: %v", to, err)
	}
}

// archive is a gzipped tar of files.
func archive(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	w := tar.NewWriter(zip)
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if err := w.WriteHeader(&tar.Header{Name: path, Mode: 0o644, Size: int64(len(files[path])), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[path])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
