package sandbox

import "testing"

func TestNodesReal(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		nodes  Nodes
		system string
		user   int
		want   bool
		fails  bool
	}{
		"root":                    {nodes: Auto, system: "linux", want: true},
		"ordinary user":           {nodes: Auto, system: "linux", user: 1000},
		"root may simulate":       {nodes: Simulated, system: "linux"},
		"root asks for real":      {nodes: Real, system: "linux", want: true},
		"real needs root":         {nodes: Real, system: "linux", user: 1000, fails: true},
		"another system":          {nodes: Auto, system: "darwin", fails: true},
		"simulated elsewhere":     {nodes: Simulated, system: "windows", fails: true},
		"no such kind":            {nodes: "virtual", system: "linux", fails: true},
		"nothing is not a choice": {system: "linux", fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.nodes.real(tt.system, tt.user)
			if got != tt.want || (err != nil) != tt.fails {
				t.Errorf("got %t, %v; want %t, an error %t", got, err, tt.want, tt.fails)
			}
		})
	}
}
