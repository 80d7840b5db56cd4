//go:build e2e

package coldstart

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/testsupport/coldstarttest"
	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

// publish pushes a repository to the forge and its charts to the registry, and
// gives the cluster to it: the repository has the name of its entry.
func (s *sandbox) publish(t *testing.T, repo string, files map[string]string) {
	t.Helper()
	charts, tree := map[string]map[string]string{}, []any{}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if rest, ok := strings.CutPrefix(path, "charts/"); ok {
			chart, inside, _ := strings.Cut(rest, "/")
			if charts[chart] == nil {
				charts[chart] = map[string]string{chart + "/Chart.yaml": "apiVersion: v2\nname: " + chart + "\nversion: 0.1.0\n"}
			}
			charts[chart][chart+"/"+inside] = files[path]
			continue
		}
		tree = append(tree, map[string]any{
			"operation": "create", "path": path, "content": base64.StdEncoding.EncodeToString([]byte(files[path])),
		})
	}
	for chart, content := range charts {
		s.pushChart(t, chart, content)
	}
	s.forge(t, "/orgs/platform/repos", map[string]any{"name": repo, "default_branch": "main", "private": true, "auto_init": true})
	s.forge(t, "/repos/platform/"+repo+"/contents", map[string]any{"branch": "main", "message": repo, "files": tree})
	for _, o := range []map[string]any{
		{
			"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
			"spec": map[string]any{"interval": "10m", "url": sandboxed.Forge + "/platform/" + repo + ".git", "ref": map[string]any{"branch": "main"}, "secretRef": map[string]any{"name": "forge"}},
		},
		{
			"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
			"spec": map[string]any{
				"interval": "10m", "retryInterval": "3s", "path": "./" + coldstarttest.Entry, "prune": true,
				"sourceRef": map[string]any{"kind": "GitRepository", "name": repo},
			},
		},
	} {
		o["metadata"] = map[string]any{"name": repo, "namespace": "flux-system"}
		if err := s.apply(t.Context(), &unstructured.Unstructured{Object: o}); err != nil {
			t.Fatal(err)
		}
	}
}

// forge has the forge make something.
func (s *sandbox) forge(t *testing.T, path string, what map[string]any) {
	t.Helper()
	if err := s.AskForge(t.Context(), http.MethodPost, path, what, nil); err != nil {
		t.Fatal(err)
	}
}

// pushChart packs a chart's files and pushes them to the sandbox's registry.
func (s *sandbox) pushChart(t *testing.T, chart string, files map[string]string) {
	t.Helper()
	const content types.MediaType = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), "application/vnd.cncf.helm.config.v1+json")
	image, err := mutate.Append(image, mutate.Addendum{Layer: static.NewLayer(archive(t, files), content), MediaType: content})
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(fmt.Sprintf("charts.test/e2e/%s:0.1.0", chart))
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, image, remote.WithTransport(s.HTTP.Transport), remote.WithContext(t.Context())); err != nil {
		t.Fatalf("pushing %s: %v", ref, err)
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
