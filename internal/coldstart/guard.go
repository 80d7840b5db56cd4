package coldstart

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/labels"
)

// guard adds to every object and pod what lets it through the webhooks that
// may be there when it comes.
func (p *prover) guard() {
	p.declareHooks()
	if len(p.hooks) == 0 {
		return
	}
	for _, h := range p.hooks {
		h.answers = p.service(h.service.Namespace, h.service.Name)
		p.answer(h.answers)
	}
	g := newGates(p)
	for _, a := range p.actors {
		for _, o := range a.objects {
			p.guardObject(g, o)
		}
	}
}

// silent warns of webhooks that never answer, but for those of a deadlock.
func (p *prover) silent() {
	for _, h := range p.hooks {
		if note := h.silence(p); len(p.facts[h.answers].makers) == 0 && !slices.Contains(p.refused, note) {
			p.warnings = append(p.warnings, note)
		}
	}
}

// silence is the warning of a webhook that never answers.
func (h *hook) silence(p *prover) Note {
	return Note{h.at(p), h.title(p) + " refuses what it guards while " + h.service.String() + " does not answer, and nothing here makes it answer"}
}

func (p *prover) guardObject(g *gates, o *placed) {
	for _, h := range g.of(p.target(o)) {
		p.guarded(g, h, o, o.rule, o.stage, o.stage)
	}
	ready := -1
	if o.pods != nil {
		// Only pods that somebody waits for matter.
		if f, ok := p.known(workloadReady, o.String()); ok {
			ready = p.facts[f].makers[0]
		}
	}
	rules := p.answers[o]
	if ready >= 0 {
		rules = []int{ready}
	}
	for _, r := range rules {
		for _, t := range offspring(o) {
			for _, h := range g.of(t) {
				p.guarded(g, h, o, r, p.rules[r].head, o.stage)
			}
		}
	}
}

// guarded adds a webhook to a rule: what it makes true begins after begins,
// and is over when done is true.
func (p *prover) guarded(g *gates, h *hook, o *placed, r, done, begins int) {
	before, after := g.around(h.stage)
	// Objects of one apply are in before the webhook, which comes last in it.
	if done == h.stage || before[done] {
		return
	}
	n := need{fact: h.answers, reason: byWebhook, soft: !after[begins], subject: o, hook: h}
	if g.have[use{r, n.fact}] {
		return
	}
	g.have[use{r, n.fact}] = true
	answered := g.answered(h, begins) // as it is without this need
	p.need(r, n)
	a := p.actors[o.actor]
	if a.install == nil || begins != done || a.install.inPlace {
		return
	}
	switch {
	case h.actor == o.actor:
		// Begun from scratch each time, or not at all, it meets the same.
		p.need(r, need{fact: p.fact(lacking, "retry of "+a.name, 0), reason: byRetry, subject: o, hook: h})
	case !a.install.retries && !answered:
		p.warnings = append(p.warnings, Note{a.at, a.name + " may be installed while " + h.title(p) + " does not answer yet, which refuses its " + o.String() +
			"; it is not tried again then: set spec.install.strategy.name: RetryOnFailure, or have it depend on " + p.bringer(h.answers)})
	}
}

// bringer is who makes a Service answer.
func (p *prover) bringer(answers int) string {
	for _, m := range p.facts[answers].makers {
		for _, n := range p.rules[m].needs {
			if a := p.facts[n.fact].actor; a >= 0 {
				return p.actors[a].name
			}
		}
	}
	return p.facts[answers].name
}

// gates finds the webhooks for a target, and what comes before and after them.
type gates struct {
	p       *prover
	exact   map[[2]string][]*hook // by group and resource
	loose   []*hook               // those with a * in a rule
	befores map[int][]bool
	afters  map[int][]bool
	inside  map[namespaced]bool
	have    map[use]bool // rules and the Services that they wait for already
}

func newGates(p *prover) *gates {
	g := &gates{p: p, exact: map[[2]string][]*hook{}, befores: map[int][]bool{}, afters: map[int][]bool{}, inside: map[namespaced]bool{}, have: map[use]bool{}}
	for _, h := range p.hooks {
		wild := false
		for _, r := range h.rules {
			wild = wild || slices.ContainsFunc(slices.Concat(r.groups, r.resources), func(s string) bool { return s == "*" || s == "*/*" })
		}
		if wild {
			g.loose = append(g.loose, h)
			continue
		}
		for _, r := range h.rules {
			for _, group := range r.groups {
				for _, resource := range r.resources {
					if k := [2]string{group, resource}; !slices.Contains(g.exact[k], h) {
						g.exact[k] = append(g.exact[k], h)
					}
				}
			}
		}
	}
	return g
}

// of are the webhooks that are called for a target.
func (g *gates) of(t target) []*hook {
	if t.group == webhookGroup { // nothing guards the guards
		return nil
	}
	var found []*hook
	for _, list := range [][]*hook{g.exact[[2]string{t.group, t.resource}], g.loose} {
		for _, h := range list {
			if h.matches(t) && g.selects(h, t) {
				found = append(found, h)
			}
		}
	}
	return found
}

// selects says whether a webhook is called for a target's namespace.
func (g *gates) selects(h *hook, t target) bool {
	if t.namespace == "" && !t.isNamespace || h.namespaces.Empty() {
		return true
	}
	k := namespaced{h, t.namespace}
	yes, ok := g.inside[k]
	if !ok {
		set := labels.Set{}
		maps.Copy(set, g.p.labels[t.namespace])
		set["kubernetes.io/metadata.name"] = t.namespace
		yes = h.namespaces.Matches(set)
		g.inside[k] = yes
	}
	return yes
}

// namespaced is a webhook's view of a namespace.
type namespaced struct {
	hook      *hook
	namespace string
}

// answered says whether a webhook surely answers before a fact is true.
func (g *gates) answered(h *hook, f int) bool {
	if makers := g.p.facts[h.answers].makers; len(makers) == 1 {
		return !slices.ContainsFunc(g.p.rules[makers[0]].needs, func(n need) bool {
			_, after := g.around(n.fact)
			return !after[f]
		})
	}
	_, after := g.around(h.answers)
	return after[f]
}

// around are the facts that surely come before a fact, and those that surely
// come after it, itself left out.
func (g *gates) around(f int) (before, after []bool) {
	if before, ok := g.befores[f]; ok {
		return before, g.afters[f]
	}
	before, after = make([]bool, len(g.p.facts)), make([]bool, len(g.p.facts))
	g.walk(f, before, func(at int, visit func(int)) {
		if makers := g.p.facts[at].makers; len(makers) == 1 {
			for _, n := range g.p.rules[makers[0]].needs {
				if !n.soft {
					visit(n.fact)
				}
			}
		}
	})
	g.walk(f, after, func(at int, visit func(int)) {
		for _, u := range g.p.facts[at].users {
			if head := g.p.rules[u.rule].head; len(g.p.facts[head].makers) == 1 && !g.p.rules[u.rule].needs[u.need].soft {
				visit(head)
			}
		}
	})
	g.befores[f], g.afters[f] = before, after
	return before, after
}

func (g *gates) walk(from int, seen []bool, next func(at int, visit func(int))) {
	stack := []int{from}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		next(at, func(f int) {
			if f != from && !seen[f] {
				seen[f] = true
				stack = append(stack, f)
			}
		})
	}
}
