package gitrepo

import (
	"fmt"
	"os"

	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/http"
	"github.com/go-git/go-git/v5/plumbing/transport/ssh"

	"github.com/groundwork-dev/groundwork/internal/redact"
)

// TokenAuth is how to reach an HTTPS repository; nil without a token.
func TokenAuth(username string, token redact.Secret) transport.AuthMethod {
	if token.Empty() {
		return nil
	}
	if username == "" {
		username = "git"
	}
	return &http.BasicAuth{Username: username, Password: token.Reveal()}
}

// SSHAuth is how to reach an SSH repository: with a key file, or, when that is
// "", with the running SSH agent. The server must be in a known_hosts file,
// knownHosts or, when that is "", the user's own.
func SSHAuth(user, keyFile, knownHosts string) (transport.AuthMethod, error) {
	var files []string
	if knownHosts != "" {
		files = append(files, knownHosts)
	}
	hosts, err := ssh.NewKnownHostsCallback(files...)
	if err != nil {
		return nil, fmt.Errorf("reading known_hosts: %w", err)
	}
	if keyFile == "" {
		auth, err := ssh.NewSSHAgentAuth(user)
		if err != nil {
			return nil, fmt.Errorf("reaching the SSH agent: %w", err)
		}
		auth.HostKeyCallback = hosts
		return auth, nil
	}
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, fmt.Errorf("reading the SSH key: %w", err)
	}
	auth, err := ssh.NewPublicKeys(user, key, "")
	if err != nil {
		return nil, fmt.Errorf("reading the SSH key %s: %w", keyFile, err)
	}
	auth.HostKeyCallback = hosts
	return auth, nil
}
