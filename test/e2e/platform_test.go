//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/sandbox/artifact"
	"github.com/groundwork-dev/groundwork/internal/sandbox/images"
	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

const (
	goodImage  = "ghcr.io/groundwork-dev/sampleapp:0.1.0"
	webhookURL = "http://webhook-receiver.flux-system.svc.cluster.local"
)

// platform is what the tests vary of a platform.yaml.
type platform struct {
	URL        string
	Image      string
	Auth       string
	Components []string // names, all without parameters
	Replicas   int
	Automated  bool // dev takes each build by itself
}

var platformYAML = template.Must(template.New("platform.yaml").Parse(`apiVersion: groundwork.dev/v1alpha1
kind: Platform
metadata:
  name: e2e
spec:
  repository:
    url: {{.URL}}
    provider: gitea
{{- if .Auth}}
    auth: {{.Auth}}
{{- end}}
  aws:
    accountID: "123456789012"
    region: eu-central-1
    zones: [eu-central-1a]
  clusters:
    dev:
      size: small
      domain: dev.e2e.test
      components:
{{- range .Components}}
        {{.}}: {}
{{- else}} {}
{{- end}}
  apps:
    sampleapp:
      image: {{.Image}}
      port: 8080
      replicas:
        min: {{.Replicas}}
        max: 5
      resources:
        requests:
          cpu: 20m
          memory: 32Mi
{{- if .Automated}}
      delivery:
        automate: [dev]
{{- end}}
`))

// good is a platform that works, for the shared repository.
func (s *sandbox) good() platform {
	return platform{URL: s.url, Image: goodImage, Replicas: 1}
}

// write writes platform.yaml to a folder.
func (p platform) write(t *testing.T, dir string) {
	t.Helper()
	var b strings.Builder
	if err := platformYAML.Execute(&b, p); err != nil {
		t.Fatal(err)
	}
	sandboxed.Write(t, dir, map[string]string{"platform.yaml": b.String()})
}

// publishApp packs the sample app and pushes it under a name.
func (s *sandbox) publishApp(as string) error {
	packed, err := images.Pack(filepath.Join(s.Dir, "image"), image.Program{Path: filepath.Join(s.Dir, "sampleapp"), Inside: "/sampleapp", User: "65532:65532"}, nil)
	if err != nil {
		return err
	}
	image, err := artifact.Open(packed)
	if err != nil {
		return err
	}
	ref, err := name.ParseReference(as)
	if err != nil {
		return err
	}
	if err := remote.Write(ref, image, remote.WithTransport(s.HTTP.Transport)); err != nil {
		return fmt.Errorf("pushing %s: %w", as, err)
	}
	return nil
}

// checkout makes a working folder of a repository, as a user has one.
func (s *sandbox) checkout(t *testing.T, url string) string {
	t.Helper()
	dir := t.TempDir()
	s.Must(t, dir, "git", "clone", "--quiet", url, ".")
	return dir
}

// head is the commit of the repository's main branch, "" before the first.
func (s *sandbox) head(t *testing.T, url string) string {
	t.Helper()
	commit, _, _ := strings.Cut(s.Must(t, "", "git", "ls-remote", url, "refs/heads/main"), "\t")
	return commit
}

// runArgs are the arguments of a run in dir.
func runArgs(dir string, more ...string) []string {
	return append([]string{"run", "--cluster", "dev", "-C", dir, "--webhook-url", webhookURL}, more...)
}

// succeed runs bootstrap in dir, which has to succeed.
func (s *sandbox) succeed(t *testing.T, dir string, more ...string) sandboxed.Result {
	t.Helper()
	got := s.run(t, dir, runArgs(dir, more...)...)
	if got.Code != 0 {
		t.Fatalf("exit %d\n%s%s", got.Code, got.Stdout, got.Stderr)
	}
	return got
}

// ensure brings the cluster to the good platform whatever was there before, and
// returns a checkout of the shared repository as it then is.
func (s *sandbox) ensure(t *testing.T) string {
	t.Helper()
	dir := s.checkout(t, s.url)
	if err := os.RemoveAll(filepath.Join(dir, "components")); err != nil {
		t.Fatal(err)
	}
	s.good().write(t, dir)
	s.succeed(t, dir)
	s.Must(t, dir, "git", "fetch", "--quiet")
	s.Must(t, dir, "git", "reset", "--quiet", "--hard", "origin/main")
	return dir
}
