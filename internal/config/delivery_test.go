package config_test

import (
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/config"
)

const delivered = `apiVersion: groundwork.dev/v1alpha1
kind: Platform
metadata: {name: acme}
spec:
  repository: {url: https://github.com/acme/platform}
  aws: {accountID: "123456789012", region: eu-central-1, zones: [eu-central-1a]}
  clusters:
    dev: {size: small, domain: dev.example.com}
    test: {size: small, domain: test.example.com}
  apps:
    web:
      image: ghcr.io/acme/web:1.2.3
      port: 8080
      clusters: [dev]
      delivery: {automate: [dev]}
`

func TestDelivery(t *testing.T) {
	t.Parallel()
	p, err := config.Parse("platform.yaml", []byte(delivered))
	if err != nil {
		t.Fatal(err)
	}
	if d := p.Spec.Apps["web"].Delivery; d == nil || d.Via != config.ViaPush || len(d.Automate) != 1 {
		t.Errorf("read %+v", d)
	}
	p, err = config.Parse("platform.yaml", []byte(strings.Replace(delivered, "{automate: [dev]}", "{}", 1)))
	if err != nil || p.Spec.Apps["web"].Delivery == nil {
		t.Errorf("delivery without automation: %v", err)
	}
	for name, tc := range map[string]struct{ old, new, want string }{
		"unknown cluster": {"[dev]}", "[dve]}", `spec.apps.web.delivery.automate[0]: there is no cluster "dve" (did you mean "dev"?)`},
		"not there":       {"[dev]}", "[dev, test]}", "spec.apps.web.delivery.automate[1]: app web does not run on cluster test"},
		"twice":           {"[dev]}", "[dev, dev]}", "spec.apps.web.delivery.automate"},
		"way":             {"[dev]}", "[dev], via: merge}", "spec.apps.web.delivery.via"},
		"locked out":      {"[dev]}", "[dev]}\n  governance: {branches: [{name: main}]}", "spec.apps.web.delivery.automate: spec.governance protects branch main, and nobody may push past it"},
		"typing error":    {"automate:", "automat:", "spec.apps.web.delivery.automat: unknown key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("platform.yaml", []byte(strings.Replace(delivered, tc.old+"\n", tc.new+"\n", 1)))
			if tc.old == "automate:" {
				_, err = config.Parse("platform.yaml", []byte(strings.Replace(delivered, tc.old, tc.new, 1)))
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("want %s, got %v", tc.want, err)
			}
		})
	}
}

// TestDispatchIsGitHubs: no other forge starts workflows by an event of its own.
func TestDispatchIsGitHubs(t *testing.T) {
	t.Parallel()
	text := strings.Replace(delivered, "[dev]}\n", "[dev], dispatch: true}\n", 1)
	if _, err := config.Parse("platform.yaml", []byte(text)); err != nil {
		t.Error(err)
	}
	text = strings.Replace(text, "acme/platform}", "acme/platform, provider: gitea}", 1)
	_, err := config.Parse("platform.yaml", []byte(text))
	if want := "spec.apps.web.delivery.dispatch: only GitHub starts workflows so, and spec.repository.provider is gitea"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("want %s, got %v", want, err)
	}
}
