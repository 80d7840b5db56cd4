package githubfake

import (
	"net/http"
	"strconv"
	"strings"
)

// state is what the repository holds, as GitHub tells it.
type state struct {
	id           int // the last that was given
	commits      map[string]string
	keys, hooks  []any
	pulls        []map[string]any
	comments     map[string][]string
	statuses     map[string][]any
	analysis     map[string]any
	alerts       bool
	actions      map[string]any
	selected     map[string]any
	workflow     map[string]any
	variables    map[string]any
	environments map[string]*environment
	rulesets     []map[string]any
	users, teams map[string]int
	lacks        map[Feature]bool
	// unmet is why no request may be merged.
	unmet string
}

// Feature is what a plan of GitHub includes or not, for private repositories, or
// what a token may do.
type Feature string

// The features that a fake may lack.
const (
	SecretScanning   Feature = "secret scanning"
	EnvironmentRules Feature = "rules of environments"
	Reviewers        Feature = "reviewers of environments"
	Administration   Feature = "an administrator's token"
)

// Lack has the fake refuse what a plan does not include, in GitHub's words, and
// leave out what it tells administrators alone.
func (g *GitHub) Lack(features ...Feature) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lacks = map[Feature]bool{}
	for _, f := range features {
		g.lacks[f] = true
	}
}

func newState() state {
	off := func() any { return map[string]any{"status": "disabled"} }
	return state{
		keys: []any{}, hooks: []any{},
		commits: map[string]string{"main": strings.Repeat("0", 40)}, comments: map[string][]string{}, statuses: map[string][]any{},
		analysis:  map[string]any{"secret_scanning": off(), "secret_scanning_push_protection": off()},
		actions:   map[string]any{"enabled": true, "allowed_actions": "all", "sha_pinning_required": false},
		selected:  map[string]any{"github_owned_allowed": false, "verified_allowed": false, "patterns_allowed": []any{}},
		workflow:  map[string]any{"default_workflow_permissions": "write", "can_approve_pull_request_reviews": true},
		variables: map[string]any{}, environments: map[string]*environment{}, users: map[string]int{}, teams: map[string]int{},
	}
}

// next is an id that nothing has.
func (g *GitHub) next() int { g.id++; return g.id }

// handlers are those of all operations.
func (g *GitHub) handlers() map[string]handler {
	const repo = "/repos/{owner}/{repo}"
	all := map[string]handler{
		"GET " + repo:                                      g.repository,
		"PATCH " + repo:                                    g.changeRepository,
		"GET " + repo + "/keys":                            func(*http.Request, map[string]any) answer { return ok(g.keys) },
		"POST " + repo + "/keys":                           g.addKey,
		"GET " + repo + "/hooks":                           func(*http.Request, map[string]any) answer { return ok(g.hooks) },
		"POST " + repo + "/hooks":                          g.addHook,
		"GET " + repo + "/pulls":                           g.listPulls,
		"POST " + repo + "/pulls":                          g.openPull,
		"GET " + repo + "/pulls/{pull_number}":             g.getPull,
		"PATCH " + repo + "/pulls/{pull_number}":           g.changePull,
		"PUT " + repo + "/pulls/{pull_number}/merge":       g.mergePull,
		"POST " + repo + "/issues/{issue_number}/comments": g.comment,
		"POST " + repo + "/statuses/{sha}":                 g.setStatus,
		"POST " + repo + "/dispatches":                     func(*http.Request, map[string]any) answer { return answer{http.StatusNoContent, nil} },
		"GET " + repo + "/vulnerability-alerts":            g.getAlerts,
		"PUT " + repo + "/vulnerability-alerts":            g.putAlerts,
		"GET /users/{username}":                            g.user,
		"GET /orgs/{org}/teams/{team_slug}":                g.team,
	}
	g.settings(repo, all)
	return all
}

// Push gives a branch a commit.
func (g *GitHub) Push(branch, commit string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.commits[branch] = commit
	for _, p := range g.pulls {
		if head := p["head"].(map[string]any); head["ref"] == branch && head["label"] == "team:"+branch && p["state"] == "open" {
			head["sha"] = commit
		}
	}
}

// Fork opens a pull request from a fork's branch, and returns its number.
func (g *GitHub) Fork(owner, branch, base string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open(owner, branch, strings.Repeat("f", 40), base, "a fork's", "")["number"].(int)
}

// Merge merges a pull request, as a person does.
func (g *GitHub) Merge(number int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if p := g.pull(strconv.Itoa(number)); p != nil {
		p["state"], p["merged"], p["merged_at"] = "closed", true, someTime
	}
}

// Hold has the rules of the branch refuse every merge, in GitHub's words; an
// empty reason ends it.
func (g *GitHub) Hold(why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.unmet = why
}

// Comments are what was said of a pull request.
func (g *GitHub) Comments(number int) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.comments[strconv.Itoa(number)]
}

// Statuses are those of a commit, the last first.
func (g *GitHub) Statuses(commit string) []any {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.statuses[commit]
}

func (g *GitHub) addKey(_ *http.Request, body map[string]any) answer {
	for _, k := range g.keys {
		if k.(map[string]any)["key"] == body["key"] {
			return failed(http.StatusUnprocessableEntity, "key is already in use")
		}
	}
	readOnly, _ := body["read_only"].(bool)
	key := map[string]any{"id": g.next(), "key": body["key"], "title": body["title"], "read_only": readOnly, "verified": true}
	g.keys = append(g.keys, key)
	return created(key)
}

