package apischema_test

import (
	"slices"
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

// edit is one change of an object's text, and what is said about the result:
// path, kind and a part of the message or hint. Nothing is expected of a good one.
type edit struct {
	from, to string
	path     string
	kind     apischema.Kind
	says     string
}

func TestBuiltIn(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]edit{
		"good":                 {},
		"wrong type":           {"replicas: 2", "replicas: two", "spec/replicas", apischema.WrongType, "expected numeric"},
		"number for text":      {"app.kubernetes.io/name: web", "app.kubernetes.io/name: 5", "metadata/labels/app.kubernetes.io/name", apischema.WrongType, "expected string, got 5"},
		"unknown field":        {"replicas: 2", "replicsa: 2", "spec/replicsa", apischema.UnknownField, `did you mean "replicas"?`},
		"unknown in a list":    {"image: web:1", "image: web:1\n          imagge: a", "spec/template/spec/containers/1/imagge", apischema.UnknownField, `did you mean "image"?`},
		"unknown metadata":     {"name: web,", "name: web, label: {a: b},", "metadata/label", apischema.UnknownField, `did you mean "labels"?`},
		"missing":              {"image: web:1", "tty: true", "spec/template/spec/containers/1/image", apischema.Required, "Required value"},
		"not a choice":         {"image: web:1", "image: web:1\n          imagePullPolicy: Sometimes", "spec/template/spec/containers/1/imagePullPolicy", apischema.Unsupported, `"Always", "IfNotPresent", "Never"`},
		"bad quantity":         {"cpu: 100m", "cpu: 100q", "spec/template/spec/containers/1/resources/requests/cpu", apischema.Invalid, "quantities must match"},
		"selector":             {"{labels: {app: web}}", "{labels: {app: wbe}}", "spec/template/metadata/labels", apischema.Invalid, "`selector` does not match template `labels`"},
		"port name twice":      {"name: metrics", "name: http", "spec/template/spec/containers/1/ports/1/name", apischema.Duplicate, `"http"`},
		"list key twice":       {"{name: B, value: b}", "{name: A, value: b}", "spec/template/spec/containers/1/env/1", apischema.Duplicate, `[name="A"]`},
		"list key by default":  {"containerPort: 81", "containerPort: 80", "spec/template/spec/containers/1/ports/1", apischema.Duplicate, `protocol="TCP"`},
		"list key missing":     {"{name: B, value: b}", "{value: b}", "spec/template/spec/containers/1/env/1/name", apischema.Required, "Required value"},
		"too large":            {"replicas: 2", "replicas: 99999999999", "spec/replicas", apischema.Invalid, "99999999999"},
		"a fraction":           {"replicas: 2", "replicas: 2.5", "spec/replicas", apischema.Invalid, "2.5"},
		"negative":             {"replicas: 2", "replicas: -2", "spec/replicas", apischema.Invalid, "must be greater than or equal to 0"},
		"bad name":             {"name: web, namespace: shop", "name: Web, namespace: shop", "metadata/name", apischema.Invalid, "RFC 1123"},
		"bad label":            {"app.kubernetes.io/name: web", "app.kubernetes.io/name: web$", "metadata/labels", apischema.Invalid, "valid label"},
		"no name":              {"name: web, namespace", "namespace", "metadata/name", apischema.Required, "name must be provided"},
		"no namespace":         {"name: web, namespace: shop", "name: web", "metadata/namespace", apischema.Required, "Required value"},
		"an identity":          {"name: web, namespace", "name: web, uid: a, namespace", "metadata/uid", apischema.Invalid, "uid mismatch"},
		"bad time":             {"name: web, namespace", "name: web, creationTimestamp: a, namespace", "metadata/creationTimestamp", apischema.Invalid, "parsing time"},
		"managed fields":       {"name: web, namespace", "name: web, managedFields: [], namespace", "metadata/managedFields", apischema.Invalid, "must be nil"},
		"removed version":      {"apps/v1", "apps/v1beta1", "apiVersion", apischema.UnknownKind, "it is served as apps/v1"},
		"moved group":          {"apps/v1", "extensions/v1beta1", "apiVersion", apischema.UnknownKind, "it is served as apps/v1"},
		"mistyped kind":        {"Deployment", "Deploymnet", "kind", apischema.UnknownKind, "did you mean apps/v1 Deployment?"},
		"mistyped group":       {"apps/v1", "app/v1", "apiVersion", apischema.UnknownKind, "it is served as apps/v1"},
		"no kind":              {"kind: Deployment", "", "kind", apischema.Required, "Required value"},
		"a time without harm":  {"name: web, namespace", "name: web, creationTimestamp: null, namespace", "", "", ""},
		"metadata of no kind":  {"metadata: {name: web, namespace: shop, labels: {app.kubernetes.io/name: web}}", "metadata: web", "metadata", apischema.WrongType, "expected map"},
		"a list for an object": {"spec:\n  replicas: 2", "spec: [2]\nx:", "spec", apischema.WrongType, "expected map"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e.holds(t, deployment)
		})
	}
}

