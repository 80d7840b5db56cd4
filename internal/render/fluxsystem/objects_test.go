package fluxsystem

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	psa "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

// documents returns the manifests' objects, as YAML, by "kind/name".
func documents(t *testing.T) map[string][]byte {
	t.Helper()
	objects := map[string][]byte{}
	for doc := range bytes.SplitSeq(Components(), []byte("\n---\n")) {
		var meta metav1.PartialObjectMetadata
		if err := yaml.Unmarshal(doc, &meta); err != nil {
			t.Fatalf("reading an object: %v\n%.200s", err, doc)
		}
		if meta.Kind == "" {
			continue // the first line of the file
		}
		key := meta.Kind + "/" + meta.Name
		if _, twice := objects[key]; twice {
			t.Errorf("%s is there twice", key)
		}
		objects[key] = doc
	}
	return objects
}

// object decodes one object and refuses fields that its kind does not have.
func object[T any](t *testing.T, objects map[string][]byte, key string) T {
	t.Helper()
	var v T
	doc, ok := objects[key]
	if !ok {
		t.Fatalf("%s is missing", key)
	}
	if err := yaml.UnmarshalStrict(doc, &v); err != nil {
		t.Fatalf("reading %s: %v", key, err)
	}
	return v
}

func TestObjectsAreTheseAndNoOthers(t *testing.T) {
	t.Parallel()
	want := []string{
		"ClusterRole/crd-controller-flux-system",
		"ClusterRole/flux-edit-flux-system",
		"ClusterRole/flux-view-flux-system",
		"ClusterRoleBinding/cluster-reconciler-flux-system",
		"ClusterRoleBinding/crd-controller-flux-system",
		"Namespace/flux-system",
		"NetworkPolicy/allow-egress",
		"NetworkPolicy/allow-scraping",
		"NetworkPolicy/allow-webhooks",
		"ResourceQuota/critical-pods-flux-system",
		"Service/notification-controller",
		"Service/source-controller",
		"Service/webhook-receiver",
	}
	for _, c := range Controllers() {
		want = append(want, "Deployment/"+c.Name, "ServiceAccount/"+c.Name)
	}
	for _, crd := range crds() {
		want = append(want, "CustomResourceDefinition/"+crd.name)
	}
	slices.Sort(want)
	objects := documents(t)
	var got []string
	for key, doc := range objects {
		got = append(got, key)
		labels := object[metav1.PartialObjectMetadata](t, map[string][]byte{key: metadataOnly(t, doc)}, key).Labels
		for label, value := range map[string]string{
			"app.kubernetes.io/instance": Namespace,
			"app.kubernetes.io/part-of":  "flux",
			"app.kubernetes.io/version":  Version,
		} {
			if labels[label] != value {
				t.Errorf("%s: label %s is %q, want %q", key, label, labels[label], value)
			}
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("objects are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// metadataOnly cuts an object down to what every kind has.
func metadataOnly(t *testing.T, doc []byte) []byte {
	t.Helper()
	var meta metav1.PartialObjectMetadata
	if err := yaml.Unmarshal(doc, &meta); err != nil {
		t.Fatal(err)
	}
	cut, err := yaml.Marshal(meta)
	if err != nil {
		t.Fatal(err)
	}
	return cut
}

func TestNamespace(t *testing.T) {
	t.Parallel()
	ns := object[corev1.Namespace](t, documents(t), "Namespace/flux-system")
	for label, want := range map[string]string{
		"pod-security.kubernetes.io/warn":         "restricted",
		"pod-security.kubernetes.io/warn-version": "latest",
	} {
		if got := ns.Labels[label]; got != want {
			t.Errorf("label %s is %q, want %q", label, got, want)
		}
	}
}

// crd is a kind, the controller that serves it and the version it is stored in.
type crd struct{ name, kind, controller, storage string }

func crds() []crd {
	const source, kustomize, helm, notification, image = ".source.toolkit.fluxcd.io", ".kustomize.toolkit.fluxcd.io",
		".helm.toolkit.fluxcd.io", ".notification.toolkit.fluxcd.io", ".image.toolkit.fluxcd.io"
	return []crd{
		{"buckets" + source, "Bucket", "source-controller", "v1"},
		{"externalartifacts" + source, "ExternalArtifact", "source-controller", "v1"},
		{"gitrepositories" + source, "GitRepository", "source-controller", "v1"},
		{"helmcharts" + source, "HelmChart", "source-controller", "v1"},
		{"helmrepositories" + source, "HelmRepository", "source-controller", "v1"},
		{"ocirepositories" + source, "OCIRepository", "source-controller", "v1"},
		{"kustomizations" + kustomize, "Kustomization", "kustomize-controller", "v1"},
		{"helmreleases" + helm, "HelmRelease", "helm-controller", "v2"},
		{"alerts" + notification, "Alert", "notification-controller", "v1beta3"},
		{"providers" + notification, "Provider", "notification-controller", "v1beta3"},
		{"receivers" + notification, "Receiver", "notification-controller", "v1"},
		{"imagepolicies" + image, "ImagePolicy", "image-reflector-controller", "v1"},
		{"imagerepositories" + image, "ImageRepository", "image-reflector-controller", "v1"},
		{"imageupdateautomations" + image, "ImageUpdateAutomation", "image-automation-controller", "v1"},
	}
}

func TestCRDs(t *testing.T) {
	t.Parallel()
	objects := documents(t)
	for _, want := range crds() {
		t.Run(want.kind, func(t *testing.T) {
			t.Parallel()
			got := object[apiextensionsv1.CustomResourceDefinition](t, objects, "CustomResourceDefinition/"+want.name)
			if got.Spec.Names.Kind != want.kind || got.Spec.Scope != apiextensionsv1.NamespaceScoped {
				t.Errorf("kind %s, scope %s; want %s, Namespaced", got.Spec.Names.Kind, got.Spec.Scope, want.kind)
			}
			if label := got.Labels["app.kubernetes.io/component"]; label != want.controller {
				t.Errorf("component is %q, want %q", label, want.controller)
			}
			var stored []string
			for _, v := range got.Spec.Versions {
				if v.Storage {
					stored = append(stored, v.Name)
				}
				if v.Schema == nil || v.Subresources == nil && want.kind != "Alert" && want.kind != "Provider" {
					t.Errorf("version %s has no schema or no status", v.Name)
				}
			}
			if !slices.Equal(stored, []string{want.storage}) {
				t.Errorf("stored as %v, want %s", stored, want.storage)
			}
		})
	}
}

// deployment is what a controller's Deployment must be.
type deployment struct {
	args     []string
	ports    []string
	ready    string
	writable []string
	grace    int64
	strategy appsv1.DeploymentStrategyType
	priority string
	cpu      string
}

const (
	events   = "--events-addr=http://notification-controller.$(RUNTIME_NAMESPACE).svc.cluster.local./"
	critical = "system-cluster-critical"
)

func deployments() map[string]deployment {
	common := []string{"--watch-all-namespaces=true", "--log-level=info", "--log-encoding=json", "--enable-leader-election"}
	sender := append([]string{events}, common...)
	ports := []string{"healthz 9440", "http-prom 8080"}
	base := deployment{
		args: sender, ports: ports, ready: "healthz /readyz", writable: []string{"/tmp"},
		grace: 10, cpu: "100m",
	}
	source, kustomize, helm, notification, reflector := base, base, base, base, base
	source.args = append(slices.Clone(sender), "--storage-path=/data",
		"--storage-adv-addr=source-controller.$(RUNTIME_NAMESPACE).svc.cluster.local.")
	source.ports = append([]string{"http 9090"}, ports...)
	source.ready, source.writable, source.cpu = "http /", []string{"/data", "/tmp"}, "50m"
	source.strategy, source.priority = appsv1.RecreateDeploymentStrategyType, critical
	kustomize.grace, kustomize.priority = 60, critical
	helm.grace, helm.priority = 600, critical
	notification.args = common
	notification.ports = append([]string{"http 9090", "http-webhook 9292"}, ports...)
	reflector.writable = []string{"/data", "/tmp"}
	return map[string]deployment{
		"source-controller": source, "kustomize-controller": kustomize, "helm-controller": helm,
		"notification-controller": notification, "image-reflector-controller": reflector,
		"image-automation-controller": base,
	}
}

func TestDeployments(t *testing.T) {
	t.Parallel()
	objects, want := documents(t), deployments()
	for _, c := range Controllers() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			got := object[appsv1.Deployment](t, objects, "Deployment/"+c.Name)
			pod := got.Spec.Template.Spec
			if len(pod.Containers) != 1 || len(pod.InitContainers) != 0 {
				t.Fatalf("want one container, got %d and %d before it", len(pod.Containers), len(pod.InitContainers))
			}
			checkDeployment(t, got, want[c.Name])
			if image := pod.Containers[0].Image; image != c.Image() || !slices.Contains(Images(), image) {
				t.Errorf("image is %s, want %s", image, c.Image())
			}
			if pod.ServiceAccountName != c.Name {
				t.Errorf("service account is %q", pod.ServiceAccountName)
			}
			selector := got.Spec.Selector.MatchLabels
			if len(selector) != 1 || selector["app"] != c.Name || got.Spec.Template.Labels["app"] != c.Name {
				t.Errorf("selector is %v, the pods have %v", selector, got.Spec.Template.Labels)
			}
		})
	}
}

func checkDeployment(t *testing.T, got appsv1.Deployment, want deployment) {
	t.Helper()
	pod := got.Spec.Template.Spec
	c := pod.Containers[0]
	var ports, writable []string
	for _, p := range c.Ports {
		ports = append(ports, fmt.Sprint(p.Name, " ", p.ContainerPort))
	}
	for _, m := range c.VolumeMounts {
		writable = append(writable, m.MountPath)
	}
	slices.Sort(ports)
	slices.Sort(want.ports)
	slices.Sort(writable)
	probe := func(p *corev1.Probe) string { return p.HTTPGet.Port.String() + " " + p.HTTPGet.Path }
	for _, check := range []struct{ what, got, want string }{
		{"args", strings.Join(c.Args, "\n"), strings.Join(want.args, "\n")},
		{"ports", strings.Join(ports, ","), strings.Join(want.ports, ",")},
		{"readiness", probe(c.ReadinessProbe), want.ready},
		{"liveness", probe(c.LivenessProbe), "healthz /healthz"},
		{"writable folders", strings.Join(writable, ","), strings.Join(want.writable, ",")},
		{"replicas", fmt.Sprint(*got.Spec.Replicas), "1"},
		{"strategy", string(got.Spec.Strategy.Type), string(want.strategy)},
		{"priority class", pod.PriorityClassName, want.priority},
		{"grace period", fmt.Sprint(*pod.TerminationGracePeriodSeconds), fmt.Sprint(want.grace)},
		{"group", fmt.Sprint(*pod.SecurityContext.FSGroup), "1337"},
		{"read-only root", fmt.Sprint(*c.SecurityContext.ReadOnlyRootFilesystem), "true"},
		{"operating system", pod.NodeSelector["kubernetes.io/os"], "linux"},
		{"requests", c.Resources.Requests.Cpu().String() + " " + c.Resources.Requests.Memory().String(), want.cpu + " 64Mi"},
		{"limits", c.Resources.Limits.Cpu().String() + " " + c.Resources.Limits.Memory().String(), "1 1Gi"},
		{"scraped port", got.Spec.Template.Annotations["prometheus.io/port"], "8080"},
	} {
		if check.got != check.want {
			t.Errorf("%s: got\n%s\nwant\n%s", check.what, check.got, check.want)
		}
	}
}

// TestPodsAreRestricted asks the code of the API server's own admission.
func TestPodsAreRestricted(t *testing.T) {
	t.Parallel()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	objects := documents(t)
	level := psa.LevelVersion{Level: psa.LevelRestricted, Version: psa.LatestVersion()}
	for _, c := range Controllers() {
		pod := object[appsv1.Deployment](t, objects, "Deployment/"+c.Name).Spec.Template
		for _, result := range evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec) {
			if !result.Allowed {
				t.Errorf("%s is not restricted: %s: %s", c.Name, result.ForbiddenReason, result.ForbiddenDetail)
			}
		}
	}
}

