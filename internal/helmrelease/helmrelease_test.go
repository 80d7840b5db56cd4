package helmrelease_test

import (
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/helmrelease"
	"github.com/groundwork-dev/groundwork/internal/manifest"
)

// objects parses documents; each stands in a line of its own number.
func objects(t *testing.T, docs ...string) []manifest.Object {
	t.Helper()
	all := make([]manifest.Object, len(docs))
	for i, doc := range docs {
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(doc), &o.Object); err != nil {
			t.Fatal(err)
		}
		all[i] = manifest.Object{Unstructured: o, At: manifest.Place(diag.Position{File: "f.yaml", Line: i + 1})}
	}
	return all
}

const (
	release    = "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: a, namespace: x}, spec: {%s}}"
	repository = "{apiVersion: source.toolkit.fluxcd.io/v1, kind: HelmRepository, metadata: {name: r, namespace: x}, spec: {url: 'https://charts.example.com/'}}"
	artifact   = "{apiVersion: source.toolkit.fluxcd.io/v1, kind: OCIRepository, metadata: {name: o, namespace: x}, spec: {url: 'oci://ghcr.io/x/charts/c', ref: {tag: 1.2.3}}}"
	values     = "{apiVersion: v1, kind: ConfigMap, metadata: {name: v, namespace: x}, data: {values.yaml: 'a: {b: 1, c: 2}', other: 'a: ['}}"
	ofRepo     = "chart: {spec: {chart: c, version: 1.0.0, sourceRef: {kind: HelmRepository, name: r}}}"
)

func TestAll(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ spec, want string }{
		"repository":      {ofRepo, "x/a c 1.0.0 https://charts.example.com map[] [] "},
		"artifact":        {"chartRef: {kind: OCIRepository, name: o}", "x/a c 1.2.3 oci://ghcr.io/x/charts map[] [] "},
		"named":           {ofRepo + ", releaseName: m, targetNamespace: z", "z/m c 1.0.0 https://charts.example.com map[] [] "},
		"target":          {ofRepo + ", targetNamespace: z", "z/z-a c 1.0.0 https://charts.example.com map[] [] "},
		"values":          {ofRepo + ", values: {a: {b: 3}}, valuesFrom: [{kind: ConfigMap, name: v}]", "x/a c 1.0.0 https://charts.example.com map[a:map[b:3 c:2]] [] "},
		"a secret":        {ofRepo + ", valuesFrom: [{kind: Secret, name: s}]", "x/a c 1.0.0 https://charts.example.com map[] [{f.yaml:1 HelmRelease x/a: values of Secret x/s are not looked into}] "},
		"not in the tree": {ofRepo + ", valuesFrom: [{kind: ConfigMap, name: w}]", "x/a c 1.0.0 https://charts.example.com map[] [{f.yaml:1 HelmRelease x/a: values of ConfigMap x/w, which is not in the tree, are not known}] "},
		"optional":        {ofRepo + ", valuesFrom: [{kind: ConfigMap, name: w, optional: true}]", "x/a c 1.0.0 https://charts.example.com map[] [] "},
		"no such key":     {ofRepo + ", valuesFrom: [{kind: ConfigMap, name: v, valuesKey: k}]", "x/a c 1.0.0 https://charts.example.com map[] [] f.yaml:1: spec.valuesFrom.0: ConfigMap x/v has no key k"},
		"not YAML":        {ofRepo + ", valuesFrom: [{kind: ConfigMap, name: v, valuesKey: other}]", "x/a c 1.0.0 https://charts.example.com map[] [] f.yaml:4: the values are not YAML: error converting YAML to JSON: yaml: line 1: did not find expected node content"},
		"post":            {ofRepo + ", postRenderers: [{kustomize: {}}]", "x/a c 1.0.0 https://charts.example.com map[] [{f.yaml:1 HelmRelease x/a: what its postRenderers change is not applied}] "},
		"no source":       {"chart: {spec: {chart: c, sourceRef: {kind: HelmRepository, name: q}}}", "x/a    map[] [] f.yaml:1: spec.chart.spec.sourceRef: there is no HelmRepository x/q (add it, or correct its kind, namespace or name)"},
		"no chart":        {"", "x/a    map[] [] "},
	} {
		all := helmrelease.All(objects(t, fmt.Sprintf(release, test.spec), repository, artifact, values))
		if len(all) != 1 {
			t.Fatalf("%s: %d releases", name, len(all))
		}
		r := all[0]
		got := fmt.Sprintf("%s/%s %s %s %v %v %s", r.Namespace, r.Name, r.Chart, r.Chart.Repository, r.Values, r.Gaps, r.Problems.Error())
		if got != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, test.want)
		}
	}
}
