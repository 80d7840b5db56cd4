package compile_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/yaml"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/render/fluxsystem"
)

type object = map[string]any

// TestCustomResources holds every custom resource of the compiled trees to the
// schema of its CRD, as the API server would: types, formats, lists, the CRD's
// CEL rules, and unknown fields refused. Constraints, whose CRDs a controller
// makes at run time, are held to the schema of their template. What has no
// schema here is listed, and must be what nobody expects one for.
func TestCustomResources(t *testing.T) {
	t.Parallel()
	files := compileRepository(t)
	all := map[string][]object{}
	for _, name := range files.Paths() {
		data, _ := files.Get(name)
		all[name] = documents(t, name, data)
	}
	schemas := crdSchemas(t)
	addConstraints(t, schemas, all)
	unchecked := map[string]bool{}
	checked := map[string]int{}
	for name, docs := range all {
		for _, o := range docs {
			kind := fmt.Sprint(o["apiVersion"], " ", o["kind"])
			s := schemas[kind]
			if s == nil {
				unchecked[kind] = true
				continue
			}
			checked[kind]++
			for _, problem := range s.check(t.Context(), o) {
				t.Errorf("%s: %s: %s", name, kind, problem)
			}
		}
	}
	expected := []string{
		// Kubernetes' own.
		"apiextensions.k8s.io/v1 CustomResourceDefinition", "apps/v1 Deployment", "autoscaling/v2 HorizontalPodAutoscaler", "batch/v1 CronJob",
		"networking.k8s.io/v1 NetworkPolicy", "policy/v1 PodDisruptionBudget", "rbac.authorization.k8s.io/v1 ClusterRole",
		"rbac.authorization.k8s.io/v1 ClusterRoleBinding", "rbac.authorization.k8s.io/v1 Role", "rbac.authorization.k8s.io/v1 RoleBinding",
		"v1 ConfigMap", "v1 Namespace", "v1 ResourceQuota", "v1 Service", "v1 ServiceAccount",
		// What no cluster sees.
		"groundwork.dev/v1alpha1 Inventory", "kustomize.config.k8s.io/v1alpha1 Component", "kustomize.config.k8s.io/v1beta1 Kustomization",
	}
	slices.Sort(expected)
	if diff := cmp.Diff(expected, slices.Sorted(maps.Keys(unchecked))); diff != "" {
		t.Errorf("kinds without a schema (-expected +found):\n%s", diff)
	}
	t.Logf("checked: %v", checked)
}

