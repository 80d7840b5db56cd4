package compile_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/compile"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

// synthetic returns a catalogue of components that are like real ones: a chart
// with some values, flows, a config with a reference, each needing the one
// before it by ten.
func synthetic(b *testing.B, components int) *catalog.Catalog {
	b.Helper()
	files := fstest.MapFS{}
	add := func(i int, name, data string) {
		files[fmt.Sprintf("c%04d/%s", i, name)] = &fstest.MapFile{Data: []byte(data)}
	}
	for i := range components {
		dependsOn := ""
		if i >= 10 {
			dependsOn = fmt.Sprintf("  dependsOn: [c%04d]\n", i-10)
		}
		add(i, "component.yaml", fmt.Sprintf(`apiVersion: groundwork.dev/v1alpha1
kind: Component
spec:
  description: A component that stands for any other, number %d.
  chart: {name: chart, version: 1.2.3, repository: "oci://registry.example.com/charts"}
  namespace: {name: ns-%d, podSecurity: restricted}
%s  network:
    - {name: dns, direction: egress, peers: [{kind: dns}]}
    - {name: api, direction: egress, peers: [{kind: apiserver}]}
    - {name: metrics, direction: ingress, peers: [{kind: namespace, namespace: monitoring}], ports: [{port: 8080}]}
  parameters:
    replicas: {type: integer, description: How many., default: 2}
`, i, i, dependsOn))
		var values strings.Builder
		for j := range 10 {
			fmt.Fprintf(&values, "section%d:\n  # Why it is so.\n  enabled: true\n  replicas: \"{{parameters.replicas}}\"\n  host: app.{{cluster.domain}}\n  resources: {requests: {cpu: 10m, memory: 32Mi}}\n", j)
		}
		add(i, "values.yaml", values.String())
		add(i, "README.md", "# A component\n")
		add(i, "configs/config.yaml", fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\n  namespace: ns-%d\ndata:\n  domain: \"{{cluster.domain}}\"\n", i))
	}
	c, err := catalog.Load(catalog.Layer{Origin: "synthetic", FS: files})
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func platformOf(b *testing.B, clusters int, c *catalog.Catalog) *config.Platform {
	b.Helper()
	p := &config.Platform{APIVersion: config.APIVersion, Kind: config.Kind, Metadata: config.Metadata{Name: "bench"}}
	p.Spec.Repository = config.Repository{URL: "https://github.com/example/platform", Branch: "main", Provider: config.ProviderGitHub}
	p.Spec.AWS = config.AWS{AccountID: "123456789012", Region: "eu-central-1", Zones: []string{"eu-central-1a", "eu-central-1b", "eu-central-1c"}}
	p.Spec.Clusters = map[string]config.Cluster{}
	components := map[string]config.Component{}
	for _, name := range c.Names() {
		components[name] = config.Component{}
	}
	for i := range clusters {
		p.Spec.Clusters[fmt.Sprintf("cluster%03d", i)] = config.Cluster{
			Engine: config.EngineFlux, Size: config.SizeSmall, Domain: fmt.Sprintf("c%d.example.com", i), Components: components,
		}
	}
	return p
}

// BenchmarkGenerate compiles clusters × components; the catalogue is loaded
// beforehand. live-MB is what the finished tree keeps.
func BenchmarkGenerate(b *testing.B) {
	for _, components := range []int{10, 100, 1000} {
		var c *catalog.Catalog
		for _, clusters := range []int{1, 10, 100} {
			b.Run(fmt.Sprintf("clusters=%d/components=%d", clusters, components), func(b *testing.B) {
				if c == nil {
					c = synthetic(b, components)
				}
				p := platformOf(b, clusters, c)
				b.ReportAllocs()
				var files *tree.Tree
				for b.Loop() {
					var err error
					if files, _, err = compile.Compile(p, c); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*clusters*components), "µs/component")
				b.ReportMetric(float64(files.Len()), "files")
				var stats runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&stats)
				b.ReportMetric(float64(stats.HeapAlloc)/(1<<20), "live-MB")
				runtime.KeepAlive(files)
			})
		}
	}
}

// BenchmarkRepository is all that `bootstrap generate` does for this
// repository: read, compile, compare.
func BenchmarkRepository(b *testing.B) {
	root := os.DirFS(repository)
	for b.Loop() {
		changes, err := tree.Compare(compileRepository(b), root)
		if err != nil || !changes.Empty() {
			b.Fatal(err, changes)
		}
	}
}
