package explain_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/explain"
)

// objects reads YAML documents.
func objects(t *testing.T, text string) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for doc := range strings.SplitSeq(text, "\n---\n") {
		var o unstructured.Unstructured
		data, err := yaml.YAMLToJSON([]byte(doc))
		if err != nil {
			t.Fatalf("%v in:\n%s", err, doc)
		}
		if err := o.UnmarshalJSON(data); err != nil {
			t.Fatalf("%v in:\n%s", err, doc)
		}
		all = append(all, &o)
	}
	return all
}

// kustomization is one that is not Ready, with a message.
func kustomization(name, reason, message string) string {
	return `
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: ` + name + `, namespace: flux-system}
spec: {sourceRef: {kind: GitRepository, name: flux-system}}
status:
  conditions:
  - {type: Ready, status: "False", reason: ` + reason + `, message: '` + strings.ReplaceAll(message, "'", "''") + `'}`
}

const labels = `labels: {kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux-system}`

// deployment is one without ready pods that Kustomization apps applied, with
// its ReplicaSet.
const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: web, ` + labels + `}
spec: {replicas: 3}
status: {readyReplicas: 1}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-1, namespace: web, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: d}]}
spec: {replicas: 3}`

func pod(status string) string {
	return `
apiVersion: v1
kind: Pod
metadata: {name: web-1-a, namespace: web, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-1, uid: r}]}
status: ` + status
}

func event(kind, name, reason, message string) string {
	return `
apiVersion: v1
kind: Event
metadata: {name: e, namespace: web}
involvedObject: {kind: ` + kind + `, namespace: web, name: ` + name + `}
type: Warning
reason: ` + reason + `
lastTimestamp: "2026-11-23T02:00:00Z"
message: '` + strings.ReplaceAll(message, "'", "''") + `'`
}

func release(reason, message string) string {
	return `
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: web, ` + labels + `}
status:
  conditions:
  - {type: Ready, status: "False", reason: ` + reason + `, message: '` + strings.ReplaceAll(message, "'", "''") + `'}`
}

func source(message string) string {
	return `
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {url: "https://git.example.com/team/platform", ref: {branch: main}, secretRef: {name: flux-system}}
status:
  conditions:
  - {type: Ready, status: "False", reason: GitOperationFailed, message: '` + strings.ReplaceAll(message, "'", "''") + `'}`
}

