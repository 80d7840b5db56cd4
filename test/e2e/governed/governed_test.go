//go:build e2e

package governed

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

const (
	api   = "/repos/platform/governed"
	rules = api + "/branch_protections"
	rule  = rules + "/main"
)

const platform = `apiVersion: groundwork.dev/v1alpha1
kind: Platform
metadata: {name: governed}
spec:
  repository: {url: https://forge.sandbox.test/platform/governed, branch: main, provider: gitea}
  aws: {accountID: "123456789012", region: eu-central-1, zones: [eu-central-1a]}
  clusters:
    dev: {size: small, domain: dev.example.com}
  governance:
    owners:
      platform: ["@jane"]
      paths: [{path: docs/, owners: ["@mia"]}]
    branches:
      - {name: main, reviews: 1, checks: [test]}
      - {name: release/*, reviews: 2}
    automation: {user: flux}
`

// protection is what the forge says of a rule, as far as it matters here.
type protection struct {
	Name      string   `json:"rule_name"`
	Approvals int      `json:"required_approvals"`
	Push      bool     `json:"enable_push"`
	Force     bool     `json:"enable_force_push"`
	Listed    bool     `json:"enable_push_whitelist"`
	Pushers   []string `json:"push_whitelist_usernames"`
	Checks    []string `json:"status_check_contexts"`
	AdminsToo bool     `json:"block_admin_merge_override"`
	Free      string   `json:"unprotected_file_patterns"`
	Guarded   string   `json:"protected_file_patterns"`
}

// governed is a repository with an owner, one of its docs, two others who may
// write, and the automation's user.
type governed struct {
	dir                 string // a clone
	jane, mia, joe, max person
	flux                person
	url                 string
	number              int // of the pull request
}

// TestGoverned plays one repository from no rules to a merge that keeps them.
func TestGoverned(t *testing.T) {
	g := newGoverned(t)
	for _, part := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"a dry run changes nothing", g.dryRun},
		{"govern", g.govern},
		{"drift by hand", g.drift},
		{"the rule is deleted", g.deleted},
		{"another platform.yaml", g.others},
		{"pushes", g.pushes},
		{"a pull request", g.pullRequest},
	} {
		if !t.Run(part.name, part.run) {
			return
		}
	}
}

func newGoverned(t *testing.T) *governed {
	t.Helper()
	g := &governed{dir: t.TempDir(), url: sandboxed.Forge + "/platform/governed.git"}
	admin := administrator()
	admin.must(t, http.MethodPost, "/orgs/platform/repos", map[string]any{"name": "governed", "default_branch": "main", "private": true}, nil)
	g.jane, g.mia, g.flux = newPerson(t, "jane"), newPerson(t, "mia"), newPerson(t, "flux")
	g.joe, g.max = newPerson(t, "joe"), newPerson(t, "max")
	g.write(t, "platform.yaml", platform)
	if out, err := admin.command(t, g.dir, shared.Bootstrap, "generate"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"}, {"commit", "-q", "-m", "first"}, {"remote", "add", "origin", g.url}, {"push", "-q", "origin", "main"}} {
		admin.mustGit(t, g.dir, args...)
	}
	return g
}

