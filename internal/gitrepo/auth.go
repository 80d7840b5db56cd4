package gitrepo

import (
	"context"
	"errors"
	"fmt"
	nethttp "net/http"
	"os"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/ssh"

	"github.com/groundwork-dev/groundwork/internal/redact"
)

// readTimeout bounds one try of a deploy key.
const readTimeout = 20 * time.Second

// TokenAuth is how to reach an HTTPS repository. The token is asked for at
// each request, so that one that was renewed counts at once; an empty one is
// not sent.
func TokenAuth(username string, token func() redact.Secret) transport.AuthMethod {
	if username == "" {
		username = "git"
	}
	return &tokenAuth{username, token}
}

type tokenAuth struct {
	username string
	token    func() redact.Secret
}

func (a *tokenAuth) Name() string   { return "http-basic-auth" }
func (a *tokenAuth) String() string { return a.Name() + " - " + a.username }

// SetAuth puts the token into a request.
func (a *tokenAuth) SetAuth(r *nethttp.Request) {
	if token := a.token(); !token.Empty() {
		r.SetBasicAuth(a.username, token.Reveal())
	}
}

// SSHAuth is how to reach an SSH repository: with a key file, or, when that is
// "", with the running SSH agent. The host must be one of hosts.
func SSHAuth(repositoryURL, keyFile string, hosts *Hosts) (transport.AuthMethod, error) {
	if keyFile == "" {
		auth, err := ssh.NewSSHAgentAuth(sshUser(repositoryURL))
		if err != nil {
			return nil, fmt.Errorf("reaching the SSH agent, without a key from --ssh-key: %w", err)
		}
		auth.HostKeyCallback, auth.HostKeyAlgorithms = hosts.callback, hosts.algorithms
		return auth, nil
	}
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, fmt.Errorf("reading the SSH key: %w", err)
	}
	auth, err := keyAuth(repositoryURL, key, hosts)
	if err != nil {
		return nil, fmt.Errorf("reading the SSH key %s: %w", keyFile, err)
	}
	return auth, nil
}

func keyAuth(repositoryURL string, key []byte, hosts *Hosts) (transport.AuthMethod, error) {
	auth, err := ssh.NewPublicKeys(sshUser(repositoryURL), key, "")
	if err != nil {
		return nil, err
	}
	auth.HostKeyCallback, auth.HostKeyAlgorithms = hosts.callback, hosts.algorithms
	return auth, nil
}

// ReadWithKey reads the branches of this repository as a cluster will: with
// the private key, in PEM, and trusting the host by the lines of knownHosts
// alone. Errors are AccessError for a key that the host does not accept (yet),
// HostKeyError, or those of the connection.
func (r *Remote) ReadWithKey(ctx context.Context, key redact.Secret, knownHosts []byte) error {
	hosts, err := parseKnownHosts(r.opts.URL, knownHosts)
	if err != nil {
		return err
	}
	auth, err := keyAuth(r.opts.URL, []byte(key.Reveal()), hosts)
	if err != nil {
		return fmt.Errorf("reading the deploy key: %w", err)
	}
	other, err := Open(Options{URL: r.opts.URL, Auth: auth, Secrets: r.opts.Secrets})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, readTimeout, errors.New("no answer within "+readTimeout.String()))
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := other.Head(ctx, "")
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done(): // the SSH client itself knows no context while it connects
		return context.Cause(ctx)
	}
}
