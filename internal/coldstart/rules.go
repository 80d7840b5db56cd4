package coldstart

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// given makes the facts that hold before Flux begins.
func (p *prover) given() {
	for _, namespace := range slices.Concat(builtinNamespaces(), p.in.Given.Namespaces) {
		p.rule(p.fact(namespaceThere, namespace, 0))
	}
	for _, kind := range p.in.Given.Kinds {
		p.rule(p.fact(kindServed, kind, 0))
	}
	for _, o := range p.in.Given.Objects {
		p.rule(p.fact(objectThere, o.String(), 0))
		if o.Kind == "Service" {
			p.rule(p.fact(serviceAnswers, o.Namespace+"/"+o.Name, 0))
		}
	}
	for _, a := range p.actors {
		// What nothing applies was applied by hand, together with its source.
		if a.root {
			p.rule(p.fact(unitThere, a.short, 0))
			p.rule(p.fact(objectThere, a.unit.Source.String(), 0))
			p.rule(p.fact(namespaceThere, a.namespace, 0))
		}
	}
}

// begin says what must be before an actor does anything.
func (p *prover) begin(n int) {
	a := p.actors[n]
	kind, depKind, there := unitReady, "Kustomization/", unitThere
	source, depends, refs, suspended := Reference{}, []Dependency(nil), []Reference(nil), false
	var subject *placed
	if objects := p.fluxObjects[a.name]; len(objects) > 0 {
		subject = objects[0]
	}
	if a.unit != nil {
		source, depends, refs, suspended = a.unit.Source, a.unit.DependsOn, a.unit.Needs, a.unit.Suspend
	} else {
		kind, depKind, there = releaseReady, "HelmRelease/", releaseThere
		source, depends, refs, suspended = a.install.source, a.install.depends, a.install.needs, a.install.suspend
	}
	thereFact := p.fact(there, a.short, 0)
	if !a.root {
		for _, o := range p.fluxObjects[a.name] {
			p.rule(thereFact, need{fact: o.stage, reason: byParent, subject: o})
		}
	}
	r := p.rule(a.begun, need{fact: thereFact})
	if suspended {
		p.need(r, need{fact: p.fact(lacking, "suspended "+a.name, 0), reason: bySuspension})
	}
	if source.Name != "" {
		p.need(r, need{fact: p.object(source, a), reason: bySource, subject: subject})
	}
	for i := range depends {
		d := &depends[i]
		p.need(r, need{fact: p.fact(kind, d.Name, 0), reason: byDependsOn, depends: d})
		if d.ReadyExpr != "" && !readyOnce(d.ReadyExpr) {
			p.assume(d.At, a.name+" depends on "+depKind+d.Name+" by a readyExpr, which is not evaluated; taken to mean Ready")
		}
	}
	for _, ref := range refs {
		if f := p.object(ref, a); len(p.facts[f].makers) > 0 {
			p.need(r, need{fact: f, reason: byReference, subject: subject})
		} else {
			p.assume(a.at, a.name+" reads "+ref.String()+", which nothing here applies; taken to be made by hand")
		}
	}
	if a.install != nil && a.install.namespace != a.namespace {
		if a.install.creates {
			p.rule(p.fact(namespaceThere, a.install.namespace, 0), need{fact: a.begun})
		} else {
			p.need(r, need{fact: p.namespace(a.install.namespace), reason: byNamespace, subject: subject})
		}
	}
}

// readyOnce recognises expressions that only Ready makes true on an empty
// cluster: a revision counts as applied once its health checks have passed.
func readyOnce(expr string) bool {
	parts := strings.Split(strings.Join(strings.Fields(expr), ""), "&&")
	return slices.Contains(parts, "has(dep.status.lastAppliedRevision)") && !slices.ContainsFunc(parts, func(s string) bool {
		return !strings.HasPrefix(s, "has(dep.") || strings.Count(s, "(") != 1 || !strings.HasSuffix(s, ")")
	})
}

// object is the fact that an object exists.
func (p *prover) object(ref Reference, a *actor) int {
	f := p.fact(objectThere, ref.String(), 0)
	if o, ok := p.byRef[ref]; ok && len(p.facts[f].makers) == 0 {
		p.rule(f, need{fact: o.stage})
	}
	if len(p.facts[f].makers) == 0 && ref.Kind == "ExternalArtifact" {
		p.assume(a.at, ref.String()+" is made by a controller; taken to exist")
		p.rule(f)
	}
	return f
}

