// Package platformgraph draws what depends on what in a platform: as Mermaid,
// which forges render, and as an SVG picture. The same graph gives the same
// bytes.
package platformgraph

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Graph maps each node to the nodes that it depends on. It has no cycle, and
// every node is a key.
type Graph map[string][]string

// Mermaid returns a flow chart; arrows go from a node to those that need it.
// What follows from other arrows is left out.
func (g Graph) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	reduced := g.reduced()
	for _, name := range g.names() {
		fmt.Fprintf(&b, "  %s[%q]\n", id(name), name)
	}
	for _, name := range g.names() {
		for _, needed := range reduced[name] {
			fmt.Fprintf(&b, "  %s --> %s\n", id(needed), id(name))
		}
	}
	return b.String()
}

// id is a name that no keyword of Mermaid, such as end, can be mistaken for.
func id(name string) string { return "c-" + name }

func (g Graph) names() []string { return slices.Sorted(maps.Keys(g)) }

// reduced returns the graph without edges that a longer way implies.
func (g Graph) reduced() Graph {
	below := g.closure()
	reduced := Graph{}
	for name, needs := range g {
		var kept []string
		for _, needed := range slices.Compact(slices.Sorted(slices.Values(needs))) {
			implied := slices.ContainsFunc(needs, func(other string) bool { return other != needed && below[other][needed] })
			if !implied {
				kept = append(kept, needed)
			}
		}
		reduced[name] = kept
	}
	return reduced
}

// closure returns everything that a node depends on, however far.
func (g Graph) closure() map[string]map[string]bool {
	below := map[string]map[string]bool{}
	var visit func(name string) map[string]bool
	visit = func(name string) map[string]bool {
		if done, ok := below[name]; ok {
			return done
		}
		mine := map[string]bool{}
		for _, needed := range g[name] {
			mine[needed] = true
			maps.Copy(mine, visit(needed))
		}
		below[name] = mine
		return mine
	}
	for name := range g {
		visit(name)
	}
	return below
}

// depths returns the length of the longest way down from each node.
func (g Graph) depths() map[string]int {
	depth := map[string]int{}
	var visit func(name string) int
	visit = func(name string) int {
		if d, ok := depth[name]; ok {
			return d
		}
		d := 0
		for _, needed := range g[name] {
			d = max(d, visit(needed)+1)
		}
		depth[name] = d
		return d
	}
	for name := range g {
		visit(name)
	}
	return depth
}
