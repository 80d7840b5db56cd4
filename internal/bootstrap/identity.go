package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// identity ties a cluster to a folder of a repository. It is a ConfigMap that
// is in both: each names the other, so that neither can be mistaken.
type identity struct {
	UID        string `json:"clusterUID"`
	CA         string `json:"clusterCA"`
	Repository string `json:"repository"`
	Branch     string `json:"branch"`
	Path       string `json:"path"`
}

func (r *run) identityFile() string { return path.Join(r.clusterDir(), "identity.yaml") }

// readIdentity asks the cluster who it is, and refuses one that says it
// belongs to another repository.
func (r *run) readIdentity(ctx context.Context) (identity, error) {
	uid, ca, err := r.deps.Cluster.Identity(ctx)
	if err != nil {
		return identity{}, err
	}
	id := identity{uid, ca, r.Repository.URL, r.Repository.Branch, r.clusterDir()}
	recorded, err := r.deps.Cluster.Get(ctx, coreKind("ConfigMap"), fluxNamespace, identityName)
	if err != nil || recorded == nil {
		return id, err
	}
	repository, where := text(recorded, "data", "repository"), text(recorded, "data", "path")
	if repositoryAddress(repository) != repositoryAddress(id.Repository) || folder(where) != folder(id.Path) {
		return id, &RefusedError{
			fmt.Sprintf("this cluster belongs to %s in %s, not to %s in %s", where, repository, id.Path, id.Repository),
			"check the kubeconfig context and --cluster",
		}
	}
	return id, nil
}

// checkIdentity refuses a cluster other than the one that the repository was
// first run against.
func (r *run) checkIdentity() error {
	data, err := fs.ReadFile(r.files, r.identityFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading %s of the repository: %w", r.identityFile(), err)
	}
	var recorded struct {
		Data identity `json:"data"`
	}
	if err := yaml.Unmarshal(data, &recorded); err != nil {
		return fmt.Errorf("reading %s of the repository: %w", r.identityFile(), err)
	}
	expected := recorded.Data
	if expected.UID == r.identity.UID && expected.CA == r.identity.CA {
		return nil
	}
	what := fmt.Sprintf("its kube-system namespace is %s, expected %s", r.identity.UID, expected.UID)
	if expected.UID == r.identity.UID {
		what = fmt.Sprintf("its certificate authority is %s, expected %s", short(r.identity.CA), short(expected.CA))
	}
	return &RefusedError{
		fmt.Sprintf("%s is not the cluster that %s belongs to (%s)", r.deps.Cluster.Server(), r.clusterDir(), what),
		"check the kubeconfig context; if the cluster was rebuilt on purpose, delete " + r.identityFile() + " from the repository",
	}
}

// identityObject is the identity as a ConfigMap.
func (r *run) identityObject() *unstructured.Unstructured {
	id := r.identity
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1",
		"kind":       "ConfigMap",
		"metadata":   map[string]any{"name": identityName, "namespace": fluxNamespace},
		"data": map[string]any{
			"clusterUID": id.UID, "clusterCA": id.CA,
			"repository": id.Repository, "branch": id.Branch, "path": id.Path,
		},
	}}
}

// identityYAML is the identity as a file of the repository.
func (r *run) identityYAML() ([]byte, error) {
	data, err := yaml.Marshal(r.identityObject().Object)
	return append([]byte("# Which cluster this folder belongs to, written by the first 'bootstrap run'.\n"), data...), err
}
