package config_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/diag"
)

const good = `apiVersion: groundwork.dev/v1alpha1
kind: Platform
metadata:
  name: acme
spec:
  repository:
    url: https://github.com/acme/platform
  aws:
    accountID: "012345678901"
    region: eu-central-1
    zones: [eu-central-1a, eu-central-1b, eu-central-1c]
  clusters:
    dev:
      size: small
      domain: dev.example.com
      components:
        ingress:
        metrics: {enabled: false}
        store:
          parameters: {retention: 7, ratio: 0.5, name: x}
    prod:
      engine: argocd
      size: ha
      domain: prod.example.com
  apps:
    web:
      image: ghcr.io/acme/web:1.2.3
      port: 8080
`

func TestParse(t *testing.T) {
	t.Parallel()
	p, err := config.Parse("platform.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	s := p.Spec
	if s.Repository.Branch != "main" || s.Repository.Provider != config.ProviderGitHub || s.Repository.Auth != config.AuthToken {
		t.Errorf("repository is %+v", s.Repository)
	}
	dev := s.Clusters["dev"]
	if dev.Engine != config.EngineFlux || s.Clusters["prod"].Engine != config.EngineArgoCD {
		t.Errorf("engines are %s and %s", dev.Engine, s.Clusters["prod"].Engine)
	}
	if !dev.Components["ingress"].On() || dev.Components["metrics"].On() {
		t.Error("components are on or off the wrong way")
	}
	if got := fmt.Sprintf("%#v", dev.Components["store"].Parameters["retention"]); got != "7" {
		t.Errorf("a whole number became %s", got)
	}
	web := s.Apps["web"]
	want := config.App{
		Image: "ghcr.io/acme/web:1.2.3", Namespace: "web", Port: 8080, Replicas: config.Replicas{Min: 3, Max: 6}, Clusters: []string{"dev", "prod"},
		Resources: config.Resources{Requests: config.ResourceList{CPU: "50m", Memory: "64Mi"}, Limits: config.ResourceList{Memory: "128Mi"}},
	}
	if fmt.Sprint(web) != fmt.Sprint(want) {
		t.Errorf("app is %+v, want %+v", web, want)
	}
	if got := p.Position("spec", "clusters", "dev", "components", "store", "parameters", "retention").String(); got != "platform.yaml:20:35" {
		t.Errorf("position is %s", got)
	}
	if got := p.KeyPosition("spec", "clusters", "prod").String(); got != "platform.yaml:21:5" {
		t.Errorf("position of the key is %s", got)
	}
}

func TestRootPlatform(t *testing.T) {
	t.Parallel()
	if _, err := config.Load(os.DirFS("../.."), config.FileName); err != nil {
		t.Error(err)
	}
}

// Each case replaces one line of the good file.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ old, new, want string }{
		"unknown key":      {"engine: argocd", "engin: argocd", `platform.yaml:22:7: spec.clusters.prod.engin: unknown key (did you mean "engine"?)`},
		"enum":             {"engine: argocd", "engine: argcd", `platform.yaml:22:15: spec.clusters.prod.engine: is "argcd", want flux or argocd (did you mean "argocd"?)`},
		"account number":   {`"012345678901"`, "123456789012", `platform.yaml:9:16: spec.aws.accountID: 123456789012 is a number, want a quoted string of 12 digits (quote it: "123456789012")`},
		"account digits":   {`"012345678901"`, `"12"`, `spec.aws.accountID: is "12", want a quoted string of 12 digits`},
		"missing":          {"    region: eu-central-1\n", "", `platform.yaml:8:3: spec.aws.region: is missing (want an AWS region such as eu-central-1)`},
		"version":          {"v1alpha1", "v1alpha2", `platform.yaml:1:13: apiVersion: is "groundwork.dev/v1alpha2", want groundwork.dev/v1alpha1`},
		"name":             {"name: acme", "name: ../acme", `metadata.name: is "../acme", want at most 30 of`},
		"long name":        {"name: acme", "name: " + strings.Repeat("a", 31), "metadata.name: has 31 characters, want at most 30"},
		"cluster name":     {"    dev:", "    a/b:", `platform.yaml:13:5: spec.clusters.a/b: "a/b" is not a valid name`},
		"component name":   {"ingress:", "..:", "is not a valid name"},
		"app name":         {"    web:", "    Web:", `spec.apps.Web: "Web" is not a valid name`},
		"size":             {"size: small", "size: 1", "size: 1 is a number, want small or ha"},
		"zone elsewhere":   {"eu-central-1b", "us-east-1b", `platform.yaml:11:28: spec.aws.zones[1]: "us-east-1b" is not a zone of eu-central-1`},
		"local zone":       {"eu-central-1b", "eu-central-1-ham-1a", `is not an availability zone`},
		"zone twice":       {"eu-central-1b", "eu-central-1a", `spec.aws.zones[1]: "eu-central-1a" is there twice`},
		"two zones":        {", eu-central-1c", "", "spec.aws.zones: lists 2 zones, but cluster prod has size ha and needs 3"},
		"domain":           {"dev.example.com", "dev", `spec.clusters.dev.domain: is "dev", want a DNS name`},
		"domain address":   {"dev.example.com", "10.0.0.1", `want a DNS name`},
		"domain twice":     {"prod.example.com", "dev.example.com", "is the domain of cluster dev already"},
		"short ssh":        {"https://github.com/acme/platform", "git@github.com:acme/platform.git", "write ssh://git@github.com/acme/platform.git"},
		"credentials":      {"https://github.com", "https://bob:hunter2@github.com", "spec.repository.url: holds credentials"},
		"user":             {"https://github.com", "https://hunter2@github.com", "holds credentials"},
		"ssh password":     {"https://github.com", "ssh://git:hunter2@github.com", "holds credentials"},
		"long credentials": {"https://github.com", "https://hunter2@" + strings.Repeat("a", 2100), "spec.repository.url: has"},
		"http":             {"https://github.com", "http://github.com", "uses http"},
		"file":             {"https://github.com", "file://github.com", `has the scheme "file"`},
		"no URL":           {"https://github.com/acme/platform", "acme/platform", "is not a URL"},
		"path up":          {"acme/platform", "acme/../platform", "has the path"},
		"one part":         {"com/acme/platform", "com/platform", "a repository at github is owner/name"},
		"query":            {"acme/platform", "acme/platform?x=1", "has a query"},
		"bad port":         {"https://github.com", "https://github.com:0", "has the host"},
		"other forge":      {"acme/platform", "acme/platform\n    provider: gitea", "is gitea, but the repository is at github.com (use provider: github)"},
		"ssh over https":   {"acme/platform", "acme/platform\n    auth: ssh", "is ssh, but the URL starts with https://"},
		"branch":           {"acme/platform", "acme/platform\n    branch: a..b", "cannot be the name of a branch"},
		"latest":           {"web:1.2.3", "web:latest", "has the tag latest, which moves"},
		"no tag":           {"web:1.2.3", "web", "has neither a tag nor a digest"},
		"no image":         {"web:1.2.3", "web:1:2", "is not an image reference"},
		"port":             {"port: 8080", "port: 80800", "port: is 80800, want at most 65535"},
		"replicas":         {"port: 8080", "port: 8080\n      replicas: {min: 4, max: 2}", "replicas.min: min is 4, more than max, which is 2"},
		"rollout cluster":  {"port: 8080", "port: 8080\n      clusters: [dev]\n      rollout: {clusters: [prod]}", `rollout.clusters[0]: the app does not run on "prod"`},
		"rollout step":     {"port: 8080", "port: 8080\n      rollout: {canary: {stepWeight: 60}}", "rollout.canary: stepWeight is 60, more than maxWeight, which is 50"},
		"rollout interval": {"port: 8080", "port: 8080\n      rollout: {canary: {interval: 5s}}", `rollout.canary.interval: is "5s", want at least 10s`},
		"rollout name":     {"    web:\n", "    " + strings.Repeat("w", 39) + ":\n      rollout: {}\n", "has 39 characters, at most 38"},
		"app cluster":      {"port: 8080", "port: 8080\n      clusters: [dve]", `clusters[0]: there is no cluster "dve" (did you mean "dev"?)`},
		"app namespace":    {"port: 8080", "port: 8080\n      namespace: kube-system", "belongs to the cluster"},
		"memory":           {"port: 8080", "port: 8080\n      resources: {requests: {memory: 2Gi}, limits: {memory: 1Gi}}", "requests.memory is 2Gi, more than limits.memory"},
		"cpu":              {"port: 8080", "port: 8080\n      resources: {requests: {cpu: 1}}", `1 is a number, want CPU in quotes`},
		"no clusters":      {good[strings.Index(good, "  clusters:"):strings.Index(good, "  apps:")], "  clusters: {}\n", "spec.clusters: has 0 entries, want at least 1"},
		"empty spec":       {good[strings.Index(good, "spec:"):], "spec:\n", "platform.yaml:5:1: spec: is empty, want a mapping"},
		"parameters":       {"{retention: 7, ratio: 0.5, name: x}", "[1]", "parameters: is a list, want a mapping"},
		"a list":           {good, "- a\n", "platform.yaml:1:1: is a list, want a mapping"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := strings.Replace(good, tc.old, tc.new, 1)
			if in == good {
				t.Fatal("the case changes nothing")
			}
			_, err := config.Parse("platform.yaml", []byte(in))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("error is\n%v\nwant it to hold\n%s", err, tc.want)
			}
			if _, ok := errors.AsType[diag.Problems](err); !ok {
				t.Errorf("error is a %T", err)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Error("a secret is in the message")
			}
		})
	}
}

