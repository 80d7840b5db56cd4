package coldstart

import "slices"

// edge is a need of a rule whose head never becomes true.
type edge struct {
	head int
	need need
}

// diagnosis finds the causes of what is not true at the end.
type diagnosis struct {
	*prover
	end     *run    // as the cluster ends
	r       *run    // the same with causes taken away, one after the other
	causes  []cause // in the order in which they were found
	causeOf []int   // by fact; unknownCause, searching, or an index of causes
}

const (
	unknownCause = -1
	searching    = -2
)

// cause is a deadlock and who is part of it.
type cause struct {
	Deadlock
	stuck []int // actors
}

// diagnose returns one deadlock for each cause.
func (p *prover) diagnose(end *run) []Deadlock {
	d := &diagnosis{prover: p, end: end, causeOf: make([]int, len(p.facts))}
	for f := range d.causeOf {
		d.causeOf[f] = unknownCause
	}
	d.r = &run{
		graph: &p.graph, level: slices.Clone(end.level), by: slices.Clone(end.by), left: slices.Clone(end.left), wave: end.wave,
	}
	d.lacks()
	d.circles()
	return d.blame()
}

// open are the needs of a fact's rules that are not met, as r has it.
func (d *diagnosis) open(f int, r *run) []edge {
	var found []edge
	for _, m := range d.facts[f].makers {
		for _, n := range d.rules[m].needs {
			if !r.holds(n.fact) {
				found = append(found, edge{f, n})
			}
		}
	}
	return found
}

// lacks finds what nothing brings about, and takes it as given from then on.
func (d *diagnosis) lacks() {
	var lacking []int
	for f := range d.facts {
		if d.end.holds(f) || len(d.facts[f].makers) > 0 {
			continue
		}
		perActor := map[int]int{} // cause by actor
		for _, u := range d.facts[f].users {
			head := d.rules[u.rule].head
			if d.end.holds(head) {
				continue // another rule made it
			}
			e := edge{head, d.rules[u.rule].needs[u.need]}
			who := d.whose(e)
			group := -1
			switch d.facts[f].kind {
			case unitReady, releaseReady, objectThere:
				group = who
			}
			c, ok := perActor[group]
			if !ok {
				c = len(d.causes)
				perActor[group] = c
				d.causes = append(d.causes, cause{Deadlock: d.missing(e)})
			}
			d.blameOn(c, head, who)
			if group < 0 {
				d.causeOf[f] = c
			}
		}
		lacking = append(lacking, f)
	}
	for _, f := range lacking {
		d.r.grant(f)
	}
	d.r.drain()
}

// blameOn notes that a fact, of an actor, is part of a cause.
func (d *diagnosis) blameOn(c, f, actor int) {
	if d.causeOf[f] == unknownCause {
		d.causeOf[f] = c
	}
	if actor >= 0 && !slices.Contains(d.causes[c].stuck, actor) {
		d.causes[c].stuck = append(d.causes[c].stuck, actor)
	}
}

// whose is the actor that an edge holds up, -1 for none.
func (d *diagnosis) whose(e edge) int {
	holder := d.facts[e.head].actor
	switch o := e.need.subject; {
	case o == nil, holder >= 0 && d.fluxName(o) == d.actors[holder].name: // about the Flux object itself
		return holder
	case e.need.reason == byParent, e.need.reason == byHealth:
		return holder
	default:
		return o.actor
	}
}

// circles finds what waits for itself, what is waited for first.
func (d *diagnosis) circles() {
	t := &tarjan{edges: func(f int) []edge { return d.open(f, d.r) }}
	for f := range d.facts {
		if d.r.holds(f) {
			continue
		}
		for _, component := range t.from(f) {
			component = slices.DeleteFunc(component, d.r.holds)
			if len(component) == 0 {
				continue
			}
			d.circle(component)
			for _, member := range component {
				d.r.grant(member)
			}
			d.r.drain()
		}
	}
}

