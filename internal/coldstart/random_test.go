package coldstart_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/coldstart"
)

func object(apiVersion, kind, namespace, name string, spec map[string]any) coldstart.Object {
	o := map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": name}}
	if namespace != "" {
		o["metadata"].(map[string]any)["namespace"] = namespace
	}
	if spec != nil {
		o["spec"] = spec
	}
	return coldstart.Object{Unstructured: &unstructured.Unstructured{Object: o}}
}

func definition(group string) coldstart.Object {
	return object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "widgets."+group, map[string]any{
		"group": group, "scope": "Namespaced", "names": map[string]any{"kind": "Widget", "plural": "widgets"},
		"versions": []any{map[string]any{"name": "v1", "served": true, "storage": true}},
	})
}

// random is a cluster of n units, in the order of their numbers: each depends
// on, and has custom resources of, some before it. extra adds dependencies in
// any direction.
func random(r *rand.Rand, n, extra int) coldstart.Cluster {
	numbers := r.Perm(n) // names say nothing about the order
	name := func(i int) string { return fmt.Sprintf("flux-system/u%04d", numbers[i]) }
	units := make([]coldstart.Unit, n)
	for i := range units {
		ns := fmt.Sprintf("ns%d", i)
		u := coldstart.Unit{Name: name(i), Wait: r.IntN(2) == 0, Objects: []coldstart.Object{
			object("v1", "ConfigMap", ns, "a", nil), object("v1", "Namespace", "", ns, nil), definition(fmt.Sprintf("g%d.test", i)),
			object("apps/v1", "Deployment", ns, "d", nil),
		}}
		for range min(i, r.IntN(4)) {
			u.DependsOn = append(u.DependsOn, coldstart.Dependency{Name: name(r.IntN(i))})
		}
		for range min(i, r.IntN(3)) {
			u.Objects = append(u.Objects, object(fmt.Sprintf("g%d.test/v1", r.IntN(i)), "Widget", fmt.Sprintf("ns%d", r.IntN(i)), fmt.Sprint("w", len(u.Objects)), nil))
		}
		units[i] = u
	}
	for range extra {
		i := r.IntN(n)
		units[i].DependsOn = append(units[i].DependsOn, coldstart.Dependency{Name: name(r.IntN(n))})
	}
	r.Shuffle(n, func(i, j int) { units[i], units[j] = units[j], units[i] })
	return coldstart.Cluster{Units: units}
}

// waves are the waves by step.
func waves(v coldstart.Verdict) map[string]int {
	found := map[string]int{}
	for _, s := range v.Steps {
		found[s.Name] = s.Wave
	}
	return found
}

// respects checks that the waves are in the order of dependsOn.
func respects(t *testing.T, c coldstart.Cluster, v coldstart.Verdict) {
	t.Helper()
	wave := waves(v)
	for _, u := range c.Units {
		mine, ready := wave["Kustomization/"+u.Name]
		for _, d := range u.DependsOn {
			if before, ok := wave["Kustomization/"+d.Name]; ready && (!ok || before >= mine) {
				t.Errorf("%s of wave %d depends on %s of wave %d", u.Name, mine, d.Name, before)
			}
		}
	}
	for _, s := range v.Steps {
		for _, before := range s.After {
			if wave[before] >= s.Wave || wave[before] == 0 {
				t.Errorf("%s of wave %d comes after %s of wave %d", s.Name, s.Wave, before, wave[before])
			}
		}
	}
	for i := 1; i < len(v.CriticalPath); i++ {
		if wave[v.CriticalPath[i-1]] != wave[v.CriticalPath[i]]-1 {
			t.Errorf("critical path %v skips a wave", v.CriticalPath)
		}
	}
	if n := len(v.Waves); n > 0 && len(v.CriticalPath) != n {
		t.Errorf("critical path of %d steps, %d waves", len(v.CriticalPath), n)
	}
}

// TestAcyclicCompletes: what has no circle comes up.
func TestAcyclicCompletes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		c := random(r, 1+r.IntN(60), 0)
		v := coldstart.Prove(c)
		if !v.Proven() || len(v.Steps) != len(c.Units) || len(v.Assumptions)+len(v.Warnings) > 0 {
			t.Fatalf("seed %d: %s", seed, v.Text())
		}
		respects(t, c, v)
	}
}

// TestAnyGraph compares random graphs, circles among them, with what a naive
// look at dependsOn and kinds says.
func TestAnyGraph(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		c := random(r, 1+r.IntN(30), 1+r.IntN(4))
		if r.IntN(3) == 0 {
			c.Units[0].DependsOn = append(c.Units[0].DependsOn, coldstart.Dependency{Name: "flux-system/nobody"})
		}
		v := coldstart.Prove(c)
		respects(t, c, v)
		want := naive(c)
		var got []string
		told := map[string]int{}
		for _, s := range v.Steps {
			got = append(got, s.Name)
			told[s.Name]++
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: ready %v, want %v\n%s", seed, got, want, v.Text())
		}
		for _, d := range v.Deadlocks {
			if d.Message == "" || d.Fix == "" || len(d.Chain) == 0 || len(d.Stuck) == 0 {
				t.Errorf("seed %d: %+v", seed, d)
			}
			for _, name := range slices.Concat(d.Stuck, d.Waiting) {
				told[name]++
			}
		}
		for _, u := range c.Units {
			if told["Kustomization/"+u.Name] == 0 {
				t.Errorf("seed %d: nothing is said of %s", seed, u.Name)
			}
		}
		if v.Proven() != (len(want) == len(c.Units)) {
			t.Errorf("seed %d: proven %t", seed, v.Proven())
		}
	}
}

// naive returns the units that become ready, by trying again and again.
func naive(c coldstart.Cluster) []string {
	ready, applied := map[string]bool{}, map[string]bool{} // applied: kinds' groups and namespaces
	for changed := true; changed; {
		changed = false
		for _, u := range c.Units {
			waits := slices.ContainsFunc(u.DependsOn, func(d coldstart.Dependency) bool { return !ready[d.Name] })
			if waits || ready[u.Name] {
				continue
			}
			for _, o := range u.Objects { // definitions and namespaces come first
				switch o.GetKind() {
				case "Namespace", "CustomResourceDefinition":
					changed = changed || !applied[o.GetName()]
					applied[o.GetName()] = true
				}
			}
			lacks := slices.ContainsFunc(u.Objects, func(o coldstart.Object) bool {
				return o.GetNamespace() != "" && !applied[o.GetNamespace()] || o.GetKind() == "Widget" && !applied["widgets."+o.GroupVersionKind().Group]
			})
			if !lacks {
				ready[u.Name], changed = true, true
			}
		}
	}
	var found []string
	for name := range ready {
		found = append(found, "Kustomization/"+name)
	}
	slices.Sort(found)
	return found
}
