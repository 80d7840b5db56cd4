package forge_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/forge"
	"github.com/groundwork-dev/groundwork/internal/governance"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

// settings is the part of GitHub that holds a repository's settings, in memory.
type settings struct {
	mu       sync.Mutex
	objects  map[string]map[string]any // by path
	policies map[string][]map[string]any
	sets     []map[string]any
	alerts   bool
	requests []string
}

func newSettings(t *testing.T) (*settings, forge.Forge) {
	t.Helper()
	s := &settings{
		objects: map[string]map[string]any{
			"":                              {"security_and_analysis": map[string]any{}},
			"/actions/permissions":          {"enabled": true, "allowed_actions": "all", "sha_pinning_required": false},
			"/actions/permissions/workflow": {"default_workflow_permissions": "write", "can_approve_pull_request_reviews": true},
		},
		policies: map[string][]map[string]any{},
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	f, err := forge.Open(forge.Options{Provider: config.ProviderGitHub, URL: "https://github.com/acme/platform", API: server.URL, Token: func() redact.Secret { return token }})
	if err != nil {
		t.Fatal(err)
	}
	return s, f
}

func (s *settings) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body := map[string]any{}
	_ = json.NewDecoder(r.Body).Decode(&body)
	path := strings.TrimPrefix(r.URL.Path, "/api/v3")
	if r.Method != http.MethodGet {
		s.requests = append(s.requests, r.Method+" "+path)
	}
	w.Header().Set("Content-Type", "application/json")
	status, answer := s.answer(r.Method, path, body)
	w.WriteHeader(status)
	if status != http.StatusNoContent {
		_ = json.NewEncoder(w).Encode(answer)
	}
}

func (s *settings) answer(method, path string, body map[string]any) (int, any) {
	if id, ok := map[string]int{"/users/jane": 7, "/orgs/acme/teams/platform": 70}[path]; ok {
		return http.StatusOK, map[string]any{"id": id}
	}
	rest, ok := strings.CutPrefix(path, "/repos/acme/platform")
	switch parts := strings.Split(rest, "/"); {
	case !ok:
		return http.StatusNotFound, nil
	case len(parts) > 1 && parts[1] == "rulesets":
		return s.ruleset(method, parts[2:], body)
	case strings.HasSuffix(rest, "/deployment-branch-policies") || len(parts) == 5 && parts[1] == "environments":
		return s.policy(method, parts, body)
	case rest == "/vulnerability-alerts":
		s.alerts = s.alerts || method == http.MethodPut
		return map[bool]int{true: http.StatusNoContent, false: http.StatusNotFound}[s.alerts], nil
	case method == http.MethodPost && rest == "/actions/variables":
		rest += "/" + body["name"].(string)
		s.objects[rest] = body
		return http.StatusCreated, body
	case method == http.MethodGet:
		object, ok := s.objects[rest]
		if !ok {
			return http.StatusNotFound, map[string]any{"message": "Not Found"}
		}
		return http.StatusOK, environment(object, len(parts) > 1 && parts[1] == "environments")
	case method == http.MethodPut || s.objects[rest] != nil:
		s.objects[rest] = body
		return http.StatusOK, body
	}
	return http.StatusNotFound, nil
}

// environment turns what GitHub takes for one into what it tells.
func environment(o map[string]any, is bool) map[string]any {
	if !is {
		return o
	}
	var reviewers []any
	taken, _ := o["reviewers"].([]any)
	for _, r := range taken {
		r := r.(map[string]any)
		who := map[string]any{"id": r["id"], "login": "Jane", "slug": "platform"}
		reviewers = append(reviewers, map[string]any{"type": r["type"], "reviewer": who})
	}
	return map[string]any{
		"deployment_branch_policy": o["deployment_branch_policy"],
		"protection_rules": []any{
			map[string]any{"type": "wait_timer", "wait_timer": o["wait_timer"]},
			map[string]any{"type": "required_reviewers", "reviewers": reviewers, "prevent_self_review": o["prevent_self_review"]},
		},
	}
}

func (s *settings) ruleset(method string, id []string, body map[string]any) (int, any) {
	switch method {
	case http.MethodGet:
		if len(id) == 0 {
			return http.StatusOK, s.sets
		}
	case http.MethodPost:
		body["id"] = len(s.sets) + 1
		s.sets = append(s.sets, body)
		return http.StatusCreated, body
	default:
		n, _ := strconv.Atoi(id[0])
		body["id"] = n
		s.sets[n-1] = body
	}
	n, _ := strconv.Atoi(id[0])
	return http.StatusOK, s.sets[n-1]
}

