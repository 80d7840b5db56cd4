//go:build e2e

// Package workflows runs the committed workflows as GitHub would, by act on this
// machine instead of in a container. GitHub's own actions are played by
// stand-ins (testdata/actions); charts come from a sandbox.
package workflows

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

const repository = "../../.."

// TestCI plays a pull request that changes what dev renders: every job of it
// that has no rights is green, and the difference is kept. Then one that changes
// a generated file by hand, which has to be refused.
func TestCI(t *testing.T) {
	runner := os.Getenv("GROUNDWORK_ACT")
	if runner == "" {
		t.Fatal("GROUNDWORK_ACT names no act: run 'make e2e', which builds it")
	}
	p := newPullRequest(t, runner)
	p.edit(t, "platform.yaml", "      port: 8080\n", "      port: 8080\n      replicas: {min: 4}\n")
	p.run(t, p.dir, filepath.Join(p.dir, "bin", "bootstrap"), "generate")
	p.commit(t)
	if out, err := p.act(t); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	rendered, err := os.ReadFile(filepath.Join(p.artifacts, "rendered-diff"))
	if err != nil || !strings.Contains(string(rendered), "minReplicas: 4") {
		t.Errorf("the difference that is kept: %v\n%s", err, rendered)
	}

	p.edit(t, "apps/dev/sampleapp/service.yaml", "port: 80\n", "port: 81\n")
	p.commit(t)
	out, err := p.act(t, "--job", "trees")
	if err == nil || !strings.Contains(out, "apps/dev/sampleapp/service.yaml") {
		t.Errorf("a generated file that was changed by hand: %v\n%s", err, out)
	}
}

// TestPromotion plays pull requests on the promote workflow: what moves no image
// of prod is answered by a job under the name of the required check; what moves
// one is not, and the job of main plays no part.
func TestPromotion(t *testing.T) {
	runner := os.Getenv("GROUNDWORK_ACT")
	if runner == "" {
		t.Fatal("GROUNDWORK_ACT names no act: run 'make e2e', which builds it")
	}
	p := clone(t, runner)
	p.workflow = ".github/workflows/promote.yaml"
	for _, tc := range []struct{ file, from, to, want, not string }{
		{"README.md", "## Layout\n", "## The layout\n", "promotion/evidence", "promotion is judged on main"},
		{"apps/dev/sampleapp/image/kustomization.yaml", "0.1.0", "0.1.1", "promotion/evidence", "promotion is judged on main"},
		{"apps/prod/sampleapp/image/kustomization.yaml", "0.1.0", "0.1.1", "promotion is judged on main", "promotion/evidence"},
	} {
		p.edit(t, tc.file, tc.from, tc.to)
		p.commit(t)
		out, err := p.act(t, "--job", "answer")
		if err != nil || !strings.Contains(out, "[promote/"+tc.want) || strings.Contains(out, "[promote/"+tc.not) {
			t.Errorf("%s: %v\n%s", tc.file, err, out)
		}
	}
}

