package cli

import (
	"context"
	"encoding/base64"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/cluster"
	"github.com/groundwork-dev/groundwork/internal/escrowstore"
	"github.com/groundwork-dev/groundwork/internal/podforward"
	"github.com/groundwork-dev/groundwork/internal/vault"
	"github.com/groundwork-dev/groundwork/internal/vaultinit"
)

// The lock that keeps two runs from initialising one Vault.
const (
	vaultLockName = "groundwork-vault-init"
	vaultLockHome = "kube-system"
)

// openCluster finds the Secret of the escrow in a cluster of platform.yaml,
// after making sure that the kubeconfig's cluster is that one.
func (t vaultTarget) openCluster(place *vaultPlace) error {
	var err error
	if place.cluster, place.config, err = t.Open(place.ctx); err != nil {
		return err
	}
	secret, err := escrowstore.NewSecret(place.config, t.namespace, t.secret)
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
	address, stop, err := podforward.Open(context.WithoutCancel(place.ctx), place.config, t.namespace, t.pod, t.port)
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
