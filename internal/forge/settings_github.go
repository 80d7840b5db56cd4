package forge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-github/v88/github"

	"github.com/groundwork-dev/groundwork/internal/governance"
)

// Settings says what GitHub holds of the declared settings. A branch's are those
// of one ruleset, which this program names; what other rulesets and the classic
// protection hold counts beside it, and is left alone.
func (g *gitHub) Settings(ctx context.Context, want governance.State) (governance.Found, error) {
	found := governance.NewFound()
	for _, b := range want.Branches {
		set, err := g.ruleset(ctx, b.Name)
		if err != nil {
			return found, err
		}
		set.tell(found, governance.Part{Kind: governance.PartBranch, Name: b.Name})
	}
	for _, e := range want.Environments {
		if err := g.tellEnvironment(ctx, found, e); err != nil {
			return found, err
		}
	}
	if err := g.tellSecurity(ctx, found); err != nil {
		return found, err
	}
	if err := g.tellActions(ctx, found, want.Actions.Allowed); err != nil {
		return found, err
	}
	for name := range want.Variables {
		value, err := g.variable(ctx, name)
		if err != nil {
			return found, err
		}
		found.Set(governance.Part{Kind: governance.PartVariable, Name: name}, governance.VariableValue, value)
	}
	return found, nil
}

// ChangeSettings changes one part.
func (g *gitHub) ChangeSettings(ctx context.Context, want governance.State, part governance.Part, to map[string]governance.Value) error {
	switch part.Kind {
	case governance.PartBranch:
		return g.changeRuleset(ctx, part.Name, to)
	case governance.PartEnvironment:
		return g.changeEnvironment(ctx, part.Name, to)
	case governance.PartSecurity:
		return g.changeSecurity(ctx, to)
	case governance.PartActions:
		return g.changeActions(ctx, to)
	case governance.PartVariable:
		return g.setVariable(ctx, part.Name, to[governance.VariableValue][0])
	}
	return fmt.Errorf("GitHub knows no %s", part.Kind)
}

// call asks the API about the repository, with a body of our own: those of the
// SDK hold fields that GitHub's description of its API does not allow.
func (g *gitHub) call(ctx context.Context, doing, method, path string, body, into any) error {
	return g.callAt(ctx, doing, method, "repos/"+url.PathEscape(g.repo.owner)+"/"+url.PathEscape(g.repo.name)+path, body, into)
}

func (g *gitHub) callAt(ctx context.Context, doing, method, path string, body, into any) error {
	client, err := g.client()
	if err != nil {
		return err
	}
	req, err := client.NewRequest(ctx, method, path, body)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if response, err := client.Do(req, into); err != nil {
		return g.fail(doing, response, err)
	}
	return nil
}

// githubStatus is whether a feature of a repository is on.
type githubStatus struct {
	Status string `json:"status"`
}

const enabled = "enabled"

type githubSecurity struct {
	Analysis *struct {
		Scanning   *githubStatus `json:"secret_scanning,omitempty"`
		Protection *githubStatus `json:"secret_scanning_push_protection,omitempty"`
	} `json:"security_and_analysis"`
}

func (g *gitHub) tellSecurity(ctx context.Context, found governance.Found) error {
	part := governance.Part{Kind: governance.PartSecurity}
	var repository githubSecurity
	if err := g.call(ctx, "reading the repository's security", http.MethodGet, "", nil, &repository); err != nil {
		return err
	}
	if a := repository.Analysis; a == nil {
		found.SetCannot(part, "GitHub tells and changes it for an administrator's token alone, where the plan includes it", governance.SecretScanning, governance.PushProtection)
	} else {
		found.SetFlag(part, governance.SecretScanning, a.Scanning != nil && a.Scanning.Status == enabled)
		found.SetFlag(part, governance.PushProtection, a.Protection != nil && a.Protection.Status == enabled)
	}
	err := g.call(ctx, "reading whether vulnerabilities are told", http.MethodGet, "/vulnerability-alerts", nil, nil)
	if err != nil && !isNotFound(err) {
		return err
	}
	found.SetFlag(part, governance.VulnerabilityAlerts, err == nil)
	return nil
}

// changeSecurity turns on what is off. GitHub looks for secrets where the plan
// includes it.
func (g *gitHub) changeSecurity(ctx context.Context, to map[string]governance.Value) error {
	if to[governance.VulnerabilityAlerts].Is() {
		if err := g.call(ctx, "having vulnerabilities told", http.MethodPut, "/vulnerability-alerts", nil, nil); err != nil {
			return err
		}
	}
	now := governance.NewFound()
	if err := g.tellSecurity(ctx, now); err != nil {
		return err
	}
	analysis := map[string]githubStatus{}
	var settings []string
	for setting, name := range map[string]string{governance.SecretScanning: "secret_scanning", governance.PushProtection: "secret_scanning_push_protection"} {
		if have := now.Values[governance.Key{Part: governance.Part{Kind: governance.PartSecurity}, Name: setting}]; to[setting].Is() && !have.Is() {
			analysis[name] = githubStatus{enabled}
			settings = append(settings, setting)
		}
	}
	if len(analysis) == 0 {
		return nil
	}
	err := g.call(ctx, "turning the search for secrets on", http.MethodPatch, "", map[string]any{"security_and_analysis": analysis}, nil)
	if why := unprocessable(err); why != "" {
		return &unavailableError{why, settings}
	}
	return err
}