func TestParseAccepts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ old, new string }{
		"ssh":         {"https://github.com/acme/platform", "ssh://git@github.com/acme/platform.git"},
		"ssh port":    {"https://github.com/acme/platform", "ssh://git@forge.example.com:2222/acme/platform"},
		"gitea":       {"https://github.com/acme/platform", "https://forge.example.com:3000/acme/platform\n    provider: gitea"},
		"subgroups":   {"https://github.com/acme/platform", "https://gitlab.com/a/b/c/platform.git"},
		"branch":      {"acme/platform", "acme/platform\n    branch: release/1.x"},
		"digest":      {"web:1.2.3", "web:1.2.3@sha256:" + strings.Repeat("a", 64)},
		"digest only": {"web:1.2.3", "web@sha256:" + strings.Repeat("a", 64)},
		"port":        {"ghcr.io/acme", "registry.example.com:5000/acme"},
		"max only":    {"port: 8080", "port: 8080\n      replicas: {max: 2}"},
		"one cluster": {"port: 8080", "port: 8080\n      clusters: [dev]"},
		"low limits":  {"port: 8080", "port: 8080\n      resources: {limits: {cpu: 20m, memory: 32Mi}}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := config.Parse("platform.yaml", []byte(strings.Replace(good, tc.old, tc.new, 1))); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	in := strings.NewReplacer("engine: argocd", "engin: argocd", `"012345678901"`, "1", "web:1.2.3", "web:latest", "prod.example.com", "prod", "size: small", "size: big").Replace(good)
	_, err := config.Parse("platform.yaml", []byte(in))
	var problems diag.Problems
	if !errors.As(err, &problems) || len(problems) != 5 {
		t.Errorf("want 5 problems, have\n%v", err)
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	_, err := config.Load(fstest.MapFS{}, "platform.yaml")
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "bootstrap init") {
		t.Errorf("error is %v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/real.yaml", []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real.yaml", dir+"/platform.yaml"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir+"/folder", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"platform.yaml": "is a symbolic link", "folder": "is a folder"} {
		if _, err := config.Load(os.DirFS(dir), name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want it to hold %q", err, want)
		}
	}
	if _, err := config.Load(os.DirFS(dir), "real.yaml"); err != nil {
		t.Error(err)
	}
}

func TestComplete(t *testing.T) {
	t.Parallel()
	p := &config.Platform{
		APIVersion: config.APIVersion, Kind: config.Kind, Metadata: config.Metadata{Name: "acme"},
		Spec: config.Spec{
			Repository: config.Repository{URL: "https://forge.sandbox.test/a/b", Provider: config.ProviderGitea},
			AWS:        config.AWS{AccountID: "012345678901", Region: "eu-central-1", Zones: []string{"eu-central-1a"}},
			Clusters:   map[string]config.Cluster{"dev": {Size: config.SizeSmall, Domain: "dev.example.com"}},
		},
	}
	if err := config.Complete(p); err != nil {
		t.Fatal(err)
	}
	if p.Spec.Clusters["dev"].Engine != config.EngineFlux {
		t.Error("defaults are missing")
	}
	p.Spec.Clusters["../x"] = config.Cluster{Size: "huge", Domain: "x"}
	err := config.Complete(p)
	for _, want := range []string{`"../x" is not a valid name`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want it to hold %q", err, want)
		}
	}
}
