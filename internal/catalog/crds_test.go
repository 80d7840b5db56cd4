package catalog_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/groundwork-dev/groundwork/internal/catalog"
)

// TestCRDsOfBothKinds: a component may bring definitions among its manifests and
// by its chart. What is among the manifests goes first: Flux keeps that up to
// date, and Helm does not.
func TestCRDsOfBothKinds(t *testing.T) {
	t.Parallel()
	const definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: %s.demo.test\nspec:\n  group: from-manifests\n"
	var pack bytes.Buffer
	w := gzip.NewWriter(&pack)
	fmt.Fprintln(w, `{"metadata":{"name":"charted.demo.test"},"spec":{"group":"from-chart"}}`)
	fmt.Fprintln(w, `{"metadata":{"name":"both.demo.test"},"spec":{"group":"from-chart"}}`)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	own := map[string]string{"demo/manifests/own.yaml": fmt.Sprintf(definition, "own"), "demo/manifests/both.yaml": fmt.Sprintf(definition, "both")}
	for name, tc := range map[string]struct {
		files map[string]string
		want  map[string]string
	}{
		"manifests alone": {own, map[string]string{"own.demo.test": "from-manifests", "both.demo.test": "from-manifests"}},
		"chart alone":     {map[string]string{"demo/crds.json.gz": pack.String()}, map[string]string{"charted.demo.test": "from-chart", "both.demo.test": "from-chart"}},
		"both": {
			map[string]string{"demo/crds.json.gz": pack.String(), "demo/manifests/own.yaml": own["demo/manifests/own.yaml"], "demo/manifests/both.yaml": own["demo/manifests/both.yaml"]},
			map[string]string{"own.demo.test": "from-manifests", "charted.demo.test": "from-chart", "both.demo.test": "from-manifests"},
		},
		"neither": {nil, map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := catalog.Load(catalog.Layer{Origin: "test", FS: demo(tc.files)})
			if err != nil {
				t.Fatal(err)
			}
			component, _ := c.Component("demo")
			definitions, err := component.CRDs()
			if err != nil {
				t.Fatal(err)
			}
			groups := map[string]string{}
			for name, data := range definitions {
				var object struct {
					Spec struct {
						Group string `json:"group"`
					} `json:"spec"`
				}
				if err := json.Unmarshal(data, &object); err != nil {
					t.Error(name, err)
				}
				groups[name] = object.Spec.Group
			}
			if diff := cmp.Diff(tc.want, groups); diff != "" {
				t.Errorf("definitions (-want +have):\n%s", diff)
			}
		})
	}
}

// TestCRDs holds the definitions that a component brings against what
// component.yaml says that it provides.
func TestCRDs(t *testing.T) {
	t.Parallel()
	c := loadBuiltin(t)
	for _, name := range c.Names() {
		component, _ := c.Component(name)
		definitions, err := component.CRDs()
		if err != nil {
			t.Error(err)
			continue
		}
		want := slices.Sorted(slices.Values(component.Provides.CRDs))
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(definitions))); diff != "" {
			t.Errorf("%s: CRDs (-component.yaml +what it brings):\n%s", name, diff)
		}
	}
}
