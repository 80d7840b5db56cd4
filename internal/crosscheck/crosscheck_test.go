package crosscheck_test

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/crosscheck"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/manifest"
)

// objects parses documents; each stands in a line of its own number.
func objects(t *testing.T, text string) []manifest.Object {
	t.Helper()
	var all []manifest.Object
	for i, doc := range strings.Split(strings.TrimSpace(text), "\n") {
		o := &unstructured.Unstructured{}
		text, err := yaml.YAMLToJSON([]byte(doc))
		if err == nil {
			err = utiljson.Unmarshal(text, &o.Object)
		}
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		all = append(all, manifest.Object{Unstructured: o, At: manifest.Place(diag.Position{File: "f", Line: i + 1})})
	}
	return all
}

const (
	zone     = "topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: a}}}]"
	workload = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, namespace: x%s}, spec: {replicas: %d, template: {metadata: {labels: {app: a}}, spec: {%s, containers: [{name: c, image: '%s'}]}}}}\n"
	budget   = "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: a, namespace: x}, spec: {%s, selector: {matchLabels: {app: a}}}}\n"
	deny     = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny, namespace: %s}, spec: {podSelector: {}, policyTypes: [Ingress, Egress]}}\n"
	names    = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: dns, namespace: %s}, spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}], ports: [{port: 53, protocol: UDP}]}]}}\n"
	anywhere = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: out, namespace: x}, spec: {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 443}]}]}}\n"
	webhook  = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: hook, namespace: x}, spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{%s ports: [{port: 8443}]}]}}\n"
	scraper  = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: p, namespace: m}, spec: {template: {metadata: {labels: {app: p}}, spec: {containers: [{name: c, image: 'a:1'}]}}}}\n"
	fromM    = "from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: m}}, podSelector: {matchLabels: {app: p}}}],"
	toX      = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: scrape, namespace: m}, spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: x}}, podSelector: {matchLabels: {app: a}}}], ports: [{port: %s}]}]}}\n"
	release  = "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: r, namespace: x}, spec: {values: {sa: {annotations: {eks.amazonaws.com/role-arn: 'arn:aws:iam::1:role/a.x.sa.prod.example.com'}}, %s}}}\n"
	account  = "{apiVersion: v1, kind: ServiceAccount, metadata: {name: %s, namespace: x, annotations: {eks.amazonaws.com/role-arn: 'arn:aws:iam::1:role/a.x.sa.prod.example.com'}}}\n"
)

func deployment(replicas int, spec, image string) string {
	return fmt.Sprintf(workload, "", replicas, spec, image)
}

