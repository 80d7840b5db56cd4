package config

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

const (
	maxEnvironmentName = 60
	maxOwners          = 20
	maxCheckName       = 200
)

// isOwner reports whether s names a user or a team as a forge writes it.
// GitLab's groups may be nested.
func isOwner(s string, nested bool) bool {
	name, at := strings.CutPrefix(s, "@")
	parts := strings.Split(name, "/")
	if !at || len(parts) > 2 && !nested || len(name) > 250 {
		return false
	}
	for _, part := range parts {
		if part == "" || part[0] == '.' || part[0] == '-' || !isPlain(part, "-_.") {
			return false
		}
	}
	return true
}

// isAction reports whether s is owner/name of an action, or owner/*.
func isAction(s string) bool {
	owner, name, ok := strings.Cut(s, "/")
	return ok && owner != "" && owner[0] != '-' && isPlain(owner, "-") && (name == "*" || name != "" && isPlain(name, "-_."))
}

// governance checks what is said of the repository's rules.
func (c *checker) governance(g *Governance) {
	at := func(p ...string) []string { return append([]string{"spec", "governance"}, p...) }
	if g.Owners != nil {
		c.codeOwners(g.Owners)
	}
	seen := map[string]bool{}
	for i, b := range g.Branches {
		c.branch(b, seen, at("branches", strconv.Itoa(i)))
	}
	if g.Automation != nil {
		c.automation(g.Automation, at("automation"))
	}
	for _, name := range slices.Sorted(maps.Keys(g.Environments)) {
		e := g.Environments[name]
		c.owners(e.Reviewers, at("environments", name, "reviewers"))
		for i, b := range e.Branches {
			if !isBranchPattern(b) {
				c.refuse(quote(b)+" cannot be the name of a branch", "", at("environments", name, "branches", strconv.Itoa(i))...)
			}
		}
	}
	for i, a := range g.Actions {
		if !isAction(a) {
			c.refuse(quote(a)+" is not an action", "want owner/name or owner/*, without a version", at("actions", strconv.Itoa(i))...)
		}
	}
}

// owners refuses what no forge can ask for a review.
func (c *checker) owners(owners, path []string) {
	if len(owners) > maxOwners {
		return
	}
	for i, o := range owners {
		if !isOwner(o, c.p.Spec.Repository.Provider == ProviderGitLab) {
			c.refuse(quote(o)+" is neither a user nor a team", "want @user or @org/team, in quotes", append(slices.Clone(path), strconv.Itoa(i))...)
		}
	}
}

func (c *checker) codeOwners(o *Owners) {
	at := func(p ...string) []string { return append([]string{"spec", "governance", "owners"}, p...) }
	if c.p.Spec.Repository.Provider == ProviderGit {
		c.refuseKey("nobody would be asked: the repository is on a plain Git server", "set spec.repository.provider to github, gitea or gitlab, or leave owners out", at()...)
	}
	c.owners(o.Platform, at("platform"))
	known := slices.Sorted(maps.Keys(c.p.Spec.Clusters))
	for _, name := range slices.Sorted(maps.Keys(o.Clusters)) {
		if !slices.Contains(known, name) {
			c.refuseKey("there is no cluster "+quote(name), strictyaml.DidYouMean(name, known), at("clusters", name)...)
		}
		if len(o.Clusters[name]) == 0 {
			c.refuse("names nobody", "name an owner, or leave the cluster out: it is the platform's then", at("clusters", name)...)
		} else if len(o.Clusters[name]) > maxOwners {
			c.refuse(fmt.Sprintf("names %d owners, more than %d", len(o.Clusters[name]), maxOwners), "name a team", at("clusters", name)...)
		}
		c.owners(o.Clusters[name], at("clusters", name))
	}
	taken := map[string]bool{}
	for i, p := range o.Paths {
		item := at("paths", strconv.Itoa(i))
		c.ownedPath(p.Path, taken, append(slices.Clone(item), "path"))
		c.owners(p.Owners, append(item, "owners"))
	}
}

