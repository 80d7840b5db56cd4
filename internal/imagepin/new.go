package imagepin

import (
	"fmt"
	"regexp"
	"strings"
)

var policyName = regexp.MustCompile(`^[a-z0-9.-]+:[a-z0-9.-]+$`)

// New returns the file that a cluster starts with. The comment, one line or
// more, stands at its head. With a policy, NAMESPACE:NAME of an ImagePolicy,
// each value has the marker by which image automation finds it.
func New(comment string, p Pin, policy string) ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if policy != "" && !policyName.MatchString(policy) {
		return nil, fmt.Errorf("image policy %q: want NAMESPACE:NAME", policy)
	}
	if p.NewName == "" {
		p.NewName = p.Name
	}
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimSpace(comment), "\n") {
		if line != "" {
			b.WriteString("# " + line + "\n")
		}
	}
	b.WriteString("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages:\n  - name: " + scalar(p.Name) + "\n")
	for _, f := range []struct{ key, value, field string }{
		{"newName", p.NewName, "name"}, {"newTag", p.Tag, "tag"}, {"digest", p.Digest, "digest"},
	} {
		fmt.Fprintf(&b, "    %s: %s", f.key, scalar(f.value))
		if policy != "" {
			fmt.Fprintf(&b, ` # {"$imagepolicy": "%s:%s"}`, policy, f.field)
		}
		b.WriteByte('\n')
	}
	return []byte(b.String()), nil
}
