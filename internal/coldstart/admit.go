package coldstart

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// admitAll says what the API server needs to take an actor's objects: their
// kinds and their namespaces. A stage is checked as a whole before any of it
// is applied, and so is a chart.
func (p *prover) admitAll(n int) {
	a := p.actors[n]
	build := -1 // rule: Helm has found the kinds of all templates
	have := map[use]bool{}
	admit := func(r int, x need) {
		if !have[use{r, x.fact}] {
			have[use{r, x.fact}] = true
			p.need(r, x)
		}
	}
	for _, o := range a.objects {
		r := o.rule
		if a.install != nil {
			step := p.facts[o.stage].n
			if build < 0 && step >= stepBefore {
				build = r
			}
			if step >= stepBefore {
				r = build
			}
			if (step == stepBefore || step == stepAfter) && p.skippedOnRetry(a, o) {
				p.admit(o, r, func(rule int, x need) {
					if x.reason != byKind {
						admit(rule, x)
					}
				})
				continue
			}
		}
		p.admit(o, r, admit)
	}
	if a.install != nil && a.install.chart != nil && !a.install.chart.Rendered {
		for _, name := range a.install.chart.Requires {
			f := p.fact(kindServed, name, 0)
			p.orOpaque(f, "kind "+name)
			var subject *placed
			if objects := p.fluxObjects[a.name]; len(objects) > 0 {
				subject = objects[0]
			}
			admit(a.declared, need{fact: f, reason: byKind, subject: subject})
		}
	}
}

// admit adds what one object needs; r is the rule that its kind is looked up
// for.
func (p *prover) admit(o *placed, r int, add func(int, need)) {
	gk := o.gvk.GroupKind()
	namespaced := o.namespace != ""
	switch d := p.definitions[gk]; {
	case p.builtin[o.gvk.Group], isFlux(o.gvk.Group):
		namespaced = namespaced || isFlux(o.gvk.Group) || p.core[o.gvk.Group] && !p.cluster[o.gvk.Kind]
	case d == nil:
		add(r, need{fact: p.kind(gk), reason: byKind, subject: o})
	default:
		namespaced = d.namespaced
		f := p.kind(gk)
		if len(d.served) > 0 && !slices.Contains(d.served, o.gvk.Version) {
			f = p.fact(kindServed, d.name+"/"+o.gvk.Version, 2)
		}
		add(r, need{fact: f, reason: byKind, subject: o})
		if d.conversion != "" && d.storage != "" && d.storage != o.gvk.Version {
			namespace, name, _ := splitName(d.conversion)
			add(o.rule, need{fact: p.service(namespace, name), reason: byConversion, subject: o})
		}
		if a := p.actors[o.actor]; namespaced && o.namespace == "" && a.install != nil {
			o.namespace = a.install.namespace
		}
		if !namespaced {
			o.namespace = ""
		}
	}
	switch {
	case namespaced && o.namespace == "":
		add(o.rule, need{fact: p.fact(lacking, "namespace of "+o.String(), 0), reason: byNamespace, subject: o})
	case namespaced && !p.bringsNamespace(o):
		add(o.rule, need{fact: p.namespace(o.namespace), reason: byNamespace, subject: o})
	}
}

// skippedOnRetry says whether a hook's failure is got over by trying again in
// place: that is an upgrade, which does not run hooks of the install.
func (p *prover) skippedOnRetry(a *actor, o *placed) bool {
	if !a.install.inPlace || p.builtin[o.gvk.Group] || isFlux(o.gvk.Group) {
		return false
	}
	own := func(rule int) bool {
		return slices.ContainsFunc(p.rules[rule].needs, func(n need) bool {
			return p.facts[n.fact].kind == releaseStage && p.facts[n.fact].name == a.short && p.facts[n.fact].n > stepCRDs
		})
	}
	makers := p.facts[p.kind(o.gvk.GroupKind())].makers
	if slices.ContainsFunc(makers, func(r int) bool { return !own(r) }) {
		return false
	}
	if !strings.Contains(o.GetAnnotations()["helm.sh/hook"], "-upgrade") {
		p.warnings = append(p.warnings, Note{o.at(), o.String() + " is a hook of the install of " + a.name +
			", which fails because Helm does not know its kind yet; the retry is an upgrade, which does not run it: it is never made"})
	}
	return true
}

