//go:build e2e

// Package governed proves on a real Gitea that `bootstrap govern` makes it
// refuse what platform.yaml says: who pushes, who approves, which checks. The
// forge is a sandbox's, without a node that runs pods.
package governed

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

// shared is the sandbox of the test, with its forge.
var shared *sandboxed.Sandbox

func TestMain(m *testing.M) {
	os.Exit(sandboxed.Run(m, sandboxed.Options{Name: "governed", Repository: "../../..", Nodes: "simulated"}, func(s *sandboxed.Sandbox) error {
		shared = s
		return nil
	}))
}

// person is somebody with a token at the forge.
type person struct{ name, token string }

// administrator is the sandbox's own.
func administrator() person { return person{"bootstrap", shared.Env["GROUNDWORK_GIT_TOKEN"]} }

// newPerson is somebody who may write to the repository.
func newPerson(t *testing.T, name string) person {
	t.Helper()
	const password = "not-a-secret-0"
	administrator().must(t, http.MethodPost, "/admin/users", map[string]any{
		"username": name, "password": password, "email": name + "@groundwork.test", "must_change_password": false,
	}, nil)
	administrator().must(t, http.MethodPut, api+"/collaborators/"+name, map[string]any{"permission": "write"}, nil)
	var token struct {
		SHA1 string `json:"sha1"`
	}
	basic := person{name: name, token: ""}
	if status, answer := basic.call(t, http.MethodPost, "/users/"+name+"/tokens", map[string]any{"name": "e2e", "scopes": []string{"all"}}, &token); status != http.StatusCreated {
		t.Fatalf("no token for %s: %d %s", name, status, answer)
	}
	return person{name, token.SHA1}
}

// must is a call that has to succeed.
func (p person) must(t *testing.T, method, path string, body, into any) {
	t.Helper()
	if status, answer := p.call(t, method, path, body, into); status/100 != 2 {
		t.Fatalf("%s %s by %s: %d %s", method, path, p.name, status, answer)
	}
}

// call asks the forge's API; without a token, by the password that newPerson
// sets.
func (p person) call(t *testing.T, method, path string, body, into any) (status int, answer string) {
	t.Helper()
	status, answer, err := shared.CallForge(t.Context(), func(r *http.Request) {
		if r.Header.Set("Authorization", "token "+p.token); p.token == "" {
			r.SetBasicAuth(p.name, "not-a-secret-0")
		}
	}, method, path, body, into)
	if err != nil {
		t.Fatal(err)
	}
	return status, answer
}

// git runs git as a person, in dir.
func (p person) git(t *testing.T, dir string, args ...string) (out string, err error) {
	t.Helper()
	return p.command(t, dir, "git", args...)
}

func (p person) mustGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := p.git(t, dir, args...)
	if err != nil {
		t.Fatalf("git %s by %s: %v\n%s", strings.Join(args, " "), p.name, err, out)
	}
	return strings.TrimSpace(out)
}

// command runs a program as a person and returns all that it printed.
func (p person) command(t *testing.T, dir, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), name, args...)
	cmd.Dir, cmd.Env = dir, os.Environ()
	for k, v := range shared.Env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	cmd.Env = append(cmd.Env, "GROUNDWORK_GIT_TOKEN="+p.token,
		"GIT_AUTHOR_NAME="+p.name, "GIT_AUTHOR_EMAIL="+p.name+"@groundwork.test",
		"GIT_COMMITTER_NAME="+p.name, "GIT_COMMITTER_EMAIL="+p.name+"@groundwork.test")
	out, err := cmd.CombinedOutput()
	return string(out), err
}
