package flux_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/config"
)

// TestGoldenCanary compares an app that is rolled out by the catalogue's own
// components with testdata/golden/prod/canary.
func TestGoldenCanary(t *testing.T) {
	t.Parallel()
	c := load(t)
	var components []string
	for _, name := range c.Names() {
		comp, _ := c.Component(name)
		if comp.Mesh != nil || comp.LoadTest != "" {
			components = append(components, needs(c, name)...)
		}
	}
	slices.Sort(components)
	p := spec("prod", config.SizeHA, slices.Compact(components)...)
	p.Spec.Apps = map[string]config.App{"web": {Image: "ghcr.io/example/web:1.0.0", Port: 8080, Rollout: &config.Rollout{}}}
	golden(t, "prod/canary", render(t, p), func(file string) bool {
		return strings.HasPrefix(file, "apps/") || file == "clusters/prod/apps.yaml"
	})
}
