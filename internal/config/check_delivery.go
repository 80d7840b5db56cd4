package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// delivery refuses automation where the app does not run, and where it may not
// push.
func (c *checker) delivery(name string, a App) {
	if a.Delivery == nil {
		return
	}
	if len(a.Delivery.Automate) > 0 && a.Delivery.Via != ViaPullRequest && c.locked() {
		c.refuse(fmt.Sprintf("spec.governance protects branch %s, and nobody may push past it", c.p.Spec.Repository.Branch),
			"name who may in spec.governance.automation, or set via: pullRequest", "spec", "apps", name, "delivery", "automate")
	}
	if provider := c.p.Spec.Repository.Provider; a.Delivery.Dispatch && provider != ProviderGitHub {
		c.refuse(fmt.Sprintf("only GitHub starts workflows so, and spec.repository.provider is %s", provider), "leave it out", "spec", "apps", name, "delivery", "dispatch")
	}
	for i, cluster := range a.Delivery.Automate {
		path := []string{"spec", "apps", name, "delivery", "automate", strconv.Itoa(i)}
		if _, known := c.p.Spec.Clusters[cluster]; !known {
			c.refuse("there is no cluster "+quote(cluster), strictyaml.DidYouMean(cluster, slices.Sorted(maps.Keys(c.p.Spec.Clusters))), path...)
		} else if !slices.Contains(a.Clusters, cluster) {
			c.refuse(fmt.Sprintf("app %s does not run on cluster %s", name, cluster), "add it to the app's clusters, or leave it out here", path...)
		}
	}
}

// locked says that declared rules protect the branch that clusters follow, also from
// automation.
func (c *checker) locked() bool {
	g := c.p.Spec.Governance
	return g.Automation == nil && slices.ContainsFunc(g.Branches, func(b Branch) bool { return b.Name == c.p.Spec.Repository.Branch })
}
