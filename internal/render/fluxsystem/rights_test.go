package fluxsystem

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

// TestRights holds every rule as "group/resource: verbs", one line a resource.
func TestRights(t *testing.T) {
	t.Parallel()
	objects := documents(t)
	apis := []string{"helm", "image", "kustomize", "notification", "source"}
	every := func(verbs string) []string {
		var rules []string
		for _, api := range apis {
			rules = append(rules, api+".toolkit.fluxcd.io/*: "+verbs)
		}
		return rules
	}
	for name, want := range map[string][]string{
		"crd-controller-flux-system": append(every("*"),
			"/namespaces: get list watch",
			"/secrets: get list watch",
			"/serviceaccounts: get list watch",
			"/serviceaccounts/token: create",
			"/events: create patch",
			"/configmaps: create delete get list patch update watch",
			"/configmaps/status: get patch update",
			"coordination.k8s.io/leases: create delete get list patch update watch",
			"url /livez/ping: head"),
		"flux-edit-flux-system": every("create delete deletecollection patch update"),
		"flux-view-flux-system": every("get list watch"),
	} {
		got := rights(object[rbacv1.ClusterRole](t, objects, "ClusterRole/"+name).Rules)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s may\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// rights adds the rules up and returns them sorted.
func rights(rules []rbacv1.PolicyRule) []string {
	verbs := map[string][]string{}
	for _, rule := range rules {
		for _, url := range rule.NonResourceURLs {
			verbs["url "+url] = append(verbs["url "+url], rule.Verbs...)
		}
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				key := group + "/" + resource
				verbs[key] = append(verbs[key], rule.Verbs...)
			}
		}
	}
	var all []string
	for key, v := range verbs {
		slices.Sort(v)
		all = append(all, key+": "+strings.Join(slices.Compact(v), " "))
	}
	slices.Sort(all)
	return all
}

func TestRolesAggregate(t *testing.T) {
	t.Parallel()
	objects := documents(t)
	for name, want := range map[string][]string{
		"crd-controller-flux-system": nil,
		"flux-edit-flux-system":      {"admin", "edit"},
		"flux-view-flux-system":      {"admin", "edit", "view"},
	} {
		var got []string
		for label, value := range object[rbacv1.ClusterRole](t, objects, "ClusterRole/"+name).Labels {
			if to, ok := strings.CutPrefix(label, "rbac.authorization.k8s.io/aggregate-to-"); ok && value == "true" {
				got = append(got, to)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s aggregates to %v, want %v", name, got, want)
		}
	}
}

func TestServiceAccounts(t *testing.T) {
	t.Parallel()
	objects := documents(t)
	for _, c := range Controllers() {
		account := object[corev1.ServiceAccount](t, objects, "ServiceAccount/"+c.Name)
		if account.Namespace != Namespace || account.Labels["app.kubernetes.io/component"] != c.Name {
			t.Errorf("%s: namespace %q, labels %v", c.Name, account.Namespace, account.Labels)
		}
	}
}

// TestQuotaLetsCriticalPodsIn: some API servers admit pods of these priority
// classes only where a quota names them.
func TestQuotaLetsCriticalPodsIn(t *testing.T) {
	t.Parallel()
	quota := object[corev1.ResourceQuota](t, documents(t), "ResourceQuota/critical-pods-flux-system")
	if pods := quota.Spec.Hard.Pods().String(); pods != "1k" || quota.Namespace != Namespace {
		t.Errorf("%s pods in %q, want 1k", pods, quota.Namespace)
	}
	scopes := quota.Spec.ScopeSelector.MatchExpressions
	if len(scopes) != 1 || scopes[0].ScopeName != corev1.ResourceQuotaScopePriorityClass ||
		scopes[0].Operator != corev1.ScopeSelectorOpIn || !slices.Contains(scopes[0].Values, critical) {
		t.Errorf("scopes are %v", scopes)
	}
}

// TestPodsFitTogether: what arguments, probes and mounts name is there.
func TestPodsFitTogether(t *testing.T) {
	t.Parallel()
	objects := documents(t)
	for _, c := range Controllers() {
		pod := object[appsv1.Deployment](t, objects, "Deployment/"+c.Name).Spec.Template.Spec
		env := map[string]string{}
		for _, v := range pod.Containers[0].Env {
			env[v.Name] = v.Value
			if from := v.ValueFrom; from != nil && from.FieldRef != nil {
				env[v.Name] = from.FieldRef.FieldPath
			} else if from != nil && from.ResourceFieldRef != nil {
				env[v.Name] = from.ResourceFieldRef.ContainerName + " " + from.ResourceFieldRef.Resource
			}
		}
		want := map[string]string{"RUNTIME_NAMESPACE": "metadata.namespace", "GOMEMLIMIT": "manager limits.memory"}
		if pod.PriorityClassName == critical && pod.Containers[0].ReadinessProbe.HTTPGet.Path == "/" {
			want["TUF_ROOT"] = "/tmp/.sigstore" // the source-controller checks signatures
		}
		if fmt.Sprint(env) != fmt.Sprint(want) {
			t.Errorf("%s: environment is %v, want %v", c.Name, env, want)
		}
		var volumes, mounts []string
		for _, v := range pod.Volumes {
			volumes = append(volumes, v.Name)
			if v.EmptyDir == nil {
				t.Errorf("%s: volume %s is not an empty folder", c.Name, v.Name)
			}
		}
		for _, m := range pod.Containers[0].VolumeMounts {
			mounts = append(mounts, m.Name)
		}
		slices.Sort(volumes)
		slices.Sort(mounts)
		if !slices.Equal(volumes, mounts) {
			t.Errorf("%s: volumes %v, mounts %v", c.Name, volumes, mounts)
		}
	}
}
