package gittest

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// SSH is the server's repository behind SSH.
type SSH struct {
	URL string
	// Address is the host and port.
	Address string
	// KnownHosts is the line that trusts the host.
	KnownHosts string

	dir     string
	mu      sync.Mutex
	allowed map[string]bool
	refused int
}

// SSH serves the repository over SSH to the keys that are allowed; the test's
// end stops it.
func (s *Server) SSH() *SSH {
	s.t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		s.t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { listener.Close() })
	at := listener.Addr().String()
	served := &SSH{
		URL: "ssh://git@" + at + "/team/platform.git", Address: at, dir: s.Dir, allowed: map[string]bool{},
		KnownHosts: knownhosts.Line([]string{knownhosts.Normalize(at)}, signer.PublicKey()) + "\n",
	}
	config := &ssh.ServerConfig{PublicKeyCallback: served.check}
	config.AddHostKey(signer)
	config.AddHostKey(unknownHostKey(s.t))
	go served.serve(listener, config)
	return served
}

// unknownHostKey is a second key of the host, of a type that clients prefer: a
// client has to ask for the one that it knows.
func unknownHostKey(t testing.TB) ssh.Signer {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// NewKey writes a private key to a file and allows it.
func (s *SSH) NewKey(t testing.TB) (file string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "id_ed25519")
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Allow(string(ssh.MarshalAuthorizedKey(key)))
	return file
}

// KnownHostsFile is a known_hosts file that trusts the host.
func (s *SSH) KnownHostsFile(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(file, []byte(s.KnownHosts), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Port is the port of the address.
func (s *SSH) Port() string {
	_, port, _ := net.SplitHostPort(s.Address)
	return port
}

// Allow lets a public key, as a line of authorized_keys, read and write.
func (s *SSH) Allow(authorizedKey string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.allowed[strings.Join(strings.Fields(authorizedKey)[:2], " ")] = true
}

// Refused is how many times a key was not let in.
func (s *SSH) Refused() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

func (s *SSH) check(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.allowed[strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))] {
		return &ssh.Permissions{}, nil
	}
	s.refused++
	return nil, errors.New("unknown key")
}

func (s *SSH) serve(listener net.Listener, config *ssh.ServerConfig) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			_, channels, requests, err := ssh.NewServerConn(conn, config)
			if err != nil {
				return
			}
			go ssh.DiscardRequests(requests)
			for offered := range channels {
				if channel, requests, err := offered.Accept(); err == nil {
					go s.session(channel, requests)
				}
			}
		}()
	}
}

// session runs the one git command that a client asks for; any path means the
// one repository.
func (s *SSH) session(channel ssh.Channel, requests <-chan *ssh.Request) {
	defer channel.Close()
	for request := range requests {
		var asked struct{ Command string }
		if request.Type != "exec" || ssh.Unmarshal(request.Payload, &asked) != nil {
			_ = request.Reply(request.Type == "env", nil)
			continue
		}
		_ = request.Reply(true, nil)
		program, _, _ := strings.Cut(asked.Command, " ")
		cmd := exec.Command("git", strings.TrimPrefix(program, "git-"), s.dir)
		cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
		if in, err := cmd.StdinPipe(); err == nil {
			go func() {
				_, _ = io.Copy(in, channel)
				_ = in.Close()
			}()
		}
		var status struct{ Status uint32 }
		if cmd.Run() != nil {
			status.Status = 1
		}
		_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(&status))
		return
	}
}
