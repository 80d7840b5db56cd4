// Package governance says what a platform's repository is to be like: who owns
// which path, as the CODEOWNERS of its forge; and the settings of the forge: what
// is declared, and how that differs from what a forge holds. It is pure.
package governance

import (
	"cmp"
	"path"
	"slices"

	"github.com/groundwork-dev/groundwork/internal/config"
)

// State is what the settings of the repository on its forge are to be. What a
// forge has no word for, it leaves out.
type State struct {
	// Owners are all who own a path; OwnersByPath says that not all paths have the
	// same.
	Owners       []string      `json:"owners"`
	OwnersByPath bool          `json:"ownersByPath"`
	Branches     []Branch      `json:"branches"`
	Environments []Environment `json:"environments"`
	Actions      Actions       `json:"actions"`
	Security     Security      `json:"security"`
	// Variables that workflows read, none of them secret, by name.
	Variables map[string]string `json:"variables"`
}

// Branch is what protects a branch, or all whose names a pattern matches. No
// protected branch may be deleted or changed by force.
type Branch struct {
	Name string `json:"name"`
	// Reviews is how many approvals a change needs. One that is changed
	// afterwards loses them, and who pushed last does not count.
	Reviews int `json:"reviews"`
	// CodeOwners says that one of the owners of each changed path is among
	// those who approve.
	CodeOwners bool `json:"codeOwners"`
	// Checks have to be green on a change that is up to date with the branch.
	Checks        []string `json:"checks"`
	SignedCommits bool     `json:"signedCommits"`
	// Bypass may push past all this; nobody else may, administrators neither.
	Bypass []Actor `json:"bypass"`
}

// ActorKind is what sort of actor may pass.
type ActorKind string

// The kinds: an app of GitHub by its id, all deploy keys that may write, a user
// by name.
const (
	ActorApp        ActorKind = "app"
	ActorDeployKeys ActorKind = "deployKeys"
	ActorUser       ActorKind = "user"
)

// Actor is who may push past the rules of a branch.
type Actor struct {
	Kind ActorKind `json:"kind"`
	ID   int       `json:"id,omitempty"`
	Name string    `json:"name,omitempty"`
}

// Environment is where workflows deploy to, and who agrees to that.
type Environment struct {
	Name      string   `json:"name"`
	Reviewers []string `json:"reviewers"`
	Branches  []string `json:"branches"`
}

// Actions is what workflows may do. Their token only reads unless a job says
// otherwise, and it cannot approve a change.
type Actions struct {
	// Allowed are owner/name or owner/* of actions beside the forge's own.
	Allowed []string `json:"allowed"`
	// PinnedBySHA refuses an action that is not named by a whole commit.
	PinnedBySHA bool `json:"pinnedBySHA"`
}

// Security is what the forge looks for by itself.
type Security struct {
	SecretScanning bool `json:"secretScanning"`
	// PushProtection refuses a push that holds a secret.
	PushProtection     bool `json:"pushProtection"`
	VulnerabilityAlert bool `json:"vulnerabilityAlert"`
}

// Names of the variables that the committed workflows read.
const (
	VariableRegion   = "AWS_REGION"
	VariablePlanRole = "AWS_PLAN_ROLE"
)

// Declared returns what platform.yaml says of the repository's settings, with
// all that it leaves out. Lists are sorted where their order means nothing.
func Declared(p *config.Platform) State {
	g := p.Spec.Governance
	s := State{
		Branches:     branches(p),
		Environments: environments(p),
		Actions:      Actions{Allowed: sorted(g.Actions), PinnedBySHA: true},
		Security:     Security{SecretScanning: true, PushProtection: true, VulnerabilityAlert: true},
		Variables:    map[string]string{VariableRegion: p.Spec.AWS.Region},
	}
	s.Owners, s.OwnersByPath = owners(p)
	if g.PlanRole != "" {
		s.Variables[VariablePlanRole] = "arn:" + partition(p.Spec.AWS.Region) + ":iam::" + p.Spec.AWS.AccountID + ":role/" + g.PlanRole
	}
	return s
}

