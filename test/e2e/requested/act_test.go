//go:build e2e

package requested

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// workflow runs image-request.yaml as a run of ci on image automation's branch in
// somebody's repository starts it. The programs are those that are built already;
// GitHub's own actions have stand-ins.
func (s *story) workflow(t *testing.T, of string) string {
	t.Helper()
	runner := os.Getenv("GROUNDWORK_ACT")
	if runner == "" {
		t.Fatal("GROUNDWORK_ACT names no act: run 'make e2e', which builds it")
	}
	data, err := os.ReadFile("../../../.github/workflows/image-request.yaml")
	if err != nil {
		t.Fatal(err)
	}
	event, err := json.Marshal(map[string]any{
		"ref": "refs/heads/main", "repository": map[string]any{"default_branch": "main"},
		"workflow_run": map[string]any{"name": "ci", "conclusion": "success", "head_branch": branch, "head_repository": map[string]any{"full_name": of}},
	})
	if err != nil {
		t.Fatal(err)
	}
	files := t.TempDir()
	write(t, files, map[string]string{"image-request.yaml": string(data), "event.json": string(event)})
	// make build, as this repository has it.
	write(t, s.dir, map[string]string{"Makefile": "build:\n\tmkdir -p bin && cp " + shared.Dir + "/bootstrap* bin/\n"})
	defer os.Remove(filepath.Join(s.dir, "Makefile"))
	args := []string{
		"workflow_run", "--workflows", filepath.Join(files, "image-request.yaml"), "--eventpath", filepath.Join(files, "event.json"),
		"--platform", "ubuntu-24.04=-self-hosted", "--no-cache-server", "--env", "TERM=dumb", "--github-instance", "forge.sandbox.test",
		"--var", "PROMOTION_APP_ID=1", "--secret", "PROMOTION_APP_KEY=a-key", "--secret", "GITHUB_TOKEN=not-the-token",
	}
	for name, value := range shared.Env {
		if name == "GROUNDWORK_GIT_TOKEN" {
			name = "STAND_IN_APP_TOKEN"
		}
		args = append(args, "--env", name+"="+value)
	}
	for _, m := range regexp.MustCompile(`uses: ([^ \n]+@[0-9a-f]{40})`).FindAllStringSubmatch(string(data), -1) {
		standIn, err := filepath.Abs(filepath.Join("..", "workflows", "testdata", "actions", filepath.Base(strings.Split(m[1], "@")[0])))
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, "--local-repository", m[1]+"="+standIn)
	}
	r := shared.Run(t, s.dir, runner, args...)
	t.Logf("act for %s: exit %d\n%s%s", of, r.Code, r.Stdout, r.Stderr)
	if r.Code != 0 {
		t.Fatal("the workflow failed")
	}
	if strings.Contains(r.Stdout+r.Stderr, shared.Env["GROUNDWORK_GIT_TOKEN"]) {
		t.Error("the token is in the output")
	}
	return r.Stdout + r.Stderr
}
