package forge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/governance"
)

// Settings says what Gitea holds of the declared settings.
func (g *gitea) Settings(ctx context.Context, want governance.State) (governance.Found, error) {
	found := governance.NewFound()
	rules, err := g.rules(ctx)
	if err != nil {
		return found, err
	}
	for _, b := range want.Branches {
		who, err := g.approvers(want.Owners)
		if b.CodeOwners && err != nil {
			return found, err
		}
		rule, err := g.ruleOf(ctx, rules, b.Name)
		if err != nil {
			return found, err
		}
		rule.tell(found, b, who, rules.first(b.Name, want.Branches))
		part := governance.Part{Kind: governance.PartBranch, Name: b.Name}
		found.SetCannot(part, "Gitea counts the approval of whoever pushed last", governance.LastPusher)
		found.SetCannot(part, "Gitea asks them, but whoever may write can take the request back; the approval of an owner of something is needed in any case", governance.PathOwner)
	}
	for name := range want.Variables {
		value, err := g.variable(ctx, name)
		if err != nil {
			return found, err
		}
		found.Set(governance.Part{Kind: governance.PartVariable, Name: name}, governance.VariableValue, value)
	}
	for _, s := range governance.Settings(want) {
		switch s.Part.Kind {
		case governance.PartEnvironment:
			found.SetCannot(s.Part, "Gitea has no environments", s.Name)
		case governance.PartSecurity:
			found.SetCannot(s.Part, "Gitea looks for neither secrets nor vulnerabilities", s.Name)
		case governance.PartActions:
			found.SetCannot(s.Part, "Gitea has no API for what workflows may use", s.Name)
		case governance.PartBranch, governance.PartVariable:
		}
	}
	return found, nil
}

// ChangeSettings changes a branch's rule, or a variable.
func (g *gitea) ChangeSettings(ctx context.Context, want governance.State, part governance.Part, to map[string]governance.Value) error {
	switch part.Kind {
	case governance.PartBranch:
		return g.changeRule(ctx, want, part.Name, to)
	case governance.PartVariable:
		return g.setVariable(ctx, part.Name, to[governance.VariableValue][0])
	case governance.PartEnvironment, governance.PartSecurity, governance.PartActions:
	}
	return fmt.Errorf("gitea knows no %s", part.Kind)
}

// changeRule changes the rule of a branch, or makes it. A new one begins as the
// rule of others that held the branch so far: Gitea looks at one rule alone.
func (g *gitea) changeRule(ctx context.Context, want governance.State, name string, to map[string]governance.Value) error {
	rules, err := g.rules(ctx)
	if err != nil {
		return err
	}
	rule, err := g.ruleOf(ctx, rules, name)
	if err != nil {
		return err
	}
	if rule == nil {
		rule = &giteaRule{}
	}
	rule.Name = name
	method, path := http.MethodPatch, "/branch_protections/"+url.PathEscape(name)
	if rules.find(name) == nil {
		method, path = http.MethodPost, "/branch_protections"
	}
	who, err := g.approvers(want.Owners)
	if err != nil && to[governance.CodeOwner].Is() {
		return err
	}
	rule.set(to, who)
	if !rules.first(name, want.Branches) {
		rule.Priority = rules.before(name, want.Branches)
	}
	return g.call(ctx, "changing the rules of branch "+name, method, path, rule, nil)
}

// ruleOf is the rule with a name, or the one of another name that holds the
// branch so far; nil where there is none.
func (g *gitea) ruleOf(ctx context.Context, rules giteaRules, name string) (*giteaRule, error) {
	if rule := rules.find(name); rule != nil || len(rules) == 0 {
		return rule, nil
	}
	var branch struct {
		Rule string `json:"effective_branch_protection_name"`
	}
	err := g.call(ctx, "reading branch "+name, http.MethodGet, "/branches/"+url.PathEscape(name), nil, &branch)
	if isNotFound(err) { // a pattern, or no branch yet
		return nil, nil
	}
	return rules.find(branch.Rule), err
}

func (g *gitea) rules(ctx context.Context) (giteaRules, error) {
	var rules giteaRules
	err := g.call(ctx, "reading the rules of branches", http.MethodGet, "/branch_protections", nil, &rules)
	return rules, err
}

// giteaVariable is a variable of workflows, as it is read and written.
type giteaVariable struct {
	Data  string `json:"data,omitempty"`
	Value string `json:"value,omitempty"`
}

func (g *gitea) variable(ctx context.Context, name string) (governance.Value, error) {
	var v giteaVariable
	err := g.call(ctx, "reading variable "+name, http.MethodGet, "/actions/variables/"+url.PathEscape(name), nil, &v)
	if isNotFound(err) {
		return nil, nil
	}
	return governance.Value{v.Data}, err
}

func (g *gitea) setVariable(ctx context.Context, name, value string) error {
	now, err := g.variable(ctx, name)
	if err != nil {
		return err
	}
	method := http.MethodPut
	if now == nil {
		method = http.MethodPost
	}
	return g.call(ctx, "setting variable "+name, method, "/actions/variables/"+url.PathEscape(name), giteaVariable{Value: value}, nil)
}

// call asks the API about the repository. The SDK does not know all fields of a
// rule, whether force pushes are allowed among them.
func (g *gitea) call(ctx context.Context, doing, method, path string, body, into any) error {
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
	address := g.opts.API + "/api/v1/repos/" + url.PathEscape(g.repo.owner) + "/" + url.PathEscape(g.repo.name) + path
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	req.Header.Set("Content-Type", "application/json")
	token := g.opts.Token()
	if !token.Empty() {
		req.Header.Set("Authorization", "token "+token.Reveal())
	}
	resp, err := g.opts.HTTP.Do(req)
	if err != nil {
		return fail(doing, 0, err, token)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fail(doing, 0, err, token)
	}
	if resp.StatusCode/100 != 2 {
		var said struct{ Message string }
		if json.Unmarshal(answer, &said) != nil || said.Message == "" {
			said.Message = "no reason given"
		}
		return fail(doing, resp.StatusCode, errors.New(said.Message), token)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%s: the answer is not what Gitea answers: %w", doing, err)
	}
	return nil
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 8 << 20

func isNotFound(err error) bool {
	refused, ok := errors.AsType[*APIError](err)
	return ok && refused.Status == http.StatusNotFound
}

// approvers are the owners as Gitea names them in a rule. A rule knows the
// teams of the repository's own organisation alone.
type approvers struct{ users, teams []string }

func (g *gitea) approvers(owners []string) (approvers, error) {
	var a approvers
	for _, o := range owners {
		org, team, isTeam := strings.Cut(strings.TrimPrefix(o, "@"), "/")
		switch {
		case !isTeam:
			a.users = append(a.users, org)
		case strings.EqualFold(org, g.repo.owner):
			a.teams = append(a.teams, team)
		default:
			return a, fmt.Errorf("%s owns a path, and Gitea lets no team of another organisation than %s approve: name its members in spec.governance.owners", o, g.repo.owner)
		}
	}
	slices.Sort(a.users)
	slices.Sort(a.teams)
	return a, nil
}

// same reports whether a rule names these.
func (a approvers) same(users, teams []string) bool {
	return sameNames(a.users, users) && sameNames(a.teams, teams)
}

func sameNames(a, b []string) bool {
	set := func(names []string) map[string]bool {
		out := map[string]bool{}
		for _, n := range names {
			out[strings.ToLower(n)] = true
		}
		return out
	}
	return maps.Equal(set(a), set(b))
}
