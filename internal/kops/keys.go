package kops

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	kopsapi "k8s.io/kops/pkg/apis/kops"
	"k8s.io/kops/pkg/client/simple"
	"k8s.io/kops/upup/pkg/fi"

	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

// addKeys makes the cluster's keys in its state store, where they are not there
// yet, and notes their certificates. kops makes them while it renders, so this
// renders, to a folder that is thrown away.
func addKeys(ctx context.Context, r *clusterspec.Request, facts *clusterfacts.Facts, clientset simple.Clientset, origin clusterfacts.Origin) error {
	dir, err := os.MkdirTemp("", "bootstrap-kops-")
	if err != nil {
		return fmt.Errorf("making a folder to render in: %w", err)
	}
	defer os.RemoveAll(dir)
	cluster := &kopsapi.Cluster{}
	cluster.Name = r.Name
	cluster.Spec.ConfigStore.Base = r.StateStore + "/" + r.Name
	if r.EncryptSecrets {
		if facts.EncryptionConfig, err = addEncryption(ctx, clientset, cluster, origin); err != nil {
			return err
		}
	}
	cloud := newLockedCloud(facts, r.Region, r.Name)
	if _, err := apply(ctx, r, facts, clientset, cloud, filepath.Join(dir, "out")); err != nil {
		return fmt.Errorf("making the cluster's keys: %w", err)
	}
	store, err := clientset.KeyStore(cluster)
	if err != nil {
		return fmt.Errorf("opening the store of keys: %w", err)
	}
	keysets, err := store.ListKeysets()
	if err != nil {
		return fmt.Errorf("listing the cluster's keys: %w", err)
	}
	facts.Keysets = map[string]clusterfacts.Keyset{}
	for _, name := range slices.Sorted(maps.Keys(keysets)) {
		if facts.Keysets[name], err = publicPart(keysets[name], origin); err != nil {
			return fmt.Errorf("reading keyset %s: %w", name, err)
		}
	}
	return nil
}

// publicPart returns the certificates of a keyset that are trusted.
func publicPart(keyset *fi.Keyset, origin clusterfacts.Origin) (clusterfacts.Keyset, error) {
	public := clusterfacts.Keyset{Primary: keyset.Primary.Id, Certificates: map[string]string{}, Origin: origin}
	for id, item := range keyset.Items {
		if item.DistrustTimestamp != nil || item.Certificate == nil {
			continue
		}
		text, err := item.Certificate.AsString()
		if err != nil {
			return public, err
		}
		public.Certificates[id] = text
	}
	return public, nil
}

// addEncryption makes the API server's configuration of encryption in the state
// store, unless it is there. Its key is in the store alone, which has a KMS key
// of its own; API servers read it from there.
func addEncryption(ctx context.Context, clientset simple.Clientset, cluster *kopsapi.Cluster, origin clusterfacts.Origin) (*clusterfacts.EncryptionConfig, error) {
	store, err := clientset.SecretStore(cluster)
	if err != nil {
		return nil, fmt.Errorf("opening the store of secrets: %w", err)
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	config := `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - secretbox:
          keys:
            - name: key1
              secret: ` + base64.StdEncoding.EncodeToString(key) + `
      - identity: {}
`
	secret, _, err := store.GetOrCreateSecret(ctx, encryptionSecret, &fi.Secret{Data: []byte(config)})
	if err != nil {
		return nil, fmt.Errorf("storing the configuration of encryption: %w", err)
	}
	sum := sha256.Sum256(secret.Data)
	return &clusterfacts.EncryptionConfig{SHA256: hex.EncodeToString(sum[:]), Origin: origin}, nil
}

// AddExampleKeys notes the certificates of keys that are made and thrown away:
// enough to render a cluster and to read it, and nothing that one can be built of.
func AddExampleKeys(ctx context.Context, r *clusterspec.Request, facts *clusterfacts.Facts, origin clusterfacts.Origin) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dir, err := os.MkdirTemp("", "bootstrap-kops-")
	if err != nil {
		return fmt.Errorf("making a folder for the example keys: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := useBuckets(ctx, dir, r.Region); err != nil {
		return err
	}
	useLockedFiles(facts)
	clientset, err := newClientset(r)
	if err != nil {
		return err
	}
	return addKeys(ctx, r, facts, clientset, origin)
}