// addHook keeps a webhook; its secret is never told.
func (g *GitHub) addHook(_ *http.Request, body map[string]any) answer {
	config, _ := body["config"].(map[string]any)
	if config["url"] == nil {
		return failed(http.StatusUnprocessableEntity, "url is missing")
	}
	for _, h := range g.hooks {
		if h.(map[string]any)["config"].(map[string]any)["url"] == config["url"] {
			return failed(http.StatusUnprocessableEntity, "Hook already exists on this repository")
		}
	}
	if config["secret"] != nil {
		config["secret"] = "********"
	}
	hook := map[string]any{"id": g.next(), "type": "Repository", "name": "web", "active": body["active"], "events": body["events"], "config": config}
	g.hooks = append(g.hooks, hook)
	return created(hook)
}

func (g *GitHub) pull(number string) map[string]any {
	for _, p := range g.pulls {
		if strconv.Itoa(p["number"].(int)) == number {
			return p
		}
	}
	return nil
}

// simple is a pull request as lists tell it.
func simple(p map[string]any) map[string]any {
	out := map[string]any{}
	for _, name := range []string{"id", "number", "state", "title", "body", "html_url", "head", "base", "merged_at"} {
		out[name] = p[name]
	}
	return out
}

func (g *GitHub) listPulls(r *http.Request, _ map[string]any) answer {
	q := r.URL.Query()
	found := []any{}
	for _, p := range g.pulls {
		if state := q.Get("state"); state != "all" && p["state"] != state && (state != "" || p["state"] != "open") {
			continue
		}
		if head := q.Get("head"); head != "" && p["head"].(map[string]any)["label"] != head {
			continue
		}
		if base := q.Get("base"); base != "" && p["base"].(map[string]any)["ref"] != base {
			continue
		}
		found = append(found, simple(p))
	}
	return ok(found)
}

func (g *GitHub) openPull(_ *http.Request, body map[string]any) answer {
	head, base := body["head"].(string), body["base"].(string)
	commit, pushed := g.commits[head]
	if _, is := g.commits[base]; !is || !pushed {
		return failed(http.StatusUnprocessableEntity, "Validation Failed")
	}
	for _, p := range g.pulls {
		if p["state"] == "open" && p["head"].(map[string]any)["label"] == "team:"+head && p["base"].(map[string]any)["ref"] == base {
			return failed(http.StatusUnprocessableEntity, "A pull request already exists for team:"+head+".")
		}
	}
	return created(g.open("team", head, commit, base, body["title"], body["body"]))
}

func (g *GitHub) open(owner, branch, commit, base string, title, text any) map[string]any {
	number := len(g.pulls) + 1
	of := func(owner string) map[string]any {
		return map[string]any{"id": 1, "name": "platform", "full_name": owner + "/platform"}
	}
	p := map[string]any{
		"id": g.next(), "number": number, "state": "open", "title": title, "body": text, "merged": false,
		"html_url": "https://github.com/" + Repository + "/pull/" + strconv.Itoa(number),
		"head":     map[string]any{"ref": branch, "sha": commit, "label": owner + ":" + branch, "repo": of(owner)},
		"base":     map[string]any{"ref": base, "sha": g.commits[base], "label": "team:" + base, "repo": of("team")},
	}
	g.pulls = append(g.pulls, p)
	return p
}

func (g *GitHub) getPull(r *http.Request, _ map[string]any) answer {
	if p := g.pull(r.PathValue("pull_number")); p != nil {
		return ok(p)
	}
	return notFound()
}

func (g *GitHub) changePull(r *http.Request, body map[string]any) answer {
	p := g.pull(r.PathValue("pull_number"))
	if p == nil {
		return notFound()
	}
	if p["merged"] == true && body["state"] == "open" {
		return failed(http.StatusUnprocessableEntity, "Validation Failed")
	}
	for _, name := range []string{"title", "body", "state"} {
		if v, is := body[name]; is {
			p[name] = v
		}
	}
	return ok(p)
}

// mergePull merges as the rules and the repository's ways of merging let it.
func (g *GitHub) mergePull(r *http.Request, body map[string]any) answer {
	p := g.pull(r.PathValue("pull_number"))
	if p == nil {
		return notFound()
	}
	head := p["head"].(map[string]any)["sha"]
	switch {
	case p["state"] != "open":
		return failed(http.StatusMethodNotAllowed, "Pull Request is not mergeable")
	case body["merge_method"] != "squash":
		return failed(http.StatusMethodNotAllowed, "Merge commits are not allowed on this repository.")
	case body["sha"] != nil && body["sha"] != head:
		return failed(http.StatusConflict, "Head branch was modified. Review and try the merge again.")
	case g.unmet != "":
		return failed(http.StatusMethodNotAllowed, g.unmet)
	}
	p["state"], p["merged"], p["merged_at"] = "closed", true, someTime
	return ok(map[string]any{"sha": head, "merged": true, "message": "Pull Request successfully merged"})
}

func (g *GitHub) comment(r *http.Request, body map[string]any) answer {
	number := r.PathValue("issue_number")
	if g.pull(number) == nil {
		return notFound()
	}
	g.comments[number] = append(g.comments[number], body["body"].(string))
	return created(map[string]any{"id": g.next(), "body": body["body"]})
}

func (g *GitHub) setStatus(r *http.Request, body map[string]any) answer {
	commit := r.PathValue("sha")
	known := false
	for _, c := range g.commits {
		known = known || c == commit
	}
	if !known {
		return failed(http.StatusUnprocessableEntity, "No commit found for SHA: "+commit)
	}
	status := map[string]any{"id": g.next(), "state": body["state"], "context": body["context"], "description": body["description"]}
	g.statuses[commit] = append([]any{status}, g.statuses[commit]...)
	return created(status)
}
