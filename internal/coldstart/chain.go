package coldstart

import "k8s.io/apimachinery/pkg/runtime/schema"

type gk = schema.GroupKind

// chain tells edges as sentences, one who waits for what each.
func (d *diagnosis) chain(edges []edge) []string {
	var lines []string
	for _, e := range edges {
		if s := d.tell(e); s != "" && (len(lines) == 0 || lines[len(lines)-1] != s) {
			lines = append(lines, s)
		}
	}
	return lines
}

func (d *diagnosis) tell(e edge) string {
	who, f, o := d.actorName(e), &d.facts[e.need.fact], e.need.subject
	switch e.need.reason {
	case byParent:
		return o.String() + " is applied by " + d.actors[o.actor].name
	case byDependsOn:
		return who + " depends on " + kindOf(f.kind) + "/" + f.name
	case byHealth:
		if o == nil {
			return who + " waits for " + f.name
		}
		return who + " waits until " + o.String() + " is ready"
	case bySource, byReference:
		return who + " reads " + f.name
	case byNamespace:
		if d.fluxName(o) == who {
			return who + " installs to Namespace/" + f.name
		}
		return who + " applies " + o.String() + ", whose namespace must exist"
	case byKind:
		if d.fluxName(o) == who {
			return who + " needs the kind " + f.name
		}
		return who + " applies " + o.String() + ", whose kind must be served"
	case byConversion:
		return o.String() + " is converted by Service/" + f.name
	case byWebhook:
		return e.need.hook.title(d.prover) + " refuses " + d.guardedThing(e) + " of " + who + " until Service/" + f.name + " answers"
	case bySuspension:
		return who + " is suspended"
	case byRetry:
		return who + " is not tried again"
	}
	return d.follows(e)
}

// follows tells what comes of what is done.
func (d *diagnosis) follows(e edge) string {
	head, by := &d.facts[e.head], ""
	if a := d.facts[e.need.fact].actor; a >= 0 {
		by = d.actors[a].name
	}
	switch head.kind {
	case kindServed:
		return "the kind " + head.name + " comes with " + by
	case namespaceThere:
		return "Namespace/" + head.name + " is created by " + by
	case objectThere:
		return head.name + " is applied by " + by
	case workloadReady:
		return head.name + " is applied by " + by
	case serviceAnswers:
		if d.facts[e.need.fact].kind == workloadReady {
			return "Service/" + head.name + " answers once " + d.facts[e.need.fact].name + " is ready"
		}
		return "Service/" + head.name + " comes with " + by
	}
	return ""
}
