package fluxbuild

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/manifest"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// Kustomize builds the kustomization of a folder.
func (t *Tree) Kustomize(dir string) ([]manifest.Object, diag.Problems) {
	return t.kustomize(dir, nil, diag.Position{File: dir})
}

// kustomize builds the kustomization of a folder, or all manifests below it
// where it has none, as Flux does. More are fields that a Flux Kustomization at
// a place adds.
func (t *Tree) kustomize(dir string, more map[string]any, at diag.Position) ([]manifest.Object, diag.Problems) {
	s := &survey{tree: t}
	file := t.kustomizationFile(dir)
	own := map[string]any{}
	if file == "" {
		file = path.Join(dir, "kustomization.yaml")
		own["resources"] = s.collect(dir, at)
	} else {
		s.folder(dir, at)
	}
	s.components(dir, more, at)
	if len(s.problems) == 0 {
		s.twice()
	}
	switch {
	case len(s.problems) > 0:
		return nil, s.problems
	case len(more)+len(s.changing) == 0: // nothing changes them
		return s.objects, nil
	}
	if err := t.merge(file, own, more); err != nil {
		return nil, diag.Problems{{Position: diag.Position{File: file}, Message: err.Error()}}
	}
	build := t.run
	if only(dir, s.changing) && patchesAlone(own) {
		build = t.patch
	}
	objects, err := build(dir, file, own, s.objects)
	if err == nil {
		return objects, nil
	}
	if len(more) == 0 { // otherwise kustomize may mean what the Flux Kustomization adds
		at = diag.Position{File: file, Line: 1}
	}
	return nil, diag.Problems{{Position: at, Message: "kustomize: " + shorten(err.Error(), dir)}}
}

// components reads what a Flux Kustomization adds to a kustomization.
func (s *survey) components(dir string, more map[string]any, at diag.Position) {
	list, _ := more["components"].([]any)
	for _, entry := range list {
		if name, ok := entry.(string); ok {
			s.entry(dir, name, at)
		}
	}
}

// merge reads a kustomization file into own, unless it has been made up, and
// adds fields to it.
func (t *Tree) merge(file string, own, more map[string]any) error {
	if len(own) == 0 {
		data, err := t.file(file).read()
		if err != nil {
			return err
		}
		doc, err := strictyaml.Parse(file, data)
		if err != nil {
			return err
		}
		content, _ := doc.Value().(map[string]any)
		maps.Copy(own, content)
	}
	for key, value := range more {
		if list, ok := value.([]any); ok {
			old, _ := own[key].([]any)
			value = slices.Concat(old, list)
		}
		own[key] = value
	}
	own["buildMetadata"] = []any{types.OriginAnnotations}
	return nil
}

// run lets kustomize build a folder whose kustomization file has the content
// of own. The objects that it reads know where they are from.
func (t *Tree) run(dir, file string, own map[string]any, read []manifest.Object) ([]manifest.Object, error) {
	data, err := yaml.Marshal(own)
	if err != nil {
		return nil, err
	}
	built, err := t.krusty(dir, map[string][]byte{file: data})
	if err != nil {
		return nil, err
	}
	objects := make([]manifest.Object, 0, built.Size())
	for _, r := range built.Resources() {
		at, err := origin(dir, file, r, read)
		if err != nil {
			return nil, err
		}
		o, err := object(r, at)
		if err != nil {
			return nil, err
		}
		objects = append(objects, o)
	}
	return objects, nil
}

// krusty builds a folder of the tree with these files over it.
func (t *Tree) krusty(dir string, over map[string][]byte) (resmap.ResMap, error) {
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionNone
	options.LoadRestrictions = types.LoadRestrictionsRootOnly
	return krusty.MakeKustomizer(options).Run(overlay{tree: t, over: over}, path.Join(treeRoot, dir))
}

// object is what kustomize made, without the note of where it is from.
func object(r *resource.Resource, at manifest.Source) (manifest.Object, error) {
	if err := r.SetOrigin(nil); err != nil {
		return manifest.Object{}, err
	}
	// By way of YAML, as Flux does: there, yes is true.
	text, err := r.AsYAML()
	if err != nil {
		return manifest.Object{}, err
	}
	if text, err = yaml.YAMLToJSON(text); err != nil {
		return manifest.Object{}, err
	}
	var content map[string]any
	if err := utiljson.Unmarshal(text, &content); err != nil {
		return manifest.Object{}, err
	}
	return manifest.Object{Unstructured: &unstructured.Unstructured{Object: content}, At: at}, nil
}

// origin finds where a resource was written: the object that kustomize read, or
// the file that made it up.
func origin(dir, file string, r *resource.Resource, read []manifest.Object) (manifest.Source, error) {
	from, err := r.GetOrigin()
	if err != nil {
		return nil, err
	}
	if from == nil {
		return manifest.Place{File: file, Line: 1}, nil
	}
	name := path.Join(dir, from.Path)
	if from.Path == "" {
		return manifest.Place{File: path.Join(dir, from.ConfiguredIn), Line: 1}, nil
	}
	original := r.OrgId()
	var sameKind manifest.Source
	for _, o := range read {
		if o.At.Position().File != name || o.GetKind() != original.Kind {
			continue
		}
		if o.GetName() == original.Name {
			return o.At, nil
		}
		if sameKind == nil {
			sameKind = o.At
		}
	}
	if sameKind != nil {
		return sameKind, nil
	}
	return manifest.Place{File: name, Line: 1}, nil
}

// shorten makes an error of kustomize one line about paths of the tree.
func shorten(message, dir string) string {
	message = strings.ReplaceAll(message, path.Join(treeRoot, dir)+"/", "")
	message = strings.ReplaceAll(message, treeRoot+"/", "")
	message = strings.Join(strings.Fields(message), " ")
	const limit = 400
	if len(message) > limit {
		message = message[:limit] + "…"
	}
	return message
}

// collect lists what a folder without a kustomization holds: every manifest
// below it, and every folder that has a kustomization, as Flux does.
func (s *survey) collect(dir string, at diag.Position) []any {
	var found []any
	entries, err := s.tree.entries(dir)
	if err != nil {
		s.unreadable(at, dir, err)
		return nil
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch ext := path.Ext(e.Name()); {
		case e.IsDir() && s.tree.kustomizationFile(name) != "":
			s.folder(name, at)
			found = append(found, e.Name())
		case e.IsDir() && !strings.HasPrefix(e.Name(), "."):
			for _, below := range s.collect(name, at) {
				found = append(found, fmt.Sprint(e.Name(), "/", below))
			}
		case e.IsDir() || !e.Type().IsRegular() || strings.HasPrefix(e.Name(), "."):
		case ext == ".yaml" || ext == ".yml":
			s.file(name, at)
			found = append(found, e.Name())
		}
	}
	return found
}
