package flux_test

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/config"
)

// alert is one of dispatch.yaml.
type alert struct {
	Kind     string
	Metadata struct{ Name string }
	Spec     struct {
		Address       string
		EventSeverity string              `yaml:"eventSeverity"`
		EventSources  []map[string]string `yaml:"eventSources"`
		InclusionList []string            `yaml:"inclusionList"`
		EventMetadata map[string]string   `yaml:"eventMetadata"`
	}
}

// told are the Alerts, as "name severity of app-a,app-b".
func told(t *testing.T, p *config.Platform) ([]string, []alert) {
	t.Helper()
	data, _ := render(t, p).Get("clusters/prod/dispatch.yaml")
	var lines []string
	var alerts []alert
	for d := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var a alert
		if err := d.Decode(&a); err == io.EOF {
			return lines, alerts
		} else if err != nil {
			t.Fatal(err)
		}
		if a.Kind == "Provider" {
			if a.Spec.Address != "https://github.com/example/platform" {
				t.Errorf("the address is %q", a.Spec.Address)
			}
			continue
		}
		var of []string
		for _, s := range a.Spec.EventSources {
			of = append(of, s["kind"]+"/"+s["name"])
		}
		lines = append(lines, fmt.Sprintf("%s %s of %s on %s", a.Metadata.Name, a.Spec.EventSeverity, strings.Join(of, ","), a.Spec.EventMetadata["cluster"]))
		alerts = append(alerts, a)
	}
}

// TestDispatch: workflows hear of builds where they come by themselves, and of
// rollouts that were taken back where there are any.
func TestDispatch(t *testing.T) {
	t.Parallel()
	on := &config.Delivery{Dispatch: true}
	for name, tc := range map[string]struct {
		app  config.App
		want []string
	}{
		"neither":                   {config.App{Delivery: on}, nil},
		"not wanted":                {config.App{Rollout: &config.Rollout{}, Delivery: &config.Delivery{Automate: []string{"prod"}}}, nil},
		"without a file of its own": {config.App{Rollout: &config.Rollout{}}, nil},
		"automated":                 {config.App{Delivery: &config.Delivery{Automate: []string{"prod"}, Dispatch: true}}, []string{"github-dispatch info of Kustomization/app-web on prod"}},
		"rolled out":                {config.App{Rollout: &config.Rollout{}, Delivery: on}, []string{"github-dispatch-taken-back error of Kustomization/app-web on prod"}},
		"both": {config.App{Rollout: &config.Rollout{}, Delivery: &config.Delivery{Automate: []string{"prod"}, Dispatch: true}}, []string{
			"github-dispatch info of Kustomization/app-web on prod", "github-dispatch-taken-back error of Kustomization/app-web on prod",
		}},
	} {
		tc.app.Image, tc.app.Port = "ghcr.io/example/web:1.0.0", 8080
		if got, _ := told(t, rolledOut(t, tc.app)); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// TestDispatchOfTheRolloutAlone: what else is wrong with the app is no reason to
// take its image back.
func TestDispatchOfTheRolloutAlone(t *testing.T) {
	t.Parallel()
	_, alerts := told(t, rolledOut(t, config.App{
		Image: "ghcr.io/example/web:1.0.0", Port: 8080, Rollout: &config.Rollout{}, Delivery: &config.Delivery{Dispatch: true},
	}))
	for message, want := range map[string]bool{
		"health check failed after 12ms: failed early due to stalled resources: [Canary/web/web status: 'Failed']":                                          true,
		"health check failed after 5m0s: timeout waiting for: [Deployment/web/web status: 'InProgress', Canary/web/web status: 'Failed']":                   true,
		"health check failed after 5m0s: timeout waiting for: [Canary/web/web status: 'InProgress']":                                                        false,
		"health check failed after 5m0s: timeout waiting for: [Deployment/web/web status: 'InProgress']":                                                    false,
		"health check failed after 12ms: failed early due to stalled resources: [Deployment/web/web status: 'Failed', Canary/web/web status: 'InProgress']": false,
	} {
		var got bool
		for _, a := range alerts {
			for _, said := range a.Spec.InclusionList {
				got = got || regexp.MustCompile(said).MatchString(message)
			}
		}
		if got != want {
			t.Errorf("told is %v of %s", got, message)
		}
	}
}
