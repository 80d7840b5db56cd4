package crosscheck

import (
	"fmt"
	"slices"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/manifest"
)

// roleAnnotation is where a service account names its IAM role.
const roleAnnotation = "eks.amazonaws.com/role-arn"

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
			if path[len(path)-1] != roleAnnotation {
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
