//go:build e2e

package promoted

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// workflow runs the job of promote.yaml that promotes, started by hand on main,
// with a runner that reaches dev by a kubeconfig of its own. The programs are
// those that are built already; GitHub's own actions have stand-ins.
func (s *story) workflow(t *testing.T) {
	t.Helper()
	runner := os.Getenv("GROUNDWORK_ACT")
	if runner == "" {
		t.Fatal("GROUNDWORK_ACT names no act: run 'make e2e', which builds it")
	}
	data, err := os.ReadFile("../../../.github/workflows/promote.yaml")
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(s.public)
	if err != nil {
		t.Fatal(err)
	}
	event, err := json.Marshal(map[string]any{
		"ref": "refs/heads/main", "repository": map[string]any{"default_branch": "main"}, "inputs": map[string]any{"app": "web", "from": "dev", "to": "prod"},
	})
	if err != nil {
		t.Fatal(err)
	}
	files := t.TempDir()
	write(t, files, map[string]string{"promote.yaml": string(data), "event.json": string(event)})
	// make build, as this repository has it.
	write(t, s.dir, map[string]string{"Makefile": "build:\n\tmkdir -p bin && cp " + s.Dir + "/bootstrap* bin/\n"})
	defer os.Remove(filepath.Join(s.dir, "Makefile"))
	args := []string{
		"workflow_dispatch", "--workflows", filepath.Join(files, "promote.yaml"), "--eventpath", filepath.Join(files, "event.json"), "--job", "promote",
		"--platform", "ubuntu-24.04=-self-hosted", "--no-cache-server", "--env", "TERM=dumb", "--env", "GROUNDWORK_CACHE=" + t.TempDir(),
		"--var", "PROMOTION_RUNNER=ubuntu-24.04", "--var", "PROMOTION_HEALTHY_FOR=1s", "--var", "COSIGN_PUBLIC_KEY=" + string(key),
		"--secret", "GITHUB_TOKEN=" + s.Env["GROUNDWORK_GIT_TOKEN"],
	}
	for name, value := range s.Env {
		args = append(args, "--env", name+"="+value)
	}
	for _, m := range regexp.MustCompile(`uses: ([^ \n]+@[0-9a-f]{40})`).FindAllStringSubmatch(string(data), -1) {
		standIn, err := filepath.Abs(filepath.Join("..", "workflows", "testdata", "actions", filepath.Base(strings.Split(m[1], "@")[0])))
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, "--local-repository", m[1]+"="+standIn)
	}
	r := s.Run(t, s.dir, runner, args...)
	t.Logf("act: exit %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	if r.Code != 0 {
		t.Fatal("the workflow failed")
	}
	if strings.Contains(r.Stdout+r.Stderr, s.Env["GROUNDWORK_GIT_TOKEN"]) {
		t.Error("the token is in the output")
	}
}
