package policy_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/policy"
)

const (
	inCEL = `apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: small}
spec:
  crd: {spec: {names: {kind: Small}, validation: {openAPIV3Schema: {type: object, properties: {most: {type: integer, default: 3}}}}}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      code:
        - engine: K8sNativeValidation
          source:
            variables:
              - name: size
                expression: size(variables.anyObject.data)
            validations:
              - expression: variables.size <= variables.params.most
                messageExpression: '"at most " + string(variables.params.most) + " keys, not " + string(variables.size)'
`
	inRego = `apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: unique}
spec:
  crd: {spec: {names: {kind: Unique}}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      code:
        - engine: Rego
          source:
            version: v1
            rego: |
              package unique

              violation contains {"msg": msg} if {
                some namespace, kinds in data.inventory.namespace
                some other in kinds.v1.ConfigMap
                other.data == input.review.object.data
                [namespace, other.metadata.name] != [input.review.object.metadata.namespace, input.review.object.metadata.name]
                msg := sprintf("the same as %s/%s", [namespace, other.metadata.name])
              }
`
	old = `apiVersion: templates.gatekeeper.sh/v1beta1
kind: ConstraintTemplate
metadata: {name: never}
spec:
  crd: {spec: {names: {kind: Never}}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package never
        violation[{"msg": "never"}] { input.review.operation == "CREATE" }
`
	small  = "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Small\nmetadata: {name: small}\nspec: {match: {kinds: [{apiGroups: [''], kinds: [ConfigMap]}]}}\n"
	unique = "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Unique\nmetadata: {name: unique}\nspec: {enforcementAction: warn}\n"
	never  = "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Never\nmetadata: {name: never}\nspec: {enforcementAction: dryrun}\n"
)

func object(t testing.TB, text string) *unstructured.Unstructured {
	t.Helper()
	o := &unstructured.Unstructured{}
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.UnmarshalJSON(data); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return o
}

func objects(t testing.TB, texts ...string) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for _, text := range texts {
		all = append(all, object(t, text))
	}
	return all
}

func compile(t testing.TB, templates, constraints []*unstructured.Unstructured) *policy.Policies {
	t.Helper()
	p, faults, err := policy.New(t.Context(), templates, constraints)
	if err != nil || len(faults) > 0 {
		t.Fatalf("%v %v", err, faults)
	}
	return p
}

func review(t testing.TB, p *policy.Policies, o, namespace *unstructured.Unstructured) []policy.Violation {
	t.Helper()
	violations, err := p.Review(t.Context(), o, namespace)
	if err != nil {
		t.Fatal(err)
	}
	return violations
}

func configMap(t testing.TB, keys int) *unstructured.Unstructured {
	t.Helper()
	o := object(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: web}, data: {}}")
	for i := range keys {
		o.Object["data"].(map[string]any)[fmt.Sprint("key", i)] = "x"
	}
	return o
}

func namespace(t testing.TB, labels string) *unstructured.Unstructured {
	t.Helper()
	return object(t, "{apiVersion: v1, kind: Namespace, metadata: {name: web, labels: {"+labels+"}}}")
}

