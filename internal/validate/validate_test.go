package validate_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/catalog/chartkeys"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/helmrelease"
	"github.com/groundwork-dev/groundwork/internal/manifest"
	"github.com/groundwork-dev/groundwork/internal/validate"
)

func object(line int, apiVersion, kind, name string, spec map[string]any) manifest.Object {
	o := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": name, "namespace": "x"},
	}}
	if spec != nil {
		o.Object["spec"] = spec
	}
	return manifest.Object{Unstructured: o, At: manifest.Place(diag.Position{File: "f.yaml", Line: line})}
}

// namespace is the one that the objects are in.
func namespace() manifest.Object {
	o := object(9, "v1", "Namespace", "x", nil)
	o.SetNamespace("")
	return o
}

// world is everything around validation.
type world struct {
	objects  []manifest.Object
	problems diag.Problems
	known    map[string]validate.Known
	charts   map[string][]*unstructured.Unstructured
	err      error
}

func (w world) Cluster(context.Context, string) (*manifest.Cluster, error) {
	return &manifest.Cluster{Units: []manifest.Unit{{Path: "a", Objects: slices.Concat(w.objects, []manifest.Object{namespace()})}}, Problems: w.problems}, nil
}

func (w world) Render(_ context.Context, r *helmrelease.Release) (*validate.Rendering, error) {
	objects, ok := w.charts[r.Chart.Name]
	if !ok || w.err != nil {
		return nil, w.err
	}
	rendering := &validate.Rendering{}
	for _, o := range objects {
		rendering.Objects = append(rendering.Objects, validate.Made{Unstructured: o, File: "templates/a.yaml"})
	}
	return rendering, nil
}

func (w world) Known(c helmrelease.Chart) (validate.Known, bool, error) {
	known, ok := w.known[c.Name]
	return known, ok, nil
}

// judge finds fault with objects that are called so.
type judge struct{}

func (judge) Check(_ context.Context, o *unstructured.Unstructured) ([]validate.Fault, error) {
	if o.GetName() == "unknown" {
		return []validate.Fault{{Message: "nobody serves it", UnknownKind: true}}, nil
	}
	if o.GetName() == "bad" {
		return []validate.Fault{{Path: []string{"spec", "a"}, Message: "is refused in " + o.GetNamespace(), Hint: "do not"}}, nil
	}
	return nil, nil
}

func (judge) Namespaced(schema.GroupVersionKind) (bool, bool) { return true, true }

func (judge) Review(_ context.Context, o, _ *unstructured.Unstructured) ([]validate.Fault, error) {
	if o.GetName() == "rude" {
		return []validate.Fault{{Rule: "manners", Message: "is rude", Severity: validate.Warning}}, nil
	}
	return nil, nil
}

func TestRun(t *testing.T) {
	t.Parallel()
	release := object(7, "helm.toolkit.fluxcd.io/v2", "HelmRelease", "r", map[string]any{
		"chart":  map[string]any{"spec": map[string]any{"chart": "c", "version": "1.0.0", "sourceRef": map[string]any{"kind": "HelmRepository", "name": "r"}}},
		"values": map[string]any{"replica": int64(1)},
	})
	repository := object(8, "source.toolkit.fluxcd.io/v1", "HelmRepository", "r", map[string]any{"url": "https://charts.example.com"})
	chart := []manifest.Object{release, repository}
	rendered := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "bad"}}}
	known := validate.Known{Component: &catalog.Component{}, Keys: chartkeys.Keys{"replicas": nil}}
	for name, test := range map[string]struct {
		world world
		want  string
	}{
		"right":       {world{objects: []manifest.Object{object(1, "v1", "ConfigMap", "a", nil)}}, ""},
		"not built":   {world{problems: diag.Problems{{Message: "no such file"}}}, "error build no such file"},
		"refused":     {world{objects: []manifest.Object{object(3, "v1", "ConfigMap", "bad", nil)}}, "error schema f.yaml:3: spec.a: is refused in x (do not)"},
		"a rule":      {world{objects: []manifest.Object{object(3, "v1", "ConfigMap", "rude", nil)}}, "warning policy f.yaml:3: is rude"},
		"a value":     {world{objects: chart, known: map[string]validate.Known{"c": known}}, `error values f.yaml:7: spec.values.replica: chart c 1.0.0 has no such value (did you mean "replicas"?)`},
		"no chart":    {world{objects: chart}, "gap HelmRelease x/r: chart c 1.0.0 is not at hand, and nothing is known of its values"},
		"unknown":     {world{objects: []manifest.Object{object(3, "v1", "Thing", "unknown", nil)}}, "error schema f.yaml:3: nobody serves it"},
		"maybe known": {world{objects: append(chart, object(3, "v1", "Thing", "unknown", nil))}, "gap Thing x/unknown: nobody serves it, unless chart c 1.0.0 brings it; gap HelmRelease"},
		"rendered":    {world{objects: chart, charts: map[string][]*unstructured.Unstructured{"c": {rendered.DeepCopy()}}}, "error schema f.yaml:7: spec.a: is refused in x, in what c/templates/a.yaml makes (do not)"},
		"not so":      {world{objects: chart, charts: map[string][]*unstructured.Unstructured{"c": {}}, err: errors.New("no template")}, "error render f.yaml:7: no template"},
		"twice":       {world{objects: []manifest.Object{object(3, "v1", "ConfigMap", "bad", nil), object(3, "v1", "ConfigMap", "bad", nil)}}, "error schema f.yaml:3: spec.a: is refused in x (do not)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, err := validate.Run(t.Context(), validate.Deps{
				Tree: test.world, Charts: test.world,
				Schemas: func(context.Context, []*unstructured.Unstructured) (validate.Schemas, error) { return judge{}, nil },
				Policies: func(context.Context, []*unstructured.Unstructured) (validate.Policies, []validate.ObjectFault, error) {
					return judge{}, nil, nil
				},
			}, []validate.Entry{{Path: "clusters/a"}, {Path: "clusters/b"}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range report.Findings {
				if len(f.Clusters) != 2 {
					t.Errorf("%v is found in %v, want both clusters", f.Problem, f.Clusters)
				}
				got = append(got, fmt.Sprintf("%s %s %s", f.Severity, f.Check, strings.TrimSpace(f.Problem.String())))
			}
			for _, g := range report.Gaps {
				got = append(got, "gap "+g.Reason)
			}
			if text := strings.Join(got, "; "); test.want == "" && text != "" || !strings.HasPrefix(text, test.want) {
				t.Errorf("got %q, want %q", text, test.want)
			}
		})
	}
}

func TestChecksAreDescribed(t *testing.T) {
	t.Parallel()
	seen := map[validate.Check]bool{}
	for _, c := range validate.Checks() {
		if seen[c.Name] || c.Description == "" {
			t.Errorf("check %q is there twice, or without a description", c.Name)
		}
		seen[c.Name] = true
	}
}