func (s *settings) policy(method string, parts []string, body map[string]any) (int, any) {
	of := parts[2]
	switch method {
	case http.MethodPost:
		body["id"] = 1000 + len(s.requests)
		s.policies[of] = append(s.policies[of], body)
	case http.MethodDelete:
		s.policies[of] = slices.DeleteFunc(s.policies[of], func(p map[string]any) bool { return fmt.Sprint(p["id"]) == parts[4] })
		return http.StatusNoContent, nil
	}
	return http.StatusOK, map[string]any{"branch_policies": s.policies[of]}
}

func declared() governance.State {
	return governance.State{
		Owners: []string{"@acme/platform", "@jane"}, OwnersByPath: true,
		Branches: []governance.Branch{
			{Name: "main", Reviews: 1, CodeOwners: true, Checks: []string{"lint", "test"}, SignedCommits: true, Bypass: []governance.Actor{{Kind: governance.ActorApp, ID: 42}, {Kind: governance.ActorDeployKeys}}},
			{Name: "release/*", Reviews: 2},
		},
		Environments: []governance.Environment{{Name: "dev", Branches: []string{"main"}}, {Name: "prod", Reviewers: []string{"@acme/platform", "@jane"}, Branches: []string{"main"}}},
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
	return changes
}

func TestGitHubSettings(t *testing.T) {
	t.Parallel()
	s, f := newSettings(t)
	if first := bring(t, f); len(first) < 30 {
		t.Errorf("the first run changes %q", first)
	}
	s.requests = nil
	if second := bring(t, f); len(second) > 0 || len(s.requests) > 0 {
		t.Errorf("the second run changes %q by %q", second, s.requests)
	}
}

// TestGitHubDrift weakens and strengthens settings by hand: the first are
// mended, the others stay.
func TestGitHubDrift(t *testing.T) {
	t.Parallel()
	s, f := newSettings(t)
	bring(t, f)
	var linear, mine any = map[string]any{"type": "required_linear_history"}, map[string]any{"context": "mine", "integration_id": 5.0}
	main := s.sets[0]
	main["enforcement"] = "evaluate"
	main["conditions"] = map[string]any{"ref_name": map[string]any{"include": []any{"~DEFAULT_BRANCH"}, "exclude": []any{"refs/heads/main"}}}
	main["bypass_actors"] = []any{map[string]any{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}}
	main["rules"] = []any{
		linear,
		map[string]any{"type": "pull_request", "parameters": map[string]any{"required_approving_review_count": 0, "allowed_merge_methods": []any{"squash"}}},
		map[string]any{"type": "required_status_checks", "parameters": map[string]any{"required_status_checks": []any{mine}}},
	}
	s.sets[1]["rules"].([]any)[2].(map[string]any)["parameters"].(map[string]any)["required_approving_review_count"] = 4
	s.objects["/environments/prod"] = map[string]any{"wait_timer": 30, "prevent_self_review": true, "deployment_branch_policy": nil}
	s.policies["dev"] = append(s.policies["dev"], map[string]any{"id": 5, "name": "*"})
	s.objects["/actions/permissions"]["allowed_actions"] = "all"
	s.objects["/actions/permissions/workflow"]["can_approve_pull_request_reviews"] = true
	s.objects["/actions/variables/AWS_REGION"]["value"] = "us-east-1"

	want := []string{"variable AWS_REGION: value", "actions: onlySelected", "actions: allowed", "actions: workflowsCannotApprove", "environment dev: branches", "environment prod: branches", "environment prod: reviewers"}
	for _, name := range []string{
		governance.Enforced, governance.NoForcePush, governance.NoDeletion, governance.Bypass, governance.Approvals, governance.Checks, governance.DismissStale,
		governance.LastPusher, governance.RejectionsBlock, governance.CodeOwner, governance.PathOwner, governance.UpToDate, governance.SignedCommits,
	} {
		want = append(want, "branch main: "+name)
	}
	got := bring(t, f)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("changed %q\nwant    %q", got, want)
	}
	if again := bring(t, f); len(again) > 0 {
		t.Errorf("the run after that changes %q", again)
	}
	text, err := json.Marshal([]any{s.sets, s.objects["/environments/prod"], s.policies["dev"]})
	if err != nil {
		t.Fatal(err)
	}
	for _, kept := range []string{
		`"required_linear_history"`, `"integration_id":5`, `"allowed_merge_methods":["squash"]`, `"~DEFAULT_BRANCH"`, `"required_approving_review_count":4`, `"wait_timer":30`, `"prevent_self_review":true`,
	} {
		if !strings.Contains(string(text), kept) {
			t.Errorf("%s is gone from\n%s", kept, text)
		}
	}
	if strings.Contains(string(text), `"*"`) || strings.Contains(string(text), "RepositoryRole") {
		t.Errorf("more is let past than declared:\n%s", text)
	}
}