func TestServices(t *testing.T) {
	t.Parallel()
	objects := documents(t)
	for _, want := range []struct{ name, controller, port string }{
		{"source-controller", "source-controller", "http"},
		{"notification-controller", "notification-controller", "http"},
		{"webhook-receiver", "notification-controller", "http-webhook"},
	} {
		got := object[corev1.Service](t, objects, "Service/"+want.name)
		if len(got.Spec.Ports) != 1 || got.Spec.Ports[0].Port != 80 || got.Spec.Ports[0].TargetPort.String() != want.port {
			t.Errorf("%s: ports are %v, want 80 to %s", want.name, got.Spec.Ports, want.port)
		}
		if got.Spec.Selector["app"] != want.controller || got.Namespace != Namespace {
			t.Errorf("%s: selects %v in %s", want.name, got.Spec.Selector, got.Namespace)
		}
	}
}

func TestBindings(t *testing.T) {
	t.Parallel()
	objects := documents(t)
	var all []string
	for _, c := range Controllers() {
		all = append(all, c.Name)
	}
	for _, want := range []struct {
		name, role string
		subjects   []string
	}{
		{"crd-controller-flux-system", "crd-controller-flux-system", all},
		{"cluster-reconciler-flux-system", "cluster-admin", []string{"kustomize-controller", "helm-controller"}},
	} {
		got := object[rbacv1.ClusterRoleBinding](t, objects, "ClusterRoleBinding/"+want.name)
		if got.RoleRef != (rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: want.role}) {
			t.Errorf("%s: role is %v, want %s", want.name, got.RoleRef, want.role)
		}
		var subjects []string
		for _, s := range got.Subjects {
			if s.Kind != "ServiceAccount" || s.Namespace != Namespace {
				t.Errorf("%s: subject %v", want.name, s)
			}
			subjects = append(subjects, s.Name)
		}
		slices.Sort(subjects)
		slices.Sort(want.subjects)
		if !slices.Equal(subjects, want.subjects) {
			t.Errorf("%s: subjects are %v, want %v", want.name, subjects, want.subjects)
		}
	}
}

