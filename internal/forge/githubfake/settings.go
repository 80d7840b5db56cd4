package githubfake

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// environment is one, with the branches that may deploy to it.
type environment struct {
	settings map[string]any // as they were put
	policies []any
}

// settings adds the handlers of a repository's settings.
func (g *GitHub) settings(repo string, to map[string]handler) {
	const permissions = "/actions/permissions"
	environments := repo + "/environments/{environment_name}"
	policies := environments + "/deployment-branch-policies"
	maps.Copy(to, map[string]handler{
		"GET " + repo + permissions:                       func(*http.Request, map[string]any) answer { return ok(g.actions) },
		"PUT " + repo + permissions:                       g.putActions,
		"GET " + repo + permissions + "/selected-actions": g.getSelected,
		"PUT " + repo + permissions + "/selected-actions": g.putSelected,
		"GET " + repo + permissions + "/workflow":         func(*http.Request, map[string]any) answer { return ok(g.workflow) },
		"PUT " + repo + permissions + "/workflow":         g.putWorkflow,
		"POST " + repo + "/actions/variables":             g.addVariable,
		"GET " + repo + "/actions/variables/{name}":       g.getVariable,
		"PATCH " + repo + "/actions/variables/{name}":     g.changeVariable,
		"GET " + environments:                             g.getEnvironment,
		"PUT " + environments:                             g.putEnvironment,
		"GET " + policies:                                 g.getPolicies,
		"POST " + policies:                                g.addPolicy,
		"DELETE " + policies + "/{branch_policy_id}":      g.deletePolicy,
		"GET " + repo + "/rulesets":                       g.listRulesets,
		"POST " + repo + "/rulesets":                      g.addRuleset,
		"GET " + repo + "/rulesets/{ruleset_id}":          g.getRuleset,
		"PUT " + repo + "/rulesets/{ruleset_id}":          g.changeRuleset,
	})
}

// AddUser and AddTeam, of the organisation "team", have somebody who may review.
func (g *GitHub) AddUser(login string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.users[login] = g.next()
}

// AddTeam adds a team by its slug.
func (g *GitHub) AddTeam(slug string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.teams[slug] = g.next()
}

func (g *GitHub) user(r *http.Request, _ map[string]any) answer {
	for login, id := range g.users {
		if strings.EqualFold(login, r.PathValue("username")) {
			return ok(userNamed(login, id))
		}
	}
	return notFound()
}

func userNamed(login string, id int) map[string]any {
	return map[string]any{"login": login, "id": id, "user_view_type": "public"}
}

func (g *GitHub) team(r *http.Request, _ map[string]any) answer {
	slug := r.PathValue("team_slug")
	id, is := g.teams[slug]
	if !is || r.PathValue("org") != "team" {
		return notFound()
	}
	return ok(map[string]any{"slug": slug, "id": id})
}

func (g *GitHub) repository(*http.Request, map[string]any) answer {
	return ok(map[string]any{"name": "platform", "full_name": Repository, "security_and_analysis": g.analysis, "allow_merge_commit": false, "allow_squash_merge": true})
}

// changeRepository changes what GitHub looks for; pushes are only looked at where
// secrets are.
func (g *GitHub) changeRepository(r *http.Request, body map[string]any) answer {
	to, _ := body["security_and_analysis"].(map[string]any)
	if len(to) > 0 && g.lacks[SecretScanning] {
		return failed(http.StatusUnprocessableEntity, "Secret scanning is not available for this repository.")
	}
	then := maps.Clone(g.analysis)
	maps.Copy(then, to)
	on := func(name string) bool { return then[name].(map[string]any)["status"] == "enabled" }
	if on("secret_scanning_push_protection") && !on("secret_scanning") {
		return failed(http.StatusUnprocessableEntity, "Secret scanning must be enabled")
	}
	g.analysis = then
	return g.repository(r, nil)
}

func (g *GitHub) getAlerts(*http.Request, map[string]any) answer {
	if g.alerts {
		return done()
	}
	return answer{http.StatusNotFound, nil}
}

