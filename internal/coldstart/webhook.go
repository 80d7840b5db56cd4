package coldstart

import (
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// hook is one webhook with failurePolicy Fail.
type hook struct {
	name    string
	config  *placed // nil when only declared
	actor   int
	stage   int       // fact: its configuration is applied
	service Reference // without a name when it is outside the cluster
	answers int       // fact: the Service answers
	rules   []hookRule
	exact   bool // versions count
	// namespaces and objects are what it is called for.
	namespaces, objects labels.Selector
}

// title names the webhook's configuration, for messages.
func (h *hook) title(p *prover) string {
	if h.config != nil {
		return h.config.String()
	}
	return "webhook " + h.name + " of " + p.actors[h.actor].name
}

func (h *hook) at(p *prover) diag.Position {
	if h.config != nil {
		return h.config.at()
	}
	return p.actors[h.actor].at
}

// hookRule is one of a webhook's rules, for creation.
type hookRule struct {
	groups, versions, resources []string
	scope                       string
}

// addHooks reads a webhook configuration.
func (p *prover) addHooks(o *placed) {
	if o.gvk.Kind != "ValidatingWebhookConfiguration" && o.gvk.Kind != "MutatingWebhookConfiguration" {
		return
	}
	for _, w := range entries(o.Object.Object, "webhooks") {
		if text(w, "failurePolicy") == "Ignore" {
			continue
		}
		h := &hook{name: text(w, "name"), config: o, actor: o.actor, stage: o.stage, exact: text(w, "matchPolicy") == "Exact"}
		h.service = Reference{"Service", text(w, "clientConfig", "service", "namespace"), text(w, "clientConfig", "service", "name")}
		if h.service.Name == "" {
			p.assume(o.at(), o.String()+": webhook "+h.name+" is outside the cluster; taken to answer")
			continue
		}
		h.namespaces, h.objects = selector(w, "namespaceSelector"), selector(w, "objectSelector")
		for _, r := range entries(w, "rules") {
			if operations := texts(r, "operations"); slices.Contains(operations, "CREATE") || slices.Contains(operations, "*") {
				h.rules = append(h.rules, hookRule{texts(r, "apiGroups"), texts(r, "apiVersions"), texts(r, "resources"), text(r, "scope")})
			}
		}
		if len(entries(w, "matchConditions")) > 0 {
			p.assume(o.at(), o.String()+": webhook "+h.name+" has matchConditions, which are not evaluated; taken to exclude what it would block")
			h.rules = nil
		}
		p.hooks = append(p.hooks, h)
	}
}

// declareHooks adds the webhooks that a catalogue knows of: what they match is
// not known to the selector.
func (p *prover) declareHooks() {
	for n, a := range p.actors {
		if a.install == nil || a.install.chart == nil || a.install.chart.Rendered {
			continue
		}
		var names []string
		for _, w := range a.install.chart.Webhooks {
			if w.Fail {
				p.hooks = append(p.hooks, &hook{name: w.Name, actor: n, stage: a.last, service: Reference{"Service", a.install.namespace, w.Service}})
				names = append(names, w.Name)
			}
		}
		if len(names) > 0 {
			p.assume(a.at, a.name+": what its webhooks ("+strings.Join(slices.Compact(names), ", ")+") refuse while they do not answer is not known; taken not to be what they wait for")
		}
	}
}

// selector reads a label selector; one that cannot be read selects nothing.
func selector(o map[string]any, field string) labels.Selector {
	m, ok, _ := nestedMap(o, field)
	if !ok {
		return labels.Everything()
	}
	var s metav1.LabelSelector
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(m, &s); err != nil {
		return labels.Nothing()
	}
	parsed, err := metav1.LabelSelectorAsSelector(&s)
	if err != nil {
		return labels.Nothing()
	}
	return parsed
}

// target is something that is created, as a webhook sees it.
type target struct {
	group, version, resource, namespace string
	labels                              map[string]string
	// isNamespace is set for namespaces, whose own labels are looked at.
	isNamespace bool
}

// matches says whether the webhook's rules and objectSelector are for a target.
func (h *hook) matches(t target) bool {
	return slices.ContainsFunc(h.rules, func(r hookRule) bool { return r.matches(t, h.exact) }) && h.objects.Matches(labels.Set(t.labels))
}

func (r hookRule) matches(t target, exact bool) bool {
	in := func(list []string, s string) bool { return slices.Contains(list, s) || slices.Contains(list, "*") }
	switch {
	case !in(r.groups, t.group), exact && !in(r.versions, t.version):
		return false
	case r.scope == "Namespaced" && (t.namespace == "" || t.isNamespace), r.scope == "Cluster" && t.namespace != "" && !t.isNamespace:
		return false
	}
	return slices.Contains(r.resources, t.resource) || slices.ContainsFunc(r.resources, func(s string) bool {
		return s == "*" || s == "*/*"
	})
}

// target is an object itself, as it is created.
func (p *prover) target(o *placed) target {
	t := target{group: o.gvk.Group, version: o.gvk.Version, resource: p.resource(o.gvk.GroupKind()), namespace: o.namespace, labels: o.GetLabels()}
	if isNamespace(o.Unstructured) {
		t.isNamespace, t.namespace = true, o.GetName()
	}
	return t
}

// offspring are what Kubernetes makes of an object before it is ready.
func offspring(o *placed) []target {
	made := func(group, resource string, set map[string]string) target {
		return target{group: group, version: "v1", resource: resource, namespace: o.namespace, labels: set}
	}
	if o.gvk.Group == "" && o.gvk.Kind == "Service" {
		set := map[string]string{"kubernetes.io/service-name": o.GetName()}
		maps.Copy(set, o.GetLabels())
		return []target{made("discovery.k8s.io", "endpointslices", set)}
	}
	pods := made("", "pods", podLabels(o))
	switch o.gvk.Kind {
	case "Deployment":
		return []target{made("apps", "replicasets", pods.labels), pods}
	case "StatefulSet", "DaemonSet":
		return []target{made("apps", "controllerrevisions", pods.labels), pods}
	case "Pod":
		return nil
	}
	return []target{pods}
}

// plural is what a message calls a target's resource.
func (t target) String() string { return strings.TrimSuffix(t.resource+"."+t.group, ".") }
