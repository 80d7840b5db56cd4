package coldstart

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The groups of Flux that matter here.
const (
	fluxSuffix         = ".toolkit.fluxcd.io"
	kustomizationGroup = "kustomize.toolkit.fluxcd.io"
	releaseGroup       = "helm.toolkit.fluxcd.io"
	sourceGroup        = "source.toolkit.fluxcd.io"
	webhookGroup       = "admissionregistration.k8s.io"
)

// builtinGroups are those that every API server serves.
func builtinGroups() []string {
	return []string{
		"", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps", "authentication.k8s.io",
		"authorization.k8s.io", "autoscaling", "batch", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io",
		"events.k8s.io", "flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io",
		"policy", "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io", "storagemigration.k8s.io",
	}
}

// clusterKinds are the built-in kinds without a namespace.
func clusterKinds() []string {
	return []string{
		"APIService", "CSIDriver", "CSINode", "CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding", "ClusterTrustBundle",
		"ComponentStatus", "CustomResourceDefinition", "DeviceClass", "DeviceTaintRule", "FlowSchema", "IPAddress", "IngressClass",
		"LeaseCandidate", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration", "Namespace", "Node",
		"PersistentVolume", "PriorityClass", "PriorityLevelConfiguration", "ResourceSlice", "RuntimeClass", "SelfSubjectAccessReview",
		"SelfSubjectReview", "SelfSubjectRulesReview", "ServiceCIDR", "StorageClass", "StorageVersion", "StorageVersionMigration",
		"SubjectAccessReview", "TokenReview", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
		"ValidatingWebhookConfiguration", "VolumeAttachment", "VolumeAttributesClass",
	}
}

// builtinNamespaces are those that exist before anything is applied.
func builtinNamespaces() []string {
	return []string{"default", "kube-node-lease", "kube-public", "kube-system", "flux-system"}
}

// definition is a CustomResourceDefinition.
type definition struct {
	name       string // plural.group
	plural     string
	namespaced bool
	served     []string
	storage    string
	conversion string // namespace/name of the Service that converts, "" for none
}

// define reads a CustomResourceDefinition.
func define(crd *unstructured.Unstructured) (schema.GroupKind, *definition) {
	d := &definition{
		plural: text(crd.Object, "spec", "names", "plural"), namespaced: text(crd.Object, "spec", "scope") != "Cluster", name: crd.GetName(),
	}
	for _, v := range entries(crd.Object, "spec", "versions") {
		version := text(v, "name")
		if served, ok, _ := unstructured.NestedBool(v, "served"); served || !ok {
			d.served = append(d.served, version)
		}
		if storage, _, _ := unstructured.NestedBool(v, "storage"); storage {
			d.storage = version
		}
	}
	if text(crd.Object, "spec", "conversion", "strategy") == "Webhook" {
		service := []string{"spec", "conversion", "webhook", "clientConfig", "service"}
		if name := text(crd.Object, append(service, "name")...); name != "" {
			d.conversion = text(crd.Object, append(service, "namespace")...) + "/" + name
		}
	}
	return schema.GroupKind{Group: text(crd.Object, "spec", "group"), Kind: text(crd.Object, "spec", "names", "kind")}, d
}

// EstablishesByNames finds the kinds that an object makes served in the forms
// that are in use: names at spec.names and spec.claimNames with spec.group, as
// a CustomResourceDefinition has them, or at spec.crd.spec.names, whose group
// is the controller's choice.
func EstablishesByNames(o *unstructured.Unstructured) []schema.GroupKind {
	var found []schema.GroupKind
	group := text(o.Object, "spec", "group")
	for _, field := range []string{"names", "claimNames"} {
		if kind := text(o.Object, "spec", field, "kind"); kind != "" && group != "" {
			found = append(found, schema.GroupKind{Group: group, Kind: kind})
		}
	}
	if kind := text(o.Object, "spec", "crd", "spec", "names", "kind"); kind != "" {
		found = append(found, schema.GroupKind{Kind: kind})
	}
	return found
}

// plurals are the names that a kind's resource may have, the likeliest first.
func plurals(kind string) []string {
	name := strings.ToLower(kind)
	last := name[max(0, len(name)-1):]
	switch {
	case name == "endpoints":
		return []string{name}
	case last == "y" && len(name) > 1 && !strings.ContainsRune("aeiou", rune(name[len(name)-2])):
		return []string{name[:len(name)-1] + "ies", name + "s", name}
	case last == "s" || last == "x" || strings.HasSuffix(name, "ch") || strings.HasSuffix(name, "sh"):
		return []string{name + "es", name, name + "s"}
	}
	return []string{name + "s", name, name + "es"}
}

func isDefinition(o *unstructured.Unstructured) bool {
	return o.GetKind() == "CustomResourceDefinition" && strings.HasPrefix(o.GetAPIVersion(), "apiextensions.k8s.io/")
}

func isNamespace(o *unstructured.Unstructured) bool {
	return o.GetKind() == "Namespace" && o.GetAPIVersion() == "v1"
}

// The stages in which kustomize-controller applies; each is checked as a whole
// before any of it is applied, and waited for before the next.
const (
	stageBegun = iota // nothing applied yet: what must come first is there
	stageDefinitions
	stageClasses
	stageCustom
	stageRest
)

// stageOf is fluxcd/pkg/ssa's ApplyAllStaged.
func stageOf(o *unstructured.Unstructured, custom []schema.GroupKind) int {
	switch {
	case isDefinition(o), isNamespace(o), o.GetKind() == "ClusterRole" && strings.HasPrefix(o.GetAPIVersion(), "rbac.authorization.k8s.io/"):
		return stageDefinitions
	case strings.HasSuffix(o.GetKind(), "Class"):
		return stageClasses
	case slices.Contains(custom, o.GroupVersionKind().GroupKind()):
		return stageCustom
	}
	return stageRest
}

// disabled says whether kustomize-controller leaves an object alone.
func disabled(o Object) bool {
	said := func(field, key, value string) bool {
		m, _, _ := nestedMap(o.Object, "metadata", field) // not copied
		s, _ := m[kustomizationGroup+key].(string)
		return strings.EqualFold(s, value)
	}
	return said("annotations", "/reconcile", "disabled") || said("labels", "/reconcile", "disabled") ||
		said("annotations", "/ssa", "ignore") || said("labels", "/ssa", "ignore")
}

func text(o map[string]any, fields ...string) string {
	s, _, _ := unstructured.NestedString(o, fields...)
	return s
}

// entries are the mappings of a list, not copied.
func entries(o map[string]any, fields ...string) []map[string]any {
	value, _, _ := unstructured.NestedFieldNoCopy(o, fields...)
	list, _ := value.([]any)
	var found []map[string]any
	for _, entry := range list {
		if m, ok := entry.(map[string]any); ok {
			found = append(found, m)
		}
	}
	return found
}

// texts are the strings of a list.
func texts(o map[string]any, fields ...string) []string {
	value, _, _ := unstructured.NestedFieldNoCopy(o, fields...)
	list, _ := value.([]any)
	var found []string
	for _, entry := range list {
		if s, ok := entry.(string); ok {
			found = append(found, s)
		}
	}
	return found
}

// flag is a boolean field.
func flag(o map[string]any, fields ...string) bool {
	b, _, _ := unstructured.NestedBool(o, fields...)
	return b
}
