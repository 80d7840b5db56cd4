package flux

import (
	"cmp"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/fluxsystem"
	"github.com/groundwork-dev/groundwork/internal/render/object"
)

// How often Flux looks, and how soon it tries again. Pushes come by webhook,
// and dependencies are looked at every five seconds (system.go).
const (
	interval      = "10m"
	retryInterval = "1m"
)

const configsSuffix = "-configs"

// stageName is the name of a stage's Kustomization.
func stageName(component string, s platform.Stage) string {
	if s.Name == "" {
		return component + configsSuffix
	}
	return component + configsSuffix + "-" + s.Name
}

// lastKustomizations names, by component, the last of its Kustomizations.
func lastKustomizations(c platform.Cluster) map[string]string {
	last := make(map[string]string, len(c.Components))
	for i := range c.Components {
		comp := &c.Components[i]
		last[comp.Name] = comp.Name
		if n := len(comp.Stages); n > 0 {
			last[comp.Name] = stageName(comp.Name, comp.Stages[n-1])
		}
	}
	return last
}

// kustomization is what differs between Flux Kustomizations.
type kustomization struct {
	name, path string
	timeout    time.Duration
	dependsOn  []string
	health     []catalog.HealthRule
	// scaled names a Deployment whose replicas an autoscaler sets.
	scaled string
	// interval and retryInterval are others than those of most.
	interval, retryInterval string
	// once is set where it is enough that what is depended on was ready once.
	once bool
}

// readyOnce is true of a Kustomization that was applied and found healthy at
// some revision: that is when kustomize-controller sets lastAppliedRevision.
const readyOnce = "has(dep.status) && has(dep.status.lastAppliedRevision)"

func (k kustomization) node() *yaml.Node {
	var dependsOn, health []*yaml.Node
	for _, name := range k.dependsOn {
		pairs := []any{"name", name}
		if k.once {
			pairs = append(pairs, "readyExpr", readyOnce)
		}
		dependsOn = append(dependsOn, object.Map(pairs...))
	}
	if k.once && len(dependsOn) > 0 {
		dependsOn[0].HeadComment = "Ready once is enough: a push does not wait until what is below is applied again."
	}
	for _, h := range k.health {
		pairs := []any{"apiVersion", h.APIVersion, "kind", h.Kind, "current", h.Current}
		if h.InProgress != "" {
			pairs = append(pairs, "inProgress", h.InProgress)
		}
		if h.Failed != "" {
			pairs = append(pairs, "failed", h.Failed)
		}
		health = append(health, object.Map(pairs...))
	}
	var pairs []any
	if len(dependsOn) > 0 {
		pairs = append(pairs, "dependsOn", dependsOn)
	}
	pairs = append(
		pairs, "interval", cmp.Or(k.interval, interval), "retryInterval", cmp.Or(k.retryInterval, retryInterval), "timeout", duration(k.timeout),
		"path", "./"+k.path, "prune", true, "wait", true,
		"sourceRef", object.Map("kind", "GitRepository", "name", fluxsystem.Namespace),
	)
	if len(health) > 0 {
		pairs = append(pairs, "healthCheckExprs", health)
	}
	if k.scaled != "" {
		rule := object.Map("paths", []string{"/spec/replicas"}, "target", object.Map("kind", "Deployment", "name", k.scaled))
		rule.HeadComment = "The autoscaler sets the replicas once the Deployment is there."
		pairs = append(pairs, "ignore", object.List(rule))
	}
	return object.New("kustomize.toolkit.fluxcd.io/v1", "Kustomization", fluxsystem.Namespace, k.name, "spec", object.Map(pairs...))
}

// healthRules are the component's rules for kinds that are among the objects.
func healthRules(rules []catalog.HealthRule, manifests []platform.Manifest) []catalog.HealthRule {
	var found []catalog.HealthRule
	for _, rule := range rules {
		for _, m := range manifests {
			if m.APIVersion == rule.APIVersion && m.Kind == rule.Kind {
				found = append(found, rule)
				break
			}
		}
	}
	return found
}

// ofKind are the rules for one kind.
func ofKind(rules []catalog.HealthRule, apiVersion, kind string) []catalog.HealthRule {
	return slices.DeleteFunc(slices.Clone(rules), func(rule catalog.HealthRule) bool {
		return rule.APIVersion != apiVersion || rule.Kind != kind
	})
}
