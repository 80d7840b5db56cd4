package crosscheck

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/awsname"
	"github.com/groundwork-dev/groundwork/internal/manifest"
)

// identities holds the IAM roles that service accounts name against the name
// that their trust has: a role trusts one service account of one namespace of
// one cluster, and is called so (docs/adr/0011).
func (w *world) identities() []Fault {
	if w.Domain == "" {
		return nil
	}
	var faults []Fault
	for _, o := range w.objects {
		namespace := o.GetNamespace()
		account := ""
		if o.GetKind() == "ServiceAccount" {
			account = o.GetName()
		}
		walk(o.Object, nil, func(path []string, value string) {
			if path[len(path)-1] != awsname.RoleAnnotation {
				return
			}
			if message := w.trust(value, account, namespace); message != "" {
				faults = append(faults, Fault{
					Rule: "roles", Object: o, Path: path, Message: message,
					Hint: fmt.Sprintf("the role is called <account>.%s.sa.%s", namespace, w.Domain),
				})
			}
		})
	}
	return faults
}

// trust says why a role does not trust a service account; account is empty
// where only its namespace is known.
func (w *world) trust(arn, account, namespace string) string {
	_, role, ok := strings.Cut(arn, ":role/")
	if !ok {
		return fmt.Sprintf("%s is not the ARN of an IAM role", arn)
	}
	parts := strings.SplitN(role, ".", 4)
	const cut = 64 // kops cuts longer names, and adds a hash
	switch {
	case len(role) >= cut, len(parts) < 4 || parts[2] != "sa":
		return "" // not a name of ours
	case parts[1] != namespace:
		return fmt.Sprintf("role %s trusts a service account of namespace %s, and is named in namespace %s", role, parts[1], namespace)
	case parts[3] != w.Domain:
		return fmt.Sprintf("role %s belongs to cluster %s, not to %s", role, parts[3], w.Domain)
	case account != "" && parts[0] != account:
		return fmt.Sprintf("role %s trusts service account %s, not %s", role, parts[0], account)
	}
	return ""
}

// tokens holds the pods of those service accounts against the token that AWS asks
// for: nothing in the cluster brings it to them (docs/aws.md).
func (w *world) tokens() []Fault {
	if w.Domain == "" {
		return nil
	}
	const rule, what = "role-token", "has a role in AWS and no token to show for it"
	hint := fmt.Sprintf("mount a projected serviceAccountToken for %s, and set %s and %s", awsname.TokenAudience, awsname.RoleVariable, awsname.TokenVariable)
	var faults []Fault
	roles := map[string]bool{} // service accounts, namespace/name
	for _, o := range w.objects {
		switch {
		case o.GetKind() == "ServiceAccount" && o.GetAnnotations()[awsname.RoleAnnotation] != "":
			roles[o.GetNamespace()+"/"+o.GetName()] = true
		case o.GetKind() == "HelmRelease":
			values, _, _ := unstructured.NestedMap(o.Object, "spec", "values")
			role, shown := read(values)
			if role != nil && !shown {
				faults = append(faults, Fault{
					Rule: rule, Object: o, Path: append([]string{"spec", "values"}, role...),
					Message: fmt.Sprintf("the service account of HelmRelease %s/%s %s", o.GetNamespace(), o.GetName(), what), Hint: hint,
				})
			}
		}
	}
	for _, l := range w.workloads {
		if l.Template == nil || !roles[l.Namespace+"/"+l.Template.Spec.ServiceAccountName] || hasToken(l.Template.Spec) {
			continue
		}
		faults = append(faults, Fault{Rule: rule, Object: l.Object, Message: fmt.Sprintf("%s %s", l.Name, what), Hint: hint})
	}
	return faults
}

// read finds where values name a role, and whether they have what its pod shows.
func read(values map[string]any) (role []string, shown bool) {
	var mounted, told bool
	walk(values, nil, func(path []string, value string) {
		key := path[len(path)-1]
		switch {
		case key == awsname.RoleAnnotation:
			role = path
		case key == "audience" && value == awsname.TokenAudience:
			mounted = true
		case key == awsname.TokenVariable || value == awsname.TokenVariable:
			told = true
		}
	})
	return role, mounted && told
}

// hasToken reports whether a pod mounts the token and one of its containers is
// told where.
func hasToken(pod corev1.PodSpec) bool {
	mounted := slices.ContainsFunc(pod.Volumes, func(v corev1.Volume) bool {
		return v.Projected != nil && slices.ContainsFunc(v.Projected.Sources, func(p corev1.VolumeProjection) bool {
			return p.ServiceAccountToken != nil && p.ServiceAccountToken.Audience == awsname.TokenAudience
		})
	})
	return mounted && slices.ContainsFunc(pod.Containers, func(c corev1.Container) bool {
		return slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return e.Name == awsname.TokenVariable })
	})
}

// walk calls f for every text in a value, in the order of keys.
func walk(value any, path []string, f func(path []string, value string)) {
	switch v := value.(type) {
	case string:
		f(path, v)
	case map[string]any:
		for _, key := range manifest.Keys(v) {
			walk(v[key], append(slices.Clone(path), key), f)
		}
	case []any:
		for i, child := range v {
			walk(child, append(slices.Clone(path), fmt.Sprint(i)), f)
		}
	}
}
