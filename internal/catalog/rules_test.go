package catalog_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/ext"
	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/catalog"
)

// template is a ConstraintTemplate as far as CEL goes.
type template struct {
	Kind     string `yaml:"kind"`
	Metadata struct {
		Name string `yaml:"name"`
	} `yaml:"metadata"`
	Spec struct {
		CRD struct {
			Spec struct {
				Names struct {
					Kind string `yaml:"kind"`
				} `yaml:"names"`
			} `yaml:"spec"`
		} `yaml:"crd"`
		Targets []struct {
			Code []struct {
				Engine string `yaml:"engine"`
				Source struct {
					Variables []struct {
						Name       string `yaml:"name"`
						Expression string `yaml:"expression"`
					} `yaml:"variables"`
					Validations []struct {
						Expression        string `yaml:"expression"`
						MessageExpression string `yaml:"messageExpression"`
					} `yaml:"validations"`
				} `yaml:"source"`
			} `yaml:"code"`
		} `yaml:"targets"`
	} `yaml:"spec"`
}

func loadBuiltin(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load(catalog.BuiltinLayer())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func builtin(t *testing.T, name string) *catalog.Component {
	t.Helper()
	c := loadBuiltin(t)
	comp, ok := c.Component(name)
	if !ok {
		t.Fatalf("there is no component %s", name)
	}
	return comp
}

// evaluate runs a rule the way the API server's CEL does and returns the
// message of what it refuses, "" when it lets the object pass.
func evaluate(t *testing.T, rule template, object, params map[string]any) string {
	t.Helper()
	env, err := cel.NewEnv(ext.Strings(), cel.Variable("variables", cel.MapType(cel.StringType, cel.DynType)))
	if err != nil {
		t.Fatal(err)
	}
	variables := map[string]any{"anyObject": object, "params": params}
	run := func(expression string) any {
		ast, issues := env.Compile(expression)
		if issues.Err() != nil {
			t.Fatalf("compiling %s: %v", expression, issues.Err())
		}
		program, err := env.Program(ast)
		if err != nil {
			t.Fatal(err)
		}
		out, _, err := program.Eval(map[string]any{"variables": variables})
		if err != nil {
			t.Fatalf("evaluating %s: %v", expression, err)
		}
		if out.Type() == types.BoolType || out.Type() == types.StringType {
			return out.Value()
		}
		return out
	}
	source := rule.Spec.Targets[0].Code[0].Source
	for _, v := range source.Variables {
		variables[v.Name] = run(v.Expression)
	}
	for _, v := range source.Validations {
		if run(v.Expression) != true {
			message, _ := run(v.MessageExpression).(string)
			return message
		}
	}
	return ""
}

const (
	good = `{name: a, image: "ghcr.io/acme/a:1.0.0", resources: {requests: {cpu: 1, memory: 1Mi}, limits: {memory: 1Mi}}}`
	bare = `{name: b, image: nginx}`
	root = `{name: c, image: "quay.io/x/y@sha256:0000000000000000000000000000000000000000000000000000000000000000", securityContext: {privileged: true}}`
)

func TestRules(t *testing.T) {
	t.Parallel()
	rules := map[string]template{}
	for _, m := range builtin(t, "gatekeeper").Stages[0].Manifests {
		var rule template
		if err := m.Decode(&rule); err != nil {
			t.Fatal(err)
		}
		if rule.Kind != "ConstraintTemplate" {
			continue
		}
		if want := strings.ToLower(rule.Spec.CRD.Spec.Names.Kind); rule.Metadata.Name != want {
			t.Errorf("%s: a template's name is its kind in small letters, %s", m.File, want)
		}
		rules[rule.Spec.CRD.Spec.Names.Kind] = rule
	}
	registries := map[string]any{"registries": []any{"ghcr.io/", "docker.io/grafana/"}, "accountRegistry": "1.dkr.ecr.eu-central-1.amazonaws.com/"}
	resources := map[string]any{"requests": []any{"cpu", "memory"}, "limits": []any{"memory"}}
	probes := map[string]any{"probes": []any{"readinessProbe"}}
	labels := map[string]any{"labels": []any{"app.kubernetes.io/name"}}
	minimum := map[string]any{"minimum": 2}
	tests := map[string]struct {
		rule   string
		params map[string]any
		object string
		want   string
	}{
		"allowed registry":       {"AllowedRegistries", registries, pod(good), ""},
		"the account's registry": {"AllowedRegistries", registries, pod(`{name: a, image: "1.dkr.ecr.eu-central-1.amazonaws.com/a:1"}`), ""},
		"docker.io by default":   {"AllowedRegistries", registries, pod(`{name: a, image: "grafana/grafana:1"}`), ""},
		"another registry":       {"AllowedRegistries", registries, pod(bare), "images are not from an allowed registry: b (nginx)"},
		"a registry alike":       {"AllowedRegistries", registries, pod(`{name: a, image: "ghcr.io.evil.com/a:1"}`), "images are not from an allowed registry: a (ghcr.io.evil.com/a:1)"},
		"an init container":      {"AllowedRegistries", registries, "{kind: Pod, spec: {containers: [" + good + "], initContainers: [" + bare + "]}}", "images are not from an allowed registry: b (nginx)"},
		"an ephemeral container": {"NoPrivilegedContainers", nil, "{kind: Pod, spec: {containers: [" + good + "], ephemeralContainers: [" + root + "]}}", "privileged containers are not allowed: c"},
		"a tag":                  {"PinnedImages", nil, pod(good), ""},
		"a digest":               {"PinnedImages", nil, pod(root), ""},
		"no tag":                 {"PinnedImages", nil, pod(bare), "images need a tag other than latest, or a digest: b (nginx)"},
		"no tag, a port":         {"PinnedImages", nil, pod(`{name: a, image: "host:5000/a"}`), "images need a tag other than latest, or a digest: a (host:5000/a)"},
		"latest":                 {"PinnedImages", nil, pod(`{name: a, image: "a:latest"}`), "images need a tag other than latest, or a digest: a (a:latest)"},
		"resources":              {"RequiredResources", resources, pod(good), ""},
		"no resources":           {"RequiredResources", resources, pod(bare), "containers must request cpu, memory and limit memory: b"},
		"no limit":               {"RequiredResources", resources, pod(`{name: a, resources: {requests: {cpu: 1, memory: 1}}}`), "containers must request cpu, memory and limit memory: a"},
		"not privileged":         {"NoPrivilegedContainers", nil, pod(good), ""},
		"privileged":             {"NoPrivilegedContainers", nil, pod(root), "privileged containers are not allowed: c"},
		"a Deployment":           {"NoPrivilegedContainers", nil, "{kind: Deployment, spec: {template: {spec: {containers: [" + root + "]}}}}", "privileged containers are not allowed: c"},
		"the node's network":     {"NoHostNamespaces", nil, "{kind: Pod, spec: {hostNetwork: true, hostPID: false, hostIPC: true, containers: []}}", "pods may not share their node: hostNetwork, hostIPC"},
		"a network of its own":   {"NoHostNamespaces", nil, "{kind: DaemonSet, spec: {template: {spec: {hostNetwork: false}}}}", ""},
		"a probe":                {"RequiredProbes", probes, deployment("{name: a, readinessProbe: {}}", ""), ""},
		"no probe":               {"RequiredProbes", probes, deployment("{name: a, livenessProbe: {}}", ""), "containers must have readinessProbe: a"},
		"a label":                {"RequiredLabels", labels, deployment("", "labels: {app.kubernetes.io/name: a}"), ""},
		"no label":               {"RequiredLabels", labels, deployment("", ""), "the object and its pods must have the labels app.kubernetes.io/name"},
		"enough replicas":        {"MinimumReplicas", minimum, "{kind: Deployment, metadata: {}, spec: {replicas: 2}}", ""},
		"too few replicas":       {"MinimumReplicas", minimum, "{kind: Deployment, metadata: {labels: {}}, spec: {replicas: 1}}", "there must be at least 2 replicas, not 1"},
		"scaled to nothing":      {"MinimumReplicas", minimum, "{kind: StatefulSet, metadata: {}, spec: {replicas: 0}}", ""},
		"replicas left out":      {"MinimumReplicas", minimum, "{kind: Deployment, metadata: {}, spec: {}}", "there must be at least 2 replicas, not 1"},
		"an autoscaler decides":  {"MinimumReplicas", minimum, "{kind: Deployment, metadata: {labels: {groundwork.dev/autoscaled: 'true'}}, spec: {replicas: 1}}", ""},
		"an autoscaler":          {"MinimumReplicas", minimum, "{kind: HorizontalPodAutoscaler, metadata: {}, spec: {minReplicas: 2}}", ""},
		"a low autoscaler":       {"MinimumReplicas", minimum, "{kind: HorizontalPodAutoscaler, metadata: {labels: {groundwork.dev/autoscaled: 'true'}}, spec: {maxReplicas: 9}}", "there must be at least 2 replicas, not 1"},
		"a budget":               {"DrainableBudgets", nil, "{kind: PodDisruptionBudget, spec: {maxUnavailable: 1}}", ""},
		"a budget by half":       {"DrainableBudgets", nil, "{kind: PodDisruptionBudget, spec: {minAvailable: 50%}}", ""},
		"a closed budget":        {"DrainableBudgets", nil, "{kind: PodDisruptionBudget, spec: {maxUnavailable: 0}}", "the budget lets no pod go: nodes could not be drained"},
		"a budget of all":        {"DrainableBudgets", nil, "{kind: PodDisruptionBudget, spec: {minAvailable: 100%}}", "the budget lets no pod go: nodes could not be drained"},
		"a CronJob":              {"NoPrivilegedContainers", nil, "{kind: CronJob, spec: {jobTemplate: {spec: {template: {spec: {containers: [" + root + "]}}}}}}", "privileged containers are not allowed: c"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rule, ok := rules[test.rule]
			if !ok {
				t.Fatalf("there is no rule %s", test.rule)
			}
			var object map[string]any
			if err := yaml.Unmarshal([]byte(test.object), &object); err != nil {
				t.Fatal(err)
			}
			if got := evaluate(t, rule, object, test.params); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func pod(container string) string { return "{kind: Pod, spec: {containers: [" + container + "]}}" }

// deployment is one with a container, and metadata for it and its pods.
func deployment(container, metadata string) string {
	return "{kind: Deployment, metadata: {" + metadata + "}, spec: {template: {metadata: {" + metadata + "}, spec: {containers: [" + container + "]}}}}"
}

// The platform's own images are among those that a cluster lets in.
func TestThePlatformsImagesAreAllowed(t *testing.T) {
	t.Parallel()
	allowed, ok := builtin(t, "gatekeeper").Spec.Parameters["allowedRegistries"].Default.([]any)
	if !ok {
		t.Fatal("allowedRegistries has no default")
	}
	c := loadBuiltin(t)
	images := 0
	for _, name := range c.Names() {
		comp, _ := c.Component(name)
		for _, w := range comp.Workloads {
			for _, image := range w.Images {
				images++
				if host, _, _ := strings.Cut(image, "/"); !strings.ContainsAny(host, ".:") {
					image = "docker.io/" + image
				}
				if !slices.ContainsFunc(allowed, func(r any) bool { return strings.HasPrefix(image, r.(string)) }) {
					t.Errorf("%s: %s comes from none of the allowed registries", name, image)
				}
			}
		}
	}
	if images < 20 {
		t.Errorf("%d images were compared", images)
	}
}

// Every constraint is of a kind that a template of the stage before makes.
func TestConstraintsHaveTemplates(t *testing.T) {
	t.Parallel()
	stages := builtin(t, "gatekeeper").Stages
	if len(stages) != 2 || stages[0].Name != "templates" || stages[1].Name != "constraints" {
		t.Fatalf("stages: %+v", stages)
	}
	kinds := map[string]bool{}
	for _, m := range stages[0].Manifests {
		var rule template
		if err := m.Decode(&rule); err != nil {
			t.Fatal(err)
		}
		if rule.Kind != "ConstraintTemplate" {
			continue
		}
		kinds[rule.Spec.CRD.Spec.Names.Kind] = false
	}
	for _, m := range stages[1].Manifests {
		var constraint struct {
			Kind string `yaml:"kind"`
		}
		if err := m.Decode(&constraint); err != nil {
			t.Fatal(err)
		}
		if _, ok := kinds[constraint.Kind]; !ok {
			t.Errorf("%s: no template makes the kind %s", m.File, constraint.Kind)
		}
		kinds[constraint.Kind] = true
	}
	for kind, used := range kinds {
		if !used {
			t.Errorf("no constraint uses %s", kind)
		}
	}
}

// The webhook is asked about every kind that a constraint looks at.
func TestWebhookSeesWhatTheRulesLookAt(t *testing.T) {
	t.Parallel()
	comp := builtin(t, "gatekeeper")
	var values struct {
		Rules []struct {
			Groups    []string `yaml:"apiGroups"`
			Resources []string `yaml:"resources"`
		} `yaml:"validatingWebhookCustomRules"`
	}
	if err := comp.Values(true).Root().Decode(&values); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, rule := range values.Rules {
		for _, group := range rule.Groups {
			for _, resource := range rule.Resources {
				seen[group+"/"+resource] = true
			}
		}
	}
	for _, m := range comp.Stages[1].Manifests {
		var constraint struct {
			Spec struct {
				Match struct {
					Kinds []struct {
						Groups []string `yaml:"apiGroups"`
						Kinds  []string `yaml:"kinds"`
					} `yaml:"kinds"`
				} `yaml:"match"`
			} `yaml:"spec"`
		}
		if err := m.Decode(&constraint); err != nil {
			t.Fatal(err)
		}
		for _, match := range constraint.Spec.Match.Kinds {
			for _, kind := range match.Kinds {
				if resource := match.Groups[0] + "/" + strings.ToLower(kind) + "s"; !seen[resource] {
					t.Errorf("%s looks at %s, which the webhook is not asked about", m.File, resource)
				}
			}
		}
	}
}

// A README tells of every parameter.
func TestReadmeTellsOfParameters(t *testing.T) {
	t.Parallel()
	c := loadBuiltin(t)
	for _, name := range c.Names() {
		comp := builtin(t, name)
		readme, err := fs.ReadFile(comp.Folder, "README.md")
		if err != nil {
			t.Fatal(err)
		}
		for parameter, p := range comp.Parameters {
			if !strings.Contains(string(readme), "`"+parameter+"`") {
				t.Errorf("the README of %s does not tell of the parameter %s", name, parameter)
			}
			if p.Description == "" {
				t.Errorf("the parameter %s of %s has no description", parameter, name)
			}
		}
	}
}
