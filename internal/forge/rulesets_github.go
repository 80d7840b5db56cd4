package forge

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/governance"
)

// rulesetPrefix begins the names of the rulesets that are this program's.
const rulesetPrefix = "groundwork: "

// Types of rules.
const (
	ruleDeletion   = "deletion"
	ruleForcePush  = "non_fast_forward"
	rulePull       = "pull_request"
	ruleChecks     = "required_status_checks"
	ruleSignatures = "required_signatures"
)

// githubRuleset is a set of rules about branches.
type githubRuleset struct {
	ID          int64            `json:"id,omitempty"`
	Name        string           `json:"name"`
	Target      string           `json:"target"`
	Enforcement string           `json:"enforcement"`
	Bypass      []githubBypass   `json:"bypass_actors"`
	Conditions  githubConditions `json:"conditions"`
	Rules       []githubRule     `json:"rules"`
}

type githubConditions struct {
	Ref struct {
		Include []string `json:"include"`
		Exclude []string `json:"exclude"`
	} `json:"ref_name"`
}

type githubBypass struct {
	ID   *int   `json:"actor_id"`
	Type string `json:"actor_type"`
	Mode string `json:"bypass_mode"`
}

const (
	bypassApp       = "Integration"
	bypassDeployKey = "DeployKey"
	bypassAlways    = "always"
)

// githubRule is one rule; parameters that this program does not know are kept.
type githubRule struct {
	Type       string         `json:"type"`
	Parameters map[string]any `json:"parameters,omitempty"`
}

// Parameters of rules.
const (
	paramCount     = "required_approving_review_count"
	paramStale     = "dismiss_stale_reviews_on_push"
	paramLastPush  = "require_last_push_approval"
	paramOwners    = "require_code_owner_review"
	paramThreads   = "required_review_thread_resolution"
	paramChecks    = "required_status_checks"
	paramStrict    = "strict_required_status_checks_policy"
	paramContext   = "context"
	branchRef      = "refs/heads/"
	enforcedActive = "active"
	targetBranch   = "branch"
)

// ruleset is this program's ruleset of a branch; nil where there is none.
func (g *gitHub) ruleset(ctx context.Context, branch string) (*githubRuleset, error) {
	for page := 1; ; page++ {
		var all []githubRuleset
		path := fmt.Sprintf("/rulesets?includes_parents=false&per_page=%d&page=%d", pageSize, page)
		if err := g.call(ctx, "reading the rulesets", http.MethodGet, path, nil, &all); err != nil {
			return nil, err
		}
		for _, r := range all {
			if r.Name == rulesetPrefix+branch {
				whole := &githubRuleset{}
				err := g.call(ctx, "reading the ruleset of "+branch, http.MethodGet, "/rulesets/"+strconv.FormatInt(r.ID, 10), nil, whole)
				if err == nil && whole.Bypass == nil {
					err = fmt.Errorf("reading the ruleset of %s: GitHub leaves out who may push past it, which it tells administrators alone: use the token of one", branch)
				}
				return whole, err
			}
		}
		if len(all) < pageSize {
			return nil, nil
		}
	}
}

// tell puts down what the ruleset holds; a nil one holds nothing.
func (r *githubRuleset) tell(found governance.Found, part governance.Part) {
	if r == nil {
		r = &githubRuleset{}
		found.Set(part, governance.Bypass, governance.List([]string{"all who may write"}))
	} else {
		found.Set(part, governance.Bypass, r.bypass())
	}
	ref := r.Conditions.Ref
	found.SetFlag(part, governance.Enforced, r.Target == targetBranch && r.Enforcement == enforcedActive &&
		slices.Contains(ref.Include, branchRef+part.Name) && len(ref.Exclude) == 0)
	pull, checks := r.rule(rulePull), r.rule(ruleChecks)
	approvals := pull.number(paramCount)
	found.SetFlag(part, governance.PullRequests, pull != nil)
	found.Set(part, governance.Approvals, governance.Number(approvals))
	found.SetFlag(part, governance.RejectionsBlock, approvals > 0) // GitHub always does then
	found.SetFlag(part, governance.DismissStale, pull.is(paramStale))
	found.SetFlag(part, governance.LastPusher, pull.is(paramLastPush))
	found.SetFlag(part, governance.CodeOwner, pull.is(paramOwners))
	found.SetFlag(part, governance.PathOwner, pull.is(paramOwners)) // by the last line that matches
	found.Set(part, governance.Checks, governance.List(checks.contexts()))
	found.SetFlag(part, governance.UpToDate, checks.is(paramStrict))
	found.SetFlag(part, governance.SignedCommits, r.rule(ruleSignatures) != nil)
	found.SetFlag(part, governance.NoForcePush, r.rule(ruleForcePush) != nil)
	found.SetFlag(part, governance.NoDeletion, r.rule(ruleDeletion) != nil)
}

