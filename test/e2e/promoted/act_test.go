//go:build e2e

package promoted

import (
	"os"
	"testing"
)

// workflow runs the job of promote.yaml that promotes, started by hand on main,
// with a runner that reaches dev by a kubeconfig of its own.
func (s *story) workflow(t *testing.T) {
	t.Helper()
	key, err := os.ReadFile(s.public)
	if err != nil {
		t.Fatal(err)
	}
	s.Workflow(t, s.dir, "promote.yaml", "workflow_dispatch", map[string]any{"inputs": map[string]any{"app": "web", "from": "dev", "to": "prod"}},
		"--job", "promote", "--env", "GROUNDWORK_CACHE="+t.TempDir(),
		"--var", "PROMOTION_RUNNER=ubuntu-24.04", "--var", "PROMOTION_HEALTHY_FOR=1s", "--var", "COSIGN_PUBLIC_KEY="+string(key),
		"--secret", "GITHUB_TOKEN="+s.Env["GROUNDWORK_GIT_TOKEN"])
}