func (g *GitHub) putAlerts(*http.Request, map[string]any) answer {
	g.alerts = true
	return done()
}

func (g *GitHub) putActions(_ *http.Request, body map[string]any) answer {
	maps.Copy(g.actions, body)
	return done()
}

func (g *GitHub) getSelected(*http.Request, map[string]any) answer {
	if g.actions["allowed_actions"] != "selected" {
		return failed(http.StatusConflict, "Conflict")
	}
	return ok(g.selected)
}

func (g *GitHub) putSelected(r *http.Request, body map[string]any) answer {
	if a := g.getSelected(r, nil); a.status != http.StatusOK {
		return a
	}
	maps.Copy(g.selected, body)
	return done()
}

func (g *GitHub) putWorkflow(_ *http.Request, body map[string]any) answer {
	maps.Copy(g.workflow, body)
	return done()
}

func (g *GitHub) addVariable(_ *http.Request, body map[string]any) answer {
	if _, is := g.variables[body["name"].(string)]; is {
		return failed(http.StatusConflict, "Already exists - Variable already exists")
	}
	g.variables[body["name"].(string)] = body["value"]
	return created(map[string]any{})
}

func (g *GitHub) getVariable(r *http.Request, _ map[string]any) answer {
	name := r.PathValue("name")
	value, is := g.variables[name]
	if !is {
		return notFound()
	}
	return ok(map[string]any{"name": name, "value": value})
}

func (g *GitHub) changeVariable(r *http.Request, body map[string]any) answer {
	name := r.PathValue("name")
	if _, is := g.variables[name]; !is {
		return notFound()
	}
	if value, is := body["value"]; is {
		g.variables[name] = value
	}
	return done()
}

func (g *GitHub) getEnvironment(r *http.Request, _ map[string]any) answer {
	name := r.PathValue("environment_name")
	e := g.environments[name]
	if e == nil {
		return notFound()
	}
	rules := []any{}
	if wait, _ := e.settings["wait_timer"].(float64); wait > 0 {
		rules = append(rules, map[string]any{"id": 1, "type": "wait_timer", "wait_timer": wait})
	}
	if reviewers, _ := e.settings["reviewers"].([]any); len(reviewers) > 0 {
		rules = append(rules, map[string]any{"id": 2, "type": "required_reviewers", "prevent_self_review": e.settings["prevent_self_review"] == true, "reviewers": g.reviewers(reviewers)})
	}
	policy := e.settings["deployment_branch_policy"]
	if policy != nil {
		rules = append(rules, map[string]any{"id": 3, "type": "branch_policy"})
	}
	return ok(map[string]any{"id": 1, "name": name, "protection_rules": rules, "deployment_branch_policy": policy})
}

// reviewers are as GitHub tells them; nil where it knows one of them not.
func (g *GitHub) reviewers(put []any) []any {
	var all []any
	for _, one := range put {
		one := one.(map[string]any)
		names, tell := g.users, userNamed
		if one["type"] == "Team" {
			names, tell = g.teams, func(slug string, id int) map[string]any { return map[string]any{"slug": slug, "name": slug, "id": id} }
		}
		for name, id := range names {
			if float64(id) == one["id"] {
				all = append(all, map[string]any{"type": one["type"], "reviewer": tell(name, id)})
			}
		}
	}
	if len(all) != len(put) {
		return nil
	}
	return all
}

