package platform_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/platform"
)

// Every third component depends on its predecessors, and every one has values
// of thirty lines, two of which are filled in, and four objects.
func BenchmarkResolve(b *testing.B) {
	for _, components := range []int{10, 100, 1000} {
		layer := files{}
		var list strings.Builder
		for i := range components {
			name := fmt.Sprintf("c%04d", i)
			var deps []string
			for j := i - 1; j >= 0 && j >= i-2 && i%3 == 2; j-- {
				deps = append(deps, fmt.Sprintf("c%04d", j))
			}
			layer[name+"/component.yaml"] = component(name, "dependsOn: ["+strings.Join(deps, ", ")+"]",
				"chart: {name: a, version: 1.0.0, repository: https://charts.example.com}",
				"parameters: {replicas: {type: integer, default: 1}}")
			values := "host: \"{{cluster.domain}}\"\nreplicas: \"{{parameters.replicas}}\"\n"
			for j := range 28 {
				values += fmt.Sprintf("key%d: {a: %d, b: [1, 2, 3]}\n", j, j)
			}
			layer[name+"/values.yaml"] = values
			layer[name+"/configs/a.yaml"] = object
			layer[name+"/configs/b.yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"{{cluster.name}}\"\n"
			fmt.Fprintf(&list, "        %s: {parameters: {replicas: %d}}\n", name, i%5+1)
		}
		c := load(b, layer.layer())
		for _, clusters := range []int{1, 10, 100} {
			p := parse(b, head+"  clusters:\n    k000:\n      size: ha\n      domain: k000.example.com\n      components:\n"+list.String())
			for i := 1; i < clusters; i++ {
				copied := p.Spec.Clusters["k000"]
				copied.Domain = fmt.Sprintf("k%03d.example.com", i)
				p.Spec.Clusters[fmt.Sprintf("k%03d", i)] = copied
			}
			b.Run(fmt.Sprintf("clusters=%d,components=%d", clusters, components), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					m, err := platform.Resolve(p, c)
					if err != nil || len(m.Clusters) != clusters {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*clusters*components), "ns/component")
			})
		}
	}
}
