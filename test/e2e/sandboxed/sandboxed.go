//go:build e2e

// Package sandboxed gives a package of end-to-end tests a sandbox of its own, by
// the command line alone.
package sandboxed

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Sandbox is one that is up.
type Sandbox struct {
	// Dir holds what was built for the tests, Bootstrap among it.
	Dir, Bootstrap string
	// Env is what a shell needs to use the sandbox.
	Env map[string]string
	// HTTP reaches what the sandbox's own pods reach.
	HTTP *http.Client

	name, repository string
}

// Options are what a package wants of its sandbox.
type Options struct {
	// Name begins the sandbox's name.
	Name string
	// Repository is the path of this repository.
	Repository string
	// Programs are those of cmd/ to build beside bootstrap.
	Programs []string
	// Nodes are real or simulated; those that there can be by default.
	Nodes string
}

// Run is what a TestMain does: it builds, starts the sandbox, has use prepare it,
// runs the tests and ends the sandbox, whatever happened. It returns the exit
// code.
func Run(m *testing.M, o Options, use func(*Sandbox) error) int {
	code, err := run(m, o, use)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	return code
}

func run(m *testing.M, o Options, use func(*Sandbox) error) (code int, err error) {
	dir, err := os.MkdirTemp("", "groundwork-"+o.Name+"-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	s := &Sandbox{
		Dir: dir, Bootstrap: filepath.Join(dir, "bootstrap"),
		name: fmt.Sprintf("%s-%d", o.Name, os.Getpid()), repository: o.Repository,
	}
	build := exec.CommandContext(context.Background(), "go", "build", "-o", dir+"/", "./cmd/bootstrap")
	for _, program := range o.Programs {
		build.Args = append(build.Args, "./cmd/"+program)
	}
	build.Dir, build.Env, build.Stderr = o.Repository, append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
	if err := build.Run(); err != nil {
		return 1, fmt.Errorf("building bootstrap: %w", err)
	}
	// A start that fails half way is ended too.
	defer func() {
		_, downErr := s.control("down")
		err = errors.Join(err, downErr)
	}()
	if err := s.up(o.Nodes); err != nil {
		return 1, err
	}
	if err := use(s); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

func (s *Sandbox) control(args ...string) ([]byte, error) {
	cmd := exec.CommandContext(context.Background(), s.Bootstrap, append([]string{"sandbox"}, append(args, "--name", s.name)...)...)
	cmd.Stderr = os.Stderr
	return cmd.Output()
}

func (s *Sandbox) up(nodes string) error {
	args := []string{"up", "--foreground=false", "--dir", s.repository}
	if nodes != "" {
		args = append(args, "--nodes", nodes)
	}
	if _, err := s.control(args...); err != nil {
		return fmt.Errorf("starting the sandbox: %w", err)
	}
	out, err := s.control("env", "--output", "json")
	if err != nil {
		return fmt.Errorf("reading the sandbox's environment: %w", err)
	}
	if err := json.Unmarshal(out, &s.Env); err != nil {
		return err
	}
	s.HTTP, err = Proxied(s.Env)
	return err
}

// Environ is the process's environment with the sandbox's on top, and an author
// of commits.
func (s *Sandbox) Environ() []string {
	env := os.Environ()
	for k, v := range s.Env {
		env = append(env, k+"="+v)
	}
	return append(env, "CGO_ENABLED=0",
		"GIT_AUTHOR_NAME=e2e", "GIT_AUTHOR_EMAIL=e2e@groundwork.test",
		"GIT_COMMITTER_NAME=e2e", "GIT_COMMITTER_EMAIL=e2e@groundwork.test")
}

// Proxied returns an HTTP client that reaches what the pods of the sandbox with
// that environment reach.
func Proxied(env map[string]string) (*http.Client, error) {
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
