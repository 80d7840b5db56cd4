//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// stamped are the resources whose objects a rerun must leave as they are.
func stamped() []schema.GroupVersionResource {
	return []schema.GroupVersionResource{
		{Group: "source.toolkit.fluxcd.io", Version: "v1", Resource: "gitrepositories"},
		{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Resource: "kustomizations"},
		{Group: "helm.toolkit.fluxcd.io", Version: "v2", Resource: "helmreleases"},
		{Group: "notification.toolkit.fluxcd.io", Version: "v1", Resource: "receivers"},
		{Group: "apps", Version: "v1", Resource: "deployments"},
		{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"},
		{Version: "v1", Resource: "namespaces"},
	}
}

// stamps are uid and generation of the objects, by resource and name.
func (s *sandbox) stamps(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, resource := range stamped() {
		list, err := s.client.Resource(resource).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list.Items {
			found[resource.Resource+"/"+o.GetNamespace()+"/"+o.GetName()] = fmt.Sprintf("%s at generation %d", o.GetUID(), o.GetGeneration())
		}
	}
	return found
}

func sameStamps(t *testing.T, before, after map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if before[name] != after[name] {
			t.Errorf("%s was %q, is %q", name, before[name], after[name])
		}
	}
	for name := range before {
		if after[name] == "" {
			t.Errorf("%s is gone", name)
		}
	}
}

// TestRerunChangesNothing runs again with nothing to do.
func TestRerunChangesNothing(t *testing.T) {
	dir := shared.ensure(t)
	head, before := shared.head(t, shared.url), shared.stamps(t)
	got := shared.succeed(t, dir)
	t.Log(strings.TrimSpace(got.Stderr))
	if now := shared.head(t, shared.url); now != head {
		t.Errorf("main was at %s, is at %s", head, now)
	}
	after := shared.stamps(t)
	sameStamps(t, before, after)
	t.Logf("%d objects are the same", len(after))
	doctor := shared.run(t, dir, "doctor", "--cluster", "dev")
	for _, want := range []string{"✓ repository and cluster: ", "✓ state of the cluster: "} {
		if !strings.Contains(doctor.Stdout, want) {
			t.Errorf("doctor does not say %q:\n%s%s", want, doctor.Stdout, doctor.Stderr)
		}
	}
	sameStamps(t, after, shared.stamps(t))
}
