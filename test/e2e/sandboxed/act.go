//go:build e2e

package sandboxed

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// uses are the actions of a workflow.
var uses = regexp.MustCompile(`uses: ([^ \n]+@[0-9a-f]{40})`)

// Workflow has act run one of this repository's workflows in dir, as an event of
// main starts it, and returns all that it said. The programs are those that are
// built already, GitHub's own actions have stand-ins, and the sandbox's token comes
// from nowhere but args.
func (s *Sandbox) Workflow(t *testing.T, dir, name, event string, payload map[string]any, args ...string) string {
	t.Helper()
	runner := os.Getenv("GROUNDWORK_ACT")
	if runner == "" {
		t.Fatal("GROUNDWORK_ACT names no act: run 'make e2e', which builds it")
	}
	workflow, err := os.ReadFile(filepath.Join(s.repository, ".github", "workflows", name))
	if err != nil {
		t.Fatal(err)
	}
	payload = maps.Clone(payload)
	payload["ref"], payload["repository"] = "refs/heads/main", map[string]any{"default_branch": "main"}
	told, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	files := t.TempDir()
	Write(t, files, map[string]string{name: string(workflow), "event.json": string(told)})
	// make build, as this repository has it.
	Write(t, dir, map[string]string{"Makefile": "build:\n\tmkdir -p bin && cp " + s.Dir + "/bootstrap* bin/\n"})
	defer os.Remove(filepath.Join(dir, "Makefile"))
	args = append([]string{
		event, "--workflows", filepath.Join(files, name), "--eventpath", filepath.Join(files, "event.json"),
		"--platform", "ubuntu-24.04=-self-hosted", "--no-cache-server", "--env", "TERM=dumb",
	}, args...)
	for name, value := range s.Env {
		if name != tokenVariable {
			args = append(args, "--env", name+"="+value)
		}
	}
	args = append(args, StandIns(t, s.repository, string(workflow))...)
	r := s.Run(t, dir, runner, args...)
	t.Logf("act: exit %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	if r.Code != 0 {
		t.Fatal("the workflow failed")
	}
	if strings.Contains(r.Stdout+r.Stderr, s.Env[tokenVariable]) {
		t.Error("the token is in the output")
	}
	return r.Stdout + r.Stderr
}

// StandIns are the arguments by which act takes what stands in for the actions of a
// workflow.
func StandIns(t *testing.T, repository, workflow string) []string {
	t.Helper()
	var args []string
	for _, m := range uses.FindAllStringSubmatch(workflow, -1) {
		action, _, _ := strings.Cut(m[1], "@")
		standIn, err := filepath.Abs(filepath.Join(repository, "test", "e2e", "workflows", "testdata", "actions", filepath.Base(action)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(standIn, "action.yml")); err != nil {
			t.Fatalf("nothing stands in for %s: %v", m[1], err)
		}
		args = append(args, "--local-repository", m[1]+"="+standIn)
	}
	return args
}

// Write writes files below dir, by slash-separated names.
func Write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, data := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
