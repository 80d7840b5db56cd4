package platform_test

import (
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/platform"
)

func rolloutParts() files {
	return files{
		"steps/component.yaml":  component("steps", "provides: {crds: [canaries.example.com]}"),
		"routes/component.yaml": component("routes", "provides: {crds: [httproutes.gateway.networking.k8s.io]}"),
		"mesh/component.yaml":   component("mesh", "mesh: {podSecurity: privileged, labels: {mesh: \"on\"}}"),
		"load/component.yaml":   component("load", "loadTest: http://load.load/"),
	}
}

const rolled = head + `  clusters:
    dev:
      size: small
      domain: dev.example.com
      components: {routes: {}, mesh: {}, load: {}}
    prod:
      size: small
      domain: prod.example.com
      components: {steps: {}, routes: {}, mesh: {}, load: {}}
  apps:
    api: {image: "api:1", port: 8080, namespace: web}
    web:
      image: web:1
      port: 8080
      rollout: {}
`

// TestRollout has a rollout where all its parts are, and the mesh's labels for
// every app of the namespace.
func TestRollout(t *testing.T) {
	t.Parallel()
	m, err := platform.Resolve(parse(t, rolled), load(t, rolloutParts().layer()))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range m.Clusters {
		api, web := c.Apps[0], c.Apps[1]
		prod := c.Name == "prod"
		if api.Rollout != nil || (web.Rollout != nil) != prod || (api.Mesh != nil) != prod || (web.Mesh != nil) != prod {
			t.Errorf("%s: api %+v, web %+v", c.Name, api, web)
		}
		if prod && (web.Rollout.Controller != "steps" || web.Rollout.Group != "example.com" || web.Rollout.LoadTest != "http://load.load/") {
			t.Errorf("rollout: %+v", web.Rollout)
		}
	}
}

func TestRolloutRefused(t *testing.T) {
	t.Parallel()
	asked := strings.Replace(rolled, "rollout: {}", "rollout: {clusters: [dev]}", 1)
	_, err := platform.Resolve(parse(t, asked), load(t, rolloutParts().layer()))
	const want = "platform.yaml:26:7: spec.apps.web.rollout: needs Canaries, which nothing on cluster dev provides (add steps to spec.clusters.dev.components, or leave the cluster out of rollout.clusters)"
	if err == nil || err.Error() != want {
		t.Errorf("error is\n%v\nwant\n%s", err, want)
	}
}