// unavailableError says, in GitHub's words, that it does not offer settings for a
// repository.
type unavailableError struct {
	said     string
	settings []string
}

func (e *unavailableError) Error() string { return "GitHub says: " + e.said }

// Unavailable names the settings, to those who cannot import this package.
func (e *unavailableError) Unavailable() []string { return e.settings }

// unprocessable is what GitHub says to what it understands and does not do; empty
// for another error, or none.
func unprocessable(err error) string {
	said, ok := errors.AsType[*github.ErrorResponse](err)
	if !ok || said.Response == nil || said.Response.StatusCode != http.StatusUnprocessableEntity {
		return ""
	}
	return said.Message
}

// What workflows may do.
type (
	githubActions struct {
		Enabled bool   `json:"enabled"`
		Allowed string `json:"allowed_actions,omitempty"`
		Pinned  bool   `json:"sha_pinning_required"`
	}
	githubSelected struct {
		Own      bool     `json:"github_owned_allowed"`
		Verified bool     `json:"verified_allowed"`
		Patterns []string `json:"patterns_allowed"`
	}
	githubToken struct {
		Permissions string `json:"default_workflow_permissions"`
		Approve     bool   `json:"can_approve_pull_request_reviews"`
	}
)

// Values of githubActions.Allowed, and of githubToken.Permissions.
const (
	allowedSelected = "selected"
	permissionRead  = "read"
)

const (
	actionsPath  = "/actions/permissions"
	selectedPath = actionsPath + "/selected-actions"
	tokenPath    = actionsPath + "/workflow"
)

// tellActions says what workflows may do. Where Actions are off, or only the
// owner's own are allowed, nothing that is declared could be stricter.
func (g *gitHub) tellActions(ctx context.Context, found governance.Found, declared []string) error {
	part := governance.Part{Kind: governance.PartActions}
	var actions githubActions
	if err := g.call(ctx, "reading which actions are allowed", http.MethodGet, actionsPath, nil, &actions); err != nil {
		return err
	}
	found.SetFlag(part, governance.PinnedBySHA, actions.Pinned)
	switch {
	case !actions.Enabled || actions.Allowed == "local_only":
		found.SetFlag(part, governance.OnlySelected, true)
		found.Set(part, governance.Allowed, governance.List(declared))
	case actions.Allowed != allowedSelected:
		found.SetFlag(part, governance.OnlySelected, false)
		found.Set(part, governance.Allowed, governance.List([]string{"*"}))
	default:
		var selected githubSelected
		if err := g.call(ctx, "reading which actions are selected", http.MethodGet, selectedPath, nil, &selected); err != nil {
			return err
		}
		found.SetFlag(part, governance.OnlySelected, !selected.Verified)
		var names []string
		for _, p := range selected.Patterns {
			names = append(names, strings.TrimSuffix(p, "@*"))
		}
		found.Set(part, governance.Allowed, governance.List(names))
	}
	var token githubToken
	if err := g.call(ctx, "reading what the token of workflows may do", http.MethodGet, tokenPath, nil, &token); err != nil {
		return err
	}
	found.SetFlag(part, governance.ReadOnlyToken, token.Permissions == permissionRead)
	found.SetFlag(part, governance.NoApproval, !token.Approve)
	return nil
}

func (g *gitHub) changeActions(ctx context.Context, to map[string]governance.Value) error {
	var actions githubActions
	if err := g.call(ctx, "reading which actions are allowed", http.MethodGet, actionsPath, nil, &actions); err != nil {
		return err
	}
	selected := actions.Enabled && actions.Allowed != "local_only"
	if selected {
		actions.Allowed = allowedSelected
	}
	actions.Pinned = actions.Pinned || to[governance.PinnedBySHA].Is()
	if err := g.call(ctx, "allowing selected actions alone", http.MethodPut, actionsPath, actions, nil); err != nil {
		return err
	}
	if selected {
		patterns := []string{}
		for _, name := range to[governance.Allowed] {
			if !strings.HasSuffix(name, "/*") {
				name += "@*"
			}
			patterns = append(patterns, name)
		}
		if err := g.call(ctx, "selecting the allowed actions", http.MethodPut, selectedPath, githubSelected{Own: true, Patterns: patterns}, nil); err != nil {
			return err
		}
	}
	return g.call(ctx, "limiting the token of workflows", http.MethodPut, tokenPath, githubToken{Permissions: permissionRead}, nil)
}

type githubVariable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (g *gitHub) variable(ctx context.Context, name string) (governance.Value, error) {
	var v githubVariable
	err := g.call(ctx, "reading variable "+name, http.MethodGet, "/actions/variables/"+url.PathEscape(name), nil, &v)
	if isNotFound(err) {
		return nil, nil
	}
	return governance.Value{v.Value}, err
}

func (g *gitHub) setVariable(ctx context.Context, name, value string) error {
	now, err := g.variable(ctx, name)
	switch {
	case err != nil:
		return err
	case now == nil:
		return g.call(ctx, "setting variable "+name, http.MethodPost, "/actions/variables", githubVariable{name, value}, nil)
	}
	return g.call(ctx, "setting variable "+name, http.MethodPatch, "/actions/variables/"+url.PathEscape(name), githubVariable{name, value}, nil)
}

// spelled is the declared name that differs from name by case alone, or name.
func spelled(name string, declared []string) string {
	if i := slices.IndexFunc(declared, func(d string) bool { return strings.EqualFold(d, name) }); i >= 0 {
		return declared[i]
	}
	return name
}
