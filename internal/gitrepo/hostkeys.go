package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
	"golang.org/x/net/proxy"
)

// errSeen ends a handshake once the host's key is known.
var errSeen = errors.New("host key seen")

// HostKeys asks the SSH server of a repository for its host keys and returns
// them in the format of known_hosts, with their fingerprints for a person to
// compare. It trusts the first answer: show the fingerprints.
func HostKeys(ctx context.Context, repositoryURL string) (knownHosts []byte, fingerprints []string, err error) {
	address, err := sshAddress(repositoryURL)
	if err != nil {
		return nil, nil, err
	}
	var last error
	var lines []string
	for _, algorithm := range []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoRSASHA512} {
		key, err := hostKey(ctx, address, algorithm)
		if err != nil {
			last = err
			continue
		}
		lines = append(lines, knownhosts.Line([]string{knownhosts.Normalize(address)}, key))
		fingerprints = append(fingerprints, ssh.FingerprintSHA256(key))
	}
	if len(lines) == 0 {
		return nil, nil, fmt.Errorf("asking %s for its host keys: %w", address, last)
	}
	return []byte(strings.Join(lines, "\n") + "\n"), fingerprints, nil
}

func hostKey(ctx context.Context, address, algorithm string) (ssh.PublicKey, error) {
	conn, err := proxy.Dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	var seen ssh.PublicKey
	_, _, _, err = ssh.NewClientConn(conn, address, &ssh.ClientConfig{
		HostKeyAlgorithms: []string{algorithm},
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			seen = key
			return errSeen
		},
	})
	if seen != nil {
		return seen, nil
	}
	return nil, err
}

func sshAddress(repositoryURL string) (string, error) {
	if !strings.Contains(repositoryURL, "://") {
		user, rest, _ := strings.Cut(repositoryURL, ":")
		repositoryURL = "ssh://" + user + "/" + rest
	}
	u, err := url.Parse(repositoryURL)
	if err != nil {
		return "", fmt.Errorf("reading the repository's address: %w", err)
	}
	port := u.Port()
	if port == "" {
		port = "22"
	}
	return net.JoinHostPort(u.Hostname(), port), nil
}
