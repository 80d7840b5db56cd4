package coldstart

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// UnitOf reads a Flux Kustomization. objects are what kustomize builds from
// its path, with its targetNamespace, commonMetadata and substitutions applied.
func UnitOf(k Object, objects []Object) Unit {
	o, namespace := k.Object, k.GetNamespace()
	u := Unit{
		Name: namespace + "/" + k.GetName(), At: k.at(), Objects: objects,
		Source: reference(o, namespace, "spec", "sourceRef"), SourceAt: k.at("spec", "sourceRef"),
		DependsOn: dependencies(k), Wait: flag(o, "spec", "wait"), Suspend: flag(o, "spec", "suspend"),
	}
	_, u.Remote, _ = nestedMap(o, "spec", "kubeConfig")
	for _, check := range entries(o, "spec", "healthChecks") {
		u.HealthChecks = append(u.HealthChecks, reference(check, ""))
	}
	for _, rule := range entries(o, "spec", "healthCheckExprs") {
		u.HealthKinds = append(u.HealthKinds, schema.FromAPIVersionAndKind(text(rule, "apiVersion"), text(rule, "kind")).GroupKind())
	}
	for _, from := range entries(o, "spec", "postBuild", "substituteFrom") {
		if !flag(from, "optional") {
			u.Needs = append(u.Needs, Reference{text(from, "kind"), namespace, text(from, "name")})
		}
	}
	if secret := text(o, "spec", "decryption", "secretRef", "name"); secret != "" {
		u.Needs = append(u.Needs, Reference{"Secret", namespace, secret})
	}
	return u
}

// reference reads kind, namespace and name; namespace is the default.
func reference(o map[string]any, namespace string, fields ...string) Reference {
	m := o
	if len(fields) > 0 {
		m, _, _ = nestedMap(o, fields...)
	}
	r := Reference{text(m, "kind"), text(m, "namespace"), text(m, "name")}
	if r.Namespace == "" {
		r.Namespace = namespace
	}
	return r
}

// dependencies reads spec.dependsOn of a Kustomization or HelmRelease.
func dependencies(o Object) []Dependency {
	var found []Dependency
	for _, d := range entries(o.Object, "spec", "dependsOn") {
		r := reference(d, o.GetNamespace())
		found = append(found, Dependency{Name: r.Namespace + "/" + r.Name, ReadyExpr: text(d, "readyExpr"), At: o.at("spec", "dependsOn")})
	}
	return found
}

func splitName(name string) (namespace, rest string, ok bool) { return strings.Cut(name, "/") }

// installation is a HelmRelease as it is installed.
type installation struct {
	object    Object
	chart     *Release // nil when nothing is known
	namespace string   // that it installs to
	source    Reference
	depends   []Dependency
	needs     []Reference
	suspend   bool
	remote    bool
	// creates says that Helm makes the namespace.
	creates bool
	skips   bool // CRDs
	waits   bool
	// retries says that a failed install is tried again: in place, or from the
	// beginning.
	retries, inPlace bool
}

// The steps of an installation, in the place of a Kustomization's stages.
const (
	stepCRDs      = iota + 1 // the chart's crds/
	stepBefore               // hooks before the install
	stepTemplates            // the templates of kinds that Helm knows, webhooks last
	stepLate                 // those of other kinds
	stepAfter                // hooks after the install, once all is ready
)

func installationOf(o Object) *installation {
	m, namespace := o.Object, o.GetNamespace()
	i := &installation{object: o, namespace: namespace, depends: dependencies(o), suspend: flag(m, "spec", "suspend")}
	_, i.remote, _ = nestedMap(m, "spec", "kubeConfig")
	if target := text(m, "spec", "targetNamespace"); target != "" {
		i.namespace, i.creates = target, flag(m, "spec", "install", "createNamespace")
	}
	if _, ok, _ := nestedMap(m, "spec", "chartRef"); ok {
		i.source = reference(m, namespace, "spec", "chartRef")
	} else {
		i.source = reference(m, namespace, "spec", "chart", "spec", "sourceRef")
	}
	for _, from := range entries(m, "spec", "valuesFrom") {
		if !flag(from, "optional") {
			i.needs = append(i.needs, Reference{text(from, "kind"), namespace, text(from, "name")})
		}
	}
	i.skips = text(m, "spec", "install", "crds") == "Skip" || flag(m, "spec", "install", "skipCRDs")
	i.waits = !flag(m, "spec", "install", "disableWait")
	i.inPlace = text(m, "spec", "install", "strategy", "name") == "RetryOnFailure"
	retries, _, _ := unstructured.NestedFieldNoCopy(m, "spec", "install", "remediation", "retries")
	switch n := retries.(type) {
	case int64:
		i.retries = n != 0
	case float64:
		i.retries = n != 0
	}
	i.retries = i.retries || i.inPlace
	return i
}

