package bootstrap

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// objects reads YAML documents of Flux objects in flux-system; FLUX stands for
// the labels of what Kustomization app applied, OURS for the commit's revision.
func objects(t *testing.T, text string) map[string]*unstructured.Unstructured {
	t.Helper()
	text = strings.NewReplacer(
		"FLUX", `{kustomize.toolkit.fluxcd.io/name: app, kustomize.toolkit.fluxcd.io/namespace: flux-system}`,
		"OURS", "main@sha1:ours", "THEIRS", "main@sha1:theirs",
	).Replace(text)
	found := map[string]*unstructured.Unstructured{}
	for doc := range strings.SplitSeq(text, "---\n") {
		o := &unstructured.Unstructured{}
		data, err := yaml.YAMLToJSON([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		if err := o.UnmarshalJSON(data); err != nil {
			t.Fatalf("%v in %s", err, doc)
		}
		o.SetNamespace(fluxNamespace)
		found[name(o)] = o
	}
	return found
}

const (
	rootReady = `apiVersion: v1
kind: Kustomization
metadata: {name: flux-system, generation: 1}
status: {observedGeneration: 1, lastAppliedRevision: OURS, conditions: [{type: Ready, status: "True"}]}
---
`
	rootBroken = `apiVersion: v1
kind: Kustomization
metadata: {name: flux-system, generation: 1}
status: {lastAttemptedRevision: OURS, conditions: [{type: Ready, status: "False", reason: BuildFailed}]}
---
`
	rootBehind = `apiVersion: v1
kind: Kustomization
metadata: {name: flux-system, generation: 1}
status: {observedGeneration: 1, lastAppliedRevision: THEIRS, conditions: [{type: Ready, status: "True"}]}
---
`
	appUnhealthy = `apiVersion: v1
kind: Kustomization
metadata: {name: app, generation: 1}
status: {lastAttemptedRevision: OURS, conditions: [{type: Ready, status: "False", reason: HealthCheckFailed}]}
---
`
	releaseGivenUp = `apiVersion: v1
kind: HelmRelease
metadata: {name: app, generation: 2, labels: FLUX}
status: {conditions: [{type: Ready, status: "False"}, {type: Stalled, status: "True", reason: RetriesExceeded, observedGeneration: 2}]}
`
)

// TestStuck: what Flux has given up, and what only looks like it.
func TestStuck(t *testing.T) {
	t.Parallel()
	const app, release = "Kustomization/flux-system/app", "HelmRelease/flux-system/app"
	for name, test := range map[string]struct {
		objects string
		want    string
	}{
		"a commit that does not build": {rootReady + `apiVersion: v1
kind: Kustomization
metadata: {name: app}
status: {lastAttemptedRevision: OURS, conditions: [{type: Ready, status: "False", reason: BuildFailed}]}
`, app},
		"another commit did not build": {rootReady + `apiVersion: v1
kind: Kustomization
metadata: {name: app}
status: {lastAttemptedRevision: THEIRS, conditions: [{type: Ready, status: "False", reason: BuildFailed}]}
`, ""},
		"it does not build, but needs a key that may come": {rootReady + `apiVersion: v1
kind: Kustomization
metadata: {name: app}
spec: {decryption: {provider: sops}}
status: {lastAttemptedRevision: OURS, conditions: [{type: Ready, status: "False", reason: BuildFailed}]}
`, ""},
		"it does not build, but needs values that may come": {rootReady + `apiVersion: v1
kind: Kustomization
metadata: {name: app}
spec: {postBuild: {substituteFrom: [{kind: ConfigMap, name: x}]}}
status: {lastAttemptedRevision: OURS, conditions: [{type: Ready, status: "False", reason: BuildFailed}]}
`, ""},
		"it did not build, but may be another one soon": {rootBehind + `apiVersion: v1
kind: Kustomization
metadata: {name: app}
status: {lastAttemptedRevision: OURS, conditions: [{type: Ready, status: "False", reason: BuildFailed}]}
`, ""},
		"never applied, for the root does not build": {rootBroken + `apiVersion: v1
kind: Namespace
metadata: {name: x}
`, "Kustomization/flux-system/flux-system"},
		"not applied yet": {rootReady + `apiVersion: v1
kind: Namespace
metadata: {name: x}
`, ""},
		"a release without retries left": {rootReady + appUnhealthy + releaseGivenUp, release},
		"its health is being looked at": {rootReady + strings.ReplaceAll(appUnhealthy, `"False", reason: HealthCheckFailed`, `Unknown, reason: Progressing`) +
			releaseGivenUp, ""},
		"its controller is at it again": {rootReady + appUnhealthy + strings.Replace(releaseGivenUp, `{type: Ready`, `{type: Reconciling, status: "True"}, {type: Ready`, 1), ""},
		"it was given up as it was before": {
			rootReady + appUnhealthy + strings.Replace(releaseGivenUp, "observedGeneration: 2", "observedGeneration: 1", 1), "",
		},
		"a release of another one": {rootReady + appUnhealthy + strings.Replace(releaseGivenUp, "labels: FLUX", "labels: {}", 1), ""},
		"unhealthy, and nothing is given up": {rootReady + appUnhealthy + `apiVersion: v1
kind: HelmRelease
metadata: {name: app, labels: FLUX}
status: {conditions: [{type: Ready, status: "False", reason: InstallFailed}]}
`, ""},
		"a dependency of what is given up": {rootReady + `apiVersion: v1
kind: Kustomization
metadata: {name: app}
spec: {dependsOn: [{name: base}]}
status: {conditions: [{type: Ready, status: "False", reason: DependencyNotReady}]}
---
apiVersion: v1
kind: Kustomization
metadata: {name: base}
status: {lastAttemptedRevision: OURS, conditions: [{type: Ready, status: "False", reason: BuildFailed}]}
`, "Kustomization/flux-system/base"},
		"a dependency that is on its way": {rootReady + `apiVersion: v1
kind: Kustomization
metadata: {name: app}
spec: {dependsOn: [{name: base}]}
status: {conditions: [{type: Ready, status: "False", reason: DependencyNotReady}]}
---
apiVersion: v1
kind: Kustomization
metadata: {name: base}
status: {conditions: [{type: Ready, status: Unknown, reason: Progressing}]}
`, ""},
		"a circle of dependencies": {rootReady + `apiVersion: v1
kind: Kustomization
metadata: {name: app}
spec: {dependsOn: [{name: app}]}
status: {conditions: [{type: Ready, status: "False", reason: DependencyNotReady}]}
`, ""},
		"a source that can never be fetched": {rootReady + `apiVersion: v1
kind: Kustomization
metadata: {name: app}
spec: {sourceRef: {kind: GitRepository, name: flux-system}}
---
apiVersion: v1
kind: GitRepository
metadata: {name: flux-system, generation: 1}
status: {conditions: [{type: Stalled, status: "True", observedGeneration: 1}]}
`, "GitRepository/flux-system/flux-system"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expected := []kustomization{{fluxNamespace, fluxName}, {fluxNamespace, "app"}}
			got := stuck("ours", expected, objects(t, test.objects))
			if want := strings.Fields(test.want); !slices.Equal(got, want) {
				t.Fatalf("got %v, want %v", got, want)
			}
		})
	}
}

// TestStuckNeedsAll: one that may become ready is worth the wait.
func TestStuckNeedsAll(t *testing.T) {
	t.Parallel()
	expected := []kustomization{{fluxNamespace, fluxName}, {fluxNamespace, "app"}, {fluxNamespace, "other"}}
	got := stuck("ours", expected, objects(t, rootReady+appUnhealthy+releaseGivenUp+`---
apiVersion: v1
kind: Kustomization
metadata: {name: other}
status: {conditions: [{type: Ready, status: Unknown, reason: Progressing}]}
`))
	if len(got) > 0 {
		t.Fatalf("given up: %v", got)
	}
}
