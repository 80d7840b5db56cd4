package constraint_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/apischema"
	"github.com/groundwork-dev/groundwork/internal/apischema/constraint"
)

const (
	template = `apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8stest}
spec:
  crd: {spec: {names: {kind: K8sTest}, validation: {openAPIV3Schema: {type: object, properties: {prefixes: {type: array, items: {type: string}}}}}}}
  targets: [{target: admission.k8s.gatekeeper.sh, rego: "package a"}]
`
	made = `apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sTest
metadata: {name: a}
spec: {enforcementAction: warn, match: {kinds: [{apiGroups: [""], kinds: [Pod]}]}, parameters: {prefixes: [a]}}
`
)

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	asJSON, err := sigsyaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	o := &unstructured.Unstructured{}
	if err := utiljson.Unmarshal(asJSON, &o.Object); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestDefinition(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"v1", "v1beta1"} {
		definition, err := constraint.Definition(object(t, strings.Replace(template, "sh/v1", "sh/"+version, 1)))
		if err != nil {
			t.Fatal(err)
		}
		s, err := apischema.New([]*unstructured.Unstructured{definition})
		if err != nil {
			t.Fatal(err)
		}
		if faults, err := s.Check(t.Context(), definition); err != nil || len(faults) > 0 {
			t.Errorf("the definition itself: %v, %v", faults, err)
		}
		for name, test := range map[string]struct{ from, to, want string }{
			"good":            {},
			"parameter":       {"prefixes", "prefix", "spec/parameters/prefix unknown field"},
			"parameter's":     {"[a]", "a", "spec/parameters/prefixes wrong type"},
			"match":           {"kinds: [{", "kind: [{", "spec/match/kind unknown field"},
			"own spec":        {"parameters", "parameter", "spec/parameter unknown field"},
			"a namespace":     {"{name: a}", "{name: a, namespace: b}", "metadata/namespace scope"},
			"unknown version": {"sh/v1beta1", "sh/v2", "apiVersion unknown kind"},
		} {
			faults, err := s.Check(t.Context(), object(t, strings.Replace(made, test.from, test.to, 1)))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range faults {
				got = append(got, strings.Join(f.Path, "/")+" "+string(f.Kind))
			}
			if version == "v1beta1" && name == "parameter" {
				test.want = "" // its schemas let through what they do not know, unless they say otherwise
			}
			if all := strings.Join(got, "\n"); all != test.want {
				t.Errorf("%s, %s: got %q, want %q", version, name, all, test.want)
			}
		}
	}
}

func TestNoTemplate(t *testing.T) {
	t.Parallel()
	if _, err := constraint.Definition(object(t, made)); err == nil {
		t.Error("a constraint was taken for a template")
	}
}