func TestExplain(t *testing.T) {
	t.Parallel()
	unhealthy := kustomization("apps", "HealthCheckFailed", "health check failed after 5m: timeout waiting for: [Deployment/web/web status: 'InProgress']")
	for name, test := range map[string]struct {
		docs  []string
		logs  map[string]string
		cause string
		fix   string
		chain string // the objects, joined by a space
	}{
		"image that is not there": {
			docs: []string{
				unhealthy, deployment,
				pod(`{phase: Pending, containerStatuses: [{name: web, image: "ghcr.io/team/web:1.2.4", state: {waiting: {reason: ImagePullBackOff, message: 'Back-off pulling image'}}}]}`),
				event("Pod", "web-1-a", "Failed", `Failed to pull image "ghcr.io/team/web:1.2.4": not found`),
			},
			cause: "image ghcr.io/team/web:1.2.4 of Pod/web/web-1-a cannot be pulled: Failed to pull image \"ghcr.io/team/web:1.2.4\": not found",
			fix:   "correct the image's name or tag",
			chain: "Kustomization/flux-system/apps Deployment/web/web Pod/web/web-1-a",
		},
		"rollout behind pods that still run": {
			docs: []string{
				kustomization("apps", "Progressing", "Reconciliation in progress"), strings.Replace(deployment, "{readyReplicas: 1}",
					"{observedGeneration: 2, replicas: 4, updatedReplicas: 1, readyReplicas: 3, unavailableReplicas: 1}", 1),
				pod(`{phase: Pending, containerStatuses: [{name: web, image: "x:2", state: {waiting: {reason: ErrImagePull, message: 'not found'}}}]}`),
			},
			cause: "image x:2 of Pod/web/web-1-a cannot be pulled: not found",
			chain: "Kustomization/flux-system/apps Deployment/web/web Pod/web/web-1-a",
		},
		"image pull, first failure": {
			docs: []string{
				unhealthy, deployment,
				pod(`{phase: Pending, containerStatuses: [{name: web, image: "x:1", state: {waiting: {reason: ErrImagePull, message: 'no such host'}}}]}`),
			},
			cause: "image x:1 of Pod/web/web-1-a cannot be pulled: no such host",
		},
		"rollout that was taken back": {
			docs:  []string{kustomization("apps", "HealthCheckFailed", "health check failed after 32ms: failed early due to stalled resources: [Canary/shop/web status: 'Failed']")},
			cause: "the rollout of Canary/shop/web was taken back: users have the version before, and Git names the one that failed",
			fix:   "see why with 'kubectl -n shop describe canary web', and take it back in Git: bootstrap promote --revert",
			chain: "Kustomization/flux-system/apps",
		},
		"missing CRD": {
			docs:  []string{kustomization("apps", "ReconciliationFailed", `Certificate/web/tls dry-run failed: no matches for kind "Certificate" in version "cert-manager.io/v1"`)},
			cause: "the cluster has no kind Certificate of cert-manager.io/v1, which Kustomization/flux-system/apps uses: its CustomResourceDefinition is missing",
			fix:   "enable the component that provides the kind",
			chain: "Kustomization/flux-system/apps",
		},
		"values that the chart's schema refuses": {
			docs: []string{unhealthy, release("InstallFailed", "Helm install failed: values don't meet the specifications of the schema(s) in the following chart(s):\ncert-manager:\n- at '/replicaCount': got string, want number")},
			// The message is kept whole: it names the value.
			cause: "the values of HelmRelease/web/web do not fit the chart: cert-manager: - at '/replicaCount': got string, want number",
			fix:   "correct the component's values",
			chain: "Kustomization/flux-system/apps HelmRelease/web/web",
		},
		"values that do not render": {
			docs:  []string{unhealthy, release("InstallFailed", "Helm install failed: execution error at (web/templates/d.yaml:3:4): image.tag is required")},
			cause: "the chart of HelmRelease/web/web does not render with these values: web/templates/d.yaml:3:4): image.tag is required",
		},
		"pod that fits nowhere": {
			docs: []string{
				unhealthy, deployment,
				pod(`{phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: '0/1 nodes are available: 1 Insufficient memory.'}]}`),
			},
			cause: "Pod/web/web-1-a fits on no node: 0/1 nodes are available: 1 Insufficient memory.",
			fix:   "add nodes, or lower the requests",
		},
		"crash loop": {
			docs: []string{
				unhealthy, deployment,
				pod(`{phase: Running, containerStatuses: [{name: web, image: x, state: {waiting: {reason: CrashLoopBackOff, message: back-off}}, lastState: {terminated: {exitCode: 2, reason: Error}}}]}`),
			},
			logs:  map[string]string{"web/web-1-a/web": "starting\npanic: no such table: users\n"},
			cause: "container web of Pod/web/web-1-a ends with exit code 2, its last words: panic: no such table: users",
			fix:   "--previous",
		},
		"out of memory": {
			docs: []string{
				unhealthy, deployment,
				pod(`{phase: Running, containerStatuses: [{name: web, image: x, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 137, reason: OOMKilled}}}]}`),
			},
			cause: "container web of Pod/web/web-1-a ends with exit code 137: it needs more memory than its limit",
		},
		"quota": {
			docs: []string{unhealthy, deployment, event("ReplicaSet", "web-1", "FailedCreate",
				`Error creating: pods "web-1-x" is forbidden: exceeded quota: compute, requested: cpu=1, used: cpu=4, limited: cpu=4`)},
			cause: "quota compute of its namespace is used up: requested: cpu=1, used: cpu=4, limited: cpu=4",
			chain: "Kustomization/flux-system/apps Deployment/web/web ReplicaSet/web/web-1",
		},
		"pod security": {
			docs: []string{unhealthy, deployment, event("ReplicaSet", "web-1", "FailedCreate",
				`Error creating: pods "web-1-x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true`)},
			cause: `pods web-1-x was refused: violates PodSecurity "restricted:latest": runAsNonRoot != true`,
		},
		"missing secret": {
			docs: []string{
				unhealthy, deployment,
				pod(`{phase: Pending, containerStatuses: [{name: web, image: x, state: {waiting: {reason: CreateContainerConfigError, message: 'secret "db" not found'}}}]}`),
			},
			cause: `container web of Pod/web/web-1-a cannot be configured: secret "db" not found`,
			fix:   "create the Secret",
		},
		"missing volume": {
			docs: []string{
				unhealthy, deployment, pod(`{phase: Pending}`),
				event("Pod", "web-1-a", "FailedMount", `MountVolume.SetUp failed for volume "tls" : secret "tls" not found`),
			},
			cause: "Pod/web/web-1-a needs Secret tls, which does not exist",
		},
		"webhook without endpoints": {
			docs: []string{
				kustomization("apps", "ReconciliationFailed", `Deployment/web/web dry-run failed (InternalError): Internal error occurred: failed calling webhook "validate.example.com": no endpoints available for service "guard"`),
				"apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: guard}\nwebhooks: [{name: validate.example.com, clientConfig: {service: {name: guard, namespace: guard-system}}}]",
			},
			cause: "webhook validate.example.com (ValidatingWebhookConfiguration/guard) refuses everything it guards because service guard-system/guard does not answer; that blocks Kustomization/flux-system/apps",
			fix:   "bring up the pods of service guard-system/guard",
			chain: "Kustomization/flux-system/apps ValidatingWebhookConfiguration/guard",
		},
		"source: credentials": {
			docs:  []string{kustomization("apps", "ArtifactFailed", "Source artifact not found, retrying in 30s"), source("failed to checkout and determine revision: unable to list remote: authentication required")},
			cause: "GitRepository/flux-system/flux-system may not read https://git.example.com/team/platform: its credentials are not accepted",
			fix:   "Secret/flux-system/flux-system",
			chain: "Kustomization/flux-system/apps GitRepository/flux-system/flux-system",
		},
		"source: branch": {
			docs:  []string{kustomization("apps", "ArtifactFailed", "Source artifact not found, retrying in 30s"), source(`failed to checkout and determine revision: couldn't find remote ref "refs/heads/main"`)},
			cause: `https://git.example.com/team/platform has no branch or tag "main"`,
		},
		"dependency": {
			docs: []string{
				strings.Replace(kustomization("apps", "DependencyNotReady", "dependency 'flux-system/db' is not ready"), "spec: {", "spec: {dependsOn: [{name: db}], ", 1),
				kustomization("db", "ReconciliationFailed", `no matches for kind "Cluster" in version "postgres.example.com/v1"`),
			},
			cause: "the cluster has no kind Cluster of postgres.example.com/v1, which Kustomization/flux-system/db uses: its CustomResourceDefinition is missing",
			chain: "Kustomization/flux-system/db",
		},
		"circle of dependencies": {
			docs: []string{
				strings.Replace(kustomization("a", "DependencyNotReady", "dependency 'flux-system/b' is not ready"), "spec: {", "spec: {dependsOn: [{name: b}], ", 1),
				strings.Replace(kustomization("b", "DependencyNotReady", "dependency 'flux-system/a' is not ready"), "spec: {", "spec: {dependsOn: [{name: a}], ", 1),
			},
			cause: "circle of dependsOn through Kustomization/flux-system/",
		},
		"nothing but a message": {
			docs:  []string{kustomization("apps", "BuildFailed", "kustomize build failed: accumulating resources: no such file")},
			cause: "Kustomization/flux-system/apps: BuildFailed: kustomize build failed: accumulating resources: no such file",
		},
		"forbidden by a policy": {
			docs:  []string{kustomization("apps", "ReconciliationFailed", `Deployment/web/web dry-run failed (Forbidden): deployments.apps "web" is forbidden: User "system:serviceaccount:x:y" cannot patch resource`)},
			cause: `deployments.apps web was refused: User "system:serviceaccount:x:y" cannot patch resource`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := explain.Explain(explain.Snapshot{Objects: objects(t, strings.Join(test.docs, "\n---\n")), Logs: test.logs})
			if d == nil || !strings.HasPrefix(d.Cause, test.cause) || !strings.Contains(d.Fix, test.fix) {
				t.Fatalf("got %v\nwant cause %s\nfix %s", d, test.cause, test.fix)
			}
			var chain []string
			for _, link := range d.Chain {
				chain = append(chain, link.Object)
			}
			if test.chain != "" && strings.Join(chain, " ") != test.chain {
				t.Fatalf("chain %v, want %s", chain, test.chain)
			}
		})
	}
}

func TestOneCauseForAllThatWait(t *testing.T) {
	t.Parallel()
	waits := func(name string) string {
		return strings.Replace(kustomization(name, "DependencyNotReady", "dependency 'flux-system/db' is not ready"), "spec: {", "spec: {dependsOn: [{name: db}], ", 1)
	}
	d := explain.Explain(explain.Snapshot{Objects: objects(t, strings.Join([]string{
		waits("a"), waits("b"), kustomization("db", "ReconciliationFailed", `no matches for kind "X" in version "y/v1"`),
	}, "\n---\n"))})
	if d == nil || len(d.Affected) != 2 || d.Chain[0].Object != "Kustomization/flux-system/db" {
		t.Fatalf("got %v", d)
	}
}

func TestEverythingReady(t *testing.T) {
	t.Parallel()
	text := strings.Replace(kustomization("apps", "ReconciliationSucceeded", "done"), `status: "False"`, `status: "True"`, 1)
	if d := explain.Explain(explain.Snapshot{Objects: objects(t, text)}); d != nil {
		t.Fatalf("got %v", d)
	}
}
