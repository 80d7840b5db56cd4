package fluxbuild

import (
	"encoding/json"
	"slices"
	"strings"

	jsonpatch "gopkg.in/evanphx/json-patch.v4" // kustomize's own
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/manifest"
)

// operate does what patches do that are all lists of JSON patch operations on
// objects by kind and name: kustomize takes milliseconds for each. ok is false
// where one is of another kind, or anything is wrong: kustomize is asked then.
func (t *Tree) operate(dir string, patches []types.Patch, read []manifest.Object) (patched []manifest.Object, ok bool) {
	patched = slices.Clone(read)
	for _, p := range patches {
		operations, ok := t.operations(dir, p)
		if !ok {
			return nil, false
		}
		selects := selected(p.Target)
		for i, o := range patched {
			if !selects(o) {
				continue
			}
			changed, err := apply(operations, o.Unstructured)
			if err != nil {
				return nil, false
			}
			patched[i].Unstructured = changed
		}
	}
	return patched, true
}

// operations are those of a patch whose target says no more than kind and name,
// and that leaves alone what other patches may find the object by.
func (t *Tree) operations(dir string, p types.Patch) (operations jsonpatch.Patch, ok bool) {
	target := p.Target
	if target == nil || target.Namespace+target.LabelSelector+target.AnnotationSelector != "" || p.Options != nil || (p.Patch == "") == (p.Path == "") {
		return nil, false
	}
	text, err := t.textOf(dir, p)
	if err != nil {
		return nil, false
	}
	if !strings.HasPrefix(string(text), "[") {
		if text, err = yaml.YAMLToJSON(text); err != nil {
			return nil, false
		}
	}
	if operations, err = jsonpatch.DecodePatch(text); err != nil || len(operations) == 0 {
		return nil, false
	}
	for _, o := range operations {
		at, err := o.Path()
		if err != nil || identifies(at) {
			return nil, false
		}
		if from, err := o.From(); err == nil && identifies(from) {
			return nil, false
		}
	}
	return operations, true
}

// identifies says whether a path is, or holds, what an object is known by.
func identifies(at string) bool {
	for _, known := range []string{"/apiVersion", "/kind", "/metadata/name", "/metadata/namespace"} {
		if at == known || strings.HasPrefix(known, at+"/") {
			return true
		}
	}
	return at == ""
}

func apply(operations jsonpatch.Patch, o *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	text, err := json.Marshal(o.Object)
	if err != nil {
		return nil, err
	}
	if text, err = operations.Apply(text); err != nil {
		return nil, err
	}
	changed := &unstructured.Unstructured{}
	err = utiljson.Unmarshal(text, &changed.Object)
	return changed, err
}
