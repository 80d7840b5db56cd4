package apischema_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/apischema"
	"github.com/groundwork-dev/groundwork/internal/catalog"
)

// platform are the schemas of the built-in catalogue.
var platform = sync.OnceValues(func() (*apischema.Schemas, error) {
	c, err := catalog.Load(catalog.BuiltinLayer())
	if err != nil {
		return nil, err
	}
	definitions, err := apischema.Definitions(c)
	if err != nil {
		return nil, err
	}
	return apischema.New(definitions)
})

func schemas(t testing.TB) *apischema.Schemas {
	t.Helper()
	s, err := platform()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func object(t testing.TB, text string) *unstructured.Unstructured {
	t.Helper()
	asJSON, err := sigsyaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var o map[string]any
	if err := utiljson.Unmarshal(asJSON, &o); err != nil {
		t.Fatal(err)
	}
	return &unstructured.Unstructured{Object: o}
}

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app.kubernetes.io/name: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: side, image: side:1}
        - name: web
          image: web:1
          ports: [{name: http, containerPort: 80}, {name: metrics, containerPort: 81}]
          env: [{name: A, value: a}, {name: B, value: b}]
          resources: {requests: {cpu: 100m, memory: 64Mi}}
`

func TestProbe(t *testing.T) {
	s := schemas(t)
	for _, e := range [][2]string{
		{"", ""}, {"replicas: 2", "replicas: two"}, {"replicas: 2", "replicsa: 2"}, {"cpu: 100m", "cpu: 100q"},
		{"cpu: 100m, memory: 64Mi", "cpu: 100q, memory: 64q"},
		{"name: web, namespace: shop", "name: Web, namespace: shop"},
		{"name: web, namespace: shop", "namespace: shop"},
		{"name: web, namespace: shop", "name: web"},
		{"{labels: {app: web}}", "{labels: {app: wbe}}"},
		{"name: metrics", "name: http"},
		{"name: B, value: b", "name: A, value: b"},
		{"image: web:1", "imagge: web:1"},
		{"replicas: 2", "replicas: 2.5"},
		{"replicas: 2", "replicas: 99999999999"},
		{"image: web:1", "image: web:1\n          imagePullPolicy: Sometimes"},
		{"containerPort: 81", "containerPort: 80"},
		{"app.kubernetes.io/name: web", "app.kubernetes.io/name: web$"},
		{"app.kubernetes.io/name: web", "app.kubernetes.io/name: 5"},
		{"apps/v1", "apps/v1beta1"},
		{"Deployment", "Deploymnet"},
		{"name: web, namespace: shop", "name: web, namespace: shop, uid: abc"},
		{"name: web, namespace: shop", "name: web, namespace: shop, resourceVersion: '5'"},
		{"name: web, namespace: shop", "name: web, namespace: shop, managedFields: []"},
		{"name: web, namespace: shop", "name: web, namespace: shop, creationTimestamp: null"},
		{"name: web, namespace: shop", "name: web, namespace: shop, creationTimestamp: x"},
	} {
		o := object(t, strings.Replace(deployment, e[0], e[1], 1))
		faults, err := s.Check(t.Context(), o)
		t.Logf("%q\n", e[1])
		if err != nil {
			t.Error(err)
		}
		for _, f := range faults {
			t.Logf("     %q %s: %s (%s)", f.Path, f.Kind, f.Message, f.Hint)
		}
	}
}

func TestProbeCustom(t *testing.T) {
	s := schemas(t)
	const (
		kustomization = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a, namespace: b}\nspec: {interval: 10m, prune: true, sourceRef: {kind: GitRepository, name: a}}\n"
		release       = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a, namespace: b}\nspec: {interval: 10m, chartRef: {kind: OCIRepository, name: a}}\n"
	)
	for _, e := range [][3]string{
		{kustomization, "", ""},
		{kustomization, "prune: true", "prune: true, pruned: true, sorceRef: 2"},
		{kustomization, "prune: true", "prune: 1"},
		{kustomization, "prune: true, ", ""},
		{kustomization, "10m", "10 minutes"},
		{kustomization, "kind: GitRepository", "kind: Repository"},
		{kustomization, "name: a, namespace: b", "name: A, namespace: b"},
		{kustomization, "name: a, namespace: b", "name: a, namespace: b, labels: {a: 5}"},
		{kustomization, "name: a, namespace: b", "name: a, namespace: b, label: {a: 5}"},
		{kustomization, "name: a, namespace: b", "name: a, namespace: b, creationTimestamp: x"},
		{kustomization, "name: a, namespace: b", "name: a"},
		{kustomization, "fluxcd.io/v1", "fluxcd.io/v1beta3"},
		{kustomization, "kind: Kustomization", "kind: Kustomisation"},
		{kustomization, "prune: true", "prune: true, dependsOn: [{name: a},{name: a}, {nam: b}]"},
		{release, "", ""},
		{release, ", chartRef: {kind: OCIRepository, name: a}", ""},
		{release, "spec:", "status: {foo: 1}\nspec:"},
	} {
		o := object(t, strings.Replace(e[0], e[1], e[2], 1))
		faults, err := s.Check(t.Context(), o)
		t.Logf("%q\n", e[2])
		if err != nil {
			t.Error(err)
		}
		for _, f := range faults {
			t.Logf("     %q %s: %s (%s)", f.Path, f.Kind, f.Message, f.Hint)
		}
	}
}

var _ = cmp.Diff
var _ = fmt.Sprint
var _ schema.GroupVersionKind
