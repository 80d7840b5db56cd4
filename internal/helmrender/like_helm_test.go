package helmrender_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	commonutil "helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/chartarchive"
	"github.com/groundwork-dev/groundwork/internal/chartarchive/charttest"
	"github.com/groundwork-dev/groundwork/internal/helmrender"
)

// realChart is a chart of a module that this repository links anyway.
func realChart(t testing.TB) map[string]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/open-policy-agent/gatekeeper/v3").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "charts", "gatekeeper")
	files := map[string]string{}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// What Helm's loader, engine and sorter make of a chart has the same objects,
// hooks and CRDs.
func TestLikeHelm(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]map[string]string{"real": realChart(t), "subcharts": subcharts(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := map[string]any{"replicas": 2, "one": map[string]any{"x": "given"}}
			c, err := loader.LoadArchive(bytes.NewReader(charttest.Pack(t, files)))
			if err != nil {
				t.Fatal(err)
			}
			if err := chartutil.ProcessDependencies(c, values); err != nil {
				t.Fatal(err)
			}
			caps := common.DefaultCapabilities.Copy()
			if v, err := common.ParseKubeVersion("v1.36.0"); err == nil {
				caps.KubeVersion = *v
			}
			options := common.ReleaseOptions{Name: "rel", Namespace: "ns", Revision: 1, IsInstall: true}
			all, err := commonutil.ToRenderValues(c, values, options, caps)
			if err != nil {
				t.Fatal(err)
			}
			texts, err := engine.Render(c, all)
			if err != nil {
				t.Fatal(err)
			}
			delete(texts, c.Name()+"/templates/NOTES.txt")
			sortedHooks, sorted, err := releaseutil.SortManifests(texts, nil, releaseutil.InstallOrder)
			if err != nil {
				t.Fatal(err)
			}
			var hooks, manifests, crds []string
			for _, h := range sortedHooks {
				hooks = append(hooks, h.Manifest)
			}
			for _, m := range sorted {
				manifests = append(manifests, m.Content)
			}
			for _, crd := range c.CRDObjects() {
				crds = append(crds, string(crd.File.Data))
			}
			got, err := renderer(t, helmrender.Limits{}).Render(t.Context(), load(t, files), helmrender.Release{Name: "rel", Namespace: "ns", Values: values})
			if err != nil {
				t.Fatal(err)
			}
			same(t, "objects", got.Objects, manifests)
			same(t, "hooks", got.Hooks, hooks)
			same(t, "CRDs", got.CRDs, crds)
		})
	}
}

// same compares objects with documents, in any order.
func same(t *testing.T, what string, objects []helmrender.Object, docs []string) {
	t.Helper()
	var got, want []string
	for _, o := range objects {
		data, err := o.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.TrimSpace(string(data)))
	}
	for _, doc := range docs {
		data, err := yaml.YAMLToJSON([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		if string(data) != "null" {
			want = append(want, string(data))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("%s: got %d, want %d", what, len(got), len(want))
	}
}

func BenchmarkRender(b *testing.B) {
	r, c := renderer(b, helmrender.Limits{}), load(b, realChart(b))
	for b.Loop() {
		if _, err := r.Render(b.Context(), c, helmrender.Release{Name: "rel", Namespace: "ns"}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStart is a rendering of next to nothing with a worker of its own.
func BenchmarkStart(b *testing.B) {
	c := load(b, nil)
	for b.Loop() {
		r := renderer(b, helmrender.Limits{})
		if _, err := r.Render(b.Context(), c, helmrender.Release{}); err != nil {
			b.Fatal(err)
		}
		r.Close()
	}
}

func BenchmarkLoad(b *testing.B) {
	archive := charttest.Pack(b, realChart(b))
	for b.Loop() {
		if _, err := chartarchive.Load(archive); err != nil {
			b.Fatal(err)
		}
	}
}