// putEnvironment makes or replaces one: what is left out is reset.
func (g *GitHub) putEnvironment(r *http.Request, body map[string]any) answer {
	name := r.PathValue("environment_name")
	put, _ := body["reviewers"].([]any)
	policy, _ := body["deployment_branch_policy"].(map[string]any)
	switch {
	case g.lacks[EnvironmentRules] && len(body) > 0:
		return failed(http.StatusUnprocessableEntity, "Fail to create protected rule, please ensure billing plan include protected branch gate.")
	case g.lacks[Reviewers] && len(put) > 0:
		return failed(http.StatusUnprocessableEntity, "Failed to create the environment protection rule. Please ensure the billing plan supports the required reviewers protection rule.")
	case body["prevent_self_review"] == true && len(put) == 0:
		return failed(http.StatusUnprocessableEntity, "Required reviewers must have at least one reviewer to set prevent_self_review.")
	case len(put) > 6, len(put) > 0 && g.reviewers(put) == nil, policy != nil && policy["protected_branches"] == policy["custom_branch_policies"]:
		return failed(http.StatusUnprocessableEntity, "Validation Failed")
	}
	if g.environments[name] == nil {
		g.environments[name] = &environment{}
	}
	e := g.environments[name]
	if e.settings = body; policy == nil || policy["custom_branch_policies"] != true {
		e.policies = nil
	}
	return g.getEnvironment(r, nil)
}

// custom is an environment of which certain branches deploy; nil otherwise.
func (g *GitHub) custom(r *http.Request) *environment {
	e := g.environments[r.PathValue("environment_name")]
	if e == nil {
		return nil
	}
	if policy, _ := e.settings["deployment_branch_policy"].(map[string]any); policy["custom_branch_policies"] != true {
		return nil
	}
	return e
}

func (g *GitHub) getPolicies(r *http.Request, _ map[string]any) answer {
	e := g.environments[r.PathValue("environment_name")]
	if e == nil {
		return notFound()
	}
	return ok(map[string]any{"total_count": len(e.policies), "branch_policies": append([]any{}, e.policies...)})
}

func (g *GitHub) addPolicy(r *http.Request, body map[string]any) answer {
	e := g.custom(r)
	if e == nil {
		return answer{http.StatusNotFound, nil}
	}
	kind := body["type"]
	if kind == nil {
		kind = "branch"
	}
	policy := map[string]any{"id": g.next(), "name": body["name"], "type": kind}
	e.policies = append(e.policies, policy)
	return ok(policy)
}

func (g *GitHub) deletePolicy(r *http.Request, _ map[string]any) answer {
	e := g.custom(r)
	if e == nil {
		return notFound()
	}
	before := len(e.policies)
	e.policies = slices.DeleteFunc(e.policies, func(p any) bool {
		return strconv.Itoa(p.(map[string]any)["id"].(int)) == r.PathValue("branch_policy_id")
	})
	if len(e.policies) == before {
		return notFound()
	}
	return done()
}

// listRulesets tells what there is, without the rules.
func (g *GitHub) listRulesets(*http.Request, map[string]any) answer {
	all := []any{}
	for _, set := range g.rulesets {
		all = append(all, map[string]any{
			"id": set["id"], "name": set["name"], "target": set["target"], "enforcement": set["enforcement"], "source": Repository, "source_type": "Repository",
		})
	}
	return ok(all)
}

func (g *GitHub) ruleset(r *http.Request) map[string]any {
	for _, set := range g.rulesets {
		if strconv.Itoa(set["id"].(int)) == r.PathValue("ruleset_id") {
			return set
		}
	}
	return nil
}

func (g *GitHub) addRuleset(_ *http.Request, body map[string]any) answer {
	for _, set := range g.rulesets {
		if set["name"] == body["name"] {
			return failed(http.StatusUnprocessableEntity, "Name must be unique")
		}
	}
	set := map[string]any{"target": "branch", "bypass_actors": []any{}, "rules": []any{}}
	maps.Copy(set, body)
	set["id"], set["source"], set["source_type"] = g.next(), Repository, "Repository"
	g.rulesets = append(g.rulesets, set)
	return created(set)
}

func (g *GitHub) getRuleset(r *http.Request, _ map[string]any) answer {
	set := g.ruleset(r)
	if set == nil {
		return notFound()
	}
	if set = maps.Clone(set); g.lacks[Administration] {
		delete(set, "bypass_actors")
	}
	return ok(set)
}

// changeRuleset keeps what is left out.
func (g *GitHub) changeRuleset(r *http.Request, body map[string]any) answer {
	set := g.ruleset(r)
	if set == nil {
		return notFound()
	}
	maps.Copy(set, body)
	return ok(set)
}