func TestNetworkPolicies(t *testing.T) {
	t.Parallel()
	objects := documents(t)
	anywhere := networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{}}
	for _, want := range []struct {
		name, app string
		port      int
		egress    bool
	}{
		{"allow-egress", "", 0, true},
		{"allow-scraping", "", 8080, false},
		{"allow-webhooks", "notification-controller", 9292, false},
	} {
		got := object[networkingv1.NetworkPolicy](t, objects, "NetworkPolicy/"+want.name)
		if got.Namespace != Namespace || got.Spec.PodSelector.MatchLabels["app"] != want.app {
			t.Errorf("%s: selects %v in %s", want.name, got.Spec.PodSelector, got.Namespace)
		}
		if len(got.Spec.Ingress) != 1 || len(got.Spec.Ingress[0].From) != 1 {
			t.Fatalf("%s: ingress is %v", want.name, got.Spec.Ingress)
		}
		in, peer := got.Spec.Ingress[0], got.Spec.Ingress[0].From[0]
		if want.egress {
			open := len(got.Spec.Egress) == 1 && len(got.Spec.Egress[0].To) == 0 && len(got.Spec.Egress[0].Ports) == 0
			if !open || peer.PodSelector == nil || peer.NamespaceSelector != nil || len(got.Spec.PolicyTypes) != 2 {
				t.Errorf("%s: %v", want.name, got.Spec)
			}
			continue
		}
		if peer.String() != anywhere.String() || len(in.Ports) != 1 || in.Ports[0].Port.IntValue() != want.port {
			t.Errorf("%s: lets in %v at %v, want all namespaces at %d", want.name, peer, in.Ports, want.port)
		}
	}
}
