//go:build e2e

package sandboxed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Forge is where the sandbox's Gitea answers.
const Forge = "https://forge.sandbox.test"

// tokenVariable holds the token of the forge's administrator.
const tokenVariable = "GROUNDWORK_GIT_TOKEN"

// limit is how long a command may take.
const limit = 10 * time.Minute

// Result is how a command ended.
type Result struct {
	Stdout, Stderr string
	Code           int
}

// Want checks how a command ended and what it said on its way.
func (r Result) Want(t *testing.T, code int, said ...string) {
	t.Helper()
	if r.Code != code {
		t.Errorf("exit %d, want %d", r.Code, code)
	}
	for _, s := range said {
		if !strings.Contains(r.Stderr, s) {
			t.Errorf("stderr does not say %q", s)
		}
	}
	t.Logf("exit %d\n%s", r.Code, strings.TrimSpace(r.Stderr))
}

// Says holds a text to its parts.
func Says(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in:\n%s", part, text)
		}
	}
}

// Finish runs a command to its end, however it ends.
func Finish(t *testing.T, cmd *exec.Cmd) Result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		t.Fatalf("%s: %v", strings.Join(cmd.Args, " "), err)
	}
	return Result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// Command is a program in dir, by one who uses the sandbox.
func (s *Sandbox) Command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // what the test names, or who runs it
	cmd.Dir, cmd.Env = dir, s.Environ()
	return cmd
}

// Run runs a program in dir and returns how it ended.
func (s *Sandbox) Run(t *testing.T, dir, name string, args ...string) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return Finish(t, s.Command(ctx, dir, name, args...))
}

// Must runs what has to end well, and returns what it printed, trimmed.
func (s *Sandbox) Must(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	r := s.Run(t, dir, name, args...)
	if r.Code != 0 {
		t.Fatalf("%s %s: exit %d\n%s%s", name, strings.Join(args, " "), r.Code, r.Stdout, r.Stderr)
	}
	return strings.TrimSpace(r.Stdout)
}

// AskForge has the forge's API do something, as its administrator, and decodes the
// answer unless into is nil.
func (s *Sandbox) AskForge(ctx context.Context, method, path string, body, into any) error {
	administrator := func(r *http.Request) { r.Header.Set("Authorization", "token "+s.Env[tokenVariable]) }
	status, answer, err := s.CallForge(ctx, administrator, method, path, body, into)
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("%s %s: %d %s", method, path, status, answer)
	}
	return err
}

// CallForge asks the forge's API as somebody, and decodes a good answer unless
// into is nil.
func (s *Sandbox) CallForge(ctx context.Context, as func(*http.Request), method, path string, body, into any) (status int, answer string, err error) {
	data, err := json.Marshal(body)
	if err != nil {
		return 0, "", err
	}
	req, err := http.NewRequestWithContext(ctx, method, Forge+"/api/v1"+path, bytes.NewReader(data))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	as(req)
	resp, err := s.HTTP.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && into != nil && resp.StatusCode/100 == 2 {
		err = json.Unmarshal(text, into)
	}
	return resp.StatusCode, string(text), err
}
