package flux

import (
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/apps"
)

const (
	// appPrefix keeps the Kustomizations of apps apart from those of components.
	appPrefix = "app-"
	// watchInterval is how soon a rollout's end is seen, watchRetry how often one
	// that was taken back is told of: each time is an event.
	watchInterval = "1m"
	watchRetry    = "5m"
)

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
		k := kustomization{
			name: appPrefix + a.Name, path: dir, timeout: plainTimeout, dependsOn: dependsOn, scaled: a.Name,
			// A push to an app does not wait until the platform below it has
			// been applied again at that commit, nor for one that is ill.
			once: true,
		}
		if a.Rollout != nil {
			r.watch(&k, a.Rollout)
		}
		all = append(all, k)
	}
	return r.kustomizations(appsFile, all...)
}

// watch has Flux look at a rollout's end, which comes when nothing is applied any
// more: the app is Ready while a rollout is under way, and no longer once it was
// taken back.
func (r *renderer) watch(k *kustomization, rollout *platform.Rollout) {
	for i := range r.cluster.Components {
		if c := &r.cluster.Components[i]; c.Name == rollout.Controller {
			k.health = ofKind(c.Spec.Health, rollout.Group+"/v1beta1", "Canary")
		}
	}
	k.interval, k.retryInterval = watchInterval, watchRetry
	// The controller looks once in an interval. It makes the first pods in one and
	// finds them ready in a later one.
	if every, err := time.ParseDuration(rollout.Canary.Interval); err == nil {
		k.timeout = max(k.timeout, (3*every + 3*time.Minute - 1).Truncate(time.Minute))
	}
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
