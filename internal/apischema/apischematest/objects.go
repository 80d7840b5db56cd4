// Package apischematest gives tests the objects that a cluster of this
// repository is told to have, as its GitOps trees say.
package apischematest

import (
	"path/filepath"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/groundwork-dev/groundwork/internal/apischema"
	"github.com/groundwork-dev/groundwork/internal/apischema/constraint"
	"github.com/groundwork-dev/groundwork/internal/catalog"
)

// Objects builds the folder clusters/<cluster> of the repository at root, as
// kustomize does, and every folder that a Kustomization found there leads to.
// What is only for kustomize or for the tool (config.kubernetes.io/local-config)
// is not among the objects.
func Objects(t testing.TB, files filesys.FileSystem, root, cluster string) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	folders := []string{"clusters/" + cluster}
	for i := 0; i < len(folders); i++ { // it grows
		for _, o := range build(t, files, filepath.Join(root, folders[i])) {
			all = append(all, o)
			if o.GroupVersionKind().Group != "kustomize.toolkit.fluxcd.io" {
				continue
			}
			path, _, _ := unstructured.NestedString(o.Object, "spec", "path")
			if path = filepath.Clean(path); path != "." && !slices.Contains(folders, path) {
				folders = append(folders, path)
			}
		}
	}
	return all
}

func build(t testing.TB, files filesys.FileSystem, folder string) []*unstructured.Unstructured {
	t.Helper()
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(files, folder)
	if err != nil {
		t.Fatalf("building %s: %v", folder, err)
	}
	var all []*unstructured.Unstructured
	for _, r := range built.Resources() {
		text, err := r.MarshalJSON()
		if err != nil {
			t.Fatalf("building %s: %v", folder, err)
		}
		o := &unstructured.Unstructured{}
		if err := utiljson.Unmarshal(text, &o.Object); err != nil {
			t.Fatalf("building %s: %v", folder, err)
		}
		all = append(all, o)
	}
	return all
}

// Definitions are the custom resource definitions of the built-in catalogue, of
// Flux, and of the constraints that templates among the objects describe.
func Definitions(t testing.TB, objects []*unstructured.Unstructured) []*unstructured.Unstructured {
	t.Helper()
	c, err := catalog.Load(catalog.BuiltinLayer())
	if err != nil {
		t.Fatal(err)
	}
	definitions, err := apischema.Definitions(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		if !constraint.IsTemplate(o.GroupVersionKind()) {
			continue
		}
		d, err := constraint.Definition(o)
		if err != nil {
			t.Fatal(err)
		}
		definitions = append(definitions, d)
	}
	return definitions
}
