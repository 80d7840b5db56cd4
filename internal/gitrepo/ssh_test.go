package gitrepo_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/groundwork-dev/groundwork/internal/gitrepo"
	"github.com/groundwork-dev/groundwork/internal/gitrepo/gittest"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

// openSSH opens the repository at an address with a key, trusting a file.
func openSSH(t *testing.T, url, key, knownHosts string) *gitrepo.Remote {
	t.Helper()
	hosts, err := gitrepo.KnownHosts(url, knownHosts)
	if err != nil {
		t.Fatal(err)
	}
	auth, err := gitrepo.SSHAuth(url, key, hosts)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gitrepo.Open(gitrepo.Options{URL: url, Auth: auth, Author: gitrepo.Identity{Name: "Test", Email: "test@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestPushOverSSH: the host has a second key, which known_hosts does not hold
// and which a client would prefer.
func TestPushOverSSH(t *testing.T) {
	t.Parallel()
	s := gittest.New(t)
	served := s.SSH()
	r := openSSH(t, served.URL, served.NewKey(t), served.KnownHostsFile(t))
	_, made := commit(t, r, text("a", "b"))
	if err := r.Push(t.Context(), "main", "", "", made); err != nil {
		t.Fatal(err)
	}
	if head, err := r.Head(t.Context(), "main"); err != nil || head != made {
		t.Fatalf("head %s, %v; want %s", head, err, made)
	}
}

func TestKnownHosts(t *testing.T) {
	t.Parallel()
	served := gittest.New(t).SSH()
	hosts, err := gitrepo.KnownHosts(served.URL, served.KnownHostsFile(t))
	if err != nil || string(hosts.Lines) != served.KnownHosts || len(hosts.Fingerprints) != 1 || !strings.HasPrefix(hosts.Fingerprints[0], "SHA256:") {
		t.Fatalf("%+v, %v", hosts, err)
	}
	var unknown *gitrepo.UnknownHostError
	if _, err := gitrepo.KnownHosts("ssh://git@other.example.com/a/b", served.KnownHostsFile(t)); !errors.As(err, &unknown) || !strings.Contains(err.Error(), "other.example.com:22") {
		t.Fatalf("got %v", err)
	}
	if _, err := gitrepo.KnownHosts(served.URL, filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("got %v", err)
	}
}

func TestReadWithKey(t *testing.T) {
	t.Parallel()
	s := gittest.New(t)
	served, other := s.SSH(), s.SSH()
	key, err := os.ReadFile(served.NewKey(t))
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := os.ReadFile(other.NewKey(t))
	if err != nil {
		t.Fatal(err)
	}
	r, err := gitrepo.Open(gitrepo.Options{URL: served.URL})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		key        []byte
		knownHosts string
		want       func(error) bool
	}{
		"a key that may":     {key, served.KnownHosts, func(err error) bool { return err == nil }},
		"a key that may not": {stranger, served.KnownHosts, asType[*gitrepo.AccessError]},
		"another host's key": {key, strings.Replace(other.KnownHosts, other.Port(), served.Port(), 1), asType[*gitrepo.HostKeyError]},
		"another type's key": {key, keyOfAnotherType(t, served), asType[*gitrepo.HostKeyError]},
		"no host's key":      {key, "", asType[*gitrepo.UnknownHostError]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := r.ReadWithKey(t.Context(), redact.Secret(test.key), []byte(test.knownHosts)); !test.want(err) {
				t.Fatalf("got %T %v", err, err)
			}
		})
	}
}

// keyOfAnotherType is a known_hosts for a host, with a key of a type of which
// the host has none.
func keyOfAnotherType(t *testing.T, served *gittest.SSH) string {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return knownhosts.Line([]string{served.Address}, key) + "\n"
}

// TestSSHThroughAProxy: the environment's HTTPS proxy is used where it lets SSH
// pass, and passed by where it does not. The host has a name that only the proxy
// knows.
func TestSSHThroughAProxy(t *testing.T) {
	s := gittest.New(t)
	served := s.SSH()
	file := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(file, []byte(strings.Replace(served.KnownHosts, "127.0.0.1", "git.example.test", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	key := served.NewKey(t)
	url := strings.Replace(served.URL, "127.0.0.1", "git.example.test", 1)
	var refuses atomic.Bool
	var asked atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if refuses.Load() || r.Method != http.MethodConnect || r.Host != "git.example.test:"+served.Port() {
			http.Error(w, "not through here", http.StatusForbidden)
			return
		}
		tunnel(w, served.Address)
	}))
	defer proxy.Close()
	t.Setenv("HTTPS_PROXY", proxy.URL)
	if _, err := openSSH(t, url, key, file).Head(t.Context(), "main"); err != nil || asked.Load() != 1 {
		t.Fatalf("the proxy was asked %d times: %v", asked.Load(), err)
	}
	refuses.Store(true)
	_, err := openSSH(t, url, key, file).Head(t.Context(), "main")
	if err == nil || !strings.Contains(err.Error(), "403") || !strings.Contains(err.Error(), "no such host") && !strings.Contains(err.Error(), "lookup") {
		t.Fatalf("the name cannot be found without the proxy, yet: %v", err)
	}
	t.Setenv("NO_PROXY", "git.example.test")
	if _, err := openSSH(t, url, key, file).Head(t.Context(), "main"); err == nil || asked.Load() != 2 {
		t.Fatalf("the proxy was asked %d times: %v", asked.Load(), err)
	}
}

// tunnel answers a CONNECT.
func tunnel(w http.ResponseWriter, address string) {
	inside, err := net.Dial("tcp", address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer inside.Close()
	w.WriteHeader(http.StatusOK)
	outside, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer outside.Close()
	go func() {
		_, _ = io.Copy(inside, buffered)
		_ = inside.Close()
	}()
	_, _ = io.Copy(outside, inside)
}

// TestAdopt plays the commands that bring a user's folder to what a run has
// committed for it, where git pull refuses.
func TestAdopt(t *testing.T) {
	t.Parallel()
	for name, readme := range map[string]bool{"an empty repository": false, "a repository with a commit": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gittest.New(t)
			if readme {
				s.Commit("main", "README.md", "hello\n")
			}
			dir := t.TempDir()
			s.Git("", "clone", "--quiet", s.Dir, dir)
			write := func(path, content string) {
				t.Helper()
				file := filepath.Join(dir, path)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			write("platform.yaml", "mine\n")
			write("notes.txt", "not committed\n")
			s.Commit("main", "platform.yaml", "mine\n")
			s.Commit("main", "clusters/dev/a.yaml", "generated\n")
			paths := []string{"platform.yaml", "clusters/dev/a.yaml"}
			adopt := func() string {
				t.Helper()
				c, err := gitrepo.OpenCheckout(dir)
				if err != nil {
					t.Fatal(err)
				}
				if other := c.Adopt("https://example.com/other.git", "main", paths); other != "" {
					t.Errorf("for another repository: %s", other)
				}
				if other := c.Adopt(s.Dir, "other", paths); other != "" {
					t.Errorf("for another branch: %s", other)
				}
				return c.Adopt(s.Dir, "main", paths)
			}
			command := adopt()
			if command == "" {
				t.Fatal("no command, although git does not know platform.yaml here")
			}
			s.Shell(dir, command)
			if got := s.Git(dir, "status", "--porcelain"); got != "?? notes.txt" {
				t.Errorf("status: %s", got)
			}
			if got, want := s.Git(dir, "rev-parse", "HEAD"), s.Git(s.Dir, "rev-parse", "main"); got != want {
				t.Errorf("the folder is at %s, main at %s", got, want)
			}
			s.Git(dir, "pull", "--quiet")
			if again := adopt(); again != "" {
				t.Errorf("then again: %s", again)
			}
		})
	}
}
