package forge_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/forge"
	"github.com/groundwork-dev/groundwork/internal/forge/githubfake"
	"github.com/groundwork-dev/groundwork/internal/governance"
)

func declared() governance.State {
	return governance.State{
		Owners: []string{"@team/platform", "@jane"}, OwnersByPath: true,
		Branches: []governance.Branch{
			{Name: "main", Reviews: 1, CodeOwners: true, Checks: []string{"lint", "test"}, SignedCommits: true, Bypass: []governance.Actor{{Kind: governance.ActorApp, ID: 42}, {Kind: governance.ActorDeployKeys}}},
			{Name: "release/*", Reviews: 2},
		},
		Environments: []governance.Environment{{Name: "dev", Branches: []string{"main"}}, {Name: "prod", Reviewers: []string{"@team/platform", "@jane"}, Branches: []string{"main"}}},
		Actions:      governance.Actions{Allowed: []string{"aws-actions/*", "hashicorp/setup-terraform"}, PinnedBySHA: true},
		Security:     governance.Security{SecretScanning: true, PushProtection: true, VulnerabilityAlert: true},
		Variables:    map[string]string{"AWS_REGION": "eu-central-1"},
	}
}

// bring makes the forge hold what is declared and returns what was to change, as
// part: setting.
func bring(t *testing.T, f forge.Forge) []string {
	t.Helper()
	found, err := f.Settings(t.Context(), declared())
	if err != nil {
		t.Fatal(err)
	}
	steps, unable, err := governance.Compare(declared(), found)
	if err != nil || len(unable) > 0 {
		t.Fatalf("unable %v, %v", unable, err)
	}
	var changes []string
	for _, step := range steps {
		for _, c := range step.Changes {
			changes = append(changes, c.Part.String()+": "+c.Setting)
		}
		if err := f.ChangeSettings(t.Context(), declared(), step.Part, step.To); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(changes)
	return changes
}

// byHand changes or reads a setting as a person does.
func byHand(t *testing.T, fake *githubfake.GitHub, method, path, body string) string {
	t.Helper()
	status, answer, err := fake.Do(t.Context(), method, path, body)
	if err != nil || status/100 != 2 {
		t.Fatalf("%s %s: %d %s, %v", method, path, status, answer, err)
	}
	return answer
}

func governedGitHub(t *testing.T) (*githubfake.GitHub, forge.Forge) {
	t.Helper()
	fake, f := gitHub(t)
	fake.AddUser("Jane") // number 1, in GitHub's own spelling
	fake.AddTeam("platform")
	if first := bring(t, f); len(first) < 30 {
		t.Errorf("the first run changes %q", first)
	}
	return fake, f
}

func TestGitHubSettings(t *testing.T) {
	t.Parallel()
	fake, f := governedGitHub(t)
	before := fake.Calls()
	if second := bring(t, f); len(second) > 0 || len(fake.Calls()) > len(before) {
		t.Errorf("the second run changes %q by %q", second, fake.Calls()[len(before):])
	}
	if ruleset := byHand(t, fake, http.MethodGet, "/rulesets/"+rulesets(t, fake)["main"], ""); !strings.Contains(ruleset, `"require_code_owner_review":true`) {
		t.Errorf("main's rules are %s", ruleset)
	}
}

// rulesets are the ids, by branch.
func rulesets(t *testing.T, fake *githubfake.GitHub) map[string]string {
	t.Helper()
	ids := map[string]string{}
	for set := range strings.SplitSeq(byHand(t, fake, http.MethodGet, "/rulesets", ""), "},{") {
		_, id, _ := strings.Cut(set, `"id":`)
		id, _, _ = strings.Cut(id, ",")
		_, name, _ := strings.Cut(set, `"name":"groundwork: `)
		name, _, _ = strings.Cut(name, `"`)
		ids[name] = id
	}
	return ids
}

// drift weakens settings of main, dev and prod, and strengthens others.
func drift(t *testing.T, fake *githubfake.GitHub) {
	t.Helper()
	ids := rulesets(t, fake)
	byHand(t, fake, http.MethodPut, "/rulesets/"+ids["main"], `{
		"enforcement": "evaluate", "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": ["refs/heads/main"]}},
		"bypass_actors": [{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}],
		"rules": [{"type": "required_linear_history"},
			{"type": "pull_request", "parameters": {"required_approving_review_count": 0, "allowed_merge_methods": ["squash"], "dismiss_stale_reviews_on_push": false,
				"require_code_owner_review": false, "require_last_push_approval": false, "required_review_thread_resolution": true}},
			{"type": "required_status_checks", "parameters": {"strict_required_status_checks_policy": false, "required_status_checks": [{"context": "mine", "integration_id": 5}]}}]}`)
	byHand(t, fake, http.MethodPut, "/rulesets/"+ids["release/*"], `{"rules": [{"type": "deletion"}, {"type": "non_fast_forward"},
			{"type": "pull_request", "parameters": {"required_approving_review_count": 4, "dismiss_stale_reviews_on_push": true,
				"require_code_owner_review": false, "require_last_push_approval": true, "required_review_thread_resolution": false}}]}`)
	byHand(t, fake, http.MethodPut, "/environments/prod", `{"wait_timer": 30, "prevent_self_review": true, "reviewers": [{"type": "User", "id": 1}], "deployment_branch_policy": null}`)
	byHand(t, fake, http.MethodPost, "/environments/dev/deployment-branch-policies", `{"name": "*"}`)
	byHand(t, fake, http.MethodPut, "/actions/permissions", `{"enabled": true, "allowed_actions": "all"}`)
	byHand(t, fake, http.MethodPut, "/actions/permissions/workflow", `{"can_approve_pull_request_reviews": true}`)
	byHand(t, fake, http.MethodPatch, "/actions/variables/AWS_REGION", `{"value": "us-east-1"}`)
	byHand(t, fake, http.MethodPatch, "", `{"security_and_analysis": {"secret_scanning_push_protection": {"status": "disabled"}}}`)
}

// TestGitHubDrift: what was weakened by hand is mended, what is stricter stays.
func TestGitHubDrift(t *testing.T) {
	t.Parallel()
	fake, f := governedGitHub(t)
	drift(t, fake)
	want := []string{
		"variable AWS_REGION: value", "security: pushProtection", "actions: onlySelected", "actions: allowed", "actions: workflowsCannotApprove",
		"environment dev: branches", "environment prod: branches", "environment prod: reviewers",
	}
	for _, name := range []string{
		governance.Enforced, governance.NoForcePush, governance.NoDeletion, governance.Bypass, governance.Approvals, governance.Checks, governance.DismissStale,
		governance.LastPusher, governance.RejectionsBlock, governance.CodeOwner, governance.PathOwner, governance.UpToDate, governance.SignedCommits,
	} {
		want = append(want, "branch main: "+name)
	}
	slices.Sort(want)
	if got := bring(t, f); !slices.Equal(got, want) {
		t.Errorf("changed %q\nwant    %q", got, want)
	}
	if again := bring(t, f); len(again) > 0 {
		t.Errorf("the run after that changes %q", again)
	}
	text := ""
	for _, id := range slices.Sorted(maps.Values(rulesets(t, fake))) {
		text += byHand(t, fake, http.MethodGet, "/rulesets/"+id, "")
	}
	text += byHand(t, fake, http.MethodGet, "/environments/prod", "") + byHand(t, fake, http.MethodGet, "/environments/dev/deployment-branch-policies", "")
	for _, kept := range []string{
		`"required_linear_history"`, `"integration_id":5`, `"allowed_merge_methods":["squash"]`, `"required_review_thread_resolution":true`, `"~DEFAULT_BRANCH"`,
		`"required_approving_review_count":4`, `"wait_timer":30`, `"prevent_self_review":true`,
	} {
		if !strings.Contains(text, kept) {
			t.Errorf("%s is gone from\n%s", kept, text)
		}
	}
	if strings.Contains(text, `"*"`) || strings.Contains(text, "RepositoryRole") {
		t.Errorf("more is let past than declared:\n%s", text)
	}
}

// TestGitHubUnknownReviewer: who cannot review is named before anything of the
// environment changes.
func TestGitHubUnknownReviewer(t *testing.T) {
	t.Parallel()
	fake, f := gitHub(t)
	to := map[string]governance.Value{governance.Reviewers: governance.List([]string{"@nobody"}), governance.Deploying: governance.List([]string{"main"})}
	err := f.ChangeSettings(t.Context(), declared(), governance.Part{Kind: governance.PartEnvironment, Name: "prod"}, to)
	if err == nil || !strings.Contains(err.Error(), "knows no @nobody") || len(fake.Calls()) > 0 {
		t.Errorf("got %v, after %q", err, fake.Calls())
	}
}

// TestGitHubHidesWhoMayPass: what a token is not told does not pass for nobody.
func TestGitHubHidesWhoMayPass(t *testing.T) {
	t.Parallel()
	fake, f := governedGitHub(t)
	fake.Lack(githubfake.Administration)
	if _, err := f.Settings(t.Context(), declared()); err == nil || !strings.Contains(err.Error(), "the ruleset of main: GitHub leaves out who may push past it") {
		t.Errorf("got %v", err)
	}
}
