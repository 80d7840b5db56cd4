package coldstart

// factKind says what a fact is about.
type factKind uint8

const (
	unitThere      factKind = iota // a Kustomization exists in the cluster
	unitStage                      // one stage of it is applied
	unitReady                      // it is Ready
	releaseThere                   // a HelmRelease exists in the cluster
	releaseStage                   // one step of its installation is done
	releaseReady                   // it is Ready
	kindServed                     // the API server knows a kind
	namespaceThere                 // a namespace exists
	objectThere                    // an object that something refers to exists
	serviceAnswers                 // a Service has pods that are ready
	workloadReady                  // the pods of a workload are ready
	opaqueReady                    // one of those whose objects are not known is ready
	lacking                        // what nothing in the cluster ever brings about
)

// key tells facts apart.
type key struct {
	kind factKind
	name string
	n    int // number of the stage
}

// fact is something that becomes true once, and stays so.
type fact struct {
	key
	actor  int   // who brings it about, -1 for nobody in particular
	makers []int // rules that make it true; one is enough
	users  []use // where it is needed
}

// use is one need of one rule.
type use struct{ rule, need int }

// reason says why a rule needs a fact.
type reason uint8

const (
	byOrder      reason = iota // one step follows the other
	byParent                   // the object must be applied first
	byDependsOn                // an entry of dependsOn
	byHealth                   // wait or healthChecks
	bySource                   // where it reads from
	byReference                // ConfigMaps and Secrets that it reads
	byNamespace                // the object's namespace
	byKind                     // the object's kind
	byConversion               // the webhook that converts the object's version
	byWebhook                  // a webhook that must let the object in
	bySuspension               // it is suspended
	byRetry                    // its first failure is its last
)

// need is a fact that a rule waits for.
type need struct {
	fact   int
	reason reason
	// soft is set where the order is a matter of luck: the object of a webhook
	// may get in before the webhook is there.
	soft    bool
	subject *placed     // the object that needs it
	hook    *hook       // the webhook, byWebhook
	depends *Dependency // the entry, byDependsOn
}

// rule makes its head true once all needs are.
type rule struct {
	head  int
	needs []need
}

// graph is all facts and rules.
type graph struct {
	facts []fact
	rules []rule
	byKey map[key]int
}

// fact returns the fact of a key, a new one if need be.
func (g *graph) fact(kind factKind, name string, n int) int {
	k := key{kind, name, n}
	f, ok := g.byKey[k]
	if !ok {
		f = len(g.facts)
		g.facts = append(g.facts, fact{key: k, actor: -1})
		g.byKey[k] = f
	}
	return f
}

// known returns the fact of a key if there is one with a maker.
func (g *graph) known(kind factKind, name string) (int, bool) {
	f, ok := g.byKey[key{kind, name, 0}]
	return f, ok && len(g.facts[f].makers) > 0
}

// rule adds a way to make a fact true and returns its number.
func (g *graph) rule(head int, needs ...need) int {
	r := len(g.rules)
	g.rules = append(g.rules, rule{head: head})
	g.facts[head].makers = append(g.facts[head].makers, r)
	for _, n := range needs {
		g.need(r, n)
	}
	return r
}

// need adds what a rule waits for.
func (g *graph) need(r int, n need) {
	g.rules[r].needs = append(g.rules[r].needs, n)
	g.facts[n.fact].users = append(g.facts[n.fact].users, use{r, len(g.rules[r].needs) - 1})
}

// weight is how many waves a fact comes after what it needs.
func (f *fact) weight() int32 {
	if f.kind == unitReady || f.kind == releaseReady {
		return 1
	}
	return 0
}

// run is how far the facts have followed from each other.
type run struct {
	*graph
	lucky bool    // soft needs are taken to be met
	level []int32 // wave of each fact, -1 while it is not true
	by    []int   // the rule that made it true, -1 for none
	left  []int32 // needs of each rule that are not met
	queue []int   // facts of the wave that is being looked at
	later []int   // facts of the next one
	wave  int32
}

// play makes true whatever follows.
func (g *graph) play(lucky bool) *run {
	r := &run{
		graph: g, lucky: lucky,
		level: make([]int32, len(g.facts)), by: make([]int, len(g.facts)), left: make([]int32, len(g.rules)),
	}
	for f := range r.level {
		r.level[f], r.by[f] = -1, -1
	}
	for i := range g.rules {
		for _, n := range g.rules[i].needs {
			if !lucky || !n.soft {
				r.left[i]++
			}
		}
	}
	for i := range g.rules {
		if r.left[i] == 0 {
			r.made(i)
		}
	}
	r.drain()
	return r
}

// made notes that all needs of a rule are met.
func (r *run) made(rule int) {
	head := r.rules[rule].head
	if r.by[head] >= 0 || r.level[head] >= 0 {
		return
	}
	r.by[head] = rule
	if r.facts[head].weight() > 0 {
		r.later = append(r.later, head)
	} else {
		r.level[head] = r.wave
		r.queue = append(r.queue, head)
	}
}

// grant makes a fact true although nothing does.
func (r *run) grant(f int) {
	if r.level[f] < 0 {
		r.level[f] = r.wave
		r.queue = append(r.queue, f)
	}
}

// drain follows what has become true, wave by wave.
func (r *run) drain() {
	for {
		for len(r.queue) > 0 {
			f := r.queue[len(r.queue)-1]
			r.queue = r.queue[:len(r.queue)-1]
			r.spread(f)
		}
		if len(r.later) == 0 {
			return
		}
		r.wave++
		for _, f := range r.later {
			if r.level[f] < 0 {
				r.level[f] = r.wave
				r.queue = append(r.queue, f)
			}
		}
		r.later = r.later[:0]
	}
}

// spread tells the rules that need a fact.
func (r *run) spread(f int) {
	for _, u := range r.facts[f].users {
		if r.lucky && r.rules[u.rule].needs[u.need].soft {
			continue
		}
		r.left[u.rule]--
		if r.left[u.rule] == 0 {
			r.made(u.rule)
		}
	}
}

func (r *run) holds(f int) bool { return r.level[f] >= 0 }
