package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/governance"
)

// githubEnvironment is an environment as GitHub tells it.
type githubEnvironment struct {
	Rules []struct {
		Type       string `json:"type"`
		WaitTimer  int    `json:"wait_timer"`
		NoSelf     bool   `json:"prevent_self_review"`
		WhoReviews []struct {
			Type     string `json:"type"`
			Reviewer struct {
				ID    int    `json:"id"`
				Login string `json:"login"`
				Slug  string `json:"slug"`
			} `json:"reviewer"`
		} `json:"reviewers"`
	} `json:"protection_rules"`
	Policy *githubBranchPolicy `json:"deployment_branch_policy"`
}

type githubBranchPolicy struct {
	Protected bool `json:"protected_branches"`
	Custom    bool `json:"custom_branch_policies"`
}

// githubEnvironmentChange is an environment as GitHub takes it: what is left out
// is reset.
type githubEnvironmentChange struct {
	WaitTimer int                 `json:"wait_timer,omitempty"`
	NoSelf    bool                `json:"prevent_self_review,omitempty"`
	Reviewers []githubReviewer    `json:"reviewers,omitempty"`
	Policy    *githubBranchPolicy `json:"deployment_branch_policy,omitempty"`
}

type githubReviewer struct {
	Type string `json:"type"`
	ID   int    `json:"id"`
}

// githubPolicies are the patterns of an environment's branches.
type githubPolicies struct {
	Policies []githubPolicy `json:"branch_policies"`
}

type githubPolicy struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"` // empty is a branch
}

// branch is the pattern; one of tags says so.
func (p githubPolicy) branch() string {
	if p.Type != "" && p.Type != targetBranch {
		return p.Type + " " + p.Name
	}
	return p.Name
}

const (
	reviewerUser = "User"
	reviewerTeam = "Team"
	maxPolicies  = 100 // more than any declared environment has
)

func environmentPath(name string) string { return "/environments/" + url.PathEscape(name) }

func policiesPath(name string) string { return environmentPath(name) + "/deployment-branch-policies" }

func (g *gitHub) environment(ctx context.Context, name string) (*githubEnvironment, error) {
	e := &githubEnvironment{}
	err := g.call(ctx, "reading environment "+name, http.MethodGet, environmentPath(name), nil, e)
	if isNotFound(err) {
		return nil, nil
	}
	return e, err
}

func (g *gitHub) policies(ctx context.Context, name string) (githubPolicies, error) {
	var p githubPolicies
	err := g.call(ctx, "reading the branches of environment "+name, http.MethodGet, policiesPath(name)+"?per_page="+strconv.Itoa(maxPolicies), nil, &p)
	return p, err
}

func (g *gitHub) tellEnvironment(ctx context.Context, found governance.Found, want governance.Environment) error {
	part := governance.Part{Kind: governance.PartEnvironment, Name: want.Name}
	e, err := g.environment(ctx, want.Name)
	if err != nil {
		return err
	}
	found.SetFlag(part, governance.Exists, e != nil)
	var reviewers []string
	branches := []string{"any"}
	if e != nil {
		for _, r := range e.Rules {
			for _, who := range r.WhoReviews {
				name := "@" + who.Reviewer.Login
				if who.Type == reviewerTeam {
					name = "@" + g.repo.owner + "/" + who.Reviewer.Slug
				}
				reviewers = append(reviewers, spelled(name, want.Reviewers))
			}
		}
		if e.Policy != nil && e.Policy.Protected {
			branches = []string{"protected ones"}
		}
		if e.Policy != nil && e.Policy.Custom {
			branches = nil
			policies, err := g.policies(ctx, want.Name)
			if err != nil {
				return err
			}
			for _, p := range policies.Policies {
				branches = append(branches, p.branch())
			}
		}
	}
	found.Set(part, governance.Reviewers, governance.List(reviewers))
	found.Set(part, governance.Deploying, governance.List(branches))
	return nil
}