func TestFaults(t *testing.T) {
	t.Parallel()
	replace := func(in, from, to string) string {
		if !strings.Contains(in, from) {
			t.Fatalf("no %q in %s", from, in)
		}
		return strings.Replace(in, from, to, 1)
	}
	const code, source = "spec.targets[0].code[0]", "spec.targets[0].code[0].source"
	for name, test := range map[string]struct {
		template, constraint string
		want                 []string // the start of each
	}{
		"good CEL":               {inCEL, small, nil},
		"good Rego":              {inRego, unique, nil},
		"good v1beta1":           {old, never, nil},
		"a variable":             {replace(inCEL, "size(variables.anyObject.data)", "size(variables.other)"), small, []string{"ConstraintTemplate/small: " + source + ".variables[0].expression: 1:15: undefined field 'other'"}},
		"a variable's syntax":    {replace(inCEL, "size(variables.anyObject.data)", "size("), small, []string{"ConstraintTemplate/small: " + source + ".variables[0].expression: 1:6: Syntax error"}},
		"a validation":           {replace(inCEL, "variables.size <=", "sise <="), small, []string{"ConstraintTemplate/small: " + source + ".validations[0].expression: 1:1: undeclared reference to 'sise'"}},
		"a validation's type":    {replace(inCEL, "variables.size <= variables.params.most", "variables.size"), small, []string{"ConstraintTemplate/small: " + source + ".validations[0].expression: must evaluate to bool but got int"}},
		"a message":              {replace(inCEL, `+ string(variables.size)`, "+ variables.size"), small, []string{"ConstraintTemplate/small: " + source + ".validations[0].messageExpression: 1:60: found no matching overload"}},
		"a condition":            {replace(inCEL, "            variables:", "            matchCondition: [{name: a, expression: nothing}]\n            variables:"), small, []string{"ConstraintTemplate/small: " + source + ".matchCondition[0].expression: 1:1: undeclared reference to 'nothing'"}},
		"two expressions":        {replace(replace(inCEL, "variables.size <=", "sise <="), "size(variables.any", "sise(variables.any"), small, []string{"ConstraintTemplate/small: " + source + ".variables[0].expression: ", "ConstraintTemplate/small: " + source + ".validations[0].expression: "}},
		"a reserved variable":    {replace(inCEL, "name: size", "name: params"), small, []string{"ConstraintTemplate/small: " + source + ": invalid variable definition: params"}},
		"a field of the source":  {replace(inCEL, "validations:", "validation:"), small, []string{`ConstraintTemplate/small: ` + source + `: strict decoding error: unknown field "validation"`}},
		"no validations":         {replace(inCEL, "validations:", "validations: []\n            x-validations:"), small, []string{"ConstraintTemplate/small: " + source}},
		"nothing asked":          {inCEL[:strings.Index(inCEL, "            validations:")], small, []string{"ConstraintTemplate/small: " + source + ".validations: there are none"}},
		"a policy on failure":    {replace(inCEL, "            variables:", "            failurePolicy: Perhaps\n            variables:"), small, []string{"ConstraintTemplate/small: " + source + ": "}},
		"a field":                {replace(inCEL, "spec:\n", "spec:\n  target: []\n"), small, []string{`ConstraintTemplate/small: strict decoding error: unknown field "spec.target"`}},
		"a schema":               {replace(inCEL, "type: integer", "type: number of keys"), small, []string{"ConstraintTemplate/small: "}},
		"an engine":              {replace(inCEL, "engine: K8sNativeValidation", "engine: CEL"), small, []string{"ConstraintTemplate/small: " + code + ".engine: there is no engine \"CEL\""}},
		"no code":                {inCEL[:strings.Index(inCEL, "      code:")], small, []string{"ConstraintTemplate/small: "}},
		"a target":               {replace(inCEL, "target: admission.k8s", "target: k8s"), small, []string{"ConstraintTemplate/small: "}},
		"no target":              {inCEL[:strings.Index(inCEL, "  targets:")], small, []string{"ConstraintTemplate/small: spec.targets: "}},
		"a template's name":      {replace(inCEL, "name: small", "name: smaller"), small, []string{"ConstraintTemplate/smaller: ", "Small/small: kind: "}},
		"a version of templates": {replace(inCEL, "gatekeeper.sh/v1", "gatekeeper.sh/v2"), small, []string{"ConstraintTemplate/small: templates.gatekeeper.sh/v2 is no version of templates"}},
		"Rego's syntax":          {replace(inRego, "some other in kinds", "some other kinds"), unique, []string{"ConstraintTemplate/unique: " + source + ".rego: "}},
		"a function of Rego":     {replace(inRego, "sprintf(", "printf("), unique, []string{"ConstraintTemplate/unique: " + source + ".rego: "}},
		"a request from Rego":    {replace(inRego, `sprintf("the same as %s/%s", [namespace, other.metadata.name])`, `http.send({"url": "http://example.com", "method": "GET"}).body`), unique, []string{"ConstraintTemplate/unique: " + source + ".rego: "}},
		"other data":             {replace(inRego, "data.inventory", "data.constraints"), unique, []string{"ConstraintTemplate/unique: " + source + ".rego: "}},
		"no violation":           {replace(inRego, "violation contains", "violations contains"), unique, []string{"ConstraintTemplate/unique: " + source + ".rego: "}},
		"a version of Rego":      {replace(inRego, "version: v1", "version: v2"), unique, []string{"ConstraintTemplate/unique: " + source + ".version: "}},
		"v1 as v0":               {replace(inRego, "            version: v1\n", ""), unique, []string{"ConstraintTemplate/unique: " + source + ".rego: "}},
		"old Rego":               {replace(old, "input.review.operation", "input..operation"), never, []string{"ConstraintTemplate/never: spec.targets[0].rego: "}},
		"no template":            {inRego, small, []string{"Small/small: kind: no template makes this kind: it would be the ConstraintTemplate small"}},
		"an action":              {inCEL, replace(small, "spec: {", "spec: {enforcementAction: refuse, "), []string{"Small/small: spec.enforcementAction: "}},
		"no scope":               {inCEL, replace(small, "spec: {", "spec: {enforcementAction: scoped, "), []string{"Small/small: spec.scopedEnforcementActions: "}},
		"a point":                {inCEL, replace(small, "spec: {", "spec: {enforcementAction: scoped, scopedEnforcementActions: [{action: deny, enforcementPoints: [{name: audit}]}], "), []string{"Small/small: spec.scopedEnforcementActions: "}},
		"a parameter":            {inCEL, replace(small, "spec: {", "spec: {parameters: {least: 1}, "), []string{"Small/small: "}},
		"a parameter's type":     {inCEL, replace(small, "spec: {", "spec: {parameters: {most: many}, "), []string{"Small/small: "}},
		"a field of match":       {inCEL, replace(small, "match: {", "match: {namespace: [a], "), []string{"Small/small: "}},
		"a selector":             {inCEL, replace(small, "match: {", "match: {labelSelector: {matchExpressions: [{key: a, operator: Is}]}, "), []string{"Small/small: "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, faults, err := policy.New(t.Context(), objects(t, test.template), objects(t, test.constraint))
			if err != nil {
				t.Fatal(err)
			}
			for i, f := range faults {
				t.Log(f)
				if i < len(test.want) && !strings.HasPrefix(f.String(), test.want[i]) {
					t.Errorf("want %q", test.want[i])
				}
			}
			if len(faults) != len(test.want) {
				t.Errorf("%d faults, want %d", len(faults), len(test.want))
			}
		})
	}
}

