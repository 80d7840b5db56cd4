package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// link checks what components say about each other.
func link(folders map[string]*folder) {
	names := slices.Sorted(maps.Keys(folders))
	providers := map[string][]string{}
	for _, name := range names {
		for _, crd := range folders[name].component.Provides.CRDs {
			providers[crd] = append(providers[crd], name)
		}
	}
	for _, name := range names {
		f := folders[name]
		if f.document == nil {
			continue
		}
		for i, dep := range f.component.DependsOn {
			if folders[dep] != nil {
				continue
			}
			hint := "components that exist: bootstrap component list"
			if near := strictyaml.Nearest(dep, names); near != "" {
				hint = "did you mean " + near + "?"
			}
			f.reportAt(fmt.Sprintf("there is no component %s", dep), hint, "dependsOn", strconv.Itoa(i))
		}
		f.linkCRDs(folders, providers)
		f.linkUses(folders, names)
	}
}

// linkCRDs checks that the CRDs that a component needs come with itself or
// with what it depends on.
func (f *folder) linkCRDs(folders map[string]*folder, providers map[string][]string) {
	if len(f.component.Requires.CRDs) == 0 {
		return
	}
	before := map[string]bool{}
	reach(f.name, folders, before)
	for i, crd := range f.component.Requires.CRDs {
		from := providers[crd]
		if slices.ContainsFunc(from, func(name string) bool { return before[name] }) {
			continue
		}
		hint := "check its name, plural.group; no component provides it"
		if len(from) > 0 {
			hint = fmt.Sprintf("add %s, which provides it, to dependsOn", from[0])
		} else if near := strictyaml.Nearest(crd, slices.Sorted(maps.Keys(providers))); near != "" {
			hint = "did you mean " + near + "?"
		}
		f.reportAt(fmt.Sprintf("nothing that is installed before provides %s", crd), hint, "requires", "crds", strconv.Itoa(i))
	}
}

// reach adds the component and all it depends on.
func reach(name string, folders map[string]*folder, seen map[string]bool) {
	f := folders[name]
	if f == nil || seen[name] {
		return
	}
	seen[name] = true
	for _, dep := range f.component.DependsOn {
		reach(dep, folders, seen)
	}
}

// reportAt adds a problem at a path below component.yaml's spec.
func (f *folder) reportAt(message, hint string, path ...string) {
	path = append([]string{"spec"}, path...)
	f.problems = append(f.problems, diag.Problem{
		Position: f.document.Position(path...), Path: strictyaml.Dotted(path...), Message: message, Hint: hint,
	})
}
