//go:build e2e

// Package canaried rolls new versions of the app out on a real cluster: Flagger
// moves the weights of a route that a real gateway follows, the load test and users
// make requests, a real Prometheus says how they went. The gateway stands in for the
// mesh's proxies, which cannot be built (sandbox/canary).
package canaried

import (
	"errors"
	"fmt"
	"net/http"
	"os"
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
	receiver = "http://webhook-receiver.flux-system.svc.cluster.local"
	app      = "sampleapp" // and its namespace
	appImage = "ghcr.io/groundwork-dev/sampleapp"
)

// sandbox is a cluster prod that follows a repository of its own.
type sandbox struct {
	*sandboxed.Sandbox
	checkout string
	config   *rest.Config
	client   dynamic.Interface
}

// shared is started by TestMain.
var shared *sandboxed.Sandbox

func TestMain(m *testing.M) {
	os.Exit(sandboxed.Run(m, sandboxed.Options{
		Name: "canaried", Repository: source, Programs: []string{"bootstrap-validate"}, Nodes: "real",
	}, func(s *sandboxed.Sandbox) error {
		shared = s
		s.HTTP.Timeout = 10 * time.Second
		return nil
	}))
}

// start brings the cluster up with a first version of the app.
func start(t *testing.T, version string) *sandbox {
	t.Helper()
	s := &sandbox{Sandbox: shared, checkout: filepath.Join(shared.Dir, "checkout")}
	s.connect(t)
	s.publish(t, version, 0)
	err := s.AskForge(t.Context(), http.MethodPost, "/orgs/platform/repos", map[string]any{"name": "canaried", "default_branch": "main", "private": true}, nil)
	if err != nil {
		t.Fatal(err)
	}

	s.Must(t, s.Dir, "git", "clone", "--quiet", sandboxed.Forge+"/platform/canaried.git", "checkout")
	s.copyIn(t, "testdata/platform.yaml", "platform.yaml")
	if err := os.CopyFS(filepath.Join(s.checkout, "components"), os.DirFS(overlay+"/components")); err != nil {
		t.Fatal(err)
	}
	s.copyIn(t, overlay+"/patches/kustomization.yaml", "clusters/prod/patches/kustomization.yaml")
	s.Must(t, s.checkout, "git", "add", ".")
	s.Must(t, s.checkout, "git", "commit", "--quiet", "--message", "a gateway stands in for the mesh")
	s.Must(t, s.checkout, "git", "push", "--quiet", "origin", "HEAD:main")
	s.Must(t, s.checkout, s.Bootstrap, "run", "--cluster", "prod", "--webhook-url", receiver)
	s.Must(t, s.checkout, "git", "fetch", "--quiet")
	s.Must(t, s.checkout, "git", "reset", "--quiet", "--hard", "origin/main")
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

func (s *sandbox) connect(t *testing.T) {
	t.Helper()
	var err error
	if s.config, err = clientcmd.BuildConfigFromFlags("", s.Env["KUBECONFIG"]); err != nil {
		t.Fatal(err)
	}
	s.config.QPS = -1
	if s.client, err = dynamic.NewForConfig(s.config); err != nil {
		t.Fatal(err)
	}
}

// publish builds a version of the app that fails some of a hundred requests,
// pushes it and returns its image with the digest.
func (s *sandbox) publish(t *testing.T, version string, faults int) string {
	t.Helper()
	const variables = "github.com/groundwork-dev/groundwork/internal/sampleapp."
	program := filepath.Join(s.Dir, "sampleapp-"+version)
	s.Must(t, source, "go", "build", "-o", program, "-ldflags",
		fmt.Sprintf("-X %sbuildVersion=%s -X %sbuildFaultRate=%d", variables, version, variables, faults), "./cmd/sampleapp")
	return s.push(t, program, "/sampleapp", appImage+":"+version)
}

// push packs a program, pushes it and returns its image with the digest.
func (s *sandbox) push(t *testing.T, program, inside, as string) string {
	t.Helper()
	packed, err := images.Pack(filepath.Join(s.Dir, "images"), image.Program{Path: program, Inside: inside, User: "65532:65532"}, nil)
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
	if err := remote.Write(ref, built, remote.WithTransport(s.HTTP.Transport), remote.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
	digest, err := built.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return ref.String() + "@" + digest.String()
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
	s.Must(t, s.checkout, s.Bootstrap, "generate")
	s.Must(t, s.checkout, "git", "commit", "--quiet", "--all", "--message", "prod: "+image)
	s.Must(t, s.checkout, "git", "push", "--quiet", "origin", "HEAD:main")
}