func TestTwice(t *testing.T) {
	t.Parallel()
	_, faults, err := policy.New(t.Context(), objects(t, inCEL, inCEL), objects(t, small, small))
	if err != nil || len(faults) != 2 || faults[0].Kind != "ConstraintTemplate" || faults[1].Kind != "Small" {
		t.Errorf("%v %v", err, faults)
	}
}

func TestReview(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spec      string
		keys      int
		labels    string
		want      []policy.Violation
		wantWords string
	}{
		"passes": {"{}", 3, "", nil, ""},
		"breaks": {"{}", 4, "", []policy.Violation{{Action: "deny", Admission: []string{"deny"}, Audit: []string{"deny"}}}, "at most 3 keys, not 4"},
		"warns":  {"{enforcementAction: warn}", 4, "", []policy.Violation{{Action: "warn", Admission: []string{"warn"}, Audit: []string{"warn"}}}, "at most 3"},
		"scoped": {
			"{enforcementAction: scoped, scopedEnforcementActions: [{action: deny, enforcementPoints: [{name: audit.gatekeeper.sh}]}, {action: warn, enforcementPoints: [{name: '*'}]}]}", 4, "",
			[]policy.Violation{{Action: "scoped", Admission: []string{"warn"}, Audit: []string{"deny", "warn"}}},
			"at most 3",
		},
		"in the audit alone": {
			"{enforcementAction: scoped, scopedEnforcementActions: [{action: deny, enforcementPoints: [{name: audit.gatekeeper.sh}]}]}", 4, "",
			[]policy.Violation{{Action: "scoped", Audit: []string{"deny"}}},
			"at most 3",
		},
		"elsewhere":             {"{enforcementAction: scoped, scopedEnforcementActions: [{action: deny, enforcementPoints: [{name: gator.gatekeeper.sh}]}]}", 4, "", nil, ""},
		"another kind":          {"{match: {kinds: [{apiGroups: [''], kinds: [Secret]}]}}", 4, "", nil, ""},
		"an excluded namespace": {"{match: {excludedNamespaces: [we*]}}", 4, "", nil, ""},
		"another namespace":     {"{match: {namespaces: [shop]}}", 4, "", nil, ""},
		"selected":              {"{match: {namespaceSelector: {matchLabels: {tier: app}}}}", 4, "tier: app", []policy.Violation{{Action: "deny", Admission: []string{"deny"}, Audit: []string{"deny"}}}, "at most 3"},
		"not selected":          {"{match: {namespaceSelector: {matchLabels: {tier: app}}}}", 4, "", nil, ""},
		"parameters":            {"{parameters: {most: 4}}", 4, "", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := test.spec
			if !strings.Contains(spec, "parameters") {
				spec = "{parameters: {}, " + spec[1:] // a default is set in what is there
			}
			constraint := object(t, "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Small\nmetadata: {name: a}\nspec: "+spec)
			p := compile(t, objects(t, inCEL), []*unstructured.Unstructured{constraint})
			got := review(t, p, configMap(t, test.keys), namespace(t, test.labels))
			if len(got) != len(test.want) {
				t.Fatalf("got %+v", got)
			}
			for i, v := range got {
				want := test.want[i]
				if v.Kind != "Small" || v.Name != "a" || v.Action != want.Action || !strings.HasPrefix(v.Message, test.wantWords) ||
					!slices.Equal(v.Admission, want.Admission) || !slices.Equal(v.Audit, want.Audit) {
					t.Errorf("got %+v, want %+v", v, want)
				}
				if v.Refused() != slices.Contains(want.Admission, "deny") {
					t.Errorf("refused: %t", v.Refused())
				}
			}
		})
	}
}

