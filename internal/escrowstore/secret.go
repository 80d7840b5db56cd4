package escrowstore

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/groundwork-dev/groundwork/internal/escrow"
)

// Key is the Secret's key that holds the record.
const Key = "escrow.json"

// Secret keeps the record in a Secret.
type Secret struct {
	secrets         coreclient.SecretInterface
	namespace, name string
}

// NewSecret returns the store in the Secret of that name.
func NewSecret(config *rest.Config, namespace, name string) (*Secret, error) {
	core, err := coreclient.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("preparing the connection to the API server: %w", err)
	}
	return &Secret{core.Secrets(namespace), namespace, name}, nil
}

// Where is Secret/namespace/name.
func (s *Secret) Where() string { return "Secret/" + s.namespace + "/" + s.name }

// Load reads the record; nil when there is no Secret. The version is the
// Secret's own.
func (s *Secret) Load(ctx context.Context) (*escrow.Record, string, error) {
	found, err := s.secrets.Get(ctx, s.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading %s: %w", s.Where(), err)
	}
	record, err := escrow.Parse(s.Where(), found.Data[Key])
	return record, found.ResourceVersion, err
}

// Save creates the Secret when version is empty, and otherwise replaces the
// record of that version.
func (s *Secret) Save(ctx context.Context, record *escrow.Record, version string) error {
	data, err := record.Marshal()
	if err != nil {
		return err
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name: s.name, Namespace: s.namespace, ResourceVersion: version,
			Labels: map[string]string{"app.kubernetes.io/managed-by": "groundwork"},
			// Nothing that prunes may take it away.
			Annotations: map[string]string{"kustomize.toolkit.fluxcd.io/prune": "disabled"},
		},
		Type: corev1.SecretTypeOpaque,
		Data: map[string][]byte{Key: data},
	}
	if version == "" {
		_, err = s.secrets.Create(ctx, secret, metav1.CreateOptions{})
	} else {
		_, err = s.secrets.Update(ctx, secret, metav1.UpdateOptions{})
	}
	switch {
	case apierrors.IsAlreadyExists(err), apierrors.IsConflict(err):
		return &ConflictError{s.Where()}
	case apierrors.IsNotFound(err):
		return fmt.Errorf("writing %s: %w (is Vault's namespace there yet?)", s.Where(), err)
	case err != nil:
		return fmt.Errorf("writing %s: %w", s.Where(), err)
	}
	return nil
}
