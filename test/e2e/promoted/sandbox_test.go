//go:build e2e

// Package promoted promotes an app as its owners would: a sandbox with a node
// that runs pods is the cluster dev, its Gitea holds the repository with the app
// and the platform, its registry the images, and Flux brings dev what Git says.
// The cluster prod is a folder of the repository: nothing of it has to run.
package promoted

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

const (
	forge = "https://forge.sandbox.test"
	// webhook is where the forge tells Flux of a push, so that nobody waits.
	webhook = "http://webhook-receiver.flux-system.svc.cluster.local"
	image   = "ghcr.io/acme/web"
)

// sandbox is dev with its forge and registry.
type sandbox struct {
	dir, bootstrap string
	env            map[string]string
	http           *http.Client
}

var shared *sandbox

func TestMain(m *testing.M) {
	os.Exit(sandboxed.Run(m, sandboxed.Options{
		Name: "promoted", Repository: "../../..", Programs: []string{"bootstrap-validate"}, Nodes: "real",
	}, func(s *sandboxed.Sandbox) error {
		shared = &sandbox{dir: s.Dir, bootstrap: s.Bootstrap, env: s.Env, http: s.HTTP}
		return nil
	}))
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