func TestReviewNeedsTheNamespace(t *testing.T) {
	t.Parallel()
	p := compile(t, objects(t, inCEL), objects(t, small))
	if _, err := p.Review(t.Context(), configMap(t, 1), nil); err == nil || !strings.Contains(err.Error(), "ConfigMap/a: its namespace web is not given") {
		t.Error(err)
	}
	if _, err := p.Review(t.Context(), configMap(t, 1), object(t, "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}")); err == nil || !strings.Contains(err.Error(), `not in "shop"`) {
		t.Error(err)
	}
	if _, err := p.Review(t.Context(), namespace(t, ""), nil); err != nil {
		t.Error(err)
	}
}

// A rule that fails on an object counts as broken, as it does in a cluster.
func TestReviewOfWhatARuleCannotRead(t *testing.T) {
	t.Parallel()
	p := compile(t, objects(t, inCEL), objects(t, small))
	o := configMap(t, 0)
	delete(o.Object, "data")
	if got := review(t, p, o, namespace(t, "")); len(got) != 1 || !strings.Contains(got[0].Message, "no such key: data") {
		t.Errorf("%+v", got)
	}
}

func TestReviewIsInterrupted(t *testing.T) {
	t.Parallel()
	p := compile(t, objects(t, inRego), objects(t, unique))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := p.Review(ctx, configMap(t, 1), namespace(t, "")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v %v", got, err)
	}
	if _, _, err := policy.New(ctx, objects(t, inRego), nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestReviewKnowsOtherObjects(t *testing.T) {
	t.Parallel()
	p := compile(t, objects(t, inRego, old), objects(t, unique, never))
	o := configMap(t, 1)
	want := "[never: never]"
	check := func() {
		t.Helper()
		var got []string
		for _, v := range review(t, p, o, namespace(t, "")) {
			got = append(got, v.Name+": "+v.Message)
		}
		if fmt.Sprint(got) != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
	check()
	other := o.DeepCopy()
	other.SetNamespace("shop")
	if err := p.AddData(t.Context(), o, other); err != nil {
		t.Fatal(err)
	}
	want = "[never: never unique: the same as shop/a]"
	check()
	if err := p.AddData(t.Context(), &unstructured.Unstructured{Object: map[string]any{"kind": "X"}}); err == nil {
		t.Error("an object without a version was added")
	}
}