func (i *installation) at(path ...string) diag.Position { return i.object.at(path...) }

// addRelease makes an actor of a HelmRelease.
func (p *prover) addRelease(o *placed) {
	i := installationOf(o.Object)
	short := o.namespace + "/" + o.GetName()
	a := &actor{name: "HelmRelease/" + short, short: short, namespace: o.namespace, at: o.at(), install: i}
	n := p.addActor(a, releaseThere, releaseStage, releaseReady)
	p.installs[short] = n
	chart := p.charts[short]
	switch {
	case i.remote:
		p.assume(a.at, a.name+" installs to another cluster, which is not looked at")
		return
	case chart == nil || !chart.Rendered && !chart.Declared:
		a.opaque = true
		p.assume(a.at, a.name+": its chart is not known here; taken to become ready, to bring whatever else is lacking, and to have no webhooks")
		return
	}
	i.chart = chart
	if !chart.Rendered {
		p.assume(a.at, a.name+" is judged by what is declared of its chart, not by what the chart renders")
		p.declared(n)
		return
	}
	if !i.skips {
		p.stage(n, releaseStage, stepCRDs, chart.CRDs)
	}
	steps := map[int][]Object{}
	for _, o := range chart.Objects {
		if s := stepOf(o.Unstructured); s > 0 {
			steps[s] = append(steps[s], o)
		}
	}
	p.stage(n, releaseStage, stepBefore, steps[stepBefore])
	p.stage(n, releaseStage, stepTemplates, steps[stepTemplates])
	p.stage(n, releaseStage, stepLate, steps[stepLate])
	// stepAfter comes when it is known what is waited for (becomeReady).
	p.stage(n, releaseStage, stepAfter, steps[stepAfter])
}

// stepOf is the step that Helm creates an object of the templates in, 0 for
// never during an install.
func stepOf(o *unstructured.Unstructured) int {
	hook := o.GetAnnotations()["helm.sh/hook"]
	switch {
	case hook == "" && sortedByHelm(o.GetKind()):
		return stepTemplates
	case hook == "":
		return stepLate
	case strings.Contains(hook, "pre-install"):
		return stepBefore
	case strings.Contains(hook, "post-install"):
		return stepAfter
	}
	return 0
}

// sortedByHelm says whether Helm's InstallOrder has a kind; others come last.
func sortedByHelm(kind string) bool {
	switch kind {
	case "PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy", "PodDisruptionBudget",
		"ServiceAccount", "Secret", "SecretList", "ConfigMap", "StorageClass", "PersistentVolume", "PersistentVolumeClaim",
		"CustomResourceDefinition", "ClusterRole", "ClusterRoleList", "ClusterRoleBinding", "ClusterRoleBindingList", "Role", "RoleList",
		"RoleBinding", "RoleBindingList", "Service", "DaemonSet", "Pod", "ReplicationController", "ReplicaSet", "Deployment",
		"HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob", "IngressClass", "Ingress", "APIService",
		"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration":
		return true
	}
	return false
}

// declared makes the facts of a chart that only a catalogue speaks for.
func (p *prover) declared(n int) {
	a := p.actors[n]
	chart := a.install.chart
	f := p.fact(releaseStage, a.short, stepTemplates)
	p.facts[f].actor = n
	r := p.rule(f, need{fact: a.last})
	a.last = f
	for _, name := range chart.Kinds {
		p.rule(p.fact(kindServed, name, 0), need{fact: f})
	}
	for _, service := range chart.Services {
		p.rule(p.fact(serviceAnswers, a.install.namespace+"/"+service, 0), need{fact: a.ready})
	}
	a.declared = r
}
