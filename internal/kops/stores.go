package kops

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	kopsapi "k8s.io/kops/pkg/apis/kops"
	"k8s.io/kops/pkg/client/simple"
	"k8s.io/kops/pkg/pki"
	"k8s.io/kops/upup/pkg/fi"
	"k8s.io/kops/util/pkg/vfs"

	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

// errLocked is what a render gets that would change the state store.
var errLocked = errors.New("a render only reads the state store")

// encryptionSecret is kops' name of the API server's configuration of encryption.
const encryptionSecret = "encryptionconfig"

// lockedClientset is kops' client with keys and secrets as the facts lock knows
// them.
type lockedClientset struct {
	simple.Clientset
	facts *clusterfacts.Facts
}

// KeyStore returns the public parts of the keys.
func (c lockedClientset) KeyStore(*kopsapi.Cluster) (fi.CAStore, error) {
	return lockedKeys{facts: c.facts}, nil
}

// SecretStore returns a store of what a render asks of secrets.
func (c lockedClientset) SecretStore(*kopsapi.Cluster) (fi.SecretStore, error) {
	return lockedSecrets{facts: c.facts}, nil
}

// SSHCredentialStore returns a store without keys: nodes are not reached by SSH.
func (lockedClientset) SSHCredentialStore(*kopsapi.Cluster) (fi.SSHCredentialStore, error) {
	return noSSH{}, nil
}

// lockedKeys holds certificates without their keys.
type lockedKeys struct{ facts *clusterfacts.Facts }

// FindKeyset returns a keyset. kops wants to see a private key beside each
// certificate, and looks no closer: what it gets is an empty one.
func (k lockedKeys) FindKeyset(_ context.Context, name string) (*fi.Keyset, error) {
	locked, ok := k.facts.Keysets[name]
	if !ok {
		return nil, missing("keyset " + name)
	}
	keyset := &fi.Keyset{Items: map[string]*fi.KeysetItem{}}
	for id, text := range locked.Certificates {
		certificate, err := pki.ParsePEMCertificate([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("reading certificate %s of keyset %s in the facts lock: %w", id, name, err)
		}
		keyset.Items[id] = &fi.KeysetItem{Id: id, Certificate: certificate, PrivateKey: &pki.PrivateKey{}}
	}
	keyset.Primary = keyset.Items[locked.Primary]
	if keyset.Primary == nil {
		return nil, missing("the primary certificate of keyset " + name)
	}
	return keyset, nil
}

// ListKeysets returns all of them.
func (k lockedKeys) ListKeysets() (map[string]*fi.Keyset, error) {
	all := map[string]*fi.Keyset{}
	for _, name := range slices.Sorted(maps.Keys(k.facts.Keysets)) {
		keyset, err := k.FindKeyset(context.Background(), name)
		if err != nil {
			return nil, err
		}
		all[name] = keyset
	}
	return all, nil
}

// StoreKeyset refuses.
func (lockedKeys) StoreKeyset(context.Context, string, *fi.Keyset) error { return errLocked }

// MirrorTo does nothing: the store is where the nodes read it.
func (lockedKeys) MirrorTo(context.Context, vfs.Path) error { return nil }

// lockedSecrets answers what kops asks about secrets while it renders. None of
// them is part of what it writes.
type lockedSecrets struct{ facts *clusterfacts.Facts }

// FindSecret returns what stands for a secret. For the configuration of
// encryption that is its hash, of which the nodes' configuration holds a hash
// again: it changes when the configuration does.
func (s lockedSecrets) FindSecret(id string) (*fi.Secret, error) {
	if id != encryptionSecret || s.facts.EncryptionConfig == nil {
		return nil, nil //nolint:nilnil // the interface's way to say that there is none
	}
	return &fi.Secret{Data: []byte("sha256:" + s.facts.EncryptionConfig.SHA256)}, nil
}

// Secret returns a secret, or an error where there is none.
func (s lockedSecrets) Secret(id string) (*fi.Secret, error) {
	secret, err := s.FindSecret(id)
	if secret == nil && err == nil {
		return nil, missing("secret " + id)
	}
	return secret, err
}

// GetOrCreateSecret says of tokens that there are some: the real ones are made
// where the real store is.
func (lockedSecrets) GetOrCreateSecret(_ context.Context, _ string, secret *fi.Secret) (*fi.Secret, bool, error) {
	return secret, false, nil
}

// ReplaceSecret refuses.
func (lockedSecrets) ReplaceSecret(string, *fi.Secret) (*fi.Secret, error) { return nil, errLocked }

// DeleteSecret refuses.
func (lockedSecrets) DeleteSecret(string) error { return errLocked }

// ListSecrets returns none.
func (lockedSecrets) ListSecrets() ([]string, error) { return nil, nil }

// MirrorTo does nothing, as that of the keys.
func (lockedSecrets) MirrorTo(context.Context, vfs.Path) error { return nil }

// noSSH is a store of no SSH keys.
type noSSH struct{}

func (noSSH) DeleteSSHCredential() error                           { return errLocked }
func (noSSH) AddSSHPublicKey(context.Context, []byte) error        { return errLocked }
func (noSSH) FindSSHPublicKeys() ([]*kopsapi.SSHCredential, error) { return nil, nil }

// MissingError says that a render needs facts that are not in the lock.
type MissingError struct{ What string }

func (e MissingError) Error() string { return clusterspec.Lacks + e.What }

func missing(what string) error { return MissingError{what} }
