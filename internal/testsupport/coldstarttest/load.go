// Package coldstarttest reads the repositories of the prover's tests, and of
// the end-to-end test that pushes them to a real cluster. A repository is one
// txtar archive:
//
//	-- entry/…                 objects that the entry applies, Kustomizations
//	-- any/folder/…            objects of the Kustomization with that spec.path
//	-- charts/<name>/crds/…    a chart's CRDs
//	-- charts/<name>/templates/…  its templates, without templating
//
// HelmReleases name their chart by the name of their OCIRepository. CASE stands
// for the name of the repository, of its GitRepository and of its entry.
package coldstarttest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/coldstart"
	"github.com/groundwork-dev/groundwork/internal/diag"
)

// Entry is the folder that the entry, Kustomization flux-system/CASE, applies.
const Entry = "entry"

// Files are the files of a repository by their path.
func Files(name string, archive []byte) map[string]string {
	files := map[string]string{}
	for _, f := range txtar.Parse(named(name, archive)).Files {
		files[f.Name] = string(f.Data)
	}
	return files
}

func named(name string, archive []byte) []byte {
	return bytes.ReplaceAll(archive, []byte("CASE"), []byte(name))
}

// Load reads a repository. Every Kustomization in it is a unit, with the
// objects of its folder; the entry is one that nothing applies.
func Load(name string, archive []byte) (coldstart.Cluster, error) {
	var c coldstart.Cluster
	folders := map[string][]coldstart.Object{}
	var all []coldstart.Object
	for _, f := range txtar.Parse(named(name, archive)).Files {
		objects, err := Objects(f.Name, f.Data)
		if err != nil {
			return c, err
		}
		if !strings.HasPrefix(f.Name, "charts/") {
			all = append(all, objects...)
		}
		// As kustomize-controller does where there is no kustomization.yaml.
		for dir := path.Dir(f.Name); dir != "."; dir = path.Dir(dir) {
			folders[dir] = append(folders[dir], objects...)
		}
	}
	c.Units = append(c.Units, coldstart.Unit{
		Name: "flux-system/" + name, At: diag.Position{File: Entry}, Objects: folders[Entry],
		Source: coldstart.Reference{Kind: "GitRepository", Namespace: "flux-system", Name: name},
	})
	for _, o := range all {
		switch o.GetKind() {
		case "Kustomization":
			dir, _, _ := unstructured.NestedString(o.Object, "spec", "path")
			c.Units = append(c.Units, coldstart.UnitOf(o, folders[path.Clean(dir)]))
		case "HelmRelease":
			chart, _, _ := unstructured.NestedString(o.Object, "spec", "chartRef", "name")
			_, known := folders["charts/"+chart]
			if !known {
				continue
			}
			crds := folders["charts/"+chart+"/crds"]
			c.Releases = append(c.Releases, coldstart.Release{
				Name: o.GetNamespace() + "/" + o.GetName(), Rendered: true, CRDs: crds, Objects: folders["charts/"+chart+"/templates"],
			})
		}
	}
	return c, nil
}

// Objects reads the documents of a YAML file.
func Objects(file string, data []byte) ([]coldstart.Object, error) {
	var found []coldstart.Object
	if ext := path.Ext(file); ext != ".yaml" && ext != ".yml" || path.Base(file) == "Chart.yaml" || path.Base(file) == "kustomization.yaml" {
		return nil, nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		text, err := yaml.Marshal(&node)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		text, err = sigsyaml.YAMLToJSON(text)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		var o unstructured.Unstructured
		if err := o.UnmarshalJSON(text); err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		found = append(found, coldstart.Object{Unstructured: &o, At: position(file, node.Content[0])})
	}
}

// position finds fields in a document.
func position(file string, document *yaml.Node) func(fields ...string) diag.Position {
	return func(fields ...string) diag.Position {
		at := document
		for _, field := range fields {
			next := at
			for i := 0; at.Kind == yaml.MappingNode && i+1 < len(at.Content); i += 2 {
				if at.Content[i].Value == field {
					next = at.Content[i+1]
				}
			}
			if next == at {
				break
			}
			at = next
		}
		return diag.Position{File: file, Line: at.Line, Column: at.Column}
	}
}
