package coldstart_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/coldstart"
	"github.com/groundwork-dev/groundwork/internal/testsupport/coldstarttest"
)

// objects reads YAML. NS stands for a namespace x, CRD for the definition of
// Widget in group x.test, W for a Widget.
func objects(t *testing.T, text string) []coldstart.Object {
	t.Helper()
	var docs []string
	for doc := range strings.SplitSeq(text, "\n---\n") {
		switch doc = strings.TrimSpace(doc); doc {
		case "NS":
			doc = "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}"
		case "CRD":
			doc = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.x.test}\nspec: {group: x.test, scope: Namespaced, names: {kind: Widget, plural: widgets}, versions: [{name: v1, served: true, storage: true}]}"
		case "W":
			doc = "apiVersion: x.test/v1\nkind: Widget\nmetadata: {name: w, namespace: x}"
		case "SOURCE":
			doc = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: r, namespace: x}"
		case "RELEASE":
			doc = release("r", "")
		case "SERVER":
			doc = "apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: x}\nspec: {selector: {app: s}}\n---\n" +
				"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: s, namespace: x}\nspec: {template: {metadata: {labels: {app: s}}}}"
		}
		docs = append(docs, doc)
	}
	found, err := coldstarttest.Objects("x.yaml", []byte(strings.Join(docs, "\n---\n")))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func release(name, spec string) string {
	return "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: " + name + ", namespace: x}\nspec: {chartRef: {kind: OCIRepository, name: r}" + spec + "}"
}

// guard is a webhook configuration; more goes into its webhook, resources are
// of the group.
func guard(group, resources, more string) string {
	return "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: guard}\nwebhooks:\n" +
		"  - {name: guard.test, clientConfig: {service: {namespace: x, name: s}}, rules: [{operations: [CREATE], apiGroups: [" + group + "], apiVersions: ['*'], resources: [" + resources + "]}]" + more + "}"
}

const excluded = ", namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [x]}]}"

type charts = []coldstart.Release