const (
	kustomization = `
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: a, namespace: b}
spec: {interval: 10m, prune: true, sourceRef: {kind: GitRepository, name: a}, dependsOn: [{name: b}]}
`
	release = `
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: a, namespace: b}
spec: {interval: 10m, chartRef: {kind: OCIRepository, name: a}}
`
	issuer = `
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: {name: a}
spec: {selfSigned: {}}
`
)

func TestCustom(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		object string
		edit   edit
	}{
		"good":              {kustomization, edit{}},
		"good release":      {release, edit{}},
		"good issuer":       {issuer, edit{}},
		"wrong type":        {kustomization, edit{"prune: true", "prune: 1", "spec/prune", apischema.WrongType, "expected boolean, got 1"}},
		"unknown field":     {kustomization, edit{"prune: true", "prune: true, pruned: true", "spec/pruned", apischema.UnknownField, `did you mean "prune"?`}},
		"unknown in a list": {kustomization, edit{"[{name: b}]", "[{name: b, nmae: c}]", "spec/dependsOn/0/nmae", apischema.UnknownField, `did you mean "name"?`}},
		"unknown metadata":  {kustomization, edit{"name: a,", "name: a, lables: {},", "metadata/lables", apischema.UnknownField, `did you mean "labels"?`}},
		"unknown at the top": {
			kustomization, edit{"spec:", "specs: {}\nspec:", "specs", apischema.UnknownField, `did you mean "spec"?`},
		},
		"missing":         {kustomization, edit{"prune: true, ", "", "spec/prune", apischema.Required, "Required value"}},
		"pattern":         {kustomization, edit{"10m", "10 minutes", "spec/interval", apischema.Invalid, "should match"}},
		"not a choice":    {kustomization, edit{"kind: GitRepository", "kind: Repository", "spec/sourceRef/kind", apischema.Unsupported, `"GitRepository"`}},
		"rule":            {release, edit{", chartRef: {kind: OCIRepository, name: a}", "", "spec", apischema.Rule, "either chart or chartRef must be set"}},
		"null":            {kustomization, edit{"[{name: b}]", "[{name: null}]", "spec/dependsOn/0/name", apischema.WrongType, "null"}},
		"bad name":        {kustomization, edit{"name: a, namespace", "name: A_, namespace", "metadata/name", apischema.Invalid, "RFC 1123"}},
		"label's type":    {kustomization, edit{"name: a, namespace", "name: a, labels: {a: 5}, namespace", "metadata/labels/a", apischema.WrongType, "expected string"}},
		"bad time":        {kustomization, edit{"name: a, namespace", "name: a, creationTimestamp: x, namespace", "metadata/creationTimestamp", apischema.Invalid, "parsing time"}},
		"no namespace":    {kustomization, edit{"name: a, namespace: b", "name: a", "metadata/namespace", apischema.Required, "Required value"}},
		"a namespace":     {issuer, edit{"{name: a}", "{name: a, namespace: b}", "metadata/namespace", apischema.Scope, "lives in no namespace"}},
		"removed version": {kustomization, edit{"fluxcd.io/v1", "fluxcd.io/v1beta2", "apiVersion", apischema.UnknownKind, "it is served as kustomize.toolkit.fluxcd.io/v1"}},
		"mistyped kind":   {kustomization, edit{"kind: Kustomization", "kind: Kustomisation", "kind", apischema.UnknownKind, "did you mean kustomize.toolkit.fluxcd.io/v1 Kustomization?"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.edit.holds(t, test.object)
		})
	}
}

