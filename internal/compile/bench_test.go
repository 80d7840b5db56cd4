package compile_test

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"testing/fstest"

	"github.com/groundwork-dev/groundwork/benchmarks/synthetic/catalogue"
	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/compile"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

// synthetic returns a catalogue of components that are like real ones.
func synthetic(b *testing.B, components int) *catalog.Catalog {
	b.Helper()
	files := fstest.MapFS{}
	for name, text := range catalogue.Components(components) {
		files[name] = &fstest.MapFile{Data: []byte(text)}
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
