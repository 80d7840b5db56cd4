package coldstart

import (
	"cmp"
	"slices"
)

// judge plays the rules and says what comes of it.
func (p *prover) judge() Verdict {
	// What becomes ready when is told by luck: a webhook that an object need not
	// meet is not met. That it becomes ready must not depend on it.
	lucky, sure := p.play(true), p.play(false)
	var v Verdict
	p.order(&v, lucky, sure)
	for _, d := range p.doubts {
		if !sure.holds(d.fact) || len(p.facts[d.fact].users) == 0 {
			continue
		}
		n := p.rules[p.facts[d.fact].users[0].rule].needs[p.facts[d.fact].users[0].need]
		note := Note{Message: d.what + " comes from nothing that is known here; taken to be brought by a chart or source that is not"}
		if n.subject != nil {
			note.At = n.subject.at()
			note.Message = n.subject.String() + " needs " + note.Message
		}
		p.assumptions = append(p.assumptions, note)
	}
	v.Deadlocks = p.diagnose(sure)
	p.silent()
	v.Warnings, v.Assumptions = p.warnings, p.assumptions
	return v
}

// order fills in the waves.
func (p *prover) order(v *Verdict, lucky, sure *run) {
	var ready []int // actors
	for n, a := range p.actors {
		if sure.holds(a.ready) {
			ready = append(ready, n)
		}
	}
	slices.SortStableFunc(ready, func(a, b int) int {
		return cmp.Or(cmp.Compare(lucky.level[p.actors[a].ready], lucky.level[p.actors[b].ready]), cmp.Compare(p.actors[a].name, p.actors[b].name))
	})
	before := &precedence{prover: p, run: lucky, known: map[int][]int{}}
	for _, n := range ready {
		a := p.actors[n]
		wave := int(lucky.level[a.ready])
		for len(v.Waves) < wave {
			v.Waves = append(v.Waves, nil)
		}
		v.Waves[wave-1] = append(v.Waves[wave-1], a.name)
		step := Step{Name: a.name, Wave: wave}
		for _, other := range before.of(a.ready) {
			step.After = append(step.After, p.actors[other].name)
		}
		slices.Sort(step.After)
		v.Steps = append(v.Steps, step)
	}
	// A wave may be empty where a deadlock by bad luck took all that was in it.
	v.Waves = slices.DeleteFunc(v.Waves, func(w []string) bool { return len(w) == 0 })
	if len(ready) > 0 {
		v.CriticalPath = p.criticalPath(lucky, ready[len(ready)-1])
	}
}

// precedence finds the actors that a fact comes right after.
type precedence struct {
	*prover
	run   *run
	known map[int][]int // by fact
}

func (x *precedence) of(f int) []int {
	if found, ok := x.known[f]; ok {
		return found
	}
	x.known[f] = nil
	var found []int
	if by := x.run.by[f]; by >= 0 {
		for _, n := range x.rules[by].needs {
			switch {
			case n.soft:
			case x.facts[n.fact].weight() > 0:
				found = append(found, x.facts[n.fact].actor)
			default:
				found = append(found, x.of(n.fact)...)
			}
		}
	}
	slices.Sort(found)
	found = slices.Compact(found)
	x.known[f] = found
	return found
}

// criticalPath leads to an actor by way of what it became ready last after.
func (p *prover) criticalPath(r *run, last int) []string {
	path := []string{p.actors[last].name}
	for f := p.actors[last].ready; r.by[f] >= 0; {
		next := -1
		for _, n := range p.rules[r.by[f]].needs {
			if !n.soft && (next < 0 || r.level[n.fact] > r.level[next]) {
				next = n.fact
			}
		}
		if next < 0 {
			break
		}
		f = next
		if p.facts[f].weight() > 0 {
			path = append(path, p.actors[p.facts[f].actor].name)
		}
	}
	slices.Reverse(path)
	return path
}