func (r *githubRuleset) bypass() governance.Value {
	var who []string
	for _, b := range r.Bypass {
		id := 0
		if b.ID != nil {
			id = *b.ID
		}
		switch {
		case b.Type == bypassApp && b.Mode == bypassAlways:
			who = append(who, governance.Actor{Kind: governance.ActorApp, ID: id}.String())
		case b.Type == bypassDeployKey && b.Mode == bypassAlways:
			who = append(who, governance.Actor{Kind: governance.ActorDeployKeys}.String())
		default:
			who = append(who, fmt.Sprintf("%s %d (%s)", b.Type, id, b.Mode))
		}
	}
	return governance.List(who)
}

// changeRuleset changes the ruleset of a branch, or makes it.
func (g *gitHub) changeRuleset(ctx context.Context, branch string, to map[string]governance.Value) error {
	set, err := g.ruleset(ctx, branch)
	if err != nil {
		return err
	}
	method, path := http.MethodPost, "/rulesets"
	if set == nil {
		set = &githubRuleset{}
	} else {
		method, path = http.MethodPut, "/rulesets/"+strconv.FormatInt(set.ID, 10)
	}
	if err := set.set(branch, to); err != nil {
		return err
	}
	return g.call(ctx, "changing the ruleset of "+branch, method, path, set, nil)
}

// set gives the ruleset the values of its settings.
func (r *githubRuleset) set(branch string, to map[string]governance.Value) error {
	r.ID, r.Name, r.Target, r.Enforcement = 0, rulesetPrefix+branch, targetBranch, enforcedActive
	ref := &r.Conditions.Ref
	ref.Include = governance.List(append(slices.Clone(ref.Include), branchRef+branch))
	ref.Exclude = []string{}
	r.Bypass = []githubBypass{}
	for _, who := range to[governance.Bypass] {
		app, isApp := strings.CutPrefix(who, "app ")
		if !isApp {
			r.Bypass = append(r.Bypass, githubBypass{nil, bypassDeployKey, bypassAlways})
			continue
		}
		id, err := strconv.Atoi(app)
		if err != nil {
			return fmt.Errorf("reading the id of an app: %w", err)
		}
		r.Bypass = append(r.Bypass, githubBypass{&id, bypassApp, bypassAlways})
	}
	r.have(ruleDeletion)
	r.have(ruleForcePush)
	if to[governance.SignedCommits].Is() {
		r.have(ruleSignatures)
	}
	pull := r.have(rulePull)
	pull.Parameters[paramCount] = to[governance.Approvals].Int()
	for name, setting := range map[string]string{paramStale: governance.DismissStale, paramLastPush: governance.LastPusher, paramOwners: governance.CodeOwner, paramThreads: ""} {
		pull.Parameters[name] = pull.is(name) || to[setting].Is()
	}
	if names := to[governance.Checks]; len(names) > 0 {
		r.have(ruleChecks).check(names, to[governance.UpToDate].Is())
	}
	return nil
}

// rule returns the rule of a type; nil where there is none.
func (r *githubRuleset) rule(kind string) *githubRule {
	for i := range r.Rules {
		if r.Rules[i].Type == kind {
			return &r.Rules[i]
		}
	}
	return nil
}

// have returns the rule of a type, which is made where there is none.
func (r *githubRuleset) have(kind string) *githubRule {
	if r.rule(kind) == nil {
		r.Rules = append(r.Rules, githubRule{Type: kind})
	}
	rule := r.rule(kind)
	if rule.Parameters == nil {
		rule.Parameters = map[string]any{}
	}
	return rule
}

func (r *githubRule) is(param string) bool {
	if r == nil {
		return false
	}
	is, _ := r.Parameters[param].(bool)
	return is
}

func (r *githubRule) number(param string) int {
	if r == nil {
		return 0
	}
	n, _ := r.Parameters[param].(float64)
	return int(n)
}

// contexts are the names of the checks.
func (r *githubRule) contexts() []string {
	if r == nil {
		return nil
	}
	checks, _ := r.Parameters[paramChecks].([]any)
	var names []string
	for _, c := range checks {
		if c, ok := c.(map[string]any); ok {
			name, _ := c[paramContext].(string)
			names = append(names, name)
		}
	}
	return names
}

// check adds checks; one that is there keeps the app that it has to come from.
func (r *githubRule) check(names []string, strict bool) {
	checks, _ := r.Parameters[paramChecks].([]any)
	have := r.contexts()
	for _, name := range names {
		if !slices.Contains(have, name) {
			checks = append(checks, map[string]any{paramContext: name})
		}
	}
	r.Parameters[paramChecks], r.Parameters[paramStrict] = checks, r.is(paramStrict) || strict
}
