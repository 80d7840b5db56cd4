//go:build e2e

// Package promoted promotes an app as its owners would: a sandbox with a node
// that runs pods is the cluster dev, its Gitea holds the repository with the app
// and the platform, its registry the images, and Flux brings dev what Git says.
// The cluster prod is a folder of the repository: nothing of it has to run.
package promoted

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	forge = "https://forge.sandbox.test"
	// webhook is where the forge tells Flux of a push, so that nobody waits.
	webhook = "http://webhook-receiver.flux-system.svc.cluster.local"
	image   = "ghcr.io/acme/web"
)

// sandbox is dev with its forge and registry.
type sandbox struct {
	name, dir, bootstrap string
	env                  map[string]string
	http                 *http.Client
}

var shared *sandbox

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "groundwork-promoted-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	shared = &sandbox{dir: dir, name: fmt.Sprintf("promoted-%d", os.Getpid()), bootstrap: filepath.Join(dir, "bootstrap")}
	build := exec.Command("go", "build", "-o", dir+"/", "./cmd/bootstrap", "./cmd/bootstrap-validate")
	build.Dir, build.Env, build.Stderr = "../../..", append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
	if err := build.Run(); err != nil {
		return 1, fmt.Errorf("building bootstrap: %w", err)
	}
	defer func() { err = errors.Join(err, shared.sandbox("down")) }()
	if err := shared.up(); err != nil {
		return 1, fmt.Errorf("starting the sandbox: %w", err)
	}
	return m.Run(), nil
}

func (s *sandbox) sandbox(args ...string) error {
	cmd := exec.Command(s.bootstrap, append([]string{"sandbox"}, append(args, "--name", s.name)...)...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}

func (s *sandbox) up() error {
	if err := s.sandbox("up", "--foreground=false", "--nodes", "real", "--dir", "../../.."); err != nil {
		return err
	}
	out, err := exec.Command(s.bootstrap, "sandbox", "env", "--name", s.name, "--output", "json").Output()
	if err != nil {
		return fmt.Errorf("reading the sandbox's environment: %w", err)
	}
	if err := json.Unmarshal(out, &s.env); err != nil {
		return err
	}
	proxy, err := url.Parse(s.env["HTTPS_PROXY"])
	if err != nil {
		return err
	}
	authorities, err := os.ReadFile(s.env["SSL_CERT_FILE"])
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authorities)
	s.http = &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}
	return nil
}

// result is how a command ended.
type result struct {
	stdout, stderr string
	code           int
}

func (s *sandbox) command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=",
		"GIT_AUTHOR_NAME=e2e", "GIT_AUTHOR_EMAIL=e2e@groundwork.test", "GIT_COMMITTER_NAME=e2e", "GIT_COMMITTER_EMAIL=e2e@groundwork.test")
	for k, v := range s.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	return cmd
}

func (s *sandbox) run(t *testing.T, dir, name string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := s.command(ctx, dir, name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", strings.Join(cmd.Args, " "), err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// must runs what has to end well, and returns what it printed.
func (s *sandbox) must(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	r := s.run(t, dir, name, args...)
	if r.code != 0 {
		t.Fatalf("%s %s: exit %d\n%s%s", name, strings.Join(args, " "), r.code, r.stdout, r.stderr)
	}
	return strings.TrimSpace(r.stdout)
}

// api calls the forge and decodes its answer.
func (s *sandbox) api(t *testing.T, method, path string, body, into any) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, forge+"/api/v1"+path, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "token "+s.env["GROUNDWORK_GIT_TOKEN"])
	request.Header.Set("Content-Type", "application/json")
	response, err := s.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %s: %s %v", method, path, response.Status, answer, err)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, answer)
		}
	}
}

// writeKey makes a key to sign with.
func writeKey(t *testing.T, dir string) (private, public string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	open, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	private, public = filepath.Join(dir, "cosign.key"), filepath.Join(dir, "cosign.pub")
	for file, block := range map[string]*pem.Block{private: {Type: "PRIVATE KEY", Bytes: secret}, public: {Type: "PUBLIC KEY", Bytes: open}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return private, public
}

// write writes files below dir.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, data := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