func owners(p *config.Platform) (all []string, byPath bool) {
	rules := Rules(p)
	for _, r := range rules {
		all = append(all, r.Owners...)
		byPath = byPath || !slices.Equal(sorted(r.Owners), sorted(rules[0].Owners))
	}
	return slices.Compact(sorted(all)), byPath
}

// partition is the part of AWS that a region is in, as its ARNs name it.
func partition(region string) string {
	switch {
	case len(region) > 3 && region[:3] == "cn-":
		return "aws-cn"
	case len(region) > 7 && region[:7] == "us-gov-":
		return "aws-us-gov"
	}
	return "aws"
}

// branches begin with the one that clusters follow; only that may be bypassed.
func branches(p *config.Platform) []Branch {
	g := p.Spec.Governance
	said := slices.Clone(g.Branches)
	main := p.Spec.Repository.Branch
	if !slices.ContainsFunc(said, func(b config.Branch) bool { return b.Name == main }) {
		said = append(said, config.Branch{Name: main})
	}
	slices.SortStableFunc(said, func(a, b config.Branch) int {
		return cmp.Or(first(a.Name == main, b.Name == main), cmp.Compare(a.Name, b.Name))
	})
	all := make([]Branch, 0, len(said))
	for _, b := range said {
		out := Branch{
			Name: b.Name, Reviews: 1, CodeOwners: g.Owners != nil,
			Checks: sorted(b.Checks), SignedCommits: b.SignedCommits, Bypass: []Actor{},
		}
		if b.Reviews != nil {
			out.Reviews = *b.Reviews
		}
		if b.Name == main {
			out.Bypass = actors(g.Automation)
		}
		all = append(all, out)
	}
	return all
}

// first orders what is true before what is not.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func actors(a *config.Automation) []Actor {
	out := []Actor{}
	if a == nil {
		return out
	}
	if a.AppID != 0 {
		out = append(out, Actor{Kind: ActorApp, ID: a.AppID})
	}
	if a.DeployKeys {
		out = append(out, Actor{Kind: ActorDeployKeys})
	}
	if a.User != "" {
		out = append(out, Actor{Kind: ActorUser, Name: a.User})
	}
	return out
}

// environments are one a cluster, and what platform.yaml names beside.
func environments(p *config.Platform) []Environment {
	g := p.Spec.Governance
	byName := map[string]Environment{}
	for name, c := range p.Spec.Clusters {
		e := Environment{Name: name, Reviewers: []string{}}
		if c.Protected && g.Owners != nil {
			e.Reviewers = sorted(clusterOwners(g.Owners, name))
		}
		byName[name] = e
	}
	for name, said := range g.Environments {
		e := byName[name]
		e.Name, e.Branches = name, sorted(said.Branches)
		if said.Reviewers != nil || e.Reviewers == nil {
			e.Reviewers = sorted(said.Reviewers)
		}
		byName[name] = e
	}
	all := make([]Environment, 0, len(byName))
	for _, e := range byName {
		if len(e.Branches) == 0 {
			e.Branches = []string{p.Spec.Repository.Branch}
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b Environment) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func sorted(s []string) []string {
	out := slices.Clone(s)
	slices.Sort(out)
	if out == nil {
		return []string{}
	}
	return out
}

// clusterOwners own a cluster's folders.
func clusterOwners(o *config.Owners, cluster string) []string {
	if own := o.Clusters[cluster]; len(own) > 0 {
		return own
	}
	return o.Platform
}

// clusterDirs are the folders of a cluster, each with a slash at its end.
func clusterDirs(cluster string) []string {
	var dirs []string
	for _, parent := range config.ClusterParents() {
		dirs = append(dirs, path.Join(parent, cluster)+"/")
	}
	return dirs
}
