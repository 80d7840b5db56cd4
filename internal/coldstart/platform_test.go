package coldstart_test

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/coldstart"
	"github.com/groundwork-dev/groundwork/internal/testsupport/coldstarttest"
)

// folder reads the objects of a folder of this repository, but for those of
// the folders in it.
func folder(t testing.TB, dir string) []coldstart.Object {
	t.Helper()
	at := filepath.Join("..", "..", filepath.FromSlash(dir))
	var k struct {
		Resources []string `json:"resources"`
	}
	data, err := os.ReadFile(filepath.Join(at, "kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, &k); err != nil {
		t.Fatal(err)
	}
	var found []coldstart.Object
	for _, file := range k.Resources {
		if path.Ext(file) == "" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(at, file))
		if err != nil {
			t.Fatal(err)
		}
		objects, err := coldstarttest.Objects(path.Join(dir, file), data)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, objects...)
	}
	return found
}

// platform is a cluster of this repository, its charts told by the catalogue.
func platform(t testing.TB, name string, ha bool) coldstart.Cluster {
	t.Helper()
	builtin, err := catalog.Load(catalog.BuiltinLayer())
	if err != nil {
		t.Fatal(err)
	}
	entry := append(folder(t, "clusters/"+name), folder(t, "clusters/"+name+"/flux-system")...)
	var c coldstart.Cluster
	for _, o := range entry {
		if o.GetKind() != "Kustomization" || !strings.HasPrefix(o.GetAPIVersion(), "kustomize.toolkit") {
			continue
		}
		dir, _, _ := unstructured.NestedString(o.Object, "spec", "path")
		objects := entry
		if dir = path.Clean(dir); dir != "clusters/"+name {
			objects = folder(t, dir)
		}
		c.Units = append(c.Units, coldstart.UnitOf(o, objects))
		for _, r := range objects {
			if r.GetKind() != "HelmRelease" {
				continue
			}
			if component, ok := builtin.Component(r.GetName()); ok {
				c.Releases = append(c.Releases, coldstart.Declare(r.GetNamespace()+"/"+r.GetName(), component.Spec, ha))
			}
		}
	}
	return c
}

// TestPlatform proves this repository's own clusters.
func TestPlatform(t *testing.T) {
	t.Parallel()
	for name, ha := range map[string]bool{"dev": false, "prod": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := coldstart.Prove(platform(t, name, ha))
			t.Log(v.Text())
			if !v.Proven() {
				t.Error("not proven")
			}
			if len(v.Steps) < 50 || len(v.Waves) < 5 {
				t.Errorf("%d steps in %d waves", len(v.Steps), len(v.Waves))
			}
		})
	}
}
