package coldstart

import (
	"fmt"
	"slices"
	"strings"
)

// circular is the deadlock of facts that wait for each other: main is the need
// to blame, way leads from what it needs back to it.
func (d *diagnosis) circular(main edge, way []edge) Deadlock {
	l := Deadlock{At: d.at(main), Chain: d.chain(append([]edge{main}, way...))}
	l.Race = main.need.soft
	who, o := d.actorName(main), main.need.subject
	first := d.provider(main, way)
	switch main.need.reason {
	case byDependsOn:
		d.dependsOnCircle(&l, main, way)
	case byWebhook:
		d.webhookCircle(&l, main, first)
	case byKind:
		d.kindCircle(&l, main, way)
	case byNamespace:
		l.Kind, l.Symptom = NamespaceTooLate, fmt.Sprintf("namespaces %q not found", d.facts[main.need.fact].name)
		l.Message = fmt.Sprintf("%s needs Namespace/%s for %s, and %s, which creates it, waits for %s", who, d.facts[main.need.fact].name, o, first, who)
		l.Fix = fmt.Sprintf("create Namespace/%s in %s, or in a Kustomization that it depends on", d.facts[main.need.fact].name, d.applier(who))
	case bySource, byReference:
		l.Kind, l.Symptom = SourceTooLate, "not found"
		if main.need.reason == byReference {
			l.Kind = ObjectTooLate
		}
		l.Message = fmt.Sprintf("%s reads %s, and %s, which applies it, waits for %s", who, d.facts[main.need.fact].name, first, who)
		l.Fix = fmt.Sprintf("apply %s in a Kustomization that does not wait for %s", d.facts[main.need.fact].name, who)
	case byHealth:
		l.Kind = WaitsForDependant
		l.Message = fmt.Sprintf("%s is ready only once %s is, which waits for %s", who, o, who)
		l.Fix = fmt.Sprintf("set wait: false on %s (and leave %s out of its healthChecks), or remove it from the dependsOn of what it waits for", who, o)
		if f := d.facts[main.need.fact].kind; f == unitReady || f == releaseReady {
			l.Symptom = o.String() + " status: 'InProgress'"
		}
	default:
		l.Kind = Circle
		l.Message = fmt.Sprintf("%s waits for itself", who)
		l.Fix = "have one of them not wait for the next: " + strings.Join(l.Chain, "; ")
	}
	return l
}

// provider is who brings what an edge needs: the first actor on the way.
func (d *diagnosis) provider(main edge, way []edge) string {
	if a := d.facts[main.need.fact].actor; a >= 0 {
		return d.actors[a].name
	}
	for _, e := range way {
		if a := d.facts[e.need.fact].actor; a >= 0 {
			return d.actors[a].name
		}
	}
	return d.facts[main.need.fact].name
}

// applier is the Kustomization that a HelmRelease or Kustomization comes from:
// itself for the latter.
func (d *diagnosis) applier(name string) string {
	for seen := 0; strings.HasPrefix(name, "HelmRelease/") && len(d.fluxObjects[name]) > 0 && seen < len(d.actors); seen++ {
		name = d.actors[d.fluxObjects[name][0].actor].name
	}
	return name
}

func (d *diagnosis) dependsOnCircle(l *Deadlock, main edge, way []edge) {
	l.Kind = Circle
	names := []string{d.actorName(main)}
	for _, e := range append([]edge{main}, way...) {
		if e.need.reason == byDependsOn {
			names = append(names, d.actors[d.facts[e.need.fact].actor].name)
		}
	}
	l.Symptom = "dependency '" + d.facts[main.need.fact].name + "' is not ready"
	if len(names) == 2 {
		l.Kind = SelfDependency
		l.Message = names[0] + " depends on itself, and so never starts"
		l.Fix = "remove it from its own dependsOn"
		return
	}
	// The same circle is told from the same place, wherever it was found.
	l.Message = names[0] + " depends on " + strings.Join(names[1:], ", which depends on ") + ": none of them ever starts"
	l.Fix = "remove one of these entries of dependsOn"
}