func TestAll(t *testing.T) {
	t.Parallel()
	ok := deployment(2, zone, "a:1")
	away := fmt.Sprintf(budget, "maxUnavailable: 1")
	for name, test := range map[string]struct{ objects, want string }{
		"survives":           {ok + away, ""},
		"anti-affinity":      {deployment(2, "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: topology.kubernetes.io/zone}]}}", "a:1") + away, ""},
		"one pod":            {deployment(1, zone, "a:1"), "1 one-pod Deployment x/a has one pod"},
		"one pod, accepted":  {fmt.Sprintf(workload, ", annotations: {accept.groundwork.dev/one-pod: because}", 1, zone, "a:1"), "accepted 1"},
		"accepted by nobody": {fmt.Sprintf(workload, ", annotations: {accept.groundwork.dev/one-pod: ''}", 1, zone, "a:1"), "1 one-pod"},
		"none":               {deployment(0, zone, "a:1"), ""},
		"an autoscaler's":    {deployment(1, zone, "a:1") + "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: a, namespace: x}, spec: {minReplicas: 3, scaleTargetRef: {kind: Deployment, name: a}}}\n" + away, ""},
		"one zone":           {deployment(3, "hostNetwork: false", "a:1") + away, "1 spread nothing spreads the 3 pods of Deployment x/a over zones"},
		"no budget":          {ok, "1 budget no PodDisruptionBudget is about Deployment x/a"},
		"a closed budget":    {ok + fmt.Sprintf(budget, "minAvailable: 2"), "1 budget PodDisruptionBudget x/a lets none of the 2 pods of Deployment x/a go"},
		"a budget by half":   {ok + fmt.Sprintf(budget, "minAvailable: 50%"), ""},

		"latest":   {deployment(2, zone, "a:latest") + away, "1 pinned-images image a:latest is not pinned"},
		"no tag":   {deployment(2, zone, "host:5000/a") + away, "1 pinned-images image host:5000/a is not pinned"},
		"a digest": {deployment(2, zone, "a@sha256:00") + away, ""},

		"a role":              {fmt.Sprintf(account, "a"), ""},
		"another's role":      {fmt.Sprintf(account, "b"), "1 roles role a.x.sa.prod.example.com trusts service account a, not b"},
		"another namespace":   {strings.Replace(fmt.Sprintf(account, "a"), "a.x.sa", "a.z.sa", 1), "1 roles role a.z.sa.prod.example.com trusts a service account of namespace z, and is named in namespace x"},
		"another cluster":     {strings.Replace(fmt.Sprintf(account, "a"), "sa.prod", "sa.dev", 1), "1 roles role a.x.sa.dev.example.com belongs to cluster dev.example.com, not to prod.example.com"},
		"a role, no token":    {fmt.Sprintf(account, "a") + deployment(2, zone+", serviceAccountName: a", "a:1") + away, "2 role-token Deployment x/a has a role in AWS and no token to show for it"},
		"a role, another's":   {fmt.Sprintf(account, "a") + deployment(2, zone+", serviceAccountName: a, volumes: [{name: t, projected: {sources: [{serviceAccountToken: {path: token, audience: other}}]}}]", "a:1', env: [{name: AWS_WEB_IDENTITY_TOKEN_FILE, value: /t/token}], imagePullPolicy: 'Always") + away, "2 role-token"},
		"a role and token":    {fmt.Sprintf(account, "a") + deployment(2, zone+", serviceAccountName: a, volumes: [{name: t, projected: {sources: [{serviceAccountToken: {path: token, audience: amazonaws.com}}]}}]", "a:1', env: [{name: AWS_WEB_IDENTITY_TOKEN_FILE, value: /t/token}], imagePullPolicy: 'Always") + away, ""},
		"values, no token":    {fmt.Sprintf(release, "env: {AWS_WEB_IDENTITY_TOKEN_FILE: /t/token}"), "1 role-token the service account of HelmRelease x/r has a role in AWS and no token to show for it"},
		"values, not told":    {fmt.Sprintf(release, "volumes: [{projected: {sources: [{serviceAccountToken: {audience: amazonaws.com}}]}}]"), "1 role-token"},
		"values and token":    {fmt.Sprintf(release, "env: [{name: AWS_WEB_IDENTITY_TOKEN_FILE, value: /t/token}], volumes: [{projected: {sources: [{serviceAccountToken: {audience: amazonaws.com}}]}}]"), ""},
		"a role in values":    {"{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: r, namespace: x}, spec: {values: {sa: {annotations: {eks.amazonaws.com/role-arn: 'arn:aws:iam::1:role/b.z.sa.prod.example.com'}}}}}", "1 roles role b.z.sa"},
		"names":               {ok + away + fmt.Sprintf(deny, "x") + fmt.Sprintf(names, "x") + anywhere, ""},
		"no names":            {ok + away + fmt.Sprintf(deny, "x") + anywhere, "1 dns network policies let Deployment x/a out, but not to the cluster's DNS"},
		"goes nowhere":        {ok + away + fmt.Sprintf(deny, "x"), ""},
		"webhook":             {ok + away + fmt.Sprintf(deny, "x") + fmt.Sprintf(webhook, ""), ""},
		"webhook, cut":        {ok + away + fmt.Sprintf(deny, "x") + fmt.Sprintf(webhook, "from: [{podSelector: {}}],"), "1 webhook-reach network policies of namespace x keep the API server from webhook h"},
		"webhook, no policy":  {ok + away, ""},
		"both ends":           {ok + away + scraper + fmt.Sprintf(deny, "x") + fmt.Sprintf(webhook, fromM) + fmt.Sprintf(deny, "m") + fmt.Sprintf(names, "m") + fmt.Sprintf(toX, "8443"), ""},
		"the other end":       {ok + away + scraper + fmt.Sprintf(deny, "x") + fmt.Sprintf(webhook, fromM) + fmt.Sprintf(deny, "m"), "5 both-ends opens TCP 8443 to StatefulSet m/p, whose own policies do not"},
		"another port":        {ok + away + scraper + fmt.Sprintf(deny, "x") + fmt.Sprintf(webhook, fromM) + fmt.Sprintf(deny, "m") + fmt.Sprintf(names, "m") + fmt.Sprintf(toX, "9090"), "both-ends opens TCP 9090 to Deployment x/a"},
		"the other is open":   {ok + away + scraper + fmt.Sprintf(deny, "x") + fmt.Sprintf(webhook, fromM), ""},
		"a range":             {ok + away + scraper + fmt.Sprintf(deny, "x") + fmt.Sprintf(webhook, fromM) + fmt.Sprintf(deny, "m") + fmt.Sprintf(names, "m") + fmt.Sprintf(toX, "8000, endPort: 9000") + strings.ReplaceAll(fmt.Sprintf(webhook, ""), "8443", "8000, endPort: 9000"), ""},
		"nobody at other end": {ok + away + fmt.Sprintf(deny, "x") + fmt.Sprintf(webhook, fromM), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := crosscheck.Cluster{HA: !strings.Contains(test.objects, "NetworkPolicy"), Domain: "prod.example.com", Units: []manifest.Unit{{Path: "a", Objects: objects(t, test.objects)}}}
			if strings.HasPrefix(name, "webhook") {
				c.Webhooks = []crosscheck.Webhook{{Object: c.Units[0].Objects[0], Name: "h", Namespace: "x"}}
			}
			faults, accepted := crosscheck.All(c)
			var got []string
			if accepted > 0 {
				got = append(got, fmt.Sprintf("accepted %d", accepted))
			}
			for _, f := range faults {
				got = append(got, fmt.Sprintf("%d %s %s", f.Object.At.Position().Line, f.Rule, f.Message))
			}
			if text := strings.Join(got, "; "); test.want == "" && text != "" || !strings.Contains(text, test.want) {
				t.Errorf("got %q, want %q", text, test.want)
			}
		})
	}
}

func TestTwoOwners(t *testing.T) {
	t.Parallel()
	cm := "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: x}}"
	faults, _ := crosscheck.All(crosscheck.Cluster{Units: []manifest.Unit{{Path: "a", Objects: objects(t, cm)}, {Path: "b", Objects: objects(t, "{kind: Other}\n"+cm)}}})
	if len(faults) != 1 || faults[0].Object.At.Position().Line != 2 || !strings.Contains(faults[0].Message, "Kustomizations a and b both apply ConfigMap x/a") {
		t.Errorf("%+v", faults)
	}
}

// TestSmall asks a cluster that may lose a zone for nothing of the kind.
func TestSmall(t *testing.T) {
	t.Parallel()
	if faults, _ := crosscheck.All(crosscheck.Cluster{Units: []manifest.Unit{{Path: "a", Objects: objects(t, deployment(1, zone, "a:1"))}}}); len(faults) > 0 {
		t.Errorf("%+v", faults)
	}
}
