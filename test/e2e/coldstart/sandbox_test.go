//go:build e2e

// Package coldstart holds the cold-start prover to what Flux really does: each
// repository of the prover's tests, the seeded faults among them, is pushed to
// a sandbox, and what its verdict says is what becomes of it.
package coldstart

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/groundwork-dev/groundwork/internal/testsupport/coldstarttest"
)

const (
	repository = "../../.."
	forge      = "https://forge.sandbox.test"
)

// sandbox is the one cluster of the test run, with its forge and registry.
type sandbox struct {
	name, bootstrap string
	env             map[string]string
	client          dynamic.Interface
	http            *http.Client
}

var shared *sandbox

func TestMain(m *testing.M) {
	flag.Parse()
	// All that a case does is wait.
	if err := flag.Set("test.parallel", "100"); err != nil {
		panic(err)
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "groundwork-coldstart-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	shared = &sandbox{name: fmt.Sprintf("coldstart-%d", os.Getpid()), bootstrap: filepath.Join(dir, "bootstrap")}
	build := exec.Command("go", "build", "-o", shared.bootstrap, "./cmd/bootstrap")
	build.Dir, build.Env, build.Stderr = repository, append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
	if err := build.Run(); err != nil {
		return 1, fmt.Errorf("building bootstrap: %w", err)
	}
	// A start that fails half way is ended too.
	defer func() { err = errors.Join(err, shared.down()) }()
	if err := shared.up(); err != nil {
		return 1, err
	}
	if err := shared.installFlux(context.Background()); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// up starts a sandbox with a node that runs pods: without one, its API server
// asks no webhooks.
func (s *sandbox) up() error {
	cmd := exec.Command(s.bootstrap, "sandbox", "up", "--name", s.name, "--nodes", "real", "--foreground=false", "--dir", repository)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("starting the sandbox: %w", err)
	}
	out, err := exec.Command(s.bootstrap, "sandbox", "env", "--name", s.name, "--output", "json").Output()
	if err != nil {
		return fmt.Errorf("reading the sandbox's environment: %w", err)
	}
	if err := json.Unmarshal(out, &s.env); err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", s.env["KUBECONFIG"])
	if err != nil {
		return err
	}
	config.QPS = -1 // all cases at once
	if s.client, err = dynamic.NewForConfig(config); err != nil {
		return err
	}
	s.http, err = proxied(s.env)
	return err
}

func (s *sandbox) down() error {
	cmd := exec.Command(s.bootstrap, "sandbox", "down", "--name", s.name)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}

// proxied returns an HTTP client that reaches what the sandbox's own pods
// reach.
func proxied(env map[string]string) (*http.Client, error) {
	proxy, err := url.Parse(env["HTTPS_PROXY"])
	if err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(env["SSL_CERT_FILE"])
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("no certificate in %s", env["SSL_CERT_FILE"])
	}
	return &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}, nil
}

// installFlux applies the controllers of this repository's own cluster, with
// as many workers as there are cases: one that waits holds up no other.
func (s *sandbox) installFlux(ctx context.Context) error {
	file := repository + "/clusters/dev/flux-system/gotk-components.yaml"
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	objects, err := coldstarttest.Objects(file, data)
	if err != nil {
		return err
	}
	workers := map[string][]any{
		"source-controller":    {"--concurrent=20"},
		"kustomize-controller": {"--concurrent=50", "--requeue-dependency=2s"},
		"helm-controller":      {"--concurrent=20", "--requeue-dependency=2s"},
	}
	for _, o := range objects {
		if more := workers[o.GetName()]; o.GetKind() == "Deployment" && more != nil {
			containers, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
			container := containers[0].(map[string]any)
			container["args"] = append(container["args"].([]any), more...)
			if err := unstructured.SetNestedSlice(o.Object, containers, "spec", "template", "spec", "containers"); err != nil {
				return err
			}
		}
		if err := s.apply(ctx, o.Unstructured); err != nil {
			return err
		}
	}
	secret := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "forge", "namespace": "flux-system"},
		"stringData": map[string]any{"username": "git", "password": s.env["GROUNDWORK_GIT_TOKEN"]},
	}}
	if err := s.apply(ctx, secret); err != nil {
		return err
	}
	// The kinds are served once they can be listed.
	return wait.PollUntilContextTimeout(ctx, time.Second, time.Minute, true, func(ctx context.Context) (bool, error) {
		return !slices.ContainsFunc([]schema.GroupVersionResource{repositories(), kustomizations(), releases()}, func(r schema.GroupVersionResource) bool {
			_, err := s.client.Resource(r).List(ctx, metav1.ListOptions{})
			return err != nil
		}), nil
	})
}

func repositories() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "source.toolkit.fluxcd.io", Version: "v1", Resource: "gitrepositories"}
}

func kustomizations() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Resource: "kustomizations"}
}

func releases() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "helm.toolkit.fluxcd.io", Version: "v2", Resource: "helmreleases"}
}

func (s *sandbox) apply(ctx context.Context, o *unstructured.Unstructured) error {
	resource, _ := meta.UnsafeGuessKindToResource(o.GroupVersionKind())
	_, err := s.client.Resource(resource).Namespace(o.GetNamespace()).Apply(ctx, o.GetName(), o, metav1.ApplyOptions{FieldManager: "e2e", Force: true})
	if err != nil {
		return fmt.Errorf("applying %s %s: %w", o.GetKind(), o.GetName(), err)
	}
	return nil
}
