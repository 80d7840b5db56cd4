// Package gittest serves real Git repositories over HTTP to tests, through
// git's own http-backend, and breaks in the ways that servers and networks do.
package gittest

import (
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Credentials that the server asks for.
const (
	Username = "git"
	Token    = "test-token-0123456789"
)

// Fault is what goes wrong with a push.
type Fault int

// The faults. Each strikes once, except Protect.
const (
	None Fault = iota
	// CutBefore closes the connection before the push is processed.
	CutBefore
	// CutAfter processes the push and closes the connection instead of
	// answering.
	CutAfter
	// Swallow answers with success and forgets the push.
	Swallow
	// Unavailable answers 503.
	Unavailable
)

// Server is one repository behind HTTP.
type Server struct {
	URL string
	// Dir is the bare repository.
	Dir string

	t       testing.TB
	backend *cgi.Handler
	mu      sync.Mutex
	fault   Fault
	before  func()
	pushes  int
	token   string
	expiry  func()
	left    int // requests until the token expires
}

// New starts a server with an empty repository; the test's end stops it.
func New(t testing.TB) *Server {
	t.Helper()
	root := t.TempDir()
	s := &Server{t: t, token: Token, Dir: filepath.Join(root, "team", "platform.git")}
	s.Git("", "init", "--quiet", "--bare", "--initial-branch=main", s.Dir)
	s.Git(s.Dir, "config", "http.receivepack", "true")
	execPath, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	s.backend = &cgi.Handler{
		Path:   filepath.Join(strings.TrimSpace(string(execPath)), "git-http-backend"),
		Env:    []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=" + Username, "HOME=" + root},
		Stderr: io.Discard,
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL + "/team/platform.git"
	return s
}

// Break makes the next push go wrong.
func (s *Server) Break(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// BeforePush runs f once, just before the next push is processed.
func (s *Server) BeforePush(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

// Expire has the server accept another token, and no longer the one before,
// after so many more requests; then is called first.
func (s *Server) Expire(after int, token string, then func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left, s.expiry = after, func() {
		if then != nil {
			then()
		}
		s.token = token
	}
}

// accepts checks a token and counts the request.
func (s *Server) accepts(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.expiry != nil {
		if s.left == 0 {
			s.expiry()
			s.expiry = nil
		}
		s.left--
	}
	return token == s.token
}

// Pushes is how many pushes were sent to the server.
func (s *Server) Pushes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pushes
}

// Protect makes the repository refuse pushes to a branch, as forges do.
func (s *Server) Protect(branch string) {
	s.t.Helper()
	hook := "#!/bin/sh\nif [ \"$1\" = refs/heads/" + branch + " ]; then echo 'branch is protected' >&2; exit 1; fi\n"
	if err := os.WriteFile(filepath.Join(s.Dir, "hooks", "update"), []byte(hook), 0o755); err != nil {
		s.t.Fatal(err)
	}
}

// Git runs git in a folder and returns what it prints.
func (s *Server) Git(dir string, args ...string) string {
	s.t.Helper()
	return s.command(dir, "git", args...)
}

// Shell runs a command line in a folder, as a user would.
func (s *Server) Shell(dir, line string) {
	s.t.Helper()
	s.command(dir, "sh", "-c", line)
}

func (s *Server) command(dir, name string, args ...string) string {
	s.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=Somebody", "GIT_AUTHOR_EMAIL=somebody@example.com",
		"GIT_COMMITTER_NAME=Somebody", "GIT_COMMITTER_EMAIL=somebody@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// Commit commits a file to a branch as somebody else would, past the HTTP
// server and its faults.
func (s *Server) Commit(branch, path, content string) {
	s.t.Helper()
	dir := s.t.TempDir()
	s.Git("", "clone", "--quiet", s.Dir, dir)
	s.Git(dir, "checkout", "--quiet", "-B", branch)
	file := filepath.Join(dir, path)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		s.t.Fatal(err)
	}
	s.Git(dir, "add", "--all")
	s.Git(dir, "commit", "--quiet", "--message", "change "+path)
	s.Git(dir, "push", "--quiet", "origin", branch)
}

// ServeHTTP asks for the credentials, plays the fault, and lets git answer.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if user, password, _ := r.BasicAuth(); user != Username || !s.accepts(password) {
		w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
		http.Error(w, "credentials, please", http.StatusUnauthorized)
		return
	}
	if !strings.HasSuffix(r.URL.Path, "/git-receive-pack") {
		s.backend.ServeHTTP(w, r)
		return
	}
	s.mu.Lock()
	fault, before := s.fault, s.before
	s.fault, s.before = None, nil
	s.pushes++
	s.mu.Unlock()
	if before != nil {
		before()
	}
	switch fault {
	case CutBefore:
		panic(http.ErrAbortHandler)
	case CutAfter:
		s.backend.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case Swallow:
		s.swallow(w, r)
	case Unavailable:
		http.Error(w, "try again later", http.StatusServiceUnavailable)
	default:
		s.backend.ServeHTTP(w, r)
	}
}

// swallow passes on git's own answer to a push and then undoes the push.
func (s *Server) swallow(w http.ResponseWriter, r *http.Request) {
	before := s.Git(s.Dir, "for-each-ref", "--format=%(objectname) %(refname)")
	s.backend.ServeHTTP(w, r)
	for line := range strings.FieldsSeq(s.Git(s.Dir, "for-each-ref", "--format=%(refname)")) {
		s.Git(s.Dir, "update-ref", "-d", line)
	}
	for line := range strings.SplitSeq(before, "\n") {
		if hash, ref, ok := strings.Cut(line, " "); ok {
			s.Git(s.Dir, "update-ref", ref, hash)
		}
	}
}
