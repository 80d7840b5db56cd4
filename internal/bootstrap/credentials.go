package bootstrap

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/config"
)

// webhookTokenBytes is the length of a Receiver's token before it is hex.
const webhookTokenBytes = 32

// sourceSecret is the name of the Secret that the cluster reads the repository
// with, "" for a repository that everybody may read.
func (r *run) sourceSecret() string {
	return text(r.syncObject("GitRepository"), "spec", "secretRef", "name")
}

// credentialed finds the Secrets in place and as they are to be.
func (r *run) credentialed(ctx context.Context) (string, bool, error) {
	for _, secret := range r.receiverSecrets() {
		found, err := r.deps.Cluster.Get(ctx, coreKind("Secret"), fluxNamespace, secret)
		if err != nil || found == nil {
			return "", false, err
		}
	}
	found, err := r.deps.Cluster.Get(ctx, coreKind("ConfigMap"), fluxNamespace, identityName)
	if err != nil || found == nil {
		return "", false, err
	}
	if r.sourceSecret() == "" {
		return "the repository is public", true, nil
	}
	secret, err := r.deps.Cluster.Get(ctx, coreKind("Secret"), fluxNamespace, r.sourceSecret())
	if err != nil || secret == nil || r.Repository.Auth == config.AuthSSH {
		// A deploy key may have been removed at the forge: that is looked at
		// each time.
		return "", false, err
	}
	same := secretValue(secret, "username") == r.username() && secretValue(secret, "password") == r.deps.Token.Current().Reveal()
	return "Secret/" + fluxNamespace + "/" + r.sourceSecret() + " is up to date", same, nil
}

func (r *run) credentials(ctx context.Context) (string, error) {
	if err := r.applyNamespaces(ctx); err != nil {
		return "", err
	}
	if err := r.deps.Cluster.Apply(ctx, ownManager, r.identityObject()); err != nil {
		return "", err
	}
	if err := r.createReceiverSecrets(ctx); err != nil {
		return "", err
	}
	switch {
	case r.sourceSecret() == "":
		return "the repository is public", nil
	case r.Repository.Auth == config.AuthSSH:
		return r.deployKey(ctx)
	case r.deps.Token.Current().Empty():
		return "", &RefusedError{"there is no token for " + r.Repository.URL, "set " + r.deps.Token.Source() + " to one that may read the repository"}
	}
	return "token in Secret/" + fluxNamespace + "/" + r.sourceSecret(), r.giveToken(ctx)
}

// giveToken puts the token in use into the cluster.
func (r *run) giveToken(ctx context.Context) error {
	return r.deps.Cluster.Apply(ctx, ownManager, r.secret(r.sourceSecret(), map[string]string{
		"username": r.username(), "password": r.deps.Token.Current().Reveal(),
	}))
}

func (r *run) username() string {
	if r.Username == "" {
		return "git"
	}
	return r.Username
}

// applyNamespaces makes Flux's namespace before anything that lives in it.
func (r *run) applyNamespaces(ctx context.Context) error {
	var namespaces []*unstructured.Unstructured
	for _, o := range r.flux {
		if o.GetKind() == "Namespace" {
			namespaces = append(namespaces, o)
		}
	}
	return r.deps.Cluster.Apply(ctx, gitManager, namespaces...)
}

// receiverSecrets names the Secrets that the tree's Receivers use.
func (r *run) receiverSecrets() []string {
	var names []string
	for _, o := range r.sync {
		if o.GetKind() == "Receiver" {
			names = append(names, text(o, "spec", "secretRef", "name"))
		}
	}
	return names
}

func (r *run) createReceiverSecrets(ctx context.Context) error {
	for _, secret := range r.receiverSecrets() {
		token := make([]byte, webhookTokenBytes)
		if _, err := io.ReadFull(r.deps.Random, token); err != nil {
			return errors.New("making the webhook's token: no random numbers")
		}
		// Never overwritten: the forge knows the first one.
		_, err := r.deps.Cluster.Create(ctx, ownManager, r.secret(secret, map[string]string{"token": hex.EncodeToString(token)}))
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *run) secret(name string, values map[string]string) *unstructured.Unstructured {
	data := map[string]any{}
	for key, value := range values {
		data[key] = base64.StdEncoding.EncodeToString([]byte(value))
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
		"metadata": map[string]any{"name": name, "namespace": fluxNamespace},
		"data":     data,
	}}
}

func secretValue(secret *unstructured.Unstructured, key string) string {
	value, err := base64.StdEncoding.DecodeString(text(secret, "data", key))
	if err != nil {
		return ""
	}
	return string(value)
}
