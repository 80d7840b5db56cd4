package fluxbuild

import (
	"fmt"
	"maps"
	"slices"

	"github.com/fluxcd/pkg/envsubst"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/manifest"
)

// passed maps fields of a Flux Kustomization's spec to those of the
// kustomization that kustomize-controller adds them to (fluxcd/pkg/kustomize,
// Generator.GenerateManifest).
func passed() map[string]string {
	return map[string]string{
		"targetNamespace": "namespace", "namePrefix": "namePrefix", "nameSuffix": "nameSuffix",
		"patches": "patches", "components": "components", "images": "images",
	}
}

// substitution is the label or annotation that keeps an object's text as it is.
const substitution = "kustomize.toolkit.fluxcd.io/substitute"

// build builds the unit as kustomize-controller does.
func (s *step) build(t *Tree) {
	k := s.unit.Kustomization
	if k.Unstructured == nil {
		s.unit.Objects, s.problems = t.kustomize(s.unit.Path, nil, diag.Position{File: s.unit.Path})
		return
	}
	at := k.At.Position("spec", "path")
	if !t.isDir(s.unit.Path) {
		s.problems = diag.Problems{{Position: at, Path: "spec.path", Message: fmt.Sprintf("there is no folder %s", s.unit.Path), Hint: (&survey{tree: t}).near(s.unit.Path)}}
		return
	}
	spec, _, _ := unstructured.NestedMap(k.Object, "spec")
	more := map[string]any{}
	for from, to := range passed() {
		if value := spec[from]; !empty(value) && value != "" {
			more[to] = value
		}
	}
	s.unit.Objects, s.problems = t.kustomize(s.unit.Path, more, at)
	if len(s.problems) > 0 {
		return
	}
	s.substitute()
	s.label()
	if !empty(spec["decryption"]) {
		s.gap("decryption", "what is encrypted is not looked into")
	}
}

func (s *step) gap(field, reason string) {
	k := s.unit.Kustomization
	s.gaps = append(s.gaps, manifest.Gap{At: k.At.Position("spec", field), Reason: fmt.Sprintf("Kustomization %s: %s", s.unit.Name(), reason)})
}

// substitute fills in the variables of spec.postBuild.
func (s *step) substitute() {
	post, ok, _ := unstructured.NestedMap(s.unit.Kustomization.Object, "spec", "postBuild")
	if !ok {
		return
	}
	if !empty(post["substituteFrom"]) {
		s.gap("postBuild", "variables of substituteFrom are known in the cluster alone, and are left as they are here")
	}
	variables, _, _ := unstructured.NestedStringMap(post, "substitute")
	for i, o := range s.unit.Objects {
		if o.GetLabels()[substitution] == "disabled" || o.GetAnnotations()[substitution] == "disabled" {
			continue
		}
		filled, err := fill(o.Object, variables)
		if err != nil {
			s.problems = append(s.problems, diag.Problem{Position: o.At.Position(), Message: fmt.Sprintf("filling in the variables of Kustomization %s: %v", s.unit.Name(), err)})
			continue
		}
		s.unit.Objects[i] = manifest.Object{Unstructured: &unstructured.Unstructured{Object: filled}, At: o.At}
	}
}

// fill replaces the variables in an object, which Flux does in its YAML. What
// is not known stays as it is.
func fill(object map[string]any, variables map[string]string) (map[string]any, error) {
	text, err := yaml.Marshal(object)
	if err != nil {
		return nil, err
	}
	filled, err := envsubst.Eval(string(text), func(name string) (string, bool) {
		value, known := variables[name]
		if !known {
			return "${" + name + "}", true
		}
		return value, true
	})
	if err != nil {
		return nil, err
	}
	if filled == string(text) {
		return object, nil
	}
	var content map[string]any
	if err := yaml.Unmarshal([]byte(filled), &content); err != nil {
		return nil, err
	}
	return plain(content).(map[string]any), nil
}

// label adds the labels and annotations of spec.commonMetadata.
func (s *step) label() {
	k := s.unit.Kustomization.Object
	labels, _, _ := unstructured.NestedStringMap(k, "spec", "commonMetadata", "labels")
	annotations, _, _ := unstructured.NestedStringMap(k, "spec", "commonMetadata", "annotations")
	if len(labels)+len(annotations) == 0 {
		return
	}
	s.unit.Objects = slices.Clone(s.unit.Objects)
	for i, o := range s.unit.Objects {
		o.Unstructured = o.DeepCopy()
		o.SetLabels(with(o.GetLabels(), labels))
		o.SetAnnotations(with(o.GetAnnotations(), annotations))
		s.unit.Objects[i] = o
	}
}

func with(old, more map[string]string) map[string]string {
	if len(more) == 0 {
		return old
	}
	merged := maps.Clone(old)
	if merged == nil {
		merged = map[string]string{}
	}
	maps.Copy(merged, more)
	return merged
}
