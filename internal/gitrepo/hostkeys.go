package gitrepo

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/transport/ssh"
	cryptossh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// Hosts are the keys by which a repository's SSH host is trusted: those that
// a known_hosts file holds. Nothing is trusted on first use.
type Hosts struct {
	// Lines are those of the repository's host, in the format of known_hosts.
	Lines []byte
	// Fingerprints are their SHA-256, as ssh shows them.
	Fingerprints []string

	callback   cryptossh.HostKeyCallback
	algorithms []string
}

// UnknownHostError says that no known_hosts file vouches for a host.
type UnknownHostError struct {
	// Address is the host and port, File the file that was asked, "" for the
	// user's own.
	Address, File string
	Cause         error
}

func (e *UnknownHostError) Error() string {
	file := e.File
	if file == "" {
		file = "your known_hosts"
	}
	host, port, _ := net.SplitHostPort(e.Address)
	return fmt.Sprintf("%s does not know the SSH host %s: connect once by 'ssh -p %s git@%s', compare the fingerprint with the one that the host publishes, and run again; or name a file that holds it by --known-hosts",
		file, e.Address, port, host)
}

func (e *UnknownHostError) Unwrap() error { return e.Cause }

// Refused marks the error for those who cannot import this package.
func (*UnknownHostError) Refused() bool { return true }

// KnownHosts reads which keys of a repository's host the user trusts: by a
// known_hosts file, or, when that is "", by those that ssh reads. The error is
// UnknownHostError when there are none.
func KnownHosts(repositoryURL, file string) (*Hosts, error) {
	address, err := sshAddress(repositoryURL)
	if err != nil {
		return nil, err
	}
	var files []string
	if file != "" {
		if _, err := os.Stat(file); err != nil {
			return nil, fmt.Errorf("reading known_hosts: %w", err)
		}
		files = append(files, file)
	}
	db, err := ssh.NewKnownHostsDb(files...)
	if err != nil {
		return nil, &UnknownHostError{address, file, err}
	}
	h := &Hosts{callback: db.HostKeyCallback(), algorithms: db.HostKeyAlgorithms(address)}
	var lines strings.Builder
	for _, key := range db.HostKeys(address) {
		if key.Cert {
			lines.WriteString("@cert-authority ")
		}
		lines.WriteString(knownhosts.Line([]string{address}, key) + "\n")
		h.Fingerprints = append(h.Fingerprints, cryptossh.FingerprintSHA256(key))
	}
	if len(h.Fingerprints) == 0 {
		return nil, &UnknownHostError{Address: address, File: file}
	}
	h.Lines = []byte(lines.String())
	return h, nil
}

// parseKnownHosts is KnownHosts of data; the library reads files alone.
func parseKnownHosts(repositoryURL string, data []byte) (*Hosts, error) {
	dir, err := os.MkdirTemp("", "known-hosts-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "known_hosts")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		return nil, err
	}
	hosts, err := KnownHosts(repositoryURL, file)
	if unknown, ok := errors.AsType[*UnknownHostError](err); ok {
		unknown.File = "the cluster's Secret"
	}
	return hosts, err
}

// sshURL reads the address of an SSH repository: ssh://git@host:port/path or
// git@host:path.
func sshURL(repositoryURL string) (*url.URL, error) {
	if !strings.Contains(repositoryURL, "://") {
		user, rest, _ := strings.Cut(repositoryURL, ":")
		repositoryURL = "ssh://" + user + "/" + rest
	}
	u, err := url.Parse(repositoryURL)
	if err != nil {
		return nil, fmt.Errorf("reading the repository's address: %w", err)
	}
	return u, nil
}

// sshAddress is the host and port of an SSH repository.
func sshAddress(repositoryURL string) (string, error) {
	u, err := sshURL(repositoryURL)
	if err != nil {
		return "", err
	}
	port := u.Port()
	if port == "" {
		port = "22"
	}
	return net.JoinHostPort(u.Hostname(), port), nil
}

// sshUser is who to log in as.
func sshUser(repositoryURL string) string {
	if u, err := sshURL(repositoryURL); err == nil && u.User.Username() != "" {
		return u.User.Username()
	}
	return "git"
}
