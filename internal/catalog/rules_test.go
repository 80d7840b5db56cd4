package catalog_test

import (
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/catalog/reference"
	"github.com/groundwork-dev/groundwork/internal/policy"
)

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

// account is what the rules' references to AWS stand for in these tests.
const account = "1"

// rules returns the templates and the constraints, these as an ha cluster of
// defaults has them.
func rules(t *testing.T) (templates, constraints []*unstructured.Unstructured) {
	t.Helper()
	comp := builtin(t, "gatekeeper")
	lookup := func(name string) *yaml.Node {
		var value any
		switch root, rest, _ := strings.Cut(name, "."); {
		case name == "aws.accountID":
			value = account
		case name == "aws.region":
			value = "eu-central-1"
		case root == "parameters":
			parameter := comp.Spec.Parameters[rest]
			if value = parameter.DefaultHA; value == nil {
				value = parameter.Default
			}
		}
		node, err := reference.Node(value)
		if err != nil || value == nil {
			t.Errorf("nothing for %s: %v", name, err)
		}
		return node
	}
	for _, stage := range comp.Stages {
		for _, m := range stage.Manifests {
			text := m.Text
			if m.Doc != nil {
				var err error
				if text, err = yaml.Marshal(m.Doc.Resolve(lookup)); err != nil {
					t.Fatal(err)
				}
			}
			switch o := object(t, string(text)); {
			case m.Kind == "ConstraintTemplate":
				templates = append(templates, o)
			case strings.HasPrefix(m.APIVersion, "constraints.gatekeeper.sh/"):
				constraints = append(constraints, o)
			}
		}
	}
	return templates, constraints
}

// policies are all the rules.
func policies(t *testing.T) *policy.Policies {
	t.Helper()
	templates, constraints := rules(t)
	p, faults, err := policy.New(t.Context(), templates, constraints)
	if err != nil || len(faults) > 0 {
		t.Fatal(err, faults)
	}
	return p
}

// object reads YAML. Left out may be the API version of the kinds here, and a
// name and a namespace.
func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	data, err := sigsyaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	o := &unstructured.Unstructured{}
	if err := o.UnmarshalJSON(data); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if o.GetAPIVersion() == "" {
		o.SetAPIVersion(map[string]string{
			"Pod": "v1", "Deployment": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "CronJob": "batch/v1",
			"HorizontalPodAutoscaler": "autoscaling/v2", "PodDisruptionBudget": "policy/v1",
		}[o.GetKind()])
		o.SetName("a")
		o.SetNamespace("web")
	}
	return o
}

// broken returns what an object in a namespace of the given labels says to break
// of the rules of a kind.
func broken(t *testing.T, p *policy.Policies, o *unstructured.Unstructured, rule, namespace string) []policy.Violation {
	t.Helper()
	in := object(t, "{apiVersion: v1, kind: Namespace, metadata: {name: "+o.GetNamespace()+", labels: {"+namespace+"}}}")
	all, err := p.Review(t.Context(), o, in)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(v policy.Violation) bool { return v.Kind != rule })
}

const (
	good = `{name: a, image: "ghcr.io/acme/a:1.0.0", resources: {requests: {cpu: 1, memory: 1Mi}, limits: {memory: 1Mi}}}`
	bare = `{name: b, image: nginx}`
	root = `{name: c, image: "quay.io/x/y@sha256:0000000000000000000000000000000000000000000000000000000000000000", securityContext: {privileged: true}}`
)

