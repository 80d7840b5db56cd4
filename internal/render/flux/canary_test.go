package flux_test

import (
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/config"
)

// TestGoldenCanary compares an app that is rolled out by the catalogue's own
// components with testdata/golden/prod/canary.
func TestGoldenCanary(t *testing.T) {
	t.Parallel()
	p := rolledOut(t, config.App{Image: "ghcr.io/example/web:1.0.0", Port: 8080, Rollout: &config.Rollout{}})
	golden(t, "prod/canary", render(t, p), func(file string) bool {
		return strings.HasPrefix(file, "apps/") || file == "clusters/prod/apps.yaml"
	})
}
