package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// use is one custom resource among a component's files.
type use struct {
	group, kind string
	at          diag.Position
	// early says that it is applied together with the component's chart, not
	// after it.
	early bool
}

// builtinGroups are the API groups with a dot that every API server has
// (Kubernetes 1.36, k8s.io/api and the two servers that run inside of it).
func builtinGroups() []string {
	return []string{
		"admission.k8s.io", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io",
		"authentication.k8s.io", "authorization.k8s.io", "certificates.k8s.io", "coordination.k8s.io",
		"discovery.k8s.io", "events.k8s.io", "flowcontrol.apiserver.k8s.io", "imagepolicy.k8s.io",
		"internal.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "rbac.authorization.k8s.io",
		"resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io", "storagemigration.k8s.io",
	}
}

// engineGroups end the groups that come with the engine, before any component.
const engineGroups = ".toolkit.fluxcd.io"

// custom says that some component has to bring an API group.
func custom(group string) bool {
	return strings.Contains(group, ".") && !slices.Contains(builtinGroups(), group) && !strings.HasSuffix(group, engineGroups)
}

// groups returns the API groups that a component adds.
func (c *Component) groups() []string {
	groups := slices.Clone(c.Provides.Groups)
	for _, crd := range c.Provides.CRDs {
		_, group, _ := strings.Cut(crd, ".")
		groups = append(groups, group)
	}
	return groups
}

// linkUses checks that every custom resource is of a group that is there before
// it is applied.
func (f *folder) linkUses(folders map[string]*folder, names []string) {
	if len(f.uses) == 0 {
		return
	}
	before := map[string]bool{}
	reach(f.name, folders, before)
	var known, all []string
	from := map[string]string{}
	for _, name := range names {
		groups := folders[name].component.groups()
		all = append(all, groups...)
		if before[name] {
			known = append(known, groups...)
		}
		for _, group := range groups {
			if from[group] == "" {
				from[group] = name
			}
		}
	}
	own := f.component.groups()
	for _, u := range f.uses {
		p := diag.Problem{Position: u.at}
		switch {
		case !slices.Contains(known, u.group):
			p.Message = fmt.Sprintf("nothing that is installed before knows the kind %s of %s", u.kind, u.group)
			p.Hint = "put the definition (CRD) into manifests/ and its name into provides.crds, or depend on the component that brings it"
			if from[u.group] != "" {
				p.Hint = fmt.Sprintf("add %s, which brings it, to dependsOn", from[u.group])
			} else if near := strictyaml.Nearest(u.group, all); near != "" {
				p.Hint = "did you mean " + near + "?"
			}
		case u.early && f.component.Chart != nil && slices.Contains(own, u.group):
			p.Message = fmt.Sprintf("the kind %s of %s comes with the component's own chart, which is applied at the same time", u.kind, u.group)
			p.Hint = "move the file to configs/, which is applied when the chart is ready"
		default:
			continue
		}
		f.problems = append(f.problems, p)
	}
}
