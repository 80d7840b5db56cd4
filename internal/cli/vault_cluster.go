package cli

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/cluster"
	"github.com/groundwork-dev/groundwork/internal/escrowstore"
	"github.com/groundwork-dev/groundwork/internal/vault"
	"github.com/groundwork-dev/groundwork/internal/vaultinit"
)

// The lock that keeps two runs from initialising one Vault, and the ConfigMap
// by which a run told the cluster whose it is.
const (
	vaultLockName     = "groundwork-vault-init"
	vaultLockHome     = "kube-system"
	identityNamespace = "flux-system"
	identityConfigMap = "groundwork-identity"
)

// openCluster finds the Secret of the escrow in a cluster of platform.yaml,
// after making sure that the kubeconfig's cluster is that one.
func (t vaultTarget) openCluster(place *vaultPlace) error {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = t.kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: t.context}).ClientConfig()
	if err != nil {
		return fmt.Errorf("reading kubeconfig: %w", err)
	}
	config.UserAgent = "bootstrap/" + version().Version
	place.config = config
	if place.cluster, err = cluster.New(config); err != nil {
		return err
	}
	if err := t.checkCluster(place.ctx, place.cluster); err != nil {
		return err
	}
	secret, err := escrowstore.NewSecret(config, t.namespace, t.secret)
	if err != nil {
		return err
	}
	place.stores = append(place.stores, secret)
	return nil
}

// reach opens the way to Vault's pod and tells options of it; with lock, it
// makes sure that no other run is at work.
func (t vaultTarget) reach(place *vaultPlace, options *vault.Options, lock bool) error {
	if lock {
		held, release, err := place.cluster.Lock(place.ctx, vaultLockHome, vaultLockName, holder())
		if err != nil {
			return err
		}
		place.ctx, place.closes = held, append(place.closes, release)
	}
	if len(options.CA) == 0 {
		var err error
		if options.CA, err = t.authority(place.ctx, place.cluster); err != nil {
			return err
		}
	}
	// An interrupt must not cut the connection while Vault answers with its keys.
	address, stop, err := vault.Forward(context.WithoutCancel(place.ctx), place.config, t.namespace, t.pod, t.port)
	if err != nil {
		return err
	}
	place.closes = append(place.closes, stop)
	options.Address, options.Name = "https://"+address, "pod "+t.namespace+"/"+t.pod
	if options.ServerName == "" {
		options.ServerName = t.pod + ".vault-internal"
	}
	return nil
}

// checkCluster refuses a cluster other than the one that platform.yaml means:
// the identity that run left in the cluster, and in the repository, must be
// this one's.
func (t vaultTarget) checkCluster(ctx context.Context, c *cluster.Cluster) error {
	p, _, err := LoadDir(t.dir)
	if err != nil {
		return err
	}
	if _, ok := p.Spec.Clusters[t.cluster]; !ok {
		var names []string
		for name := range p.Spec.Clusters {
			names = append(names, name)
		}
		return usageError{fmt.Errorf("platform.yaml has no cluster %q; it has %s", t.cluster, strings.Join(names, ", "))}
	}
	uid, ca, err := c.Identity(ctx)
	if err != nil {
		return err
	}
	recorded, err := c.Get(ctx, schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}, identityNamespace, identityConfigMap)
	if err != nil {
		return err
	}
	folder := path.Join("clusters", t.cluster)
	if recorded == nil {
		return refused(fmt.Sprintf("%s is not under Git's control yet, so nothing says that it is %s", c.Server(), t.cluster), "hand it to Git first: bootstrap run --cluster "+t.cluster)
	}
	if err := t.sameIdentity(c, recorded, map[string]string{
		"clusterUID": uid, "clusterCA": ca, "path": folder, "repository": p.Spec.Repository.URL,
	}); err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(t.dir, folder, "identity.yaml"))
	if os.IsNotExist(err) {
		return nil // this checkout is older than the first run
	}
	if err != nil {
		return fmt.Errorf("reading whose cluster %s is: %w", folder, err)
	}
	var file unstructured.Unstructured
	if err := yaml.Unmarshal(data, &file.Object); err != nil {
		return fmt.Errorf("reading %s/identity.yaml: %w", folder, err)
	}
	return t.sameIdentity(c, &file, map[string]string{"clusterUID": uid, "clusterCA": ca})
}

func (t vaultTarget) sameIdentity(c *cluster.Cluster, recorded *unstructured.Unstructured, want map[string]string) error {
	for _, key := range []string{"path", "repository", "clusterUID", "clusterCA"} {
		value, ok := want[key]
		if !ok {
			continue
		}
		found, _, _ := unstructured.NestedString(recorded.Object, "data", key)
		if clean(found) != clean(value) {
			return refused(fmt.Sprintf("%s is not the cluster %s: its %s is %s, expected %s", c.Server(), t.cluster, key, value, found), "check the kubeconfig context and --cluster; nothing was changed")
		}
	}
	return nil
}

// clean makes two spellings of an address or a path the same.
func clean(s string) string {
	return strings.TrimSuffix(strings.Trim(strings.TrimPrefix(strings.TrimSpace(s), "./"), "/"), ".git")
}

func refused(reason, fix string) error { return &vaultinit.RefusedError{Reason: reason, Fix: fix} }

// authority reads the certificates that Vault is trusted by from its Secret.
func (t vaultTarget) authority(ctx context.Context, c *cluster.Cluster) ([]byte, error) {
	secret, err := c.Get(ctx, schema.GroupVersionKind{Version: "v1", Kind: "Secret"}, t.namespace, t.tlsSecret)
	if err != nil {
		return nil, err
	}
	const key = "ca.crt"
	where := "Secret/" + t.namespace + "/" + t.tlsSecret
	if secret == nil {
		return nil, refused(where+" is not there, so nothing says whom to trust as Vault", "wait until the certificate is issued, name another Secret with --tls-secret, or give the certificates with --ca-file")
	}
	text, _, _ := unstructured.NestedString(secret.Object, "data", key)
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(data) == 0 {
		return nil, refused(where+" has no "+key, "give the certificates that Vault is trusted by with --ca-file")
	}
	return data, nil
}