func (g *governed) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(g.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// bootstrap governs the repository and returns what it printed.
func (g *governed) bootstrap(t *testing.T, args ...string) string {
	t.Helper()
	out, err := administrator().command(t, g.dir, shared.Bootstrap, append([]string{"govern"}, args...)...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return out
}

func (g *governed) dryRun(t *testing.T) {
	out := g.bootstrap(t, "--dry-run")
	for _, want := range []string{
		"M branch main: approvals from 0 to 1", "M branch main: bypass from all who may write to user flux",
		"M branch main: checks from none to test", "M variable AWS_REGION: value from none to eu-central-1",
		"not held: branch main (lastPusherCannotApprove): Gitea counts", "not held: branch main (ownersOfEachPath): Gitea asks them", "not held: environment dev (exists, branches): Gitea has no environments",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	var have []protection
	if administrator().must(t, http.MethodGet, rules, nil, &have); len(have) > 0 {
		t.Errorf("a dry run made %+v", have)
	}
}

func (g *governed) govern(t *testing.T) {
	t.Log(g.bootstrap(t))
	if out := g.bootstrap(t, "--output", "json"); !strings.Contains(out, `"changes": []`) {
		t.Errorf("the second run changes\n%s", out)
	}
}

// drift weakens the rule by hand, and makes it stricter elsewhere; a rule of
// others comes before it.
func (g *governed) drift(t *testing.T) {
	admin := administrator()
	admin.must(t, http.MethodPatch, rule, map[string]any{
		"required_approvals": 0, "enable_push": true, "enable_push_whitelist": false, "enable_force_push": true,
		"block_admin_merge_override": false, "unprotected_file_patterns": "**", "status_check_contexts": []string{"mine"},
		"protected_file_patterns": "never/**",
	}, nil)
	admin.must(t, http.MethodPatch, rules+"/release%2F*", map[string]any{"required_approvals": 1}, nil)
	admin.must(t, http.MethodPost, rules, map[string]any{"rule_name": "ma*", "priority": -5, "enable_push": true}, nil)
	out := g.bootstrap(t)
	for _, want := range []string{
		"approvals from 0 to 1", "enforced from no to yes", "noForcePush from no to yes", "pullRequests from no to yes",
		"bypass from all who may write to user flux", "checks from mine to mine, test",
	} {
		if !strings.Contains(out, "M branch main: "+want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	var now protection
	admin.must(t, http.MethodGet, rule, nil, &now)
	if now.Approvals != 1 || now.Force || !now.Listed || !slices.Equal(now.Pushers, []string{"flux"}) || !now.AdminsToo || now.Free != "" ||
		!slices.Equal(now.Checks, []string{"mine", "test"}) || now.Guarded != "never/**" {
		t.Errorf("the rule is %+v", now)
	}
	if !strings.Contains(out, "M branch release/*: approvals from 1 to 2") {
		t.Errorf("release/* is not mended in\n%s", out)
	}
	var all []protection
	if admin.must(t, http.MethodGet, rules, nil, &all); len(all) != 3 || all[0].Name != "main" || all[1].Name != "release/*" || all[2].Name != "ma*" {
		t.Errorf("the rules are %+v", all)
	}
	if out := g.bootstrap(t, "--output", "json"); !strings.Contains(out, `"changes": []`) {
		t.Errorf("the run after that changes\n%s", out)
	}
	// What people asked for beyond platform.yaml is theirs to take back.
	admin.must(t, http.MethodPatch, rule, map[string]any{"status_check_contexts": []string{"test"}, "protected_file_patterns": ""}, nil)
}

// deleted: a new rule is no weaker than that of others which held the branch.
func (g *governed) deleted(t *testing.T) {
	admin := administrator()
	admin.must(t, http.MethodDelete, rule, nil, nil)
	admin.must(t, http.MethodPatch, rules+"/ma*", map[string]any{"required_approvals": 3, "protected_file_patterns": "never/**"}, nil)
	out := g.bootstrap(t)
	var now protection
	admin.must(t, http.MethodGet, rule, nil, &now)
	if strings.Contains(out, "approvals from") || now.Approvals != 3 || now.Guarded != "never/**" || !slices.Equal(now.Pushers, []string{"flux"}) {
		t.Errorf("the rule is %+v after\n%s", now, out)
	}
	admin.must(t, http.MethodPatch, rule, map[string]any{"required_approvals": 1, "protected_file_patterns": ""}, nil)
}

// others are a token that may not, an owner whom the forge leaves out, and deploy
// keys in place of the user.
func (g *governed) others(t *testing.T) {
	if out, err := g.joe.command(t, g.dir, shared.Bootstrap, "govern"); err == nil || !strings.Contains(out, "the token may not do this") {
		t.Errorf("joe governs: %v\n%s", err, out)
	}
	administrator().must(t, http.MethodDelete, api+"/collaborators/max", nil, nil)
	g.write(t, "platform.yaml", strings.Replace(platform, `platform: ["@jane"]`, `platform: ["@jane", "@max"]`, 1))
	if out, err := administrator().command(t, g.dir, shared.Bootstrap, "govern"); err == nil || !strings.Contains(out, "branch main: codeOwners is no, not yes") {
		t.Errorf("an owner who cannot read: %v\n%s", err, out)
	}
	administrator().must(t, http.MethodPut, api+"/collaborators/max", map[string]any{"permission": "write"}, nil)
	g.write(t, "platform.yaml", strings.Replace(platform, "{user: flux}", "{deployKeys: true}", 1))
	if out := g.bootstrap(t); !strings.Contains(out, "bypass from user flux to deploy keys") {
		t.Errorf("no deploy keys in\n%s", out)
	}
	g.write(t, "platform.yaml", platform)
	if out := g.bootstrap(t); !strings.Contains(out, "bypass from deploy keys to user flux") {
		t.Errorf("no user in\n%s", out)
	}
}

// pushes: nobody pushes to main but the automation, and nobody by force.
func (g *governed) pushes(t *testing.T) {
	for _, p := range []person{g.joe, g.jane, administrator()} {
		g.commit(t, p, "pushed-by-"+p.name)
		if out, err := p.git(t, g.dir, "push", "origin", "HEAD:main"); err == nil || !strings.Contains(out, "Not allowed to push to protected branch main") {
			t.Errorf("%s pushes: %v\n%s", p.name, err, out)
		}
		p.mustGit(t, g.dir, "reset", "-q", "--hard", "HEAD^")
	}
	g.commit(t, g.flux, "pushed-by-flux")
	g.flux.mustGit(t, g.dir, "push", "origin", "HEAD:main")
	g.flux.mustGit(t, g.dir, "commit", "-q", "--amend", "-m", "another")
	for _, p := range []person{g.flux, administrator()} {
		if out, err := p.git(t, g.dir, "push", "--force", "origin", "HEAD:main"); err == nil || !strings.Contains(out, "branch main is protected from force push") {
			t.Errorf("%s pushes by force: %v\n%s", p.name, err, out)
		}
		if out, err := p.git(t, g.dir, "push", "origin", ":main"); err == nil {
			t.Errorf("%s deletes main\n%s", p.name, out)
		}
	}
	g.flux.mustGit(t, g.dir, "fetch", "-q", "origin")
	g.flux.mustGit(t, g.dir, "reset", "-q", "--hard", "origin/main")
}

// commit changes a file that jane owns, and one that mia does.
func (g *governed) commit(t *testing.T, p person, what string) {
	t.Helper()
	g.write(t, "notes.md", what+"\n")
	g.write(t, "docs/notes.md", what+"\n")
	p.mustGit(t, g.dir, "add", "-A")
	p.mustGit(t, g.dir, "commit", "-q", "-m", what)
}

// pullRequest is refused until its check is green and an owner approves; what
// others approve, and what an administrator forces, does not count.
func (g *governed) pullRequest(t *testing.T) {
	g.joe.mustGit(t, g.dir, "checkout", "-q", "-b", "change")
	g.commit(t, g.joe, "a change")
	g.joe.mustGit(t, g.dir, "push", "-q", "origin", "change")
	var request struct {
		Number    int                      `json:"number"`
		Reviewers []struct{ Login string } `json:"requested_reviewers"`
	}
	g.joe.must(t, http.MethodPost, api+"/pulls", map[string]any{"title": "a change", "head": "change", "base": "main"}, &request)
	g.number = request.Number
	g.joe.must(t, http.MethodGet, g.pull(""), nil, &request)
	if len(request.Reviewers) != 2 {
		t.Errorf("the forge asks %+v", request.Reviewers)
	}
	g.refused(t, g.joe, "Not all required status checks successful")
	g.green(t)
	g.refused(t, g.joe, "Does not have enough approvals")
	g.approve(t, g.max)
	g.refused(t, g.joe, "Does not have enough approvals") // max owns nothing
	g.approve(t, administrator())
	g.refused(t, administrator(), "Does not have enough approvals")
	// That owners are not asked any more does not make others owners.
	owners := map[string]any{"reviewers": []string{"jane", "mia"}}
	g.joe.must(t, http.MethodDelete, g.pull("/requested_reviewers"), owners, nil)
	g.refused(t, g.joe, "Does not have enough approvals")
	g.joe.must(t, http.MethodPost, g.pull("/requested_reviewers"), owners, nil)
	g.approve(t, g.mia)
	g.refused(t, g.joe, "There are official review requests") // jane owns the rest
	g.approve(t, g.jane)

	// What is pushed after the approval needs another, and is behind no more.
	g.commit(t, g.joe, "one more thing")
	g.joe.mustGit(t, g.dir, "push", "-q", "origin", "change")
	g.refused(t, g.joe, "Not all required status checks successful")
	g.green(t)
	g.refused(t, g.joe, "Does not have enough approvals")
	g.approve(t, g.mia)
	g.approve(t, g.jane)
	g.merge(t, g.joe, true, "")
	g.joe.mustGit(t, g.dir, "fetch", "-q", "origin")
	if got := g.joe.mustGit(t, g.dir, "show", "origin/main:notes.md"); got != "one more thing" {
		t.Errorf("main says %q", got)
	}
}

func (g *governed) pull(rest string) string { return fmt.Sprintf("%s/pulls/%d%s", api, g.number, rest) }

func (g *governed) green(t *testing.T) {
	t.Helper()
	head := g.joe.mustGit(t, g.dir, "rev-parse", "HEAD")
	administrator().must(t, http.MethodPost, api+"/statuses/"+head, map[string]any{"context": "test", "state": "success"}, nil)
}

func (g *governed) approve(t *testing.T, p person) {
	t.Helper()
	head := g.joe.mustGit(t, g.dir, "rev-parse", "HEAD")
	p.must(t, http.MethodPost, g.pull("/reviews"), map[string]any{"event": "APPROVED", "body": "fine", "commit_id": head}, nil)
}

// refused: neither a merge nor one by force is done, for a reason.
func (g *governed) refused(t *testing.T, p person, why string) {
	t.Helper()
	g.merge(t, p, false, why)
	if status, answer := p.call(t, http.MethodPost, g.pull("/merge"), map[string]any{"Do": "merge", "force_merge": true}, nil); status/100 == 2 {
		t.Fatalf("%s merges by force: %s", p.name, answer)
	}
}

// merge tries to merge, once the forge has seen what is new in the request.
func (g *governed) merge(t *testing.T, p person, want bool, why string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; {
		status, answer := p.call(t, http.MethodPost, g.pull("/merge"), map[string]any{"Do": "merge"}, nil)
		busy := strings.Contains(answer, "checking") || strings.Contains(answer, "try again later")
		if busy && time.Now().Before(end) {
			continue
		}
		// Gitea asks itself twice: 405 is the API's answer, 409 the one of the push.
		refused := status == http.StatusMethodNotAllowed || status == http.StatusConflict
		if refused == want || want != (status == http.StatusOK) || !strings.Contains(answer, why) {
			t.Fatalf("%s merges: %d %s, want %t %s", p.name, status, answer, want, why)
		}
		return
	}
}
