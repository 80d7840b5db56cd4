// Package helmrelease reads Flux HelmReleases: which chart from where, under
// which name, with which values. It is pure: what only a cluster or a registry
// knows is said to be missing.
package helmrelease

import (
	"cmp"
	"fmt"
	"maps"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/manifest"
)

const sources = "source.toolkit.fluxcd.io"

// Kind is Flux's HelmRelease.
func Kind() schema.GroupKind {
	return schema.GroupKind{Group: "helm.toolkit.fluxcd.io", Kind: "HelmRelease"}
}

// Chart is one version of a chart.
type Chart struct {
	Name string
	// Version is exact, or a range where the release has one.
	Version string
	// Repository is https://… above index.yaml, or oci://… without the chart's name.
	Repository string
}

// String returns name version, for messages.
func (c Chart) String() string { return c.Name + " " + c.Version }

// Release is a HelmRelease.
type Release struct {
	// Object is the HelmRelease.
	Object manifest.Object
	// Name and Namespace are what Helm is told: where the chart's objects go.
	Name, Namespace string
	// Chart has no name where it could not be found; then a gap or problem says why.
	Chart Chart
	// Source is the object that the chart comes from: Kind, namespace and name.
	Source manifest.ID
	// Values are what the chart gets, those of ConfigMaps of the tree included.
	Values map[string]any
	// Gaps are what only the cluster knows.
	Gaps []manifest.Gap
	// Problems are what cannot work.
	Problems diag.Problems
}

// ID returns namespace/name of the HelmRelease.
func (r *Release) ID() string { return r.Object.GetNamespace() + "/" + r.Object.GetName() }

// All returns the HelmReleases among the objects of a cluster, in their order.
func All(objects []manifest.Object) []*Release {
	byID := make(map[manifest.ID]manifest.Object, len(objects))
	for _, o := range objects {
		byID[o.ID()] = o
	}
	var all []*Release
	for _, o := range objects {
		if o.Is(Kind()) {
			all = append(all, read(o, byID))
		}
	}
	return all
}

func read(o manifest.Object, byID map[manifest.ID]manifest.Object) *Release {
	r := &Release{Object: o}
	spec, _, _ := unstructured.NestedMap(o.Object, "spec")
	r.Namespace = cmp.Or(text(spec, "targetNamespace"), o.GetNamespace())
	if r.Name = text(spec, "releaseName"); r.Name == "" {
		// helm-controller's default: the target's namespace in front, where there is one.
		r.Name = strings.TrimPrefix(text(spec, "targetNamespace")+"-"+o.GetName(), "-")
	}
	r.chart(spec, byID)
	r.values(spec, byID)
	if list, _, _ := unstructured.NestedSlice(spec, "postRenderers"); len(list) > 0 {
		r.gap("what its postRenderers change is not applied", "spec", "postRenderers")
	}
	return r
}

func (r *Release) gap(reason string, path ...string) {
	r.Gaps = append(r.Gaps, manifest.Gap{At: r.Object.At.Position(path...), Reason: fmt.Sprintf("HelmRelease %s: %s", r.ID(), reason)})
}

func (r *Release) problem(message, hint string, path ...string) {
	r.Problems = append(r.Problems, diag.Problem{Position: r.Object.At.Position(path...), Path: strings.Join(path, "."), Message: message, Hint: hint})
}

// chart finds the chart: spec.chart names one of a repository, spec.chartRef a
// source that is one.
func (r *Release) chart(spec map[string]any, byID map[manifest.ID]manifest.Object) {
	field, path := "sourceRef", []string{"spec", "chart", "spec", "sourceRef"}
	chart, of, _ := unstructured.NestedMap(spec, "chart", "spec")
	ref, _, _ := unstructured.NestedStringMap(chart, field)
	if !of {
		path = []string{"spec", "chartRef"}
		ref, _, _ = unstructured.NestedStringMap(spec, "chartRef")
	}
	if ref["name"] == "" {
		return // the schema has more to say
	}
	r.Source = manifest.ID{Group: sources, Kind: ref["kind"], Namespace: cmp.Or(ref["namespace"], r.Object.GetNamespace()), Name: ref["name"]}
	source, there := byID[r.Source]
	if !there {
		r.problem(fmt.Sprintf("there is no %s", r.Source), "add it, or correct its kind, namespace or name", path...)
		return
	}
	url, _, _ := unstructured.NestedString(source.Object, "spec", "url")
	switch r.Source.Kind {
	case "HelmRepository":
		r.Chart = Chart{Name: text(chart, "chart"), Version: text(chart, "version"), Repository: strings.TrimSuffix(url, "/")}
	case "OCIRepository":
		tag, _, _ := unstructured.NestedString(source.Object, "spec", "ref", "tag")
		version, _, _ := unstructured.NestedString(source.Object, "spec", "ref", "semver")
		if at := strings.LastIndex(url, "/"); at >= 0 {
			r.Chart = Chart{Name: url[at+1:], Version: cmp.Or(tag, version), Repository: url[:at]}
		}
	case "HelmChart":
		r.gap("charts of a HelmChart object are not followed", path...)
	default:
		r.gap(fmt.Sprintf("its chart lies in a %s, which is not looked into", r.Source.Kind), path...)
	}
}

// values merges what the release hands to the chart, as helm-controller does:
// each of valuesFrom over the one before, and spec.values over all.
func (r *Release) values(spec map[string]any, byID map[manifest.ID]manifest.Object) {
	r.Values = map[string]any{}
	list, _, _ := unstructured.NestedSlice(spec, "valuesFrom")
	for i, entry := range list {
		from, _ := entry.(map[string]any)
		path := []string{"spec", "valuesFrom", fmt.Sprint(i)}
		id := manifest.ID{Kind: text(from, "kind"), Namespace: r.Object.GetNamespace(), Name: text(from, "name")}
		source, there := byID[id]
		switch optional, _ := from["optional"].(bool); {
		case id.Kind == "Secret":
			r.gap(fmt.Sprintf("values of %s are not looked into", id), path...)
			continue
		case !there && optional:
			continue
		case !there:
			r.gap(fmt.Sprintf("values of %s, which is not in the tree, are not known", id), path...)
			continue
		case text(from, "targetPath") != "":
			r.gap(fmt.Sprintf("the single value of %s is not filled in", id), path...)
			continue
		}
		key := cmp.Or(text(from, "valuesKey"), "values.yaml")
		data, has, _ := unstructured.NestedString(source.Object, "data", key)
		if !has {
			r.problem(fmt.Sprintf("%s has no key %s", id, key), "", path...)
			continue
		}
		var values map[string]any
		if err := yaml.Unmarshal([]byte(data), &values); err != nil {
			r.Problems = append(r.Problems, diag.Problem{Position: source.At.Position("data", key), Message: fmt.Sprintf("the values are not YAML: %v", err)})
			continue
		}
		r.Values = merge(r.Values, values)
	}
	own, _, _ := unstructured.NestedMap(spec, "values")
	r.Values = merge(r.Values, own)
}

func merge(a, b map[string]any) map[string]any {
	merged := maps.Clone(a)
	if merged == nil {
		merged = map[string]any{}
	}
	for key, value := range b {
		old, both := merged[key].(map[string]any)
		more, are := value.(map[string]any)
		if both && are {
			value = merge(old, more)
		}
		merged[key] = value
	}
	return merged
}

func text(m map[string]any, key string) string {
	s, _ := m[key].(string)
	return s
}
