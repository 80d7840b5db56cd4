//go:build e2e

// Package e2e proves the main job on a real API server, real Flux and a real
// forge: it builds bootstrap, starts a sandbox and uses both as a user would,
// through the command line alone.
package e2e

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

// sandbox is the one cluster of the test run, with its forge and registry.
type sandbox struct {
	dir       string // holds what was built for the tests
	bootstrap string // path of the executable under test
	env       map[string]string
	client    dynamic.Interface
	http      *http.Client
	environ   func() []string // of a user in it
	url       string          // the repository that the cluster follows
}

// shared is started by TestMain; the tests run one after the other.
var shared *sandbox

func TestMain(m *testing.M) {
	os.Exit(sandboxed.Run(m, sandboxed.Options{Name: "e2e", Repository: "../..", Programs: []string{"bootstrap-validate", "sampleapp"}}, func(s *sandboxed.Sandbox) (err error) {
		shared = &sandbox{dir: s.Dir, bootstrap: s.Bootstrap, env: s.Env, http: s.HTTP, environ: s.Environ}
		if err := shared.connect(); err != nil {
			return err
		}
		if err := shared.publishApp(goodImage); err != nil {
			return err
		}
		shared.url, err = shared.createRepository("e2e")
		return err
	}))
}

func (s *sandbox) connect() error {
	config, err := clientcmd.BuildConfigFromFlags("", s.env["KUBECONFIG"])
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 100, 200
	s.client, err = dynamic.NewForConfig(config)
	return err
}

// result is how a command ended.
type result struct {
	stdout, stderr string
	code           int
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
