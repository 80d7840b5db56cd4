package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/redact"
)

// synced finds Flux following the repository and at the commit already.
func (r *run) synced(ctx context.Context) (string, bool, error) {
	missing, err := r.deps.Cluster.Missing(ctx, r.sync...)
	if err != nil || len(missing) > 0 {
		return "", false, err
	}
	source, err := r.deps.Cluster.Get(ctx, gitRepositoryKind(), fluxNamespace, fluxName)
	if err != nil || source == nil {
		return "", false, err
	}
	revision := text(source, "status", "artifact", "revision")
	return "Flux has fetched " + revision, commitOf(revision) == r.commit, nil
}

// pointAt applies the objects that sync the cluster, and asks for a look now
// rather than at the next interval.
func (r *run) pointAt(ctx context.Context) (string, error) {
	if err := r.deps.Cluster.Apply(ctx, gitManager, r.sync...); err != nil {
		return "", err
	}
	source := r.syncObject("GitRepository")
	request := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": source.GetAPIVersion(), "kind": source.GetKind(),
		"metadata": map[string]any{
			"name": fluxName, "namespace": fluxNamespace,
			"annotations": map[string]any{"reconcile.fluxcd.io/requestedAt": r.deps.Now().Format(time.RFC3339Nano)},
		},
	}}
	if err := r.deps.Cluster.Apply(ctx, ownManager, request); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, branch %s, %s", r.Repository.URL, r.Repository.Branch, r.clusterDir()), nil
}

func receiverKind() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: "notification.toolkit.fluxcd.io", Version: "v1", Kind: "Receiver"}
}

func (r *run) noWebhook(context.Context) (string, bool, error) {
	if r.WebhookURL == "" {
		return "no address to reach the cluster at was given; it looks by itself at intervals", true, nil
	}
	if len(ofKind(r.sync, "Receiver")) == 0 {
		return "the tree has no Receiver", true, nil
	}
	return "", false, nil
}

// webhook registers the Receivers' addresses at the forge. Flux makes an
// address's path from the Receiver's token.
func (r *run) webhook(ctx context.Context) (string, error) {
	registered := false
	for _, receiver := range ofKind(r.sync, "Receiver") {
		var path string
		err := r.deps.Cluster.Await(ctx, []schema.GroupVersionKind{receiverKind()}, fluxNamespace, func(objects []*unstructured.Unstructured) (bool, error) {
			for _, o := range objects {
				if o.GetName() == receiver.GetName() {
					path = text(o, "status", "webhookPath")
				}
			}
			return path != "", nil
		})
		if err != nil {
			return "", err
		}
		secretName := text(receiver, "spec", "secretRef", "name")
		secret, err := r.deps.Cluster.Get(ctx, coreKind("Secret"), fluxNamespace, secretName)
		if err != nil {
			return "", err
		}
		if secret == nil {
			return "", errors.New("Secret/" + fluxNamespace + "/" + secretName + " is gone; run again")
		}
		token := redact.Secret(secretValue(secret, "token"))
		created, err := r.deps.Forge.EnsureWebhook(ctx, strings.TrimSuffix(r.WebhookURL, "/")+path, token)
		if err != nil {
			return "", fmt.Errorf("registering the webhook: %w", err)
		}
		registered = registered || created
	}
	if !registered {
		return "the forge has the webhook to " + r.WebhookURL + " already", errNothingToDo
	}
	return "pushes are told to " + r.WebhookURL, nil
}

// commitOf returns the hash in a revision such as main@sha1:4b1d….
func commitOf(revision string) string {
	_, hash, found := strings.Cut(revision, ":")
	if !found {
		return ""
	}
	return hash
}