// TestStrict holds the check itself to what it must find.
func TestStrict(t *testing.T) {
	t.Parallel()
	schemas := crdSchemas(t)
	const template = `apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8stest}
spec:
  crd: {spec: {names: {kind: K8sTest}, validation: {openAPIV3Schema: {type: object, properties: {prefixes: {type: array, items: {type: string}}}}}}}
`
	addConstraints(t, schemas, map[string][]object{"template.yaml": documents(t, "template.yaml", []byte(template))})
	const (
		kustomization = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\nspec: {interval: 10m, prune: true, sourceRef: {kind: GitRepository, name: a}}\n"
		release       = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\nspec: {interval: 10m, chartRef: {kind: OCIRepository, name: a}}\n"
		constraint    = "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sTest\nmetadata: {name: a}\nspec: {enforcementAction: warn, match: {kinds: [{apiGroups: [\"\"], kinds: [Pod]}]}, parameters: {prefixes: [a]}}\n"
	)
	for name, test := range map[string]struct {
		object, from, to string
		want             string
	}{
		"good":                  {kustomization, "", "", ""},
		"unknown field":         {kustomization, "prune: true", "prune: true, pruned: true", "spec.pruned: unknown field"},
		"wrong type":            {kustomization, "prune: true", "prune: 1", "spec.prune"},
		"missing field":         {kustomization, "prune: true, ", "", "spec.prune"},
		"bad pattern":           {kustomization, "10m", "10 minutes", "spec.interval"},
		"not in enum":           {kustomization, "kind: GitRepository", "kind: Repository", "spec.sourceRef.kind"},
		"good release":          {release, "", "", ""},
		"CEL rule":              {release, ", chartRef: {kind: OCIRepository, name: a}", "", "either chart or chartRef must be set"},
		"good constraint":       {constraint, "", "", ""},
		"constraint's field":    {constraint, "prefixes", "prefix", "spec.parameters.prefix: unknown field"},
		"constraint's type":     {constraint, "[a]", "a", "spec.parameters.prefixes"},
		"constraint's match":    {constraint, "kinds: [{", "kind: [{", "spec.match.kind: unknown field"},
		"constraint's action":   {constraint, "warn", "wran", "spec.enforcementAction"},
		"constraint's scope":    {constraint, "warn", "scoped, scopedEnforcementActions: [{action: deny, enforcementPoints: [{name: audit.gatekeeper.sh}]}]", ""},
		"constraint's point":    {constraint, "warn", "scoped, scopedEnforcementActions: [{action: deny, enforcementPoints: [{name: audit}]}]", "enforcementPoints[0].name"},
		"constraint's own spec": {constraint, "parameters", "parameter", "spec.parameter: unknown field"},
	} {
		o := documents(t, name, []byte(strings.Replace(test.object, test.from, test.to, 1)))[0]
		got := strings.Join(schemas[fmt.Sprint(o["apiVersion"], " ", o["kind"])].check(t.Context(), o), "\n")
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// resourceSchema is what the API server knows of one version of a custom
// resource.
type resourceSchema struct {
	structural *schema.Structural
	validator  validation.SchemaValidator
	rules      *cel.Validator // nil without CEL rules
}

// check returns what the API server would refuse or drop.
func (s *resourceSchema) check(ctx context.Context, o object) []string {
	var problems []string
	dropped := pruning.PruneWithOptions(o, s.structural, true, schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	for _, path := range dropped {
		problems = append(problems, path+": unknown field")
	}
	defaulting.Default(o, s.structural)
	errs := validation.ValidateCustomResource(nil, o, s.validator)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, s.structural, o)...)
	errs = append(errs, objectmeta.Validate(nil, o, s.structural, true)...)
	if len(errs) == 0 && s.rules != nil { // as the API server: rules see valid objects only
		errs, _ = s.rules.Validate(ctx, nil, s.structural, o, nil, celconfig.RuntimeCELCostBudget)
	}
	for _, err := range errs {
		problems = append(problems, err.Error())
	}
	return problems
}

// crdSchemas returns the schemas of Flux's CRDs and of all that the catalogue
// brings, by apiVersion and kind.
func crdSchemas(t *testing.T) map[string]*resourceSchema {
	t.Helper()
	schemas := map[string]*resourceSchema{}
	for _, o := range documents(t, "gotk-components.yaml", fluxsystem.Components()) {
		addCRD(t, schemas, o)
	}
	for _, o := range catalogCRDs(t) {
		addCRD(t, schemas, o)
	}
	return schemas
}

func catalogCRDs(t *testing.T) []object {
	t.Helper()
	c := components(t)
	var all []object
	for _, name := range c.Names() {
		component, _ := c.Component(name)
		definitions, err := component.CRDs()
		if err != nil {
			t.Fatal(err)
		}
		for crd, text := range definitions {
			all = append(all, documents(t, crd, text)...)
		}
	}
	return all
}

// addCRD adds the schema of each version that a CRD serves.
func addCRD(t *testing.T, schemas map[string]*resourceSchema, o object) {
	t.Helper()
	if o["kind"] != "CustomResourceDefinition" {
		return
	}
	var crd apiextensionsv1.CustomResourceDefinition
	convert(t, o, &crd)
	for _, version := range crd.Spec.Versions {
		if version.Served {
			key := crd.Spec.Group + "/" + version.Name + " " + crd.Spec.Names.Kind
			schemas[key] = newSchema(t, key, version.Schema.OpenAPIV3Schema)
		}
	}
}

func newSchema(t *testing.T, key string, v1 *apiextensionsv1.JSONSchemaProps) *resourceSchema {
	t.Helper()
	var props apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(v1, &props, nil); err != nil {
		t.Fatalf("reading the schema of %s: %v", key, err)
	}
	structural, err := schema.NewStructural(&props)
	if err != nil {
		t.Fatalf("reading the schema of %s: %v", key, err)
	}
	validator, _, err := validation.NewSchemaValidator(&props)
	if err != nil {
		t.Fatalf("compiling the schema of %s: %v", key, err)
	}
	return &resourceSchema{structural, validator, cel.NewValidator(structural, true, celconfig.PerCallLimit)}
}

// addConstraints adds the schema of each kind of constraint that a template
// among the objects makes, as Gatekeeper does: the template's schema for the
// parameters, its own for the rest. What a constraint matches is what a mutator
// matches, whose CRD the catalogue has.
func addConstraints(t *testing.T, schemas map[string]*resourceSchema, all map[string][]object) {
	t.Helper()
	match := mutatorMatch(t)
	for name, docs := range all {
		for _, o := range docs {
			if o["kind"] != "ConstraintTemplate" {
				continue
			}
			var template struct {
				Spec struct {
					CRD struct {
						Spec struct {
							Names      struct{ Kind string }
							Validation apiextensionsv1.CustomResourceValidation
						}
					}
				}
			}
			convert(t, o, &template)
			made := template.Spec.CRD.Spec
			if made.Names.Kind == "" {
				t.Fatalf("%s: the template names no kind", name)
			}
			properties := map[string]apiextensionsv1.JSONSchemaProps{
				"match": match, "enforcementAction": oneOf("deny", "warn", "dryrun", "scoped"),
				"scopedEnforcementActions": listOf(map[string]apiextensionsv1.JSONSchemaProps{
					"action": oneOf("deny", "warn", "dryrun"),
					"enforcementPoints": listOf(map[string]apiextensionsv1.JSONSchemaProps{
						"name": oneOf("validation.gatekeeper.sh", "audit.gatekeeper.sh", "gator.gatekeeper.sh", "*"),
					}),
				}),
			}
			if parameters := made.Validation.OpenAPIV3Schema; parameters != nil {
				properties["parameters"] = *parameters
			}
			key := "constraints.gatekeeper.sh/v1beta1 " + made.Names.Kind
			schemas[key] = newSchema(t, key, &apiextensionsv1.JSONSchemaProps{
				Type: "object", Properties: map[string]apiextensionsv1.JSONSchemaProps{"spec": {Type: "object", Properties: properties}},
			})
		}
	}
}

func oneOf(values ...string) apiextensionsv1.JSONSchemaProps {
	s := apiextensionsv1.JSONSchemaProps{Type: "string"}
	for _, v := range values {
		s.Enum = append(s.Enum, apiextensionsv1.JSON{Raw: []byte(strconv.Quote(v))})
	}
	return s
}

func listOf(properties map[string]apiextensionsv1.JSONSchemaProps) apiextensionsv1.JSONSchemaProps {
	return apiextensionsv1.JSONSchemaProps{Type: "array", Items: &apiextensionsv1.JSONSchemaPropsOrArray{
		Schema: &apiextensionsv1.JSONSchemaProps{Type: "object", Properties: properties},
	}}
}

// mutatorMatch is the schema of spec.match in the CRD of a mutator.
func mutatorMatch(t *testing.T) apiextensionsv1.JSONSchemaProps {
	t.Helper()
	for _, o := range catalogCRDs(t) {
		var crd apiextensionsv1.CustomResourceDefinition
		convert(t, o, &crd)
		if crd.Name == "assign.mutations.gatekeeper.sh" {
			return crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"].Properties["match"]
		}
	}
	t.Fatal("the catalogue has no CRD of a mutator")
	return apiextensionsv1.JSONSchemaProps{}
}

func convert(t *testing.T, from object, to any) {
	t.Helper()
	text, err := json.Marshal(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, to); err != nil {
		t.Fatal(err)
	}
}

// documents returns the objects of a YAML or JSON text, numbers as the API
// server reads them.
func documents(t *testing.T, name string, data []byte) []object {
	t.Helper()
	var docs []object
	decoder := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	for {
		doc, err := decoder.Read()
		if errors.Is(err, io.EOF) {
			return docs
		}
		if err != nil {
			t.Fatalf("reading %s: %v", name, err)
		}
		text, err := sigsyaml.YAMLToJSONStrict(doc)
		if err != nil {
			t.Fatalf("reading %s: %v", name, err)
		}
		var o object
		if err := utiljson.Unmarshal(text, &o); err != nil {
			t.Fatalf("reading %s: %v", name, err)
		}
		if o != nil {
			docs = append(docs, o)
		}
	}
}
