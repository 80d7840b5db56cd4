package flux

import (
	"fmt"
	"path"
	"slices"

	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/apps"
)

// appPrefix keeps the Kustomizations of apps apart from those of components.
const appPrefix = "app-"

// apps writes the folders of the apps and the Kustomizations for them.
func (r *renderer) apps() error {
	var all []kustomization
	gates := r.gates()
	owner := map[string]string{} // by namespace, the app whose folder holds it
	for _, a := range r.cluster.Apps {
		dir := path.Join("apps", r.cluster.Name, a.Name)
		dependsOn := gates
		first, shared := owner[a.Namespace]
		if shared {
			dependsOn = append(slices.Clone(gates), appPrefix+first)
		} else {
			owner[a.Namespace] = a.Name
		}
		if a.Rollout != nil { // its kinds have to be known
			dependsOn = append(slices.Clone(dependsOn), r.last[a.Rollout.Controller])
			slices.Sort(dependsOn)
			dependsOn = slices.Compact(dependsOn)
		}
		files, err := apps.Render(a, !shared)
		if err != nil {
			return fmt.Errorf("app %s: %w", a.Name, err)
		}
		for _, f := range files {
			put := r.tree.Add
			if f.Seed {
				put = r.tree.Seed
			}
			if err := put(path.Join(dir, f.Name), f.Data); err != nil {
				return err
			}
		}
		all = append(all, kustomization{
			name: appPrefix + a.Name, path: dir, timeout: plainTimeout, dependsOn: dependsOn, scaled: a.Name,
			// A push to an app does not wait until the platform below it has
			// been applied again at that commit, nor for one that is ill.
			once: true,
		})
	}
	return r.kustomizations(appsFile, all...)
}

// gates are the Kustomizations that an app waits for: of the components whose
// admission webhooks are asked about the objects of an app.
func (r *renderer) gates() []string {
	var gates []string
	for i := range r.cluster.Components {
		c := &r.cluster.Components[i]
		if admits(c) {
			gates = append(gates, r.last[c.Name])
		}
	}
	slices.Sort(gates)
	return gates
}

func admits(c *platform.Component) bool {
	kinds := []string{
		"*", "*.*", "namespaces", "pods", "services", "serviceaccounts", "deployments.apps", "*.apps",
		"horizontalpodautoscalers.autoscaling", "poddisruptionbudgets.policy", "networkpolicies.networking.k8s.io",
	}
	for _, w := range c.Spec.Webhooks {
		if slices.ContainsFunc(w.Resources, func(resource string) bool { return slices.Contains(kinds, resource) }) {
			return true
		}
	}
	return false
}