// TestOthers has one edit for each kind that was made by hand or differs from the
// rest.
func TestOthers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		object string
		edit   edit
	}{
		"removed API": {
			"apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a, namespace: b}",
			edit{"", "", "apiVersion", apischema.UnknownKind, "it is served as policy/v1"},
		},
		"service": {
			"apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: b}\nspec: {type: LoadBalancer, externalTrafficPolicy: Local, ports: [{port: 80}]}",
			edit{"port: 80", "port: 80000", "spec/ports/0/port", apischema.Invalid, "must be between 1 and 65535"},
		},
		"headless service": {
			"apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: b}\nspec: {clusterIP: None, ports: [{port: 80}]}",
			edit{},
		},
		"service account": {
			"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: b}",
			edit{"name: a", "name: a/b", "metadata/name", apischema.Invalid, ""},
		},
		"pod without an account": {
			"apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\n" +
				"spec: {containers: [{name: a, image: a}], volumes: [{name: a, projected: {sources: [{serviceAccountToken: {path: a}}]}}]}",
			edit{"image: a", "image: ' a'", "spec/containers/0/image", apischema.Invalid, "whitespace"},
		},
		"endpoints": {
			"apiVersion: v1\nkind: Endpoints\nmetadata: {name: a, namespace: b}\nsubsets: [{addresses: [{ip: 10.0.0.1}], ports: [{port: 80}]}]",
			edit{"10.0.0.1", "10.0.0.1000", "subsets/0/addresses/0/ip", apischema.Invalid, "must be a valid IP"},
		},
		"endpoint slice": {
			"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a, namespace: b}\naddressType: IPv4\nendpoints: []",
			edit{"IPv4", "IPv5", "addressType", apischema.Unsupported, "IPv4"},
		},
		"namespace": {
			"apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {pod-security.kubernetes.io/enforce: baseline}}",
			edit{"baseline", "base", "metadata/labels/pod-security.kubernetes.io/enforce", apischema.Invalid, "must be one of"},
		},
		"definition": {
			"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.example.com}\n" +
				"spec: {group: example.com, scope: Cluster, names: {kind: A, plural: as}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}",
			edit{"type: object", "type: thing", "spec/versions/0/schema/openAPIV3Schema/type", apischema.Unsupported, `"thing"`},
		},
		"aggregated API": {
			"apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: v1.a.example.com}\n" +
				"spec: {group: a.example.com, version: v1, groupPriorityMinimum: 100, versionPriority: 10, service: {name: a, namespace: b}, insecureSkipTLSVerify: true}",
			edit{"groupPriorityMinimum: 100", "groupPriorityMinimum: 0", "spec/groupPriorityMinimum", apischema.Invalid, "must be positive"},
		},
		"policy": {
			"apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: a}\n" +
				"spec: {matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], resources: [deployments], operations: [CREATE]}]}, validations: [{expression: object.spec.replicas <= 5}]}",
			edit{"<= 5", "<=", "spec/validations/0/expression", apischema.Invalid, "compilation failed"},
		},
		"claim of a device": {
			"apiVersion: resource.k8s.io/v1\nkind: ResourceClaim\nmetadata: {name: a, namespace: b}\nspec: {devices: {}}",
			edit{"devices", "device", "spec/device", apischema.UnknownField, `did you mean "devices"?`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.edit.from != "" {
				edit{}.holds(t, test.object)
			}
			test.edit.holds(t, test.object)
		})
	}
}