// circle adds the cause of facts that wait for each other.
func (d *diagnosis) circle(component []int) {
	slices.Sort(component)
	in := make(map[int]bool, len(component))
	for _, f := range component {
		in[f] = true
	}
	var edges []edge
	for _, f := range component {
		for _, e := range d.open(f, d.r) {
			if in[e.need.fact] {
				edges = append(edges, e)
			}
		}
	}
	if len(edges) == 0 {
		return // waits for what was taken away meanwhile
	}
	c := len(d.causes)
	main, within := d.breakAt(component, edges)
	d.causes = append(d.causes, cause{Deadlock: d.circular(main, d.way(main, within))})
	for _, f := range component {
		actor := d.facts[f].actor
		d.blameOn(c, f, actor)
	}
}

// breakAt chooses the edge of a circle that is most likely the mistake, and
// the edges to follow it around by.
func (d *diagnosis) breakAt(component []int, edges []edge) (edge, map[int][]edge) {
	byHead := func(keep func(edge) bool) map[int][]edge {
		m := map[int][]edge{}
		for _, e := range edges {
			if keep(e) {
				m[e.head] = append(m[e.head], e)
			}
		}
		return m
	}
	all := byHead(func(edge) bool { return true })
	// A circle of dependsOn alone needs no other explanation.
	plain := byHead(func(e edge) bool { return e.need.reason == byDependsOn || e.need.reason == byOrder })
	t := &tarjan{edges: func(f int) []edge { return plain[f] }}
	for _, f := range component {
		for _, inner := range t.from(f) {
			for _, e := range edges {
				if e.need.reason == byDependsOn && slices.Contains(inner, e.head) && slices.Contains(inner, e.need.fact) {
					return e, plain
				}
			}
		}
	}
	for _, wanted := range []reason{byWebhook, byKind, byConversion, byNamespace, bySource, byReference, byHealth, byDependsOn, byParent} {
		for _, e := range edges {
			if e.need.reason == wanted {
				return e, all
			}
		}
	}
	return edges[0], all
}

// way is the shortest way from what an edge needs back to its head.
func (d *diagnosis) way(from edge, edges map[int][]edge) []edge {
	came := map[int]edge{}
	queue := []int{from.need.fact}
	for len(queue) > 0 && queue[0] != from.head {
		f := queue[0]
		queue = queue[1:]
		for _, e := range edges[f] {
			if _, seen := came[e.need.fact]; !seen && e.need.fact != from.need.fact {
				came[e.need.fact] = e
				queue = append(queue, e.need.fact)
			}
		}
	}
	var way []edge
	for f := from.head; f != from.need.fact; {
		e, ok := came[f]
		if !ok {
			return nil
		}
		way = append(way, e)
		f = e.head
	}
	slices.Reverse(way)
	return way
}

// blame gives every actor that is not ready to one cause.
func (d *diagnosis) blame() []Deadlock {
	inACause := map[int]bool{}
	for _, c := range d.causes {
		for _, n := range c.stuck {
			inACause[n] = true
		}
	}
	for n, a := range d.actors {
		if d.end.holds(a.ready) || inACause[n] {
			continue
		}
		c := d.find(a.ready)
		if c >= 0 && d.causes[c].Kind == Suspended && !d.end.holds(d.there(a)) {
			continue // what is suspended is meant not to be there
		}
		if c >= 0 {
			d.causes[c].Waiting = append(d.causes[c].Waiting, a.name)
		}
	}
	var found []Deadlock
	for i := range d.causes {
		c := &d.causes[i]
		for _, n := range c.stuck {
			c.Stuck = append(c.Stuck, d.actors[n].name)
		}
		slices.Sort(c.Stuck)
		slices.Sort(c.Waiting)
		if c.Kind == Suspended && len(c.Waiting) == 0 {
			d.warnings = append(d.warnings, Note{c.At, c.Stuck[0] + " is suspended: what it would apply is not applied"})
			continue
		}
		d.finish(c)
		found = append(found, c.Deadlock)
	}
	return found
}

// there is the fact that the object of an actor exists.
func (p *prover) there(a *actor) int {
	if a.unit != nil {
		return p.fact(unitThere, a.short, 0)
	}
	return p.fact(releaseThere, a.short, 0)
}

// find is the cause of a fact's not being true, -1 for none.
func (d *diagnosis) find(f int) int {
	if d.causeOf[f] != unknownCause {
		return d.causeOf[f]
	}
	d.causeOf[f] = searching
	found := unknownCause
	for _, e := range d.open(f, d.end) {
		if c := d.find(e.need.fact); c >= 0 {
			found = c
			break
		}
	}
	d.causeOf[f] = found
	return found
}
