package fluxbuild

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"

	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/resid"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/manifest"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// patch patches the objects of a kustomization within another, those from the
// first on, where it does nothing else; of those in it none may change objects
// (from changing on). What is not done here, kustomize does over all.
func (s *survey) patch(dir, file string, first, changing int) {
	own := map[string]any{}
	if !only(dir, s.changing[changing:]) || s.tree.merge(file, own, nil) != nil || !patchesAlone(own) {
		return
	}
	patched, err := s.tree.patch(dir, file, own, s.objects[first:])
	if err != nil {
		return
	}
	s.objects = append(s.objects[:first], patched...)
	s.changing = s.changing[:changing]
}

// only says that none but one folder is among those that change objects.
func only(dir string, changing []string) bool {
	return !slices.ContainsFunc(changing, func(other string) bool { return other != dir })
}

// patchesAlone says that a kustomization does nothing to its objects but patch
// them, one by one.
func patchesAlone(own map[string]any) bool {
	for key, value := range own {
		switch key {
		case "kind":
			if value == types.ComponentKind { // its patches are for what is around it
				return false
			}
		case "apiVersion", "metadata", "buildMetadata", "resources", "patches":
		default:
			if !empty(value) {
				return false
			}
		}
	}
	return true
}

// patch is run for a kustomization of patches alone: kustomize sees the objects
// that a patch may change, and no others. Most are large and have none.
func (t *Tree) patch(dir, file string, own map[string]any, read []manifest.Object) ([]manifest.Object, error) {
	patches, err := patchesOf(own)
	if err != nil {
		return nil, err
	}
	if patched, ok := t.operate(dir, patches, read); ok {
		return patched, nil
	}
	concerns := t.concerned(dir, patches)
	over := map[string][]byte{}
	var listed []any
	var shown []int
	for i, o := range read {
		if !concerns(o) {
			continue
		}
		name := fmt.Sprintf(".groundwork-%d.yaml", i)
		if over[path.Join(dir, name)], err = json.Marshal(o.Object); err != nil {
			return nil, err
		}
		listed, shown = append(listed, name), append(shown, i)
	}
	less := maps.Clone(own)
	less["resources"] = listed
	delete(less, "buildMetadata") // what is where is known
	if over[file], err = yaml.Marshal(less); err != nil {
		return nil, err
	}
	built, err := t.krusty(dir, over)
	if err != nil || built.Size() != len(shown) {
		return t.run(dir, file, own, read) // a patch deletes something, or concerns nothing, or is wrong
	}
	objects := slices.Clone(read)
	for i, r := range built.Resources() { // in the order in which they are listed
		at := &objects[shown[i]]
		if *at, err = object(r, at.At); err != nil {
			return nil, err
		}
	}
	return objects, nil
}

// patchesOf are the patches of a kustomization.
func patchesOf(own map[string]any) ([]types.Patch, error) {
	text, err := yaml.Marshal(own["patches"])
	if err != nil {
		return nil, err
	}
	var patches []types.Patch
	err = yaml.Unmarshal(text, &patches)
	return patches, err
}

// concerned returns what says of an object whether a patch may change it; it may
// err towards yes.
func (t *Tree) concerned(dir string, patches []types.Patch) func(manifest.Object) bool {
	var by []func(manifest.Object) bool
	for _, p := range patches {
		selects := selected(p.Target)
		if p.Target == nil {
			selects = t.named(dir, p)
		}
		by = append(by, selects)
	}
	return func(o manifest.Object) bool {
		return slices.ContainsFunc(by, func(selects func(manifest.Object) bool) bool { return selects(o) })
	}
}

func anything(manifest.Object) bool { return true }

// selected are the objects of a patch's target, as far as kind and name tell.
func selected(target *types.Selector) func(manifest.Object) bool {
	if target == nil {
		return anything
	}
	selector, err := types.NewSelectorRegex(target)
	if err != nil {
		return anything // kustomize says what is wrong
	}
	return func(o manifest.Object) bool {
		kind := o.GroupVersionKind()
		return selector.MatchGvk(resid.NewGvk(kind.Group, kind.Version, kind.Kind)) && selector.MatchName(o.GetName())
	}
}

// named are the objects that a patch without a target is like.
func (t *Tree) named(dir string, p types.Patch) func(manifest.Object) bool {
	text, err := t.textOf(dir, p)
	if err != nil {
		return anything
	}
	docs, err := strictyaml.ParseManifests(path.Join(dir, p.Path), text)
	if err != nil {
		return anything
	}
	return func(o manifest.Object) bool {
		return slices.ContainsFunc(docs, func(doc *strictyaml.Document) bool {
			like, _ := doc.Value().(map[string]any)
			metadata, _ := like["metadata"].(map[string]any)
			return like == nil || like["kind"] == o.GetKind() && metadata["name"] == o.GetName()
		})
	}
}

// textOf is what a patch says, in the kustomization or in a file.
func (t *Tree) textOf(dir string, p types.Patch) ([]byte, error) {
	text := []byte(p.Patch)
	if p.Path != "" {
		var err error
		if text, err = t.file(join(dir, p.Path)).read(); err != nil {
			return nil, err
		}
	}
	return bytes.TrimSpace(text), nil
}
