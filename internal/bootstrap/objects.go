package bootstrap

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// What the field calls things.
const (
	fluxNamespace = "flux-system"
	fluxName      = "flux-system" // of the GitRepository and Kustomization that sync a cluster
	// manager applies what Git will own later, so that Git takes it over with
	// nothing left behind under another name.
	gitManager = "kustomize-controller"
	// ownManager applies what is not in Git.
	ownManager    = "groundwork"
	lockNamespace = "kube-system"
	lockName      = "groundwork-bootstrap"
	identityName  = "groundwork-identity"
	toolkitGroup  = "toolkit.fluxcd.io"
)

func kustomizationKind() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Kind: "Kustomization"}
}

func gitRepositoryKind() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: "source.toolkit.fluxcd.io", Version: "v1", Kind: "GitRepository"}
}

func coreKind(kind string) schema.GroupVersionKind {
	return schema.GroupVersionKind{Version: "v1", Kind: kind}
}

// kustomization is a Kustomization that the tree gives the cluster.
type kustomization struct{ namespace, name string }

// clusterDir is the folder that the cluster follows.
func (r *run) clusterDir() string { return path.Join("clusters", r.Cluster) }

// read builds Flux's objects and finds the cluster's Kustomizations in the
// compiled tree.
func (r *run) read() error {
	objects, err := build(r.Tree, path.Join(r.clusterDir(), "flux-system"))
	if err != nil {
		return fmt.Errorf("building Flux's own objects: %w", err)
	}
	for _, o := range objects {
		if strings.HasSuffix(o.GroupVersionKind().Group, toolkitGroup) {
			r.sync = append(r.sync, o)
		} else {
			r.flux = append(r.flux, o)
		}
		setLabels(o)
	}
	if r.syncObject("GitRepository") == nil || r.syncObject("Kustomization") == nil {
		return fmt.Errorf("%s/flux-system holds no GitRepository and Kustomization named %s", r.clusterDir(), fluxName)
	}
	r.expected, err = kustomizations(r.Tree, r.clusterDir())
	return err
}

// setLabels marks an object as Flux will, so that taking it over changes
// nothing.
func setLabels(o *unstructured.Unstructured) {
	labels := o.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	labels["kustomize.toolkit.fluxcd.io/name"] = fluxName
	labels["kustomize.toolkit.fluxcd.io/namespace"] = fluxNamespace
	o.SetLabels(labels)
}

// syncObject returns the object that syncs the cluster, by kind.
func (r *run) syncObject(kind string) *unstructured.Unstructured {
	for _, o := range r.sync {
		if o.GetKind() == kind && o.GetName() == fluxName {
			return o
		}
	}
	return nil
}

// build runs kustomize over a folder of the tree, in memory.
func build(files Files, dir string) ([]*unstructured.Unstructured, error) {
	memory := filesys.MakeFsInMemory()
	for _, name := range files.Paths() {
		if !strings.HasPrefix(name, dir+"/") {
			continue
		}
		data, _ := files.Get(name)
		if err := memory.WriteFile(name, data); err != nil {
			return nil, err
		}
	}
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(memory, dir)
	if err != nil {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	for _, resource := range resources.Resources() {
		content, err := resource.Map()
		if err != nil {
			return nil, err
		}
		objects = append(objects, &unstructured.Unstructured{Object: jsonTypes(content).(map[string]any)})
	}
	return objects, nil
}

// jsonTypes turns the numbers of decoded YAML into those that a deep copy
// knows.
func jsonTypes(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			v[k] = jsonTypes(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = jsonTypes(inner)
		}
	case int:
		return int64(v)
	}
	return v
}

// kustomizations lists the Kustomizations in a cluster's folder.
func kustomizations(files Files, dir string) ([]kustomization, error) {
	var found []kustomization
	for _, name := range files.Paths() {
		if !strings.HasPrefix(name, dir+"/") || path.Ext(name) != ".yaml" || path.Base(name) == "gotk-components.yaml" {
			continue
		}
		data, _ := files.Get(name)
		decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(string(data)), 4096)
		for {
			var o unstructured.Unstructured
			err := decoder.Decode(&o.Object)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", name, err)
			}
			if o.GroupVersionKind().Group == kustomizationKind().Group && o.GetKind() == "Kustomization" {
				namespace := o.GetNamespace()
				if namespace == "" {
					namespace = fluxNamespace
				}
				found = append(found, kustomization{namespace, o.GetName()})
			}
		}
	}
	return found, nil
}

// name is how an object is called in messages.
func name(o *unstructured.Unstructured) string {
	if o.GetNamespace() == "" {
		return o.GetKind() + "/" + o.GetName()
	}
	return o.GetKind() + "/" + o.GetNamespace() + "/" + o.GetName()
}

// text returns a string field of an object, "" when it has none.
func text(o *unstructured.Unstructured, fields ...string) string {
	if o == nil {
		return ""
	}
	s, _, _ := unstructured.NestedString(o.Object, fields...)
	return s
}

// current reports whether a controller has seen the object's last change.
func current(o *unstructured.Unstructured) bool {
	seen, found, _ := unstructured.NestedInt64(o.Object, "status", "observedGeneration")
	return found && seen >= o.GetGeneration()
}