func TestRules(t *testing.T) {
	t.Parallel()
	p := policies(t)
	tests := map[string]struct {
		rule   string
		object string
		want   string
	}{
		"allowed registry":       {"AllowedRegistries", pod(good), ""},
		"the account's registry": {"AllowedRegistries", pod(`{name: a, image: "` + account + `.dkr.ecr.eu-central-1.amazonaws.com/a:1"}`), ""},
		"docker.io by default":   {"AllowedRegistries", pod(`{name: a, image: "grafana/grafana:1"}`), ""},
		"another registry":       {"AllowedRegistries", pod(bare), "images are not from an allowed registry: b (nginx)"},
		"a registry alike":       {"AllowedRegistries", pod(`{name: a, image: "ghcr.io.evil.com/a:1"}`), "images are not from an allowed registry: a (ghcr.io.evil.com/a:1)"},
		"an init container":      {"AllowedRegistries", "{kind: Pod, spec: {containers: [" + good + "], initContainers: [" + bare + "]}}", "images are not from an allowed registry: b (nginx)"},
		"an ephemeral container": {"NoPrivilegedContainers", "{kind: Pod, spec: {containers: [" + good + "], ephemeralContainers: [" + root + "]}}", "privileged containers are not allowed: c"},
		"a tag":                  {"PinnedImages", pod(good), ""},
		"a digest":               {"PinnedImages", pod(root), ""},
		"no tag":                 {"PinnedImages", pod(bare), "images need a tag other than latest, or a digest: b (nginx)"},
		"no tag, a port":         {"PinnedImages", pod(`{name: a, image: "host:5000/a"}`), "images need a tag other than latest, or a digest: a (host:5000/a)"},
		"latest":                 {"PinnedImages", pod(`{name: a, image: "a:latest"}`), "images need a tag other than latest, or a digest: a (a:latest)"},
		"resources":              {"RequiredResources", pod(good), ""},
		"no resources":           {"RequiredResources", pod(bare), "containers must request cpu, memory and limit memory: b"},
		"no limit":               {"RequiredResources", pod(`{name: a, resources: {requests: {cpu: 1, memory: 1}}}`), "containers must request cpu, memory and limit memory: a"},
		"not privileged":         {"NoPrivilegedContainers", pod(good), ""},
		"privileged":             {"NoPrivilegedContainers", pod(root), "privileged containers are not allowed: c"},
		"a Deployment":           {"NoPrivilegedContainers", "{kind: Deployment, spec: {template: {spec: {containers: [" + root + "]}}}}", "privileged containers are not allowed: c"},
		"the node's network":     {"NoHostNamespaces", "{kind: Pod, spec: {hostNetwork: true, hostPID: false, hostIPC: true, containers: []}}", "pods may not share their node: hostNetwork, hostIPC"},
		"a network of its own":   {"NoHostNamespaces", "{kind: DaemonSet, spec: {template: {spec: {hostNetwork: false}}}}", ""},
		"a probe":                {"RequiredProbes", deployment("{name: a, readinessProbe: {}}", ""), ""},
		"no probe":               {"RequiredProbes", deployment("{name: a, livenessProbe: {}}", ""), "containers must have readinessProbe: a"},
		"a label":                {"RequiredLabels", deployment("", "labels: {app.kubernetes.io/name: a}"), ""},
		"no label":               {"RequiredLabels", deployment("", ""), "the object and its pods must have the labels app.kubernetes.io/name"},
		"enough replicas":        {"MinimumReplicas", "{kind: Deployment, metadata: {}, spec: {replicas: 2}}", ""},
		"too few replicas":       {"MinimumReplicas", "{kind: Deployment, metadata: {labels: {}}, spec: {replicas: 1}}", "there must be at least 2 replicas, not 1"},
		"scaled to nothing":      {"MinimumReplicas", "{kind: StatefulSet, metadata: {}, spec: {replicas: 0}}", ""},
		"replicas left out":      {"MinimumReplicas", "{kind: Deployment, metadata: {}, spec: {}}", "there must be at least 2 replicas, not 1"},
		"an autoscaler decides":  {"MinimumReplicas", "{kind: Deployment, metadata: {labels: {groundwork.dev/autoscaled: 'true'}}, spec: {replicas: 1}}", ""},
		"an autoscaler":          {"MinimumReplicas", "{kind: HorizontalPodAutoscaler, metadata: {}, spec: {minReplicas: 2}}", ""},
		"a low autoscaler":       {"MinimumReplicas", "{kind: HorizontalPodAutoscaler, metadata: {labels: {groundwork.dev/autoscaled: 'true'}}, spec: {maxReplicas: 9}}", "there must be at least 2 replicas, not 1"},
		"a budget":               {"DrainableBudgets", "{kind: PodDisruptionBudget, spec: {maxUnavailable: 1}}", ""},
		"a budget by half":       {"DrainableBudgets", "{kind: PodDisruptionBudget, spec: {minAvailable: 50%}}", ""},
		"a closed budget":        {"DrainableBudgets", "{kind: PodDisruptionBudget, spec: {maxUnavailable: 0}}", "the budget lets no pod go: nodes could not be drained"},
		"a budget of all":        {"DrainableBudgets", "{kind: PodDisruptionBudget, spec: {minAvailable: 100%}}", "the budget lets no pod go: nodes could not be drained"},
		"a CronJob":              {"NoPrivilegedContainers", "{kind: CronJob, spec: {jobTemplate: {spec: {template: {spec: {containers: [" + root + "]}}}}}}", "privileged containers are not allowed: c"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := broken(t, p, object(t, test.object), test.rule, "")
			switch {
			case test.want == "" && len(got) == 0:
			case len(got) != 1 || got[0].Message != test.want || !got[0].Refused():
				t.Errorf("got %+v, want %q", got, test.want)
			}
		})
	}
}

