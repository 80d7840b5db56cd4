package cli

import (
	"testing"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

// TestTokenRemote: a workflow has a token, and neither SSH key nor known hosts,
// whatever the clusters have.
func TestTokenRemote(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		token, key string
		provider   config.Provider
		byToken    bool
	}{
		"a token":             {"a-token", "", config.ProviderGitHub, true},
		"no token":            {"", "", config.ProviderGitHub, false},
		"a key":               {"a-token", "key", config.ProviderGitHub, false},
		"who knows the ports": {"a-token", "", config.ProviderGitea, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := runOptions{sshKey: tc.key, knownHosts: t.TempDir() + "/none"}
			repository := config.Repository{URL: "ssh://git@github.com/acme/platform", Provider: tc.provider, Auth: config.AuthSSH}
			_, err := o.tokenRemote(repository, &tokenSource{seen: []redact.Secret{redact.Secret(tc.token)}})
			if (err == nil) != tc.byToken {
				t.Errorf("without known hosts: %v", err)
			}
		})
	}
}
