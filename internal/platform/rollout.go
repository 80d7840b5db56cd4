package platform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/config"
)

// Rollout is how an app's new version replaces the old one on a cluster.
type Rollout struct {
	config.Rollout
	// Controller is the component that does it; Group is its API group.
	Controller, Group string
	// Templates is the namespace of the metric templates.
	Templates string
	// LoadTest is the address of what loads the new version.
	LoadTest string
	Mesh     *catalog.Mesh
}

// part is what a rollout needs of some component.
type part struct {
	what string
	of   func(*catalog.Component) bool
}

func provides(crd string) func(*catalog.Component) bool {
	return func(c *catalog.Component) bool {
		return slices.ContainsFunc(c.Provides.CRDs, func(name string) bool { return strings.HasPrefix(name, crd) })
	}
}

func rolloutParts() []part {
	return []part{
		{"Canaries", provides("canaries.")},
		{"HTTPRoutes", provides("httproutes.gateway.networking.k8s.io")},
		{"a mesh", func(c *catalog.Component) bool { return c.Mesh != nil }},
		{"a load test", func(c *catalog.Component) bool { return c.LoadTest != "" }},
	}
}

// rollouts gives the cluster's apps their rollouts, and refuses those that a
// component is missing for.
func (r *resolver) rollouts(c *Cluster) {
	var meshed []string // namespaces
	for i := range c.Apps {
		a := &c.Apps[i]
		want := a.Config.Rollout
		if want == nil || len(want.Clusters) > 0 && !slices.Contains(want.Clusters, c.Name) {
			continue
		}
		if a.Rollout = r.rollout(*c, a.Name, want); a.Rollout != nil {
			meshed = append(meshed, a.Namespace)
		}
	}
	for i := range c.Apps {
		for _, other := range c.Apps {
			if other.Rollout != nil && slices.Contains(meshed, c.Apps[i].Namespace) {
				c.Apps[i].Mesh = other.Rollout.Mesh
			}
		}
	}
}

func (r *resolver) rollout(c Cluster, app string, want *config.Rollout) *Rollout {
	found := make([]*catalog.Component, 0, len(rolloutParts()))
	for _, p := range rolloutParts() {
		at := slices.IndexFunc(c.Components, func(comp Component) bool { return p.of(comp.Spec) })
		if at >= 0 {
			found = append(found, c.Components[at].Spec)
			continue
		}
		if len(want.Clusters) > 0 {
			r.noPart(c.Name, app, p)
		}
	}
	if len(found) < len(rolloutParts()) {
		return nil
	}
	controller := found[0]
	at := slices.IndexFunc(controller.Provides.CRDs, func(name string) bool { return strings.HasPrefix(name, "canaries.") })
	_, group, _ := strings.Cut(controller.Provides.CRDs[at], ".")
	return &Rollout{
		Rollout: *want, Controller: controller.Name, Group: group, Templates: controller.Namespace.Name,
		Mesh: found[2].Mesh, LoadTest: found[3].LoadTest,
	}
}

// noPart reports a part that the cluster does not install.
func (r *resolver) noPart(cluster, app string, p part) {
	hint := "leave the cluster out of rollout.clusters"
	for _, name := range r.catalog.Names() {
		if comp, _ := r.catalog.Component(name); p.of(comp) {
			hint = fmt.Sprintf("add %s to spec.clusters.%s.components, or %s", name, cluster, hint)
			break
		}
	}
	r.report(fmt.Sprintf("needs %s, which nothing on cluster %s provides", p.what, cluster), hint, "spec", "apps", app, "rollout")
}
