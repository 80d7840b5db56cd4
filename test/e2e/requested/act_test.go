//go:build e2e

package requested

import "testing"

// workflow runs image-request.yaml as a run of ci on image automation's branch in
// somebody's repository starts it.
func (s *story) workflow(t *testing.T, of string) string {
	t.Helper()
	return shared.Workflow(t, s.dir, "image-request.yaml", "workflow_run", map[string]any{
		"workflow_run": map[string]any{"name": "ci", "conclusion": "success", "head_branch": branch, "head_repository": map[string]any{"full_name": of}},
	},
		"--github-instance", "forge.sandbox.test", "--env", "STAND_IN_APP_TOKEN="+shared.Env["GROUNDWORK_GIT_TOKEN"],
		"--var", "PROMOTION_APP_ID=1", "--secret", "PROMOTION_APP_KEY=a-key", "--secret", "GITHUB_TOKEN=not-the-token")
}