func (d *diagnosis) kindCircle(l *Deadlock, main edge, way []edge) {
	l.Kind = KindTooLate
	who, o, first := d.actorName(main), main.need.subject, d.provider(main, way)
	source := d.maker(main, way)
	if d.fluxName(o) != "" {
		l.Message = fmt.Sprintf("%s needs the kind %s, and %s, which brings it, waits for %s", who, d.facts[main.need.fact].name, first, who)
		l.Fix = fmt.Sprintf("have %s come before %s", d.applier(first), d.applier(who))
		return
	}
	l.Symptom = noMatches(o)
	from := d.applier(first)
	rest := d.others(main)
	switch {
	case first == who && strings.HasPrefix(who, "HelmRelease/"):
		l.Message = fmt.Sprintf("the chart of %s has %s%s among its templates, and so has what makes that kind (%s): Helm looks up all kinds before it installs anything", who, o, rest, source)
		l.Fix = "install the CustomResourceDefinition first: from the chart's folder crds/, or from a Kustomization that the release's depends on"
	case from == who:
		l.Message = fmt.Sprintf("%s applies %s%s together with %s, which brings that kind: the server refuses what it does not know yet, and with it everything that is applied at the same time", who, o, rest, source)
		l.Fix = fmt.Sprintf("move %s%s to a Kustomization of its own that depends on %s", o, rest, who)
		if unit := d.unitOf(who); unit != nil && !unit.Wait {
			l.Fix += ", and set wait: true on " + who
		}
	default:
		l.Message = fmt.Sprintf("%s applies %s%s, and %s, which brings that kind, waits for %s", who, o, rest, first, who)
		l.Fix = fmt.Sprintf("move %s%s to a Kustomization of its own that depends on %s", o, rest, from)
	}
}

func (d *diagnosis) unitOf(name string) *Unit {
	if n, ok := d.units[strings.TrimPrefix(name, "Kustomization/")]; ok {
		return d.actors[n].unit
	}
	return nil
}

// maker names what brings the kind that an edge needs: a HelmRelease, or the
// object that a program makes the kind of.
func (d *diagnosis) maker(main edge, way []edge) string {
	for _, m := range d.facts[main.need.fact].makers {
		for _, n := range d.rules[m].needs {
			a := d.facts[n.fact].actor
			if a < 0 || len(way) == 0 || n.fact != way[0].need.fact {
				continue
			}
			if d.actors[a].install != nil && d.facts[main.need.fact].n != 1 {
				return d.actors[a].name
			}
			for _, o := range d.actors[a].objects {
				if o.stage == n.fact && slices.ContainsFunc(d.in.Establishes(o.Unstructured), func(gk gk) bool {
					return gk.Kind == main.need.subject.gvk.Kind
				}) {
					return o.String()
				}
			}
			return d.actors[a].name
		}
	}
	return d.provider(main, way)
}

// others are the further objects that are in the same place for the same
// reason.
func (d *diagnosis) others(main edge) string {
	var more []string
	for _, m := range d.facts[main.head].makers {
		for _, n := range d.rules[m].needs {
			if n.reason == byKind && n.subject != nil && n.subject != main.need.subject && !d.r.holds(n.fact) {
				more = append(more, n.subject.String())
			}
		}
	}
	if len(more) > 3 {
		more = append(more[:3], fmt.Sprintf("%d more", len(more)-3))
	}
	if len(more) == 0 {
		return ""
	}
	return " (and " + strings.Join(more, ", ") + ")"
}

func (d *diagnosis) webhookCircle(l *Deadlock, main edge, first string) {
	l.Kind = WebhookBlocks
	h, o, who := main.need.hook, main.need.subject, d.actorName(main)
	l.Symptom = d.webhookSymptom(main)
	title := h.title(d.prover)
	when := "before"
	if main.need.soft {
		when = "before (or while)"
	}
	if d.facts[main.head].kind == workloadReady && first == who {
		l.Message = fmt.Sprintf("%s refuses %s, which are what answers for it at %s: they are never made, and it is never answered", title, d.guardedThing(main), h.service)
		if main.need.soft {
			l.Message = fmt.Sprintf("%s may be there before %s, which are what answers for it at %s; it then refuses them, and is never answered", title, d.guardedThing(main), h.service)
		}
	} else {
		l.Message = fmt.Sprintf("%s is there %s %s is applied, refuses %s of it until %s answers, and that waits for %s", title, when, who, d.guardedThing(main), h.service, who)
	}
	exclude := o.namespace
	if isNamespace(o.Unstructured) {
		exclude = o.GetName()
	}
	l.Fix = "set failurePolicy: Ignore"
	if exclude != "" {
		l.Fix = fmt.Sprintf("exclude namespace %s by the namespaceSelector of webhook %s, or set its failurePolicy: Ignore", exclude, h.name)
	}
	if h.config != nil && d.actors[h.actor].name != first {
		l.Fix = fmt.Sprintf("move %s to a Kustomization that depends on %s, or %s", title, d.applier(first), l.Fix)
	}
}