// namespace is the fact that a namespace exists.
func (p *prover) namespace(name string) int {
	f := p.fact(namespaceThere, name, 0)
	p.orOpaque(f, "Namespace/"+name)
	return f
}

// orOpaque has what is not known bring what nothing known does.
func (p *prover) orOpaque(f int, what string) {
	if p.opaque >= 0 && len(p.facts[f].makers) == 0 {
		p.rule(f, need{fact: p.opaque})
		p.doubts = append(p.doubts, doubt{f, what})
	}
}

// doubt is a fact that only something unknown can make true.
type doubt struct {
	fact int
	what string
}

// establish makes the facts of kinds that other objects than definitions bring.
func (p *prover) establish() {
	for n, a := range p.actors {
		if a.install != nil && a.install.chart != nil {
			for _, group := range a.install.chart.Groups {
				p.makers[group] = append(p.makers[group], n)
			}
		}
	}
	for _, a := range p.actors {
		for _, o := range a.objects {
			if p.builtin[o.gvk.Group] || isFlux(o.gvk.Group) {
				continue
			}
			for _, gk := range p.in.Establishes(o.Unstructured) {
				p.establishedBy(gk, o)
			}
		}
	}
}

// establishedBy says that a kind is served once an object is applied and the
// program that reads it is ready.
func (p *prover) establishedBy(gk schema.GroupKind, o *placed) {
	groups, programs := []string{gk.Group}, p.programs(o.gvk.GroupKind())
	if gk.Group == "" {
		groups = nil
		for _, program := range programs {
			groups = append(groups, p.actors[program].install.chart.Groups...)
		}
		if len(groups) == 0 {
			p.named[gk.Kind] = append(p.named[gk.Kind], o)
		}
	}
	for _, group := range groups {
		gk.Group = group
		p.established[gk] = true
		p.established[schema.GroupKind{Group: group}] = true
		needs := []need{{fact: o.stage}}
		for _, program := range programs {
			needs = append(needs, need{fact: p.actors[program].ready})
		}
		p.rule(p.fact(kindServed, gk.String(), 1), needs...)
	}
}

// programs are the releases that bring a kind, and so the program behind it.
func (p *prover) programs(gk schema.GroupKind) []int {
	f := p.kind(gk)
	var found []int
	for _, m := range p.facts[f].makers {
		for _, n := range p.rules[m].needs {
			if a := p.facts[n.fact].actor; a >= 0 && p.actors[a].install != nil && p.actors[a].install.chart != nil && !slices.Contains(found, a) {
				found = append(found, a)
			}
		}
	}
	return found
}

// kind is the fact that a kind is served.
func (p *prover) kind(gk schema.GroupKind) int {
	if f, ok := p.served[gk]; ok {
		return f
	}
	f := p.findKind(gk)
	p.orOpaque(f, "kind "+gk.String())
	p.served[gk] = f
	return f
}

func (p *prover) findKind(gk schema.GroupKind) int {
	if d := p.definitions[gk]; d != nil {
		return p.fact(kindServed, d.name, 0)
	}
	if p.established[gk] {
		return p.fact(kindServed, gk.String(), 1)
	}
	names := plurals(gk.Kind)
	for _, plural := range names {
		if f, ok := p.known(kindServed, plural+"."+gk.Group); ok {
			return f
		}
	}
	f := p.fact(kindServed, names[0]+"."+gk.Group, 0)
	for _, o := range p.named[gk.Kind] {
		p.rule(f, need{fact: o.stage})
		p.assume(o.at(), o.String()+" is taken to make the kind "+gk.String()+" once it is applied and the program behind it runs")
	}
	for _, n := range p.makers[gk.Group] {
		// A group is its program's to fill; where objects say what with, they tell.
		if a := p.actors[n]; !p.established[schema.GroupKind{Group: gk.Group}] {
			p.rule(f, need{fact: a.ready})
			p.assume(a.at, a.name+" makes kinds of "+gk.Group+" while it runs; taken to have made "+gk.Kind+" once it is ready")
		}
	}
	for _, api := range p.apis {
		if text(api.Object.Object, "spec", "group") == gk.Group {
			p.rule(f, need{fact: p.service(text(api.Object.Object, "spec", "service", "namespace"), text(api.Object.Object, "spec", "service", "name"))})
		}
	}
	return f
}
