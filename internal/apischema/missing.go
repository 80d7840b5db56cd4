package apischema

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"

	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// unserved is the fault of an object whose kind nobody serves.
func (s *Schemas) unserved(o *unstructured.Unstructured) Fault {
	for _, field := range []string{"apiVersion", "kind"} {
		if text, _ := o.Object[field].(string); text == "" {
			return Fault{Path: []string{field}, Kind: Required, Message: "Required value"}
		}
	}
	kind := o.GroupVersionKind()
	f := Fault{
		Path: []string{"kind"}, Kind: UnknownKind,
		Message: fmt.Sprintf("no matches for kind %q in version %q", kind.Kind, o.GetAPIVersion()),
	}
	if near, ok := s.nearest(kind); ok {
		f.Hint = "did you mean " + near.GroupVersion().String() + " " + near.Kind + "?"
		if near.Kind == kind.Kind {
			f.Path = []string{"apiVersion"}
			f.Hint = "it is served as " + near.GroupVersion().String()
		}
	}
	return f
}

// nearest is the kind that was probably meant: the same one in another version
// or group, before one that is spelled alike in the same group or anywhere.
func (s *Schemas) nearest(kind schema.GroupVersionKind) (schema.GroupVersionKind, bool) {
	var same, sameGroup, alike []schema.GroupVersionKind
	names := map[bool]map[string]bool{true: {}, false: {}} // of kinds, by whether the group is the same
	for _, k := range s.Kinds() {
		switch {
		case k.Kind == kind.Kind && k.Group == kind.Group:
			sameGroup = append(sameGroup, k)
		case k.Kind == kind.Kind:
			same = append(same, k)
		}
		names[k.Group == kind.Group][k.Kind] = true
	}
	near := strictyaml.Nearest(kind.Kind, slices.Collect(maps.Keys(names[true])))
	anywhere := near == ""
	if anywhere {
		near = strictyaml.Nearest(kind.Kind, slices.Collect(maps.Keys(names[false])))
	}
	for _, k := range s.Kinds() {
		if k.Kind == near && (anywhere || k.Group == kind.Group) {
			alike = append(alike, k)
		}
	}
	for _, found := range [][]schema.GroupVersionKind{sameGroup, same, alike} {
		if len(found) > 0 {
			return slices.MaxFunc(found, func(a, b schema.GroupVersionKind) int {
				return cmp.Or(cmp.Compare(b.Group, a.Group), version.CompareKubeAwareVersionStrings(a.Version, b.Version))
			}), true
		}
	}
	return schema.GroupVersionKind{}, false
}

func compareKinds(a, b schema.GroupVersionKind) int {
	return cmp.Or(strings.Compare(a.Group, b.Group), strings.Compare(a.Version, b.Version), strings.Compare(a.Kind, b.Kind))
}
