package apps_test

import (
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/apps"
)

// TestCanary: the version that serves has pods of another name, which budget
// and policies must reach too, and its controller owns the Service.
func TestCanary(t *testing.T) {
	t.Parallel()
	mesh := &catalog.Mesh{PodSecurity: catalog.Privileged, Labels: map[string]string{"mesh": "on"}, Annotations: map[string]string{"inject": "yes"}}
	for strategy, steps := range map[config.Strategy]string{
		config.StrategyCanary:    "    maxWeight: 50\n    stepWeight: 20\n",
		config.StrategyBlueGreen: "    iterations: 3\n",
	} {
		files, err := apps.Render(platform.App{
			Name: "web", Namespace: "web", Image: "web:1", Port: 8080, MinReplicas: 3, MaxReplicas: 6, Mesh: mesh,
			Rollout: &platform.Rollout{
				Rollout: config.Rollout{Strategy: strategy, Canary: config.Canary{
					StepWeight: 20, MaxWeight: 50, Interval: "30s", Threshold: 5, SuccessRate: 99, LatencyP99: "2s",
				}},
				Group: "example.com", Templates: "steps", LoadTest: "http://load.load/", Mesh: mesh,
			},
		}, true)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, f := range files {
			got[f.Name] = string(f.Data)
		}
		for name, want := range map[string][]string{
			"canary.yaml":            {steps, "kind: Service", "max: 2000", "min: 99", "hey -z 1m0s", "revertOnDeletion: true"},
			"kustomization.yaml":     {"- canary.yaml"},
			"service.yaml":           {"kustomize.toolkit.fluxcd.io/ssa: IfNotPresent"},
			"disruption-budget.yaml": {"matchLabels:\n      app.kubernetes.io/part-of: web"},
			"network-policies.yaml":  {"matchLabels:\n      app.kubernetes.io/part-of: web"},
			"deployment.yaml":        {"matchLabels:\n      app.kubernetes.io/name: web\n", "        app.kubernetes.io/part-of: web", "inject: \"yes\""},
			"namespace.yaml":         {"enforce: privileged", "mesh: \"on\""},
		} {
			for _, part := range want {
				if !strings.Contains(got[name], part) {
					t.Errorf("%s: %s lacks %q:\n%s", strategy, name, part, got[name])
				}
			}
		}
	}
}
