//go:build e2e

package whole

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// inWaves holds the cluster to the waves that validate proved: what comes after
// something was made once that was installed, and everything that was to become
// ready is there. Times that later pushes do not change are compared: when a
// HelmRelease was created, and when its chart was installed first.
func inWaves(t *testing.T, client dynamic.Interface, cluster string) {
	t.Helper()
	bin := t.TempDir()
	command(t, 10*time.Minute, "go", "build", "-o", bin+"/", repository+"/cmd/bootstrap", repository+"/cmd/bootstrap-validate")
	var report struct {
		Clusters []struct {
			ColdStart struct {
				Steps []struct {
					Name  string
					After []string
				}
			}
		}
	}
	said := command(t, time.Minute, filepath.Join(bin, "bootstrap"), "validate", "--no-cache", "--cluster", cluster, "--output", "json", "--dir", repository)
	if err := json.Unmarshal([]byte(said), &report); err != nil {
		t.Fatal(err)
	}
	after := map[string][]string{}
	for _, step := range report.Clusters[0].ColdStart.Steps {
		after[step.Name] = step.After
	}
	created, installed := map[string]time.Time{}, map[string]time.Time{}
	for _, release := range list(t, client, schema.GroupVersionResource{Group: "helm.toolkit.fluxcd.io", Version: "v2", Resource: "helmreleases"}) {
		name := "HelmRelease/" + release.GetNamespace() + "/" + release.GetName()
		created[name], installed[name] = release.GetCreationTimestamp().Time, firstDeployed(t, release)
		if _, proven := after[name]; !proven {
			t.Errorf("%s is in no wave", name)
		}
	}
	compared := 0
	for name, made := range created {
		for _, before := range closure(after, name) {
			if at, ok := installed[before]; ok {
				compared++
				if made.Before(at.Truncate(time.Second)) {
					t.Errorf("%s was made at %s, before %s was installed at %s, which it comes after", name, made, before, at)
				}
			}
		}
	}
	if len(created) < 15 || compared < 30 {
		t.Errorf("%d releases, %d of them compared: too few to mean anything", len(created), compared)
	}
	t.Logf("%d pairs came in the order of the waves", compared)
}

// closure returns everything that a step comes after.
func closure(after map[string][]string, name string) []string {
	var all []string
	seen := map[string]bool{name: true}
	for next := []string{name}; len(next) > 0; next = next[1:] {
		for _, before := range after[next[0]] {
			if !seen[before] {
				seen[before] = true
				all, next = append(all, before), append(next, before)
			}
		}
	}
	return all
}

// firstDeployed is when a release's chart was installed.
func firstDeployed(t *testing.T, release unstructured.Unstructured) time.Time {
	t.Helper()
	history, _, _ := unstructured.NestedSlice(release.Object, "status", "history")
	if len(history) == 0 {
		t.Errorf("HelmRelease %s has no history", release.GetName())
		return time.Time{}
	}
	first, _ := history[len(history)-1].(map[string]any)
	text, _ := first["firstDeployed"].(string)
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(text))
	if err != nil {
		t.Errorf("HelmRelease %s: %v", release.GetName(), err)
	}
	return at
}
