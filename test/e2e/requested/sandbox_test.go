//go:build e2e

// Package requested plays image automation where main is protected: a sandbox is
// the cluster dev, whose Flux pushes to a branch of its own, and its Gitea holds
// the rules that a request has to keep.
package requested

import (
	"context"
	"net/http"
	"os"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

// shared is the sandbox of the test.
var shared *sandboxed.Sandbox

func TestMain(m *testing.M) {
	os.Exit(sandboxed.Run(m, sandboxed.Options{Name: "requested", Repository: "../../..", Nodes: "real"}, func(s *sandboxed.Sandbox) error {
		shared = s
		return nil
	}))
}

// api calls the forge as its administrator.
func api(t *testing.T, method, path string, body, into any) {
	t.Helper()
	if err := shared.AskForge(t.Context(), method, path, body, into); err != nil {
		t.Fatal(err)
	}
}

// await waits for a condition of the world.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), time.Second, 3*time.Minute, true, func(context.Context) (bool, error) { return done(), nil })
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// newOwner is somebody who may write and approve, by name and password.
func newOwner(t *testing.T, name string) func(*http.Request) {
	t.Helper()
	const password = "not-a-secret-0"
	api(t, http.MethodPost, "/admin/users", map[string]any{
		"username": name, "password": password, "email": name + "@groundwork.test", "must_change_password": false,
	}, nil)
	api(t, http.MethodPut, repository+"/collaborators/"+name, map[string]any{"permission": "write"}, nil)
	return func(r *http.Request) { r.SetBasicAuth(name, password) }
}
