package object

import (
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"
)

// PodSecurityVersion pins the Pod Security Standards, so that an upgrade of
// Kubernetes does not change what is let in.
const PodSecurityVersion = "v1.36"

// KeepAnnotation keeps Flux from deleting an object that is no longer in Git.
const KeepAnnotation = "kustomize.toolkit.fluxcd.io/prune"

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// New returns an object: apiVersion, kind, metadata with name and namespace
// (left out when empty), then more pairs.
func New(apiVersion, kind, namespace, name string, pairs ...any) *yaml.Node {
	meta := Map("name", name)
	if namespace != "" {
		meta = Map("name", name, "namespace", namespace)
	}
	return Map(append([]any{"apiVersion", apiVersion, "kind", kind, "metadata", meta}, pairs...)...)
}

// Meta adds pairs, such as labels, to an object's metadata.
func Meta(o *yaml.Node, pairs ...any) *yaml.Node {
	for i := 0; i+1 < len(o.Content); i += 2 {
		if o.Content[i].Value == "metadata" {
			o.Content[i+1].Content = append(o.Content[i+1].Content, Map(pairs...).Content...)
		}
	}
	return o
}

// TierLabel is on every namespace, so that policies can tell the platform's own
// from those of apps.
const TierLabel = "groundwork.dev/tier"

// AutoscaledLabel says "true" of a workload that an autoscaler scales, so that
// policies do not look for its replicas in Git.
const AutoscaledLabel = "groundwork.dev/autoscaled"

// Tier is a value of TierLabel.
type Tier string

// The tiers.
const (
	TierPlatform Tier = "platform"
	TierApp      Tier = "app"
)

// Namespace returns a namespace with a Pod Security level. It stays when it
// leaves Git: whatever it still holds, volumes above all, would go with it.
func Namespace(name string, tier Tier, level string, labels map[string]string) *yaml.Node {
	all := map[string]string{}
	for _, mode := range []string{"enforce", "audit", "warn"} {
		all["pod-security.kubernetes.io/"+mode] = level
		all["pod-security.kubernetes.io/"+mode+"-version"] = PodSecurityVersion
	}
	maps.Copy(all, labels)
	all[TierLabel] = string(tier)
	o := New("v1", "Namespace", "", name)
	return Meta(o, "labels", all,
		"annotations", Comment(Map(KeepAnnotation, "disabled"), KeepAnnotation, "Leaving Git does not delete the namespace and what it holds."))
}

// Kustomization returns a kustomization of files and folders.
func Kustomization(resources []string, pairs ...any) *yaml.Node {
	return Map(append([]any{
		"apiVersion", "kustomize.config.k8s.io/v1beta1", "kind", "Kustomization", "resources", resources,
	}, pairs...)...)
}
