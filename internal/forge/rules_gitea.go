package forge

import (
	"slices"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/governance"
)

// giteaRule is a rule about branches, as Gitea 1.26 reads and writes it. What is
// not in here stays as it is.
type giteaRule struct {
	Name     string `json:"rule_name"`
	Priority int64  `json:"priority"`

	Push           bool     `json:"enable_push"`
	PushListed     bool     `json:"enable_push_whitelist"`
	PushUsers      []string `json:"push_whitelist_usernames"`
	PushTeams      []string `json:"push_whitelist_teams"`
	PushDeployKeys bool     `json:"push_whitelist_deploy_keys"`
	ForcePush      bool     `json:"enable_force_push"`

	MergeListed bool     `json:"enable_merge_whitelist"`
	MergeUsers  []string `json:"merge_whitelist_usernames"`
	MergeTeams  []string `json:"merge_whitelist_teams"`

	StatusChecks bool     `json:"enable_status_check"`
	Contexts     []string `json:"status_check_contexts"`
	UpToDate     bool     `json:"block_on_outdated_branch"`

	Approvals       int      `json:"required_approvals"`
	ApprovalsListed bool     `json:"enable_approvals_whitelist"`
	ApprovalUsers   []string `json:"approvals_whitelist_username"`
	ApprovalTeams   []string `json:"approvals_whitelist_teams"`
	BlockOnRejected bool     `json:"block_on_rejected_reviews"`
	BlockOnRequests bool     `json:"block_on_official_review_requests"`
	DismissStale    bool     `json:"dismiss_stale_approvals"`
	IgnoreStale     bool     `json:"ignore_stale_approvals"`

	Signed           bool   `json:"require_signed_commits"`
	ProtectedFiles   string `json:"protected_file_patterns"`
	UnprotectedFiles string `json:"unprotected_file_patterns"`
	AdminsToo        bool   `json:"block_admin_merge_override"`
}

// tell puts down what the rule holds; a nil one holds nothing. First says that no
// other rule counts before it.
func (r *giteaRule) tell(found governance.Found, want governance.Branch, owners approvers, first bool) {
	part := governance.Part{Kind: governance.PartBranch, Name: want.Name}
	found.SetFlag(part, governance.NoDeletion, r != nil) // a rule always does
	if r == nil {
		r = &giteaRule{Push: true, ForcePush: true}
	}
	found.SetFlag(part, governance.Enforced, first && r.AdminsToo && r.UnprotectedFiles == "")
	found.SetFlag(part, governance.NoForcePush, !r.ForcePush)
	found.SetFlag(part, governance.PullRequests, !r.Push || r.PushListed)
	found.Set(part, governance.Bypass, r.bypass(want.Bypass))
	found.Set(part, governance.Approvals, governance.Number(r.Approvals))
	found.SetFlag(part, governance.DismissStale, r.DismissStale || r.IgnoreStale)
	found.SetFlag(part, governance.RejectionsBlock, r.BlockOnRejected)
	found.SetFlag(part, governance.CodeOwner, r.BlockOnRequests && r.ApprovalsListed && owners.same(r.ApprovalUsers, r.ApprovalTeams))
	var checks []string
	if r.StatusChecks {
		checks = r.Contexts
	}
	found.Set(part, governance.Checks, governance.List(checks))
	found.SetFlag(part, governance.UpToDate, r.UpToDate)
	found.SetFlag(part, governance.SignedCommits, r.Signed)
}

// bypass is who may push; a user is spelled as declared: to Gitea, names that
// differ by case alone are one.
func (r *giteaRule) bypass(declared []governance.Actor) governance.Value {
	switch {
	case !r.Push:
		return governance.List(nil)
	case !r.PushListed:
		return governance.List([]string{"all who may write"})
	}
	var who []string
	for _, u := range r.PushUsers {
		user := governance.Actor{Kind: governance.ActorUser, Name: u}
		for _, d := range declared {
			if d.Kind == governance.ActorUser && strings.EqualFold(d.Name, u) {
				user = d
			}
		}
		who = append(who, user.String())
	}
	for _, t := range r.PushTeams {
		who = append(who, "team "+t)
	}
	if r.PushDeployKeys {
		who = append(who, governance.Actor{Kind: governance.ActorDeployKeys}.String())
	}
	return governance.List(who)
}

// set gives the rule the values of its settings. An approval counts when it is an
// owner's, and the owners whom Gitea asks, by its CODEOWNERS, have to answer:
// each user of them, and of a team one.
func (r *giteaRule) set(to map[string]governance.Value, owners approvers) {
	r.AdminsToo, r.UnprotectedFiles, r.ForcePush = true, "", false
	r.Push, r.PushListed, r.PushDeployKeys = false, false, false
	r.PushUsers, r.PushTeams = []string{}, []string{}
	for _, who := range to[governance.Bypass] {
		r.Push, r.PushListed = true, true
		if user, is := strings.CutPrefix(who, "user "); is {
			r.PushUsers = append(r.PushUsers, user)
		} else {
			r.PushDeployKeys = true
		}
	}
	r.Approvals = to[governance.Approvals].Int()
	r.DismissStale = r.DismissStale || to[governance.DismissStale].Is()
	r.BlockOnRejected = r.BlockOnRejected || to[governance.RejectionsBlock].Is()
	if to[governance.CodeOwner].Is() {
		r.BlockOnRequests, r.ApprovalsListed = true, true
		r.ApprovalUsers, r.ApprovalTeams = owners.users, owners.teams
	}
	if checks := to[governance.Checks]; len(checks) > 0 {
		r.StatusChecks, r.Contexts = true, checks
	}
	r.UpToDate = r.UpToDate || to[governance.UpToDate].Is()
	r.Signed = r.Signed || to[governance.SignedCommits].Is()
}

// giteaRules are all of a repository, in the order in which Gitea looks for the
// first that matches a branch.
type giteaRules []*giteaRule

// find returns a copy of the rule with a name; nil without one.
func (rs giteaRules) find(name string) *giteaRule {
	for _, r := range rs {
		if r.Name == name {
			found := *r
			return &found
		}
	}
	return nil
}

// first reports whether no rule of others comes before the one of a name: any
// may match the same branches. A declared pattern may come before another, but
// not before the name of one branch.
func (rs giteaRules) first(name string, declared []governance.Branch) bool {
	for _, r := range rs {
		switch {
		case r.Name == name:
			return true
		case !isDeclared(declared, r.Name), strings.Contains(r.Name, "*") && !strings.Contains(name, "*"):
			return false
		}
	}
	return false
}

// before is a priority that has the rule of a name come before those of others.
// Of rules of one priority, the names of branches come before patterns.
func (rs giteaRules) before(name string, declared []governance.Branch) int64 {
	lowest := int64(1)
	for _, r := range rs {
		if r.Name != name && (!strings.Contains(name, "*") || !isDeclared(declared, r.Name)) {
			lowest = min(lowest, r.Priority)
		}
	}
	if lowest == 1 {
		return -1 // zero has Gitea choose
	}
	return lowest - 1
}

func isDeclared(declared []governance.Branch, name string) bool {
	return slices.ContainsFunc(declared, func(b governance.Branch) bool { return b.Name == name })
}
