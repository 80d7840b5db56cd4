//go:build e2e

// Package canaried rolls new versions of the app out on a real cluster: Flagger
// moves the weights of a route that a real gateway follows, the load test and users
// make requests, a real Prometheus says how they went. The gateway stands in for the
// mesh's proxies, which cannot be built (sandbox/canary).
package canaried

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/sandbox/artifact"
	"github.com/groundwork-dev/groundwork/internal/sandbox/images"
	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

const (
	source   = "../../.." // this repository
	overlay  = source + "/sandbox/canary"
	forge    = "https://forge.sandbox.test"
	receiver = "http://webhook-receiver.flux-system.svc.cluster.local"
	app      = "sampleapp" // and its namespace
	appImage = "ghcr.io/groundwork-dev/sampleapp"
)

// sandbox is a cluster prod that follows a repository of its own.
type sandbox struct {
	dir, checkout, bootstrap string
	env                      map[string]string
	config                   *rest.Config
	client                   dynamic.Interface
	http                     *http.Client // reaches what pods reach
}

// start brings the cluster up with a first version of the app.
func start(t *testing.T, version string) *sandbox {
	t.Helper()
	s := &sandbox{dir: t.TempDir()}
	s.bootstrap = filepath.Join(s.dir, "bootstrap")
	s.checkout = filepath.Join(s.dir, "checkout")
	s.must(t, source, "go", "build", "-o", s.dir+"/", "./cmd/bootstrap", "./cmd/bootstrap-validate")
	name := fmt.Sprintf("canaried-%d", os.Getpid())
	t.Cleanup(func() {
		if out, err := exec.Command(s.bootstrap, "sandbox", "down", "--name", name).CombinedOutput(); err != nil {
			t.Errorf("sandbox down: %v\n%s", err, out)
		}
	})
	s.must(t, source, s.bootstrap, "sandbox", "up", "--name", name, "--nodes", "real", "--foreground=false")
	s.connect(t, s.must(t, source, s.bootstrap, "sandbox", "env", "--name", name, "--output", "json"))
	s.publish(t, version, 0)
	s.createRepository(t)

	s.must(t, s.dir, "git", "clone", "--quiet", forge+"/platform/canaried.git", "checkout")
	s.copyIn(t, "testdata/platform.yaml", "platform.yaml")
	if err := os.CopyFS(filepath.Join(s.checkout, "components"), os.DirFS(overlay+"/components")); err != nil {
		t.Fatal(err)
	}
	s.copyIn(t, overlay+"/patches/kustomization.yaml", "clusters/prod/patches/kustomization.yaml")
	s.must(t, s.checkout, "git", "add", ".")
	s.must(t, s.checkout, "git", "commit", "--quiet", "--message", "a gateway stands in for the mesh")
	s.must(t, s.checkout, "git", "push", "--quiet", "origin", "HEAD:main")
	s.must(t, s.checkout, s.bootstrap, "run", "--cluster", "prod", "--webhook-url", receiver)
	s.must(t, s.checkout, "git", "fetch", "--quiet")
	s.must(t, s.checkout, "git", "reset", "--quiet", "--hard", "origin/main")
	return s
}

func (s *sandbox) copyIn(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	to = filepath.Join(s.checkout, filepath.FromSlash(to))
	if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, data, 0o644)); err != nil {
		t.Fatal(err)
	}
}

// connect reads what a shell needs to use the sandbox.
func (s *sandbox) connect(t *testing.T, env string) {
	t.Helper()
	if err := json.Unmarshal([]byte(env), &s.env); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.config, err = clientcmd.BuildConfigFromFlags("", s.env["KUBECONFIG"]); err != nil {
		t.Fatal(err)
	}
	s.config.QPS = -1
	if s.client, err = dynamic.NewForConfig(s.config); err != nil {
		t.Fatal(err)
	}
	if s.http, err = sandboxed.Proxied(s.env); err != nil {
		t.Fatal(err)
	}
	s.http.Timeout = 10 * time.Second
}

// publish builds a version of the app that fails some of a hundred requests,
// pushes it and returns its image with the digest.
func (s *sandbox) publish(t *testing.T, version string, faults int) string {
	t.Helper()
	const variables = "github.com/groundwork-dev/groundwork/internal/sampleapp."
	program := filepath.Join(s.dir, "sampleapp-"+version)
	s.must(t, source, "go", "build", "-o", program, "-ldflags",
		fmt.Sprintf("-X %sbuildVersion=%s -X %sbuildFaultRate=%d", variables, version, variables, faults), "./cmd/sampleapp")
	return s.push(t, program, "/sampleapp", appImage+":"+version)
}

// push packs a program, pushes it and returns its image with the digest.
func (s *sandbox) push(t *testing.T, program, inside, as string) string {
	t.Helper()
	packed, err := images.Pack(filepath.Join(s.dir, "images"), image.Program{Path: program, Inside: inside, User: "65532:65532"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	built, err := artifact.Open(packed)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(as)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, built, remote.WithTransport(s.http.Transport), remote.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
	digest, err := built.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return ref.String() + "@" + digest.String()
}

func (s *sandbox) createRepository(t *testing.T) {
	t.Helper()
	body := strings.NewReader(`{"name": "canaried", "default_branch": "main", "private": true}`)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, forge+"/api/v1/orgs/platform/repos", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "token "+s.env["GROUNDWORK_GIT_TOKEN"])
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatalf("making the repository: %s: %s %v", resp.Status, answer, err)
	}
}

// pin has Git name another image, as a merged promotion does.
func (s *sandbox) pin(t *testing.T, image string) {
	t.Helper()
	file := filepath.Join(s.checkout, "platform.yaml")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	for i, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), "image: "+appImage) {
			lines[i] = "      image: " + image
		}
	}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	s.must(t, s.checkout, s.bootstrap, "generate")
	s.must(t, s.checkout, "git", "commit", "--quiet", "--all", "--message", "prod: "+image)
	s.must(t, s.checkout, "git", "push", "--quiet", "origin", "HEAD:main")
}

// must runs a command that has to succeed and returns what it wrote.
func (s *sandbox) must(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0",
		"GIT_AUTHOR_NAME=e2e", "GIT_AUTHOR_EMAIL=e2e@groundwork.test",
		"GIT_COMMITTER_NAME=e2e", "GIT_COMMITTER_EMAIL=e2e@groundwork.test")
	for k, v := range s.env {
		if program != "go" { // which must not take the sandbox for the internet
			cmd.Env = append(cmd.Env, k+"="+v)
		}
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", program, strings.Join(args, " "), err, out, stderr.Bytes())
	}
	return string(out)
}
