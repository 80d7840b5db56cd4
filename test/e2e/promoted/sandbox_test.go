//go:build e2e

// Package promoted promotes an app as its owners would: a sandbox with a node
// that runs pods is the cluster dev, its Gitea holds the repository with the app
// and the platform, its registry the images, and Flux brings dev what Git says.
// The cluster prod is a folder of the repository: nothing of it has to run.
package promoted

import (
	"os"
	"testing"

	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

const (
	// webhook is where the forge tells Flux of a push, so that nobody waits.
	webhook = "http://webhook-receiver.flux-system.svc.cluster.local"
	image   = "ghcr.io/acme/web"
)

// shared is dev with its forge and registry.
var shared *sandboxed.Sandbox

func TestMain(m *testing.M) {
	os.Exit(sandboxed.Run(m, sandboxed.Options{
		Name: "promoted", Repository: "../../..", Programs: []string{"bootstrap-validate"}, Nodes: "real",
	}, func(s *sandboxed.Sandbox) error {
		shared = s
		return nil
	}))
}

// ask has the forge do something and decodes its answer.
func (s *story) ask(t *testing.T, method, path string, body, into any) {
	t.Helper()
	if err := s.AskForge(t.Context(), method, path, body, into); err != nil {
		t.Fatal(err)
	}
}
