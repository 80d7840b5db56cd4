// Package flux renders the platform's model as the tree that Flux follows:
//
//	clusters/<cluster>/flux-system/                      Flux itself, and what it syncs
//	clusters/<cluster>/<component>.yaml, apps.yaml       Flux Kustomizations, in their order
//	clusters/<cluster>/image-automation.yaml             what moves the images of apps
//	clusters/<cluster>/dispatch.yaml                     what tells the repository's workflows
//	clusters/<cluster>/patches/                          a person's own changes to those
//	infrastructure/controllers/<cluster>/<component>/    namespace, network policies, chart, objects
//	infrastructure/configs/<cluster>/<component>/        custom resources, by stage
//	apps/<cluster>/<app>/                                the apps
//
// Every value is resolved: what a file says is what the cluster gets.
package flux

import (
	"fmt"
	"path"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/fluxsystem"
	"github.com/groundwork-dev/groundwork/internal/render/object"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

// Render returns the files of one cluster.
func Render(c platform.Cluster, m *platform.Model) (*tree.Tree, error) {
	r := renderer{cluster: c, model: m, tree: tree.New(), last: lastKustomizations(c), taken: map[string]bool{fluxsystem.Namespace: true}}
	if err := r.render(); err != nil {
		return nil, fmt.Errorf("rendering cluster %s: %w", c.Name, err)
	}
	return r.tree, nil
}

type renderer struct {
	cluster platform.Cluster
	model   *platform.Model
	tree    *tree.Tree
	// last names, by component, the Kustomization that is ready once all of
	// the component is.
	last map[string]string
	// taken are the names of Kustomizations, which share a namespace.
	taken map[string]bool
}

func (r *renderer) render() error {
	if err := r.system(); err != nil {
		return err
	}
	resources := []string{"flux-system"}
	for i := range r.cluster.Components {
		c := &r.cluster.Components[i]
		if err := r.component(c); err != nil {
			return fmt.Errorf("component %s: %w", c.Name, err)
		}
		resources = append(resources, componentFile(c.Name))
	}
	if len(r.cluster.Apps) > 0 {
		if err := r.apps(); err != nil {
			return err
		}
		resources = append(resources, appsFile)
	}
	for _, f := range []struct {
		name string
		docs []*yaml.Node
	}{{automationFile, r.automation()}, {dispatchFile, r.dispatch()}} {
		if len(f.docs) == 0 {
			continue
		}
		if err := r.file(r.clusterDir(f.name), f.docs...); err != nil {
			return err
		}
		resources = append(resources, f.name)
	}
	if err := r.file(r.clusterDir("kustomization.yaml"), object.Kustomization(resources, "components", []string{"patches"})); err != nil {
		return err
	}
	return r.tree.Seed(path.Join(tree.PatchesDir(r.cluster.Name), "kustomization.yaml"), []byte(patchesSeed))
}

// patchesSeed is the start of a folder that belongs to people.
const patchesSeed = `# Changes of your own to what is generated for this cluster: bootstrap made this
# file once and never touches it again. Here one may patch the Flux
# Kustomizations beside this folder, and through their spec.patches everything
# that they apply. docs/ownership.md has examples.
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches: []
`

// componentFile, appsFile, automationFile and dispatchFile are files in the cluster's folder.
// A component named apps, or like one of the folder's other files, keeps out of their way.
const appsFile = "apps.yaml"

func componentFile(name string) string {
	switch name {
	case "apps", "image-automation", "dispatch", "kustomization", "inventory":
		return "component-" + name + ".yaml"
	}
	return name + ".yaml"
}

func (r *renderer) clusterDir(elem ...string) string {
	return path.Join(append([]string{"clusters", r.cluster.Name}, elem...)...)
}

// kustomizations writes a file of Flux Kustomizations.
func (r *renderer) kustomizations(name string, ks ...kustomization) error {
	docs := make([]*yaml.Node, len(ks))
	for i, k := range ks {
		if r.taken[k.name] {
			return fmt.Errorf("two Kustomizations would have the name %s: rename the component or app", k.name)
		}
		r.taken[k.name] = true
		docs[i] = k.node()
	}
	return r.file(r.clusterDir(name), docs...)
}

func (r *renderer) file(name string, docs ...*yaml.Node) error {
	data, err := object.Encode(docs...)
	if err != nil {
		return fmt.Errorf("file %s: %w", name, err)
	}
	return r.tree.Add(name, data)
}