// bringsNamespace says whether an object's namespace is applied right before
// it, as Helm does.
func (p *prover) bringsNamespace(o *placed) bool {
	for _, m := range p.facts[p.namespace(o.namespace)].makers {
		if needs := p.rules[m].needs; len(needs) == 1 && needs[0].fact == o.stage {
			return true
		}
	}
	return false
}

// becomeReady says when an actor is Ready.
func (p *prover) becomeReady(n int) {
	a := p.actors[n]
	r := p.rule(a.ready, need{fact: a.last, reason: byOrder})
	if a.install != nil {
		p.installed(a, r)
		return
	}
	checked := func(o *placed) {
		if f := p.healthy(o, a); f >= 0 {
			p.need(r, need{fact: f, reason: byHealth, subject: o})
		}
	}
	if a.unit.Wait {
		for _, o := range a.objects {
			if p.fluxName(o) != a.name { // Flux does not wait for itself
				checked(o)
			}
		}
		return
	}
	for _, ref := range a.unit.HealthChecks {
		o := p.byRef[ref]
		switch {
		case o != nil && p.fluxName(o) != a.name:
			p.need(r, need{fact: o.stage, reason: byHealth, subject: o})
			checked(o)
		case o == nil && (len(p.installs) > 0 && !isFluxKind(ref.Kind) || p.opaque >= 0):
			p.assume(a.at, a.name+" waits for "+ref.String()+", which nothing here applies; taken to be made by a program")
		case o == nil:
			p.need(r, need{fact: p.fact(objectThere, ref.String(), 0), reason: byHealth})
		}
	}
}

func isFluxKind(kind string) bool { return kind == "Kustomization" || kind == "HelmRelease" }

// fluxName is the actor's name that an object stands for, "" for none.
func (p *prover) fluxName(o *placed) string {
	if o.gvk.Group == kustomizationGroup && o.gvk.Kind == "Kustomization" || o.gvk.Group == releaseGroup && o.gvk.Kind == "HelmRelease" {
		return o.String()
	}
	return ""
}

// healthy is the fact that kstatus, or an expression, finds an object healthy;
// -1 for what is healthy as soon as it is applied.
func (p *prover) healthy(o *placed, by *actor) int {
	short := o.namespace + "/" + o.GetName()
	switch p.fluxName(o) {
	case "HelmRelease/" + short:
		// A suspended one has observed its generation and reports no conditions,
		// which kstatus takes for healthy; a Kustomization has not even that.
		if n, ok := p.installs[short]; ok && p.actors[n].install.suspend {
			return -1
		}
		return p.fact(releaseReady, short, 0)
	case "Kustomization/" + short:
		return p.fact(unitReady, short, 0)
	}
	if o.pods != nil {
		return p.workload(o)
	}
	if by.unit == nil || !slices.Contains(by.unit.HealthKinds, o.gvk.GroupKind()) {
		return -1
	}
	programs := p.programs(o.gvk.GroupKind())
	if len(programs) == 0 {
		p.assume(o.at(), by.name+" waits by an expression for "+o.gvk.Kind+" objects; taken to become true")
		return -1
	}
	return p.actors[programs[0]].ready
}