// holds checks that the edited object has the one fault, or none.
func (e edit) holds(t *testing.T, text string) {
	t.Helper()
	if e.from != "" && !strings.Contains(text, e.from) {
		t.Fatalf("nothing to edit: %q", e.from)
	}
	o := object(t, strings.Replace(text, e.from, e.to, 1))
	before := o.DeepCopy()
	faults, err := schemas(t).Check(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, o); diff != "" {
		t.Errorf("the object was changed (-before +after):\n%s", diff)
	}
	if e.kind == "" {
		if len(faults) > 0 {
			t.Errorf("faults %+v, want none", faults)
		}
		return
	}
	for _, f := range faults {
		if strings.Join(f.Path, "/") == e.path && f.Kind == e.kind && strings.Contains(f.Message+" "+f.Hint, e.says) {
			return
		}
	}
	t.Errorf("faults %+v, want %s of %s: %s", faults, e.kind, e.path, e.says)
}

// TestEverythingAtOnce has unknown fields not hide what else is wrong.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("replicas: 2", "replicsa: 2\n  pausd: true", "image: web:1", "imagge: web:1", "{name: side, ", "{name: Side, ").Replace(deployment)
	faults, err := schemas(t).Check(t.Context(), object(t, text))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range faults {
		got = append(got, string(f.Kind)+" "+strings.Join(f.Path, "/"))
	}
	slices.Sort(got)
	want := []string{
		"invalid spec/template/spec/containers/0/name", "required spec/template/spec/containers/1/image",
		"unknown field spec/pausd", "unknown field spec/replicsa", "unknown field spec/template/spec/containers/1/imagge",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestNamespaced(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]bool{
		"apps/v1 Deployment": {true, true},
		"v1 Namespace":       {false, true},
		"kustomize.toolkit.fluxcd.io/v1 Kustomization":     {true, true},
		"cert-manager.io/v1 ClusterIssuer":                 {false, true},
		"apiextensions.k8s.io/v1 CustomResourceDefinition": {false, true},
		"apps/v1 Deploymnet":                               {false, false},
	} {
		version, kind, _ := strings.Cut(text, " ")
		namespaced, known := schemas(t).Namespaced(schema.FromAPIVersionAndKind(version, kind))
		if got := [2]bool{namespaced, known}; got != want {
			t.Errorf("%s: namespaced, known %v, want %v", text, got, want)
		}
	}
}

// TestConcurrent has many check the first objects of many kinds at once; the race
// detector looks on where there is one.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load(catalog.BuiltinLayer())
	if err != nil {
		t.Fatal(err)
	}
	definitions, err := apischema.Definitions(c)
	if err != nil {
		t.Fatal(err)
	}
	s, err := apischema.New(definitions)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		for _, text := range []string{deployment, kustomization, release, issuer} {
			all.Go(func() {
				if faults, err := s.Check(t.Context(), object(t, text)); err != nil || len(faults) > 0 {
					t.Error(faults, err)
				}
			})
		}
	}
	all.Wait()
}

func TestBadDefinition(t *testing.T) {
	t.Parallel()
	const definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.example.com}\n" +
		"spec: {group: example.com, scope: Cluster, names: {kind: A, plural: as}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, items: {type: string}}}}]}"
	if _, err := apischema.New([]*unstructured.Unstructured{object(t, strings.Replace(definition, "kind: A, ", "", 1))}); err == nil || !strings.Contains(err.Error(), "as.example.com") {
		t.Errorf("error %v for a definition of no kind, want one that names it", err)
	}
	s, err := apischema.New([]*unstructured.Unstructured{object(t, strings.Replace(definition, "{openAPIV3Schema", "{x", 1))})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Check(t.Context(), object(t, "apiVersion: example.com/v1\nkind: A\nmetadata: {name: a}"))
	if err == nil || !strings.Contains(err.Error(), "example.com/v1, Kind=A") {
		t.Errorf("error %v for a definition without a schema, want one that names the kind", err)
	}
}