// ownedPath refuses a path that is none, and one whose owners are said already.
func (c *checker) ownedPath(p string, taken map[string]bool, at []string) {
	bare := strings.TrimSuffix(p, "/")
	switch cluster := clusterFolder(bare); {
	case !isPlain(p, "-_./"): // told by the schema
	case bare == "" || bare == "." || strings.HasPrefix(p, "/") || path.Clean(bare) != bare || bare == ".." || strings.HasPrefix(bare, "../"):
		c.refuse(quote(p)+" is not a path in the repository", "want one from its root, such as docs/, without . or ..", at...)
	case guardedBy(bare) != "":
		c.refuse(fmt.Sprintf("%s belongs to the platform's owners alone", quote(p)), "whoever owns "+guardedBy(bare)+" decides who owns the rest", at...)
	case cluster != "" && c.hasCluster(cluster):
		c.refuse(fmt.Sprintf("%s is a folder of cluster %s", quote(p), cluster), "name its owners under owners.clusters, or a path below it", at...)
	case taken[bare]:
		c.refuse(quote(p)+" is there twice", "keep one of the two", at...)
	}
	taken[bare] = true
}

func (c *checker) hasCluster(name string) bool {
	_, is := c.p.Spec.Clusters[name]
	return is
}

// clusterFolder is the cluster of which p is one of the folders.
func clusterFolder(p string) string {
	for _, parent := range ClusterParents() {
		if path.Dir(p) == parent {
			return path.Base(p)
		}
	}
	return ""
}

// ClusterParents are the folders in which each cluster has one of its own.
func ClusterParents() []string {
	return []string{"apps", "clusters", "infrastructure/configs", "infrastructure/controllers", "terraform/k8s", "terraform/platform"}
}

// GuardedPaths are what decides over everything else, and who reviews it: a
// folder ends with a slash. Gitea and GitLab read CODEOWNERS from the root and
// from docs/ before they look into their own folders.
func GuardedPaths() []string {
	return []string{
		".gitea/", ".github/", ".gitlab-ci.yml", ".gitlab/", "CODEOWNERS", "components/", "docs/CODEOWNERS", FileName, "terraform/account/",
	}
}

// guardedBy is the guarded path that p is, or is in; a forge takes one without
// a slash for a folder, too.
func guardedBy(p string) string {
	for _, g := range GuardedPaths() {
		if strings.HasPrefix(p+"/", strings.TrimSuffix(g, "/")+"/") {
			return g
		}
	}
	return ""
}

// isBranchPattern reports whether s is a branch or, with asterisks, many.
func isBranchPattern(s string) bool {
	return len(s) <= 200 && isBranch(strings.ReplaceAll(s, "*", "x"))
}

func (c *checker) branch(b Branch, seen map[string]bool, at []string) {
	field := func(p ...string) []string { return append(slices.Clone(at), p...) }
	switch {
	case b.Name != "" && !isBranchPattern(b.Name):
		c.refuse(quote(b.Name)+" cannot be the name of a branch", "", field("name")...)
	case seen[b.Name]:
		c.refuse(quote(b.Name)+" is there twice", "say everything of a branch in one place", field("name")...)
	}
	seen[b.Name] = true
	for i, check := range b.Checks {
		if check == "" || len(check) > maxCheckName || strings.TrimSpace(check) != check {
			c.refuse(quote(check)+" is not the name of a status check", "want what the forge calls it, such as test", field("checks", strconv.Itoa(i))...)
		}
	}
}

func (c *checker) automation(a *Automation, at []string) {
	provider := c.p.Spec.Repository.Provider
	field := func(p string) []string { return append(slices.Clone(at), p) }
	switch {
	case *a == Automation{}:
		c.refuse("names nobody", "name an appID, deployKeys or a user, or leave automation out", at...)
	case a.AppID != 0 && provider != ProviderGitHub:
		c.refuse(fmt.Sprintf("is of GitHub, and the repository's provider is %s", provider), "name a user", field("appID")...)
	case a.DeployKeys && provider == ProviderGitLab:
		c.refuse("cannot be let past on GitLab by a rule for all of them", "name a user", field("deployKeys")...)
	case a.User != "" && provider == ProviderGitHub:
		c.refuse("cannot be let past the rules on GitHub", "name an appID, or deployKeys", field("user")...)
	}
}
