//go:build e2e

// Package e2e proves the main job on a real API server, real Flux and a real
// forge: it builds bootstrap, starts a sandbox and uses both as a user would,
// through the command line alone.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
)

// sandbox is the one cluster of the test run, with its forge and registry.
type sandbox struct {
	name      string
	dir       string // holds what was built for the tests
	bootstrap string // path of the executable under test
	env       map[string]string
	client    dynamic.Interface
	http      *http.Client
	url       string // the repository that the cluster follows
}

// shared is started by TestMain; the tests run one after the other.
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
	dir, err := os.MkdirTemp("", "groundwork-e2e-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	shared = &sandbox{dir: dir, name: fmt.Sprintf("e2e-%d", os.Getpid()), bootstrap: filepath.Join(dir, "bootstrap")}
	build := exec.Command("go", "build", "-o", dir+"/", "./cmd/bootstrap", "./cmd/bootstrap-validate", "./cmd/sampleapp")
	build.Dir, build.Env = "../..", append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return 1, fmt.Errorf("building bootstrap: %w", err)
	}
	// A start that fails half way is ended too.
	defer func() { err = errors.Join(err, shared.down()) }()
	if err := shared.up(); err != nil {
		return 1, err
	}
	if err := shared.publishApp(goodImage); err != nil {
		return 1, err
	}
	if shared.url, err = shared.createRepository("e2e"); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

func (s *sandbox) up() error {
	cmd := exec.Command(s.bootstrap, "sandbox", "up", "--name", s.name, "--foreground=false", "--dir", "../..")
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
	config.QPS, config.Burst = 100, 200
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

// result is how a command ended.
type result struct {
	stdout, stderr string
	code           int
}

// environ is the process's environment with the sandbox's on top.
func (s *sandbox) environ() []string {
	env := os.Environ()
	for k, v := range s.env {
		env = append(env, k+"="+v)
	}
	return append(env,
		"GIT_AUTHOR_NAME=e2e", "GIT_AUTHOR_EMAIL=e2e@groundwork.test",
		"GIT_COMMITTER_NAME=e2e", "GIT_COMMITTER_EMAIL=e2e@groundwork.test")
}

func (s *sandbox) command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, s.environ()
	return cmd
}

// run runs bootstrap in dir and returns how it ended.
func (s *sandbox) run(t *testing.T, dir string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	return finish(t, s.command(ctx, dir, s.bootstrap, args...))
}

func finish(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", strings.Join(cmd.Args, " "), err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// must runs a command that has to succeed and returns its trimmed output.
func (s *sandbox) must(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	got := finish(t, s.command(t.Context(), dir, name, args...))
	if got.code != 0 {
		t.Fatalf("%s %s: exit %d\n%s%s", name, strings.Join(args, " "), got.code, got.stdout, got.stderr)
	}
	return strings.TrimSpace(got.stdout)
}
