package catalog

import (
	"strings"
	"testing"

	"k8s.io/client-go/kubernetes/scheme"
)

// TestBuiltinGroups keeps the list complete when Kubernetes gets an API group.
func TestBuiltinGroups(t *testing.T) {
	t.Parallel()
	for _, version := range scheme.Scheme.PrioritizedVersionsAllGroups() {
		if custom(version.Group) {
			t.Errorf("%s is not among the groups that every API server has", version.Group)
		}
	}
	for _, group := range builtinGroups() {
		if !strings.HasSuffix(group, ".k8s.io") || custom(group) {
			t.Errorf("%s", group)
		}
	}
}
