package coldstart

// tarjan finds the strongly connected components of facts, those first that
// the others wait for.
type tarjan struct {
	edges      func(int) []edge
	index, low map[int]int
	on         map[int]bool
	stack      []int
	found      [][]int
}

// from returns the components of more than one fact, or of one that waits for
// itself, that are reached from f and were not returned before.
func (t *tarjan) from(f int) [][]int {
	if t.index == nil {
		t.index, t.low, t.on = map[int]int{}, map[int]int{}, map[int]bool{}
	}
	t.found = nil
	if t.index[f] == 0 {
		t.visit(f)
	}
	return t.found
}

func (t *tarjan) visit(f int) {
	t.index[f] = len(t.index) + 1
	t.low[f] = t.index[f]
	t.stack = append(t.stack, f)
	t.on[f] = true
	itself := false
	for _, e := range t.edges(f) {
		other := e.need.fact
		itself = itself || other == f
		switch {
		case t.index[other] == 0:
			t.visit(other)
			t.low[f] = min(t.low[f], t.low[other])
		case t.on[other]:
			t.low[f] = min(t.low[f], t.index[other])
		}
	}
	if t.low[f] != t.index[f] {
		return
	}
	var component []int
	for {
		last := t.stack[len(t.stack)-1]
		t.stack = t.stack[:len(t.stack)-1]
		t.on[last] = false
		component = append(component, last)
		if last == f {
			break
		}
	}
	if len(component) > 1 || itself {
		t.found = append(t.found, component)
	}
}