// TestRevert plays what Flux tells on the promote workflow: prod is asked about a
// rollout that was taken back there, by a runner that reaches it, and nobody is
// about anything else. In place of bootstrap stands what writes down how it is called.
func TestRevert(t *testing.T) {
	runner := os.Getenv("GROUNDWORK_ACT")
	if runner == "" {
		t.Fatal("GROUNDWORK_ACT names no act: run 'make e2e', which builds it")
	}
	p := clone(t, runner)
	p.workflow = ".github/workflows/promote.yaml"
	calls := filepath.Join(t.TempDir(), "calls")
	p.edit(t, "Makefile", "\t$(GO) build -ldflags '$(LDFLAGS)' -o $(dir $(BIN)) ./cmd/bootstrap ./cmd/bootstrap-validate\n",
		"\tmkdir -p bin && printf '#!/bin/sh\\necho \"$$*\" >>"+calls+"\\n' >bin/bootstrap && chmod +x bin/bootstrap\n")
	p.commit(t)
	const revert, promote = "promote --revert --app sampleapp --from dev --to prod --key ", " --app sampleapp --to prod --wait 20m"
	for name, tc := range map[string]struct{ severity, cluster, reach, want string }{
		"taken back in prod":          {"error", "prod", "REVERT_RUNNER", revert},
		"nothing reaches prod":        {"error", "prod", "PROMOTION_RUNNER", ""},
		"taken back elsewhere":        {"error", "dev", "REVERT_RUNNER", ""},
		"a cluster that is a command": {"error", "prod' || true || '", "REVERT_RUNNER", ""},
		"a build runs in dev":         {"info", "dev", "PROMOTION_RUNNER", promote},
		"nothing reaches dev":         {"info", "dev", "REVERT_RUNNER", ""},
	} {
		if err := os.WriteFile(calls, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		p.event = map[string]any{
			"ref": "refs/heads/main", "repository": map[string]any{"default_branch": "main"}, "action": "Kustomization/app-sampleapp.flux-system",
			"client_payload": map[string]any{"severity": tc.severity, "metadata": map[string]any{"cluster": tc.cluster}},
		}
		out, err := p.act(t, "--var", tc.reach+"=ubuntu-24.04", "--var", "COSIGN_PUBLIC_KEY=key", "--secret", "GITHUB_TOKEN=token", "--env", "TERM=dumb")
		called, readErr := os.ReadFile(calls)
		if err != nil || readErr != nil || (tc.want == "") != (len(called) == 0) || !strings.Contains(string(called), tc.want) {
			t.Errorf("%s: %v %v, called\n%s\n%s", name, err, readErr, called, out)
		}
		for _, other := range []string{revert, promote} {
			if other != tc.want && strings.Contains(string(called), other) {
				t.Errorf("%s: called\n%s", name, called)
			}
		}
	}
}

// pullRequest is a clone of this repository with commits on top.
type pullRequest struct {
	runner, dir, base, artifacts string
	workflow                     string
	env                          map[string]string // of a sandbox
	event                        map[string]any    // repository_dispatch, in place of a pull request
}

func clone(t *testing.T, runner string) *pullRequest {
	t.Helper()
	p := &pullRequest{runner: runner, dir: filepath.Join(t.TempDir(), "clone"), artifacts: t.TempDir(), workflow: ".github/workflows/ci.yaml"}
	p.run(t, repository, "git", "clone", "--quiet", ".", p.dir)
	p.base = p.run(t, p.dir, "git", "rev-parse", "HEAD")
	return p
}

func newPullRequest(t *testing.T, runner string) *pullRequest {
	t.Helper()
	p := clone(t, runner)
	p.run(t, p.dir, "make", "--no-print-directory", "build")
	bootstrap, name := filepath.Join(p.dir, "bin", "bootstrap"), fmt.Sprintf("act-%d", os.Getpid())
	t.Cleanup(func() {
		if out, err := exec.Command(bootstrap, "sandbox", "down", "--name", name).CombinedOutput(); err != nil {
			t.Errorf("sandbox down: %v\n%s", err, out)
		}
	})
	p.run(t, p.dir, bootstrap, "sandbox", "up", "--name", name, "--nodes", "simulated")
	if err := json.Unmarshal([]byte(p.run(t, p.dir, bootstrap, "sandbox", "env", "--name", name, "--output", "json")), &p.env); err != nil {
		t.Fatal(err)
	}
	return p
}

// act runs the workflow and returns what it said.
func (p *pullRequest) act(t *testing.T, args ...string) (string, error) {
	t.Helper()
	kind, payload := "pull_request", map[string]any{"pull_request": map[string]any{
		"number": 7, "base": map[string]any{"sha": p.base, "ref": "main"},
		// From a fork: nothing may write to it.
		"head": map[string]any{"ref": "change", "repo": map[string]any{"full_name": "somebody/groundwork"}},
	}}
	if p.event != nil {
		kind, payload = "repository_dispatch", p.event
	}
	event, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(file, event, 0o600); err != nil {
		t.Fatal(err)
	}
	args = append([]string{
		kind, "--workflows", p.workflow, "--eventpath", file, "--platform", "ubuntu-24.04=-self-hosted", "--no-cache-server",
		"--concurrent-jobs", "1", // other tests have the other core
		"--env", "ARTIFACTS=" + p.artifacts,
		// Its charts are stand-ins, which nobody may take for the real ones later.
		"--env", "GROUNDWORK_CACHE=" + t.TempDir(),
		// Charts come through the sandbox's proxy, Go's modules do not.
		"--env", "HTTPS_PROXY=" + p.env["HTTPS_PROXY"], "--env", "SSL_CERT_FILE=" + p.env["SSL_CERT_FILE"], "--env", "NO_PROXY=proxy.golang.org,sum.golang.org",
	}, args...)
	workflow, err := os.ReadFile(filepath.Join(p.dir, p.workflow))
	if err != nil {
		t.Fatal(err)
	}
	args = append(args, sandboxed.StandIns(t, repository, string(workflow))...)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.runner, args...)
	cmd.Dir = p.dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// edit replaces the first of a text in a file, which has to be there.
func (p *pullRequest) edit(t *testing.T, name, from, to string) {
	t.Helper()
	path := filepath.Join(p.dir, filepath.FromSlash(name))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), from) {
		t.Fatalf("%q is not in %s", from, name)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(data), from, to, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (p *pullRequest) commit(t *testing.T) {
	t.Helper()
	p.run(t, p.dir, "git", "-c", "user.name=act", "-c", "user.email=act@groundwork.test", "commit", "--quiet", "--all", "--message", "apps: a change")
}

// run runs a command that has to succeed and returns its trimmed output.
func (p *pullRequest) run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, stderr.String())
	}
	return strings.TrimSpace(string(out))
}