// installed says when a HelmRelease is Ready, and its hooks run.
func (p *prover) installed(a *actor, ready int) {
	i := a.install
	if i.chart == nil || !i.chart.Rendered {
		return
	}
	after := p.fact(releaseStage, a.short, stepAfter)
	for _, o := range a.objects {
		if o.pods == nil {
			continue
		}
		// Helm waits for the Jobs of hooks always.
		step := p.facts[o.stage].n
		switch {
		case step == stepBefore:
			for _, later := range []int{stepTemplates, stepLate, stepAfter} {
				if f := p.fact(releaseStage, a.short, later); len(p.facts[f].makers) > 0 {
					p.need(p.facts[f].makers[0], need{fact: p.workload(o), reason: byHealth, subject: o})
					break
				}
			}
		case step == stepAfter, i.waits:
			p.need(ready, need{fact: p.workload(o), reason: byHealth, subject: o})
			if step != stepAfter && len(p.facts[after].makers) > 0 {
				p.need(p.facts[after].makers[0], need{fact: p.workload(o), reason: byHealth, subject: o})
			}
		}
	}
}

// workload is the fact that an object's pods are ready.
func (p *prover) workload(o *placed) int {
	f := p.fact(workloadReady, o.String(), 0)
	if len(p.facts[f].makers) == 0 {
		p.rule(f, need{fact: o.stage})
		p.facts[f].actor = o.actor
	}
	return f
}

// service is the fact that a Service answers.
func (p *prover) service(namespace, name string) int {
	return p.fact(serviceAnswers, namespace+"/"+name, 0)
}

// answerAll says when the Services that somebody needs answer.
func (p *prover) answerAll() {
	for _, h := range p.hooks {
		if h.service.Name != "" {
			h.answers = p.service(h.service.Namespace, h.service.Name)
		}
	}
	for _, api := range p.apis {
		if name := text(api.Object.Object, "spec", "service", "name"); name != "" {
			f := p.service(text(api.Object.Object, "spec", "service", "namespace"), name)
			p.answer(f)
			if len(p.facts[f].makers) == 0 {
				p.warnings = append(p.warnings, Note{api.at(), api.String() + " has no Service " + p.facts[f].name + " behind it: its kinds stay unknown, and no namespace can be deleted"})
			}
		}
	}
	for f := range p.facts {
		if p.facts[f].kind == serviceAnswers {
			p.answer(f)
		}
	}
}

// answer adds the ways in which a Service comes to answer.
func (p *prover) answer(f int) {
	if len(p.facts[f].makers) > 0 {
		return
	}
	namespace, name, _ := splitName(p.facts[f].name)
	s := p.byRef[Reference{"Service", namespace, name}]
	if s == nil {
		p.orOpaque(f, "Service/"+p.facts[f].name)
		return
	}
	selector, _, _ := unstructured.NestedStringMap(s.Object.Object, "spec", "selector")
	if len(selector) == 0 {
		p.assume(s.at(), s.String()+" selects no pods; taken to answer once it is applied")
		p.rule(f, need{fact: s.stage})
		return
	}
	for _, w := range p.workloads[namespace] {
		if selects(selector, podLabels(w)) {
			r := p.rule(f, need{fact: s.stage}, need{fact: p.workload(w), subject: w})
			p.answers[s] = append(p.answers[s], r)
		}
	}
	if len(p.facts[f].makers) == 0 && p.custom[namespace] {
		p.assume(s.at(), s.String()+" selects pods that nothing here makes; taken to be made by a program")
		p.rule(f, need{fact: s.stage})
	}
	p.orOpaque(f, "the pods of Service/"+p.facts[f].name)
}

func selects(selector, labels map[string]string) bool {
	for k, v := range selector {
		if labels[k] != v {
			return false
		}
	}
	return true
}

// podLabels are the labels of the pods that a workload makes.
func podLabels(o *placed) map[string]string {
	labels, _, _ := unstructured.NestedStringMap(o.pods, "metadata", "labels")
	return labels
}

// resource is an object's resource name.
func (p *prover) resource(gk schema.GroupKind) string {
	name, ok := p.resources[gk]
	if !ok {
		name = plurals(gk.Kind)[0]
		if d := p.definitions[gk]; d != nil {
			name = d.plural
		}
		p.resources[gk] = name
	}
	return name
}
