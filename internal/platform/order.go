package platform

import (
	"container/heap"
	"fmt"
	"slices"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/catalog"
)

// order sorts components so that each comes after those it depends on, and
// otherwise by name. What stands in the way is reported, and the components
// then come in the order given.
func (r *resolver) order(cluster string, enabled []*catalog.Component) []*catalog.Component {
	index := make(map[string]int, len(enabled))
	for i, comp := range enabled {
		index[comp.Name] = i
	}
	waiting := make([]int, len(enabled))  // dependencies that are not placed yet
	needed := make([][]int, len(enabled)) // who waits for it
	for i, comp := range enabled {
		for _, dep := range comp.DependsOn {
			if j, ok := index[dep]; ok {
				waiting[i]++
				needed[j] = append(needed[j], i)
				continue
			}
			r.missing(cluster, comp.Name, dep)
		}
	}
	var ready names
	for i := range enabled {
		if waiting[i] == 0 {
			heap.Push(&ready, i) // enabled is sorted, so an index sorts as its name
		}
	}
	order := make([]*catalog.Component, 0, len(enabled))
	for len(ready) > 0 {
		i, _ := heap.Pop(&ready).(int)
		order = append(order, enabled[i])
		for _, j := range needed[i] {
			if waiting[j]--; waiting[j] == 0 {
				heap.Push(&ready, j)
			}
		}
	}
	if len(order) < len(enabled) {
		path := cycle(enabled, index, waiting)
		r.report(fmt.Sprintf("components wait for each other: %s", strings.Join(path, " → ")),
			"take one of the dependencies out of its component.yaml", "spec", "clusters", cluster, "components", path[0])
		return enabled
	}
	return order
}

func (r *resolver) missing(cluster, comp, dep string) {
	message := fmt.Sprintf("component %s needs %s, which cluster %s does not install", comp, dep, cluster)
	hint := fmt.Sprintf("add %s: {} to spec.clusters.%s.components", dep, cluster)
	if entry, listed := r.platform.Spec.Clusters[cluster].Components[dep]; listed && !entry.On() {
		message = fmt.Sprintf("component %s needs %s, which is disabled on cluster %s", comp, dep, cluster)
		hint = fmt.Sprintf("enable %s, or disable %s too", dep, comp)
	}
	r.report(message, hint, "spec", "clusters", cluster, "components", comp)
}

// cycle returns the names along one cycle, the first one again at the end.
// Every component that still waits has a dependency that still waits, so
// following those must come back to where it was.
func cycle(enabled []*catalog.Component, index map[string]int, waiting []int) []string {
	at := slices.IndexFunc(waiting, func(n int) bool { return n > 0 })
	var path []string
	for {
		name := enabled[at].Name
		if start := slices.Index(path, name); start >= 0 {
			return append(path[start:], name)
		}
		path = append(path, name)
		for _, dep := range enabled[at].DependsOn {
			if next, ok := index[dep]; ok && waiting[next] > 0 {
				at = next
				break
			}
		}
	}
}

// names is a heap of indexes.
type names []int

func (h names) Len() int           { return len(h) }
func (h names) Less(i, j int) bool { return h[i] < h[j] }
func (h names) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *names) Push(x any) {
	if i, ok := x.(int); ok {
		*h = append(*h, i)
	}
}

// Pop implements heap.Interface.
func (h *names) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
