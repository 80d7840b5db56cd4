package coldstart

import (
	"fmt"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// missing is the deadlock of a fact that nothing makes true.
func (d *diagnosis) missing(e edge) Deadlock {
	f, who := &d.facts[e.need.fact], d.actorName(e)
	l := Deadlock{At: d.at(e), Chain: d.chain([]edge{e})}
	o := e.need.subject
	switch e.need.reason {
	case byDependsOn:
		l.Kind = MissingDependency
		kind := kindOf(f.kind)
		l.Message = fmt.Sprintf("%s depends on %s/%s, which nothing here applies, and so never starts", who, kind, f.name)
		l.Fix = "correct the name or namespace in dependsOn, or add " + kind + "/" + f.name
		l.Symptom = map[factKind]string{unitReady: "dependency '" + f.name + "' not found", releaseReady: "unable to get '" + f.name + "' dependency"}[f.kind]
	case byKind:
		d.missingKind(&l, e)
	case byNamespace:
		if f.kind == lacking {
			l.Kind, l.Symptom = NamespaceNotSet, "namespace not specified"
			l.Message = fmt.Sprintf("%s applies %s without a namespace, which its kind needs", who, o)
			l.Fix = "set metadata.namespace, or targetNamespace of " + who
			break
		}
		l.Kind, l.Symptom = MissingNamespace, fmt.Sprintf("namespaces %q not found", f.name)
		l.Message = fmt.Sprintf("%s applies %s, and nothing creates Namespace/%s", who, o, f.name)
		if o.namespace != f.name {
			l.Message = fmt.Sprintf("%s installs to Namespace/%s, which nothing creates", who, f.name)
		}
		l.Fix = fmt.Sprintf("add Namespace/%s beside it, or correct the namespace", f.name)
	case bySource:
		l.Kind = MissingSource
		l.Message = fmt.Sprintf("%s reads from %s, which nothing applies", who, f.name)
		l.Fix = "add " + f.name + ", or correct the reference"
		l.Symptom = fmt.Sprintf("%q not found", f.name[strings.LastIndex(f.name, "/")+1:])
	case byHealth:
		l.Kind, l.Symptom = MissingHealthTarget, "NotFound"
		l.Message = fmt.Sprintf("%s waits by its healthChecks for %s, which nothing applies", who, f.name)
		l.Fix = "correct or remove the entry of healthChecks"
	case bySuspension:
		l.Kind = Suspended
		l.Fix = "remove spec.suspend of " + who + " in Git"
	case byRetry:
		l.Kind, l.Symptom = WebhookBlocks, "failed calling webhook \""+e.need.hook.name+"\""
		l.Message = fmt.Sprintf("%s installs %s right after %s, which refuses it because the pods behind %s have only just been made; an install that failed is not tried again in place", who, o, e.need.hook.title(d.prover), e.need.hook.service)
		l.Fix = "set spec.install.strategy.name: RetryOnFailure on " + who + ", or move " + o.String() + " to a Kustomization that depends on it"
	default:
		d.unanswered(&l, e)
	}
	return l
}

func kindOf(k factKind) string {
	if k == unitReady || k == unitThere || k == unitStage {
		return "Kustomization"
	}
	return "HelmRelease"
}

func (d *diagnosis) missingKind(l *Deadlock, e edge) {
	f, who, o := &d.facts[e.need.fact], d.actorName(e), e.need.subject
	l.Kind = MissingKind
	definition, version, hasVersion := strings.Cut(f.name, "/")
	switch {
	case o == nil || d.fluxName(o) == d.actors[o.actor].name || d.fluxName(o) != "":
		l.Message = fmt.Sprintf("%s needs the kind %s, which nothing here brings", who, f.name)
		l.Fix = "add what installs the CustomResourceDefinition " + f.name + ", and have " + who + " depend on it"
		return
	case hasVersion && f.n == 2:
		l.Message = fmt.Sprintf("%s applies %s in version %s, which CustomResourceDefinition %s does not serve; nothing of that apply gets in", who, o, version, definition)
		l.Fix = "write it in a version that is served: " + strings.Join(d.definitions[o.gvk.GroupKind()].served, ", ")
	default:
		l.Message = fmt.Sprintf("%s applies %s, whose kind nothing here brings; the server refuses everything that is applied with it", who, o)
		l.Fix = fmt.Sprintf("add what installs the kind %s of %s, and have %s depend on it", o.gvk.Kind, o.gvk.Group, who)
	}
	l.Symptom = noMatches(o)
}

func noMatches(o *placed) string {
	return fmt.Sprintf("no matches for kind %q in version %q", o.gvk.Kind, o.gvk.GroupVersion())
}

// unanswered is about a webhook whose Service never answers.
func (d *diagnosis) unanswered(l *Deadlock, e edge) {
	f, who, o := &d.facts[e.need.fact], d.actorName(e), e.need.subject
	l.Kind = WebhookUnanswered
	if e.need.reason != byWebhook {
		l.Message = fmt.Sprintf("%s waits for Service/%s, which nothing makes answer", who, f.name)
		if o != nil && e.need.reason == byConversion {
			l.Message = fmt.Sprintf("%s applies %s, which Service/%s converts to another version, and nothing makes that Service answer", who, o, f.name)
		}
		l.Fix = "add what runs the pods of Service/" + f.name
		return
	}
	l.Race = e.need.soft
	h := e.need.hook
	l.At = h.at(d.prover)
	d.refused = append(d.refused, h.silence(d.prover))
	l.Message = fmt.Sprintf("%s refuses %s of %s while Service/%s does not answer, and nothing here makes it answer", h.title(d.prover), d.guardedThing(e), d.actors[o.actor].name, f.name)
	l.Fix = fmt.Sprintf("add the program behind Service/%s, or remove %s (or set failurePolicy: Ignore)", f.name, h.title(d.prover))
	l.Symptom = d.webhookSymptom(e)
}

// guardedThing is what a webhook refuses: an object or its pods.
func (d *diagnosis) guardedThing(e edge) string {
	o := e.need.subject
	switch d.facts[e.head].kind {
	case workloadReady:
		return "the pods of " + o.String()
	case serviceAnswers:
		return "the EndpointSlices of " + o.String()
	}
	return o.String()
}

func (d *diagnosis) webhookSymptom(e edge) string {
	if k := d.facts[e.head].kind; k == workloadReady || k == serviceAnswers {
		// The controller manager is refused, not Flux.
		if u := d.actors[e.need.subject.actor].unit; u != nil && u.Wait && k == workloadReady {
			return e.need.subject.String() + " status: 'InProgress'"
		}
		return ""
	}
	return fmt.Sprintf("failed calling webhook %q", e.need.hook.name)
}

// actorName is who an edge holds up.
func (d *diagnosis) actorName(e edge) string {
	if who := d.whose(e); who >= 0 {
		return d.actors[who].name
	}
	return d.facts[e.head].name
}

// at is where an edge is written.
func (d *diagnosis) at(e edge) diag.Position {
	var at diag.Position
	switch {
	case e.need.depends != nil:
		at = e.need.depends.At
	case e.need.reason == bySource && d.whose(e) >= 0:
		a := d.actors[d.whose(e)]
		if a.unit != nil {
			at = a.unit.SourceAt
		} else if at = a.install.at("spec", "chartRef"); at == a.install.at() {
			at = a.install.at("spec", "chart", "spec", "sourceRef")
		}
	case e.need.subject != nil:
		at = e.need.subject.at()
	}
	if who := d.whose(e); at == (diag.Position{}) && who >= 0 {
		at = d.actors[who].at
	}
	return at
}

// finish fills in what is only known when all victims are.
func (d *diagnosis) finish(c *cause) {
	if c.Kind == Suspended {
		c.Message = fmt.Sprintf("%s is suspended, and %s wait for it", c.Stuck[0], strings.Join(c.Waiting, ", "))
		if len(c.Waiting) == 1 {
			c.Message = fmt.Sprintf("%s is suspended, and %s waits for it", c.Stuck[0], c.Waiting[0])
		}
	}
}
