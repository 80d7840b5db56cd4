package coldstart_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/coldstart"
)

// guardedCluster is a random cluster with webhooks that look at everything.
func guardedCluster(n int) coldstart.Cluster {
	c := random(rand.New(rand.NewPCG(uint64(n), 3)), n, 0)
	for i := range 5 {
		name := fmt.Sprint("guard", i)
		labels := map[string]any{"app": name}
		c.Units = append(c.Units, coldstart.Unit{Name: "flux-system/" + name, Wait: true, Objects: []coldstart.Object{
			object("v1", "Namespace", "", name, nil),
			object("v1", "Service", name, name, map[string]any{"selector": labels}),
			object("apps/v1", "Deployment", name, name, map[string]any{"template": map[string]any{"metadata": map[string]any{"labels": labels}}}),
			webhook(name),
		}})
	}
	return c
}

func webhook(name string) coldstart.Object {
	return coldstart.Object{Unstructured: &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": map[string]any{"name": name},
		"webhooks": []any{map[string]any{
			"name": name + ".test", "failurePolicy": "Fail",
			"clientConfig": map[string]any{"service": map[string]any{"namespace": name, "name": name}},
			"namespaceSelector": map[string]any{"matchExpressions": []any{map[string]any{
				"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": []any{"guard0", "guard1", "guard2", "guard3", "guard4"},
			}}},
			"rules": []any{map[string]any{"operations": []any{"CREATE"}, "apiGroups": []any{"*"}, "apiVersions": []any{"*"}, "resources": []any{"*"}}},
		}},
	}}}
}

// exponent is how allocations grow with the number of units.
func exponent(f func(n int) float64, from, to int) float64 {
	return math.Log(f(to)/f(from)) / math.Log(float64(to)/float64(from))
}

// TestLinear counts allocations, which do not depend on the machine's load.
func TestLinear(t *testing.T) {
	allocations := func(n int) float64 {
		c := guardedCluster(n)
		return testing.AllocsPerRun(1, func() {
			if v := coldstart.Prove(c); !v.Proven() {
				t.Fatal(v.Text())
			}
		})
	}
	if e := exponent(allocations, 500, 4000); e > 1.1 {
		t.Errorf("allocations grow with the power of %.2f", e)
	}
	circles := func(n int) float64 {
		c := guardedCluster(n)
		for i := range c.Units {
			c.Units[i].DependsOn = append(c.Units[i].DependsOn, coldstart.Dependency{Name: c.Units[i/10*10].Name})
		}
		return testing.AllocsPerRun(1, func() { coldstart.Prove(c) })
	}
	if e := exponent(circles, 500, 4000); e > 1.1 {
		t.Errorf("with circles, allocations grow with the power of %.2f", e)
	}
}

// processor is the time of the processors that this process has used so far.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkProve proves 100 clusters of 1,000 units, and tells how the time
// for one cluster grows with its units, up to 1,000.
func BenchmarkProve(b *testing.B) {
	b.Run("100x1000", func(b *testing.B) {
		c := guardedCluster(1000)
		b.ReportAllocs()
		for b.Loop() {
			for range 100 {
				coldstart.Prove(c)
			}
		}
	})
	b.Run("growth", func(b *testing.B) {
		const most = 1000
		seconds := func(n int) float64 {
			c, best := guardedCluster(n), math.Inf(1)
			for range 5 {
				runtime.GC()
				start := processor(b)
				for range most / n { // as much work whatever n is
					coldstart.Prove(c)
				}
				best = min(best, (processor(b)-start).Seconds()*float64(n)/most)
			}
			return best
		}
		for b.Loop() {
			b.ReportMetric(exponent(seconds, most/8, most), "exponent")
		}
	})
}