// changeEnvironment makes or changes an environment. How long it waits, and
// whether people may agree to their own jobs, stays.
func (g *gitHub) changeEnvironment(ctx context.Context, name string, to map[string]governance.Value) error {
	now, err := g.environment(ctx, name)
	if err != nil {
		return err
	}
	change := githubEnvironmentChange{Reviewers: []githubReviewer{}, Policy: &githubBranchPolicy{Custom: true}}
	if now != nil {
		for _, r := range now.Rules {
			change.WaitTimer, change.NoSelf = max(change.WaitTimer, r.WaitTimer), change.NoSelf || r.NoSelf
			for _, who := range r.WhoReviews {
				change.Reviewers = append(change.Reviewers, githubReviewer{who.Type, who.Reviewer.ID})
			}
		}
	}
	if declared, is := to[governance.Reviewers]; is {
		if change.Reviewers, err = g.reviewers(ctx, declared); err != nil {
			return err
		}
	}
	lacking, err := g.putEnvironment(ctx, name, change)
	if err != nil {
		return err
	}
	if lacking == nil || !slices.Contains(lacking.settings, governance.Deploying) {
		err = g.changePolicies(ctx, name, to[governance.Deploying])
	}
	if err == nil && lacking != nil {
		err = lacking
	}
	return err
}

// putEnvironment makes or replaces an environment, without what GitHub's plan for
// private repositories does not include: reviewers are in its dearest alone, and
// others of the rules in none that is free.
func (g *gitHub) putEnvironment(ctx context.Context, name string, change githubEnvironmentChange) (*unavailableError, error) {
	var lacking *unavailableError
	for {
		err := g.call(ctx, "changing environment "+name, http.MethodPut, environmentPath(name), change, nil)
		why := unprocessable(err)
		if !strings.Contains(why, "billing plan") || change.Policy == nil {
			return lacking, err
		}
		if lacking == nil {
			lacking = &unavailableError{said: why}
		}
		if len(change.Reviewers) > 0 {
			change.Reviewers, change.NoSelf = nil, false
			lacking.settings = append(lacking.settings, governance.Reviewers)
			continue
		}
		change = githubEnvironmentChange{}
		lacking.settings = append(lacking.settings, governance.Deploying)
	}
}

// changePolicies has exactly these branches deploy to an environment.
func (g *gitHub) changePolicies(ctx context.Context, name string, branches []string) error {
	policies, err := g.policies(ctx, name)
	if err != nil {
		return err
	}
	var have []string
	for _, p := range policies.Policies {
		if slices.Contains(branches, p.branch()) {
			have = append(have, p.Name)
			continue
		}
		if err := g.call(ctx, "no longer letting "+p.Name+" deploy to "+name, http.MethodDelete, policiesPath(name)+"/"+strconv.Itoa(p.ID), nil, nil); err != nil {
			return err
		}
	}
	for _, b := range branches {
		if slices.Contains(have, b) {
			continue
		}
		if err := g.call(ctx, "letting "+b+" deploy to "+name, http.MethodPost, policiesPath(name), map[string]string{"name": b, "type": targetBranch}, nil); err != nil {
			return err
		}
	}
	return nil
}

// reviewers finds the ids of users and teams.
func (g *gitHub) reviewers(ctx context.Context, names []string) ([]githubReviewer, error) {
	all := make([]githubReviewer, 0, len(names))
	for _, name := range names {
		org, team, isTeam := strings.Cut(strings.TrimPrefix(name, "@"), "/")
		path, kind := "users/"+url.PathEscape(org), reviewerUser
		if isTeam {
			path, kind = "orgs/"+url.PathEscape(org)+"/teams/"+url.PathEscape(team), reviewerTeam
		}
		var who struct {
			ID int `json:"id"`
		}
		err := g.callAt(ctx, "looking for reviewer "+name, http.MethodGet, path, nil, &who)
		if isNotFound(err) {
			return nil, fmt.Errorf("GitHub knows no %s, or the token may not see it: correct the owners or reviewers in spec.governance", name)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, githubReviewer{kind, who.ID})
	}
	return all, nil
}