// TestProveVariants has one line a rule. Units a, b … are in the order of the
// texts; those after the first depend on the one before, and all wait.
func TestProveVariants(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		units   []string
		charts  func(t *testing.T) charts
		change  func(*coldstart.Cluster)
		want    []string // kinds of deadlocks, and parts of what is told; "ok" for proven
		symptom string
	}{
		"chart brings its namespace": {
			units:  []string{"NS\n---\nSOURCE\n---\nRELEASE"},
			charts: rendered("", "apiVersion: v1\nkind: Namespace\nmetadata: {name: y}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: y}"),
			want:   []string{"ok"},
		},
		"chart's definitions skipped": {
			units:  []string{"NS\n---\nSOURCE\n---\n" + release("r", ", install: {crds: Skip}"), "W"},
			charts: rendered("CRD", "NS"), want: []string{"missing-kind"}, symptom: `no matches for kind "Widget" in version "x.test/v1"`,
		},
		"chart's definitions among templates": {
			units:  []string{"NS\n---\nSOURCE\n---\nRELEASE", "W"},
			charts: rendered("", "CRD"), want: []string{"ok"},
		},
		"object in a hook after the install": {
			units:  []string{"NS\n---\nSOURCE\n---\nRELEASE"},
			charts: rendered("", "CRD\n---\napiVersion: x.test/v1\nkind: Widget\nmetadata: {name: w, annotations: {helm.sh/hook: post-install}}"),
			want:   []string{"kind-too-late"},
		},
		"object in a hook, got over by a retry": {
			units:  []string{"NS\n---\nSOURCE\n---\n" + release("r", ", install: {strategy: {name: RetryOnFailure}}")},
			charts: rendered("", "CRD\n---\napiVersion: x.test/v1\nkind: Widget\nmetadata: {name: w, annotations: {helm.sh/hook: post-install}}"),
			want:   []string{"ok", "it is never made"},
		},
		"object in a hook of every change": {
			units:  []string{"NS\n---\nSOURCE\n---\n" + release("r", ", install: {strategy: {name: RetryOnFailure}}")},
			charts: rendered("", "CRD\n---\napiVersion: x.test/v1\nkind: Widget\nmetadata: {name: w, annotations: {helm.sh/hook: 'post-install,post-upgrade'}}"),
			want:   []string{"ok"},
		},
		"object in a hook of a chart with a folder of definitions": {
			units:  []string{"NS\n---\nSOURCE\n---\nRELEASE"},
			charts: rendered("CRD", "SERVER\n---\napiVersion: x.test/v1\nkind: Widget\nmetadata: {name: w, annotations: {helm.sh/hook: post-install}}"),
			want:   []string{"ok"},
		},
		"object in a hook before the install": {
			units:  []string{"NS\n---\nSOURCE\n---\nRELEASE"},
			charts: rendered("", "CRD\n---\napiVersion: x.test/v1\nkind: Widget\nmetadata: {name: w, annotations: {helm.sh/hook: pre-install}}"),
			want:   []string{"kind-too-late"},
		},
		"chart not known brings the kind": {
			units: []string{"NS\n---\nSOURCE\n---\nRELEASE", "W"},
			want:  []string{"ok", "its chart is not known", "Widget/x/w needs kind Widget.x.test comes from nothing"},
		},
		"chart not known beside the object": {
			units: []string{"NS\n---\nSOURCE\n---\nRELEASE\n---\nW"},
			want:  []string{"kind-too-late", "together with HelmRelease/x/r"},
		},
		"chart installs to a namespace that nothing creates": {
			units:  []string{"NS\n---\nSOURCE\n---\n" + release("r", ", targetNamespace: nowhere")},
			charts: rendered("", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}"), want: []string{"missing-namespace", "installs to Namespace/nowhere"},
		},
		"chart's namespace created by Helm": {
			units:  []string{"NS\n---\nSOURCE\n---\n" + release("r", ", targetNamespace: made, install: {createNamespace: true}"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: made}"},
			charts: rendered("", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}"), want: []string{"ok"},
		},
		"release of a suspended one": {
			units:  []string{"NS\n---\nSOURCE\n---\n" + release("r", ", suspend: true")},
			charts: rendered("", "NS"), want: []string{"ok", "HelmRelease/x/r is suspended"},
		},
		"suspended, and nobody minds": {
			units: []string{"NS"}, change: func(c *coldstart.Cluster) { c.Units[0].Suspend = true }, want: []string{"ok", "Kustomization/f/a is suspended"},
		},
		"webhook refuses the chart's own object, which is not tried again": {
			units:  []string{"NS\n---\nCRD\n---\nSOURCE\n---\n" + release("r", ", install: {remediation: {retries: 3}}")},
			charts: rendered("", "SERVER\n---\n"+guard("x.test", "widgets", "")+"\n---\nW"), want: []string{"webhook-blocks", "RetryOnFailure"},
		},
		"webhook refuses the chart's own object at first": {
			units:  []string{"NS\n---\nCRD\n---\nSOURCE\n---\n" + release("r", ", install: {strategy: {name: RetryOnFailure}}")},
			charts: rendered("", "SERVER\n---\n"+guard("x.test", "widgets", "")+"\n---\nW"), want: []string{"ok"},
		},
		"webhook refuses its program's pods": {
			units:  []string{"NS\n---\nSOURCE\n---\nRELEASE"},
			charts: rendered("", "SERVER\n---\n"+guard("''", "pods", "")), want: []string{"webhook-blocks", "may be there before the pods of Deployment/x/s", "exclude namespace x"},
		},
		"webhook leaves its program's pods alone": {
			units:  []string{"NS\n---\nSOURCE\n---\nRELEASE"},
			charts: rendered("", "SERVER\n---\n"+guard("'*'", "'*'", excluded)), want: []string{"ok"},
		},
		"webhook looks for labels": {
			units: []string{"NS\n---\nSERVER\n---\n" + guard("''", "pods", ", objectSelector: {matchLabels: {app: other}}")}, want: []string{"ok"},
		},
		"webhook looks for labels that the pods have": {
			units: []string{"NS\n---\nSERVER\n---\n" + guard("''", "pods", ", objectSelector: {matchLabels: {app: s}}")}, want: []string{"webhook-blocks"},
		},
		"webhook refuses the addresses of its Service": {
			units: []string{"NS\n---\n" + guard("discovery.k8s.io", "endpointslices", ""), "SERVER"}, want: []string{"webhook-blocks", "the EndpointSlices of Service/x/s"},
		},
		"webhook comes last in its own apply": {
			units: []string{"NS\n---\nSERVER\n---\n" + guard("'', apps", "services, deployments", "")}, want: []string{"ok"},
		},
		"webhook refuses a namespace": {
			units:   []string{guard("''", "namespaces", ""), "NS\n---\nSERVER"},
			want:    []string{"webhook-blocks", "move ValidatingWebhookConfiguration/guard to a Kustomization that depends on Kustomization/f/b"},
			symptom: `failed calling webhook "guard.test"`,
		},
		"webhook for another scope": {
			units: []string{strings.Replace(guard("'*'", "'*'", ""), "resources: ['*']", "resources: ['*'], scope: Cluster", 1), "SERVER"},
			change: func(c *coldstart.Cluster) {
				c.Given.Namespaces = []string{"x"}
			}, want: []string{"ok"},
		},
		"webhook that may be ignored": {
			units: []string{guard("''", "namespaces", ", failurePolicy: Ignore"), "NS\n---\nSERVER"}, want: []string{"ok"},
		},
		"webhook with conditions": {
			units: []string{guard("''", "namespaces", ", matchConditions: [{name: a, expression: 'false'}]"), "NS\n---\nSERVER"}, want: []string{"ok", "matchConditions, which are not evaluated"},
		},
		"webhook elsewhere": {
			units: []string{strings.Replace(guard("''", "namespaces", ""), "service: {namespace: x, name: s}", "url: https://x.test", 1), "NS"}, want: []string{"ok", "outside the cluster"},
		},
		"webhook answered from outside the repository": {
			units: []string{guard("''", "namespaces", ""), "NS"}, change: func(c *coldstart.Cluster) {
				c.Given.Objects = []coldstart.Reference{{Kind: "Service", Namespace: "x", Name: "s"}}
			}, want: []string{"ok"},
		},
		"release met by a webhook, and not tried again": {
			units:  []string{"NS\n---\nSERVER\n---\n" + guard("''", "configmaps", ""), "SOURCE\n---\nRELEASE"},
			charts: rendered("", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}"),
			change: func(c *coldstart.Cluster) { c.Units[0].Wait = false }, want: []string{"ok", "may be installed while ValidatingWebhookConfiguration/guard does not answer yet"},
		},
		"release after the webhook answers": {
			units:  []string{"NS\n---\nSERVER\n---\n" + guard("''", "configmaps", ""), "SOURCE\n---\nRELEASE"},
			charts: rendered("", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}"), want: []string{"ok"},
		},
		"declared webhooks": {
			units: []string{"NS\n---\nSOURCE\n---\nRELEASE"},
			charts: func(*testing.T) charts {
				return charts{{Name: "x/r", Declared: true, Facts: coldstart.Facts{Webhooks: []coldstart.Webhook{{Name: "w", Fail: true, Service: "s"}}, Services: []string{"s"}}}}
			}, want: []string{"ok", "webhooks (w)"},
		},
		"declared kinds": {
			units: []string{"NS\n---\nSOURCE\n---\nRELEASE", "W\n---\n" + release("q", ""), "apiVersion: y.test/v1\nkind: Proxy\nmetadata: {name: p, namespace: x}"},
			charts: func(*testing.T) charts {
				return charts{
					{Name: "x/r", Declared: true, Facts: coldstart.Facts{Kinds: []string{"widgets.x.test"}}},
					{Name: "x/q", Declared: true, Facts: coldstart.Facts{Requires: []string{"widgets.x.test"}, Kinds: []string{"proxies.y.test"}}},
				}
			}, want: []string{"ok", "judged by what is declared"},
		},
		"required kind comes too late": {
			units: []string{"NS\n---\nSOURCE\n---\nRELEASE", release("q", "")},
			charts: func(*testing.T) charts {
				return charts{
					{Name: "x/q", Declared: true, Facts: coldstart.Facts{Kinds: []string{"widgets.x.test"}}},
					{Name: "x/r", Declared: true, Facts: coldstart.Facts{Requires: []string{"widgets.x.test"}}},
				}
			}, want: []string{"kind-too-late", "HelmRelease/x/r needs the kind widgets.x.test"},
		},
		"kinds that a program makes": {
			units: []string{"NS\n---\nSOURCE\n---\nRELEASE", template, instance}, charts: programmed("made.test"), want: []string{"ok"},
		},
		"kinds that a program makes, beside what it makes them of": {
			units: []string{"NS\n---\nSOURCE\n---\nRELEASE", template + "\n---\n" + instance}, charts: programmed("made.test"), want: []string{"kind-too-late", "together with Template/t"},
		},
		"kind that no template makes": {
			units: []string{"NS\n---\nSOURCE\n---\nRELEASE", template, strings.Replace(instance, "Made", "Other", 1)}, charts: programmed("made.test"), want: []string{"missing-kind"},
		},
		"kinds that a program makes of what is not said": {
			units: []string{"NS\n---\nSOURCE\n---\nRELEASE", instance}, charts: programmed("made.test"), want: []string{"ok", "makes kinds of made.test while it runs"},
		},
		"waits by an expression": {
			units: []string{"NS\n---\nSOURCE\n---\nRELEASE", template}, charts: programmed("made.test"),
			change: func(c *coldstart.Cluster) {
				c.Units[1].HealthKinds = []schema.GroupKind{{Group: "x.test", Kind: "Template"}}
			},
			want: []string{"ok"},
		},
		"version by conversion": {
			units: []string{"NS\n---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.x.test}\nspec: {group: x.test, scope: Namespaced, names: {kind: Widget, plural: widgets}, conversion: {strategy: Webhook, webhook: {clientConfig: {service: {namespace: x, name: s}}}}, versions: [{name: v1, served: true, storage: false}, {name: v2, served: true, storage: true}]}", "W"},
			want:  []string{"webhook-unanswered", "converts"},
		},
		"aggregated API without a program": {
			units: []string{"NS\n---\napiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: v1.agg.test}\nspec: {group: agg.test, version: v1, service: {namespace: x, name: s}}"},
			want:  []string{"ok", "no namespace can be deleted"},
		},
		"ready by an expression": {
			units: []string{"NS", "SERVER"}, change: func(c *coldstart.Cluster) { c.Units[1].DependsOn[0].ReadyExpr = "dep.status.x == 1" }, want: []string{"ok", "readyExpr"},
		},
		"ready once": {
			units: []string{"NS", "SERVER"}, change: func(c *coldstart.Cluster) {
				c.Units[1].DependsOn[0].ReadyExpr = "has(dep.status) &&\n has(dep.status.lastAppliedRevision)"
			}, want: []string{"ok"},
		},
		"values from what is made by hand": {
			units:  []string{"NS\n---\nSOURCE\n---\n" + release("r", ", valuesFrom: [{kind: Secret, name: hand}]")},
			charts: rendered("", "NS"), want: []string{"ok", "Secret/x/hand, which nothing here applies"},
		},
		"values from what comes later": {
			units:  []string{"NS\n---\nSOURCE\n---\n" + release("r", ", valuesFrom: [{kind: ConfigMap, name: v}]"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: v, namespace: x}"},
			charts: rendered("", "NS"), want: []string{"object-too-late", "HelmRelease/x/r reads ConfigMap/x/v"},
		},
		"kinds that are given": {
			units: []string{"NS\n---\nW\n---\napiVersion: any.test/v1\nkind: Thing\nmetadata: {name: t}"}, change: func(c *coldstart.Cluster) {
				c.Given.Kinds, c.Given.Groups = []string{"widgets.x.test"}, []string{"any.test"}
			}, want: []string{"ok"},
		},
		"another cluster's": {
			units: []string{"W"}, change: func(c *coldstart.Cluster) { c.Units[0].Remote = true }, want: []string{"ok", "applies to another cluster"},
		},
		"Kustomization that was not built": {
			units:  []string{"NS\n---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: k, namespace: x}\nspec: {sourceRef: {kind: GitRepository, name: other, namespace: f}}\n---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: other, namespace: f}", "W"},
			change: func(c *coldstart.Cluster) { c.Given.Namespaces = []string{"f"} },
			want:   []string{"ok", "Kustomization/x/k applies what is not known here"},
		},
		"object that is left alone": {
			units: []string{"NS\n---\napiVersion: x.test/v1\nkind: Widget\nmetadata: {name: w, namespace: x, annotations: {kustomize.toolkit.fluxcd.io/reconcile: Disabled}}"}, want: []string{"ok"},
		},
		"circle only while something else lacks": {
			units:  []string{"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: x}", "NS", "NS"},
			change: func(c *coldstart.Cluster) { c.Units[2].DependsOn[0].Name = "f/nobody" }, want: []string{"missing-dependency"},
		},
		"classes come before the rest": {
			units: []string{"apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: s}\n---\nNS\n---\nW", "NS"},
			change: func(c *coldstart.Cluster) {
				c.Units[1] = coldstart.Unit{Name: "f/b", HealthChecks: []coldstart.Reference{{Kind: "StorageClass", Name: "s"}}}
			}, want: []string{"missing-kind", "wave 1   Kustomization/f/b"},
		},
		"two causes": {
			units: []string{"W\n---\nNS", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: nowhere}"}, want: []string{"missing-kind", "missing-namespace"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c coldstart.Cluster
			for i, text := range tc.units {
				u := coldstart.Unit{Name: "f/" + string(rune('a'+i)), Wait: true, Objects: objects(t, text)}
				if i > 0 {
					u.DependsOn = []coldstart.Dependency{{Name: c.Units[i-1].Name}}
				}
				c.Units = append(c.Units, u)
			}
			if tc.charts != nil {
				c.Releases = tc.charts(t)
			}
			if tc.change != nil {
				tc.change(&c)
			}
			v := coldstart.Prove(c)
			told := v.Text()
			for _, d := range v.Deadlocks {
				told += " " + string(d.Kind) + " " + d.Symptom
			}
			if v.Proven() {
				told += " ok"
			}
			for _, want := range append(tc.want, tc.symptom) {
				if !strings.Contains(told, want) {
					t.Errorf("no %q in\n%s", want, told)
				}
			}
			kinds, notes := 0, 0
			for _, want := range tc.want {
				if want == "ok" || strings.Contains(want, " ") || want == "webhooks (w)" || want == "readyExpr" || want == "RetryOnFailure" || want == "converts" {
					notes++
					continue
				}
				kinds++
			}
			if len(v.Deadlocks) != kinds || v.Proven() && notes == 1 && len(v.Warnings)+len(v.Assumptions) > 0 {
				t.Errorf("told more than expected:\n%s", told)
			}
		})
	}
}

const (
	template = "apiVersion: x.test/v1\nkind: Template\nmetadata: {name: t}\nspec: {crd: {spec: {names: {kind: Made}}}}"
	instance = "apiVersion: made.test/v1\nkind: Made\nmetadata: {name: m}"
)

// rendered is release x/r with a chart.
func rendered(crds, templates string) func(*testing.T) charts {
	return func(t *testing.T) charts {
		r := coldstart.Release{Name: "x/r", Rendered: true, Objects: objects(t, templates)}
		if crds != "" {
			r.CRDs = objects(t, crds)
		}
		return charts{r}
	}
}

// programmed is release x/r, whose program makes the kinds of a group.
func programmed(group string) func(*testing.T) charts {
	return func(t *testing.T) charts {
		found := rendered(strings.NewReplacer("Widget", "Template", "widgets", "templates", "Namespaced", "Cluster").Replace(
			"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.x.test}\nspec: {group: x.test, scope: Namespaced, names: {kind: Widget, plural: widgets}, versions: [{name: v1, served: true, storage: true}]}"), "SERVER")(t)
		found[0].Groups = []string{group}
		return found
	}
}
