package platformgraph

import (
	"cmp"
	"slices"
)

// A layered drawing after Sugiyama, Tagawa and Toda (1981): nodes in columns by
// their depth, long edges cut into steps of one column, columns sorted so that
// few edges cross.

// spot is a place in a column: a node's, or one that an edge passes.
type spot struct {
	name string // empty where an edge only passes
	row  float64
	// left and right are the spots that it is joined to.
	left, right []*spot
}

// sweeps is how often the columns are sorted by their neighbours; few graphs
// change after that.
const sweeps = 12

// columns lays the graph out, what depends on nothing first.
func (g Graph) columns() [][]*spot {
	reduced, depth := g.reduced(), g.depths()
	var columns [][]*spot
	at := map[string]*spot{}
	add := func(column int, name string) *spot {
		for len(columns) <= column {
			columns = append(columns, nil)
		}
		s := &spot{name: name}
		columns[column] = append(columns[column], s)
		return s
	}
	for _, name := range g.names() {
		at[name] = add(depth[name], name)
	}
	for _, name := range g.names() {
		for _, needed := range reduced[name] {
			from := at[needed]
			for column := depth[needed] + 1; column < depth[name]; column++ {
				passed := add(column, "")
				join(from, passed)
				from = passed
			}
			join(from, at[name])
		}
	}
	number(columns)
	for sweep := range sweeps {
		for i := range columns {
			if sweep%2 == 0 {
				arrange(columns[i], func(s *spot) []*spot { return s.left })
			} else {
				arrange(columns[len(columns)-1-i], func(s *spot) []*spot { return s.right })
			}
		}
	}
	return columns
}

func join(left, right *spot) {
	left.right = append(left.right, right)
	right.left = append(right.left, left)
}

func number(columns [][]*spot) {
	for _, column := range columns {
		for i, s := range column {
			s.row = float64(i) - float64(len(column)-1)/2
		}
	}
}

// arrange sorts a column by the mean of its neighbours and spreads it around
// the middle.
func arrange(column []*spot, neighbours func(*spot) []*spot) {
	mean := map[*spot]float64{}
	for _, s := range column {
		near := neighbours(s)
		if len(near) == 0 {
			mean[s] = s.row
			continue
		}
		for _, n := range near {
			mean[s] += n.row / float64(len(near))
		}
	}
	slices.SortStableFunc(column, func(a, b *spot) int { return cmp.Compare(mean[a], mean[b]) })
	number([][]*spot{column})
}
