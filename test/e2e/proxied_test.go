//go:build e2e

package e2e

import (
	"context"
	"net/http"
	"testing"

	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

// newRepository makes an empty repository on the forge and returns its URL.
func (s *sandbox) newRepository(t *testing.T, name string) string {
	t.Helper()
	url, err := s.createRepository(name)
	if err != nil {
		t.Fatal(err)
	}
	return url
}

func (s *sandbox) createRepository(name string) (string, error) {
	err := s.AskForge(context.Background(), http.MethodPost, "/orgs/platform/repos",
		map[string]any{"name": name, "default_branch": "main", "private": true}, nil)
	return sandboxed.Forge + "/platform/" + name + ".git", err
}