// The rules look away where they say that they do.
func TestRulesHaveTheirPlaces(t *testing.T) {
	t.Parallel()
	p := policies(t)
	for name, test := range map[string]struct {
		rule, namespace, labels string
		want                    bool
	}{
		"an app":                    {"NoPrivilegedContainers", "web", "groundwork.dev/tier: app", true},
		"without a tier":            {"NoPrivilegedContainers", "web", "", true},
		"the platform":              {"NoPrivilegedContainers", "monitoring", "groundwork.dev/tier: platform", false},
		"the platform's registries": {"AllowedRegistries", "monitoring", "groundwork.dev/tier: platform", true},
		"an exempt namespace":       {"AllowedRegistries", "kube-system", "", false},
		"budgets of the platform":   {"RequiredBudgets", "monitoring", "groundwork.dev/tier: platform", false},
		"budgets of an app":         {"RequiredBudgets", "web", "groundwork.dev/tier: app", true},
	} {
		o := object(t, `{kind: Deployment, spec: {replicas: 3, template: {spec: {containers: [{name: a, image: "evil.com/a", securityContext: {privileged: true}}]}}}}`)
		o.SetNamespace(test.namespace)
		if got := broken(t, p, o, test.rule, test.labels); len(got) == 0 == test.want {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// TestRequiredBudgets has budgets in the namespace that an app is in and in
// another; the audit alone asks for one.
func TestRequiredBudgets(t *testing.T) {
	t.Parallel()
	const message = "no disruption budget looks after the pods: a drained node could take all of them at once"
	several := func(labels string) string {
		return "{kind: Deployment, spec: {replicas: 2, template: {metadata: {labels: {" + labels + "}}, spec: {}}}}"
	}
	templates, constraints := rules(t)
	of := func(o *unstructured.Unstructured) bool {
		return !strings.EqualFold(o.GetKind(), "requiredbudgets") && o.GetName() != "requiredbudgets"
	}
	templates, constraints = slices.DeleteFunc(templates, of), slices.DeleteFunc(constraints, of)
	for name, test := range map[string]struct {
		object, budget string
		bad            bool
	}{
		"none":                   {several("app: a"), "", true},
		"by label":               {several("app: a, tier: web"), "{matchLabels: {app: a}}", false},
		"by labels":              {several("app: a"), "{matchLabels: {app: a, tier: web}}", true},
		"another's":              {several("app: a"), "{matchLabels: {app: b}}", true},
		"no labels":              {"{kind: Deployment, spec: {replicas: 2, template: {spec: {}}}}", "{matchLabels: {app: a}}", true},
		"of all":                 {several("app: a"), "{}", false},
		"of all, no labels":      {"{kind: Deployment, spec: {replicas: 2, template: {spec: {}}}}", "{}", false},
		"of none":                {several("app: a"), "null", true},
		"In":                     {several("app: a"), "{matchExpressions: [{key: app, operator: In, values: [b, a]}]}", false},
		"not In":                 {several("app: a"), "{matchExpressions: [{key: app, operator: In, values: [b]}]}", true},
		"In without the label":   {several(""), "{matchExpressions: [{key: app, operator: In, values: [b]}]}", true},
		"NotIn":                  {several("app: a"), "{matchExpressions: [{key: app, operator: NotIn, values: [b]}]}", false},
		"not NotIn":              {several("app: a"), "{matchExpressions: [{key: app, operator: NotIn, values: [b, a]}]}", true},
		"NotIn, no label":        {several(""), "{matchExpressions: [{key: app, operator: NotIn, values: [b]}]}", false},
		"Exists":                 {several("app: ''"), "{matchExpressions: [{key: app, operator: Exists}]}", false},
		"not Exists":             {several("b: a"), "{matchExpressions: [{key: app, operator: Exists}]}", true},
		"DoesNotExist":           {several("b: a"), "{matchExpressions: [{key: app, operator: DoesNotExist}]}", false},
		"not DoesNotExist":       {several("app: ''"), "{matchExpressions: [{key: app, operator: DoesNotExist}]}", true},
		"both":                   {several("app: a"), "{matchLabels: {app: a}, matchExpressions: [{key: tier, operator: Exists}]}", true},
		"one pod":                {"{kind: Deployment, spec: {replicas: 1, template: {spec: {}}}}", "", false},
		"one pod by default":     {"{kind: Deployment, spec: {template: {spec: {}}}}", "", false},
		"an autoscaler":          {"{kind: Deployment, metadata: {labels: {groundwork.dev/autoscaled: 'true'}}, spec: {template: {spec: {}}}}", "", true},
		"an autoscaler's budget": {"{kind: Deployment, metadata: {labels: {groundwork.dev/autoscaled: 'true'}}, spec: {template: {metadata: {labels: {app: a}}, spec: {}}}}", "{matchLabels: {app: a}}", false},
		"a StatefulSet":          {"{kind: StatefulSet, spec: {replicas: 3, template: {spec: {}}}}", "", true},
		"a DaemonSet":            {"{kind: DaemonSet, spec: {template: {spec: {}}}}", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, faults, err := policy.New(t.Context(), templates, constraints)
			if err != nil || len(faults) > 0 {
				t.Fatal(err, faults)
			}
			elsewhere := object(t, "{kind: PodDisruptionBudget, spec: {selector: {}}}")
			elsewhere.SetNamespace("shop")
			known := []*unstructured.Unstructured{elsewhere}
			if test.budget != "" {
				known = append(known, object(t, "{kind: PodDisruptionBudget, spec: {maxUnavailable: 1, selector: "+test.budget+"}}"))
			}
			if err := p.AddData(t.Context(), known...); err != nil {
				t.Fatal(err)
			}
			got := broken(t, p, object(t, test.object), "RequiredBudgets", "")
			if len(got) == 0 == test.bad {
				t.Errorf("got %+v", got)
			}
			for _, v := range got {
				if v.Message != message || len(v.Admission) > 0 || !slices.Equal(v.Audit, []string{"deny"}) {
					t.Errorf("got %+v", v)
				}
			}
		})
	}
}

// Rules that look others up need Gatekeeper to know those: each kind that a
// template says it reads is in the SyncSet, and no other.
func TestRulesKnowWhatTheyLookUp(t *testing.T) {
	t.Parallel()
	var needed, synced []string
	for _, m := range builtin(t, "gatekeeper").Stages[0].Manifests {
		var o struct {
			Metadata struct {
				Annotations map[string]string `yaml:"annotations"`
			} `yaml:"metadata"`
			Spec struct {
				GVKs []struct{ Group, Version, Kind string } `yaml:"gvks"`
			} `yaml:"spec"`
		}
		if err := m.Decode(&o); err != nil {
			t.Fatal(err)
		}
		for _, k := range o.Spec.GVKs {
			synced = append(synced, k.Group+"/"+k.Version+" "+k.Kind)
		}
		says := o.Metadata.Annotations["metadata.gatekeeper.sh/requires-sync-data"]
		if looks := strings.Contains(string(m.Text), "data.inventory"); looks != (says != "") {
			t.Errorf("%s: looks objects up: %t; says which: %q", m.File, looks, says)
		}
		if says == "" {
			continue
		}
		var groups [][]struct{ Groups, Versions, Kinds []string }
		if err := json.Unmarshal([]byte(says), &groups); err != nil {
			t.Fatalf("%s: %v", m.File, err)
		}
		for _, group := range groups {
			for _, g := range group {
				needed = append(needed, g.Groups[0]+"/"+g.Versions[0]+" "+g.Kinds[0])
			}
		}
	}
	slices.Sort(needed)
	if needed = slices.Compact(needed); len(needed) == 0 || !slices.Equal(needed, synced) {
		t.Errorf("rules look up %v, Gatekeeper knows %v", needed, synced)
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

// A constraint's kind exists once its template is ready, so templates come
// first; and each is used. That every constraint has one says policy.New.
func TestTemplatesAreUsed(t *testing.T) {
	t.Parallel()
	stages := builtin(t, "gatekeeper").Stages
	if len(stages) != 2 || stages[0].Name != "templates" || stages[1].Name != "constraints" {
		t.Fatalf("stages: %+v", stages)
	}
	templates, constraints := rules(t)
	if len(templates)+1 != len(stages[0].Manifests) || len(constraints) != len(stages[1].Manifests) {
		t.Errorf("%d templates and %d constraints are in the wrong stage", len(templates), len(constraints))
	}
	for _, template := range templates {
		if !slices.ContainsFunc(constraints, func(c *unstructured.Unstructured) bool { return strings.EqualFold(c.GetKind(), template.GetName()) }) {
			t.Errorf("no constraint uses %s", template.GetName())
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
