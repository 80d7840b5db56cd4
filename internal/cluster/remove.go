package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// Serves returns those of the kinds that the server has now, each at the version
// that it prefers, in order.
func (c *Cluster) Serves(_ context.Context, kinds ...schema.GroupKind) ([]schema.GroupVersionKind, error) {
	c.mapper.Reset()
	var served []schema.GroupVersionKind
	for _, kind := range kinds {
		mapping, err := c.mapper.RESTMapping(kind)
		if meta.IsNoMatchError(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("looking up kind %s: %w", kind.Kind, err)
		}
		served = append(served, mapping.GroupVersionKind)
	}
	return served, nil
}

// List returns all objects of a kind in all namespaces.
func (c *Cluster) List(ctx context.Context, kind schema.GroupVersionKind) (objects []*unstructured.Unstructured, err error) {
	err = c.retry.do(ctx, func(ctx context.Context) (err error) {
		objects, err = c.list(ctx, kind)
		return err
	})
	return objects, err
}

// Merge sets fields of an object that is there, as manager, by a merge patch:
// fields that are not named stay as they are.
func (c *Cluster) Merge(ctx context.Context, manager string, object *unstructured.Unstructured, fields map[string]any) error {
	name := objectName(object.GetKind(), object.GetNamespace(), object.GetName())
	data, err := json.Marshal(fields)
	if err != nil {
		return fmt.Errorf("encoding the fields of %s: %w", name, err)
	}
	resource, err := c.resource(object.GroupVersionKind(), object.GetNamespace())
	if err != nil {
		return err
	}
	err = c.retry.do(ctx, func(ctx context.Context) error {
		_, err := resource.Patch(ctx, object.GetName(), types.MergePatchType, data, metav1.PatchOptions{FieldManager: manager})
		return err
	})
	if err != nil {
		return fmt.Errorf("changing %s: %w", name, explainRefusal(explainWebhook(err)))
	}
	return nil
}

// Delete asks for the end of the object with this UID. That it is gone, or that
// another has its name, is no error. An error names the webhook that refuses.
func (c *Cluster) Delete(ctx context.Context, object *unstructured.Unstructured) error {
	resource, err := c.resource(object.GroupVersionKind(), object.GetNamespace())
	if isNoMatch(err) {
		return nil
	}
	if err != nil {
		return err
	}
	uid := object.GetUID()
	err = c.retry.do(ctx, func(ctx context.Context) error {
		return resource.Delete(ctx, object.GetName(), metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}})
	})
	if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return fmt.Errorf("deleting %s: %w", objectName(object.GetKind(), object.GetNamespace(), object.GetName()), explainRefusal(explainWebhook(err)))
}

// RefusalError says that an admission webhook answered, and said no.
type RefusalError struct {
	Webhook string
	Cause   error
}

func (e *RefusalError) Error() string {
	return fmt.Sprintf("admission webhook %s refuses it: change what it asks for, or delete its webhook configuration: %v", e.Webhook, e.Cause)
}

func (e *RefusalError) Unwrap() error { return e.Cause }

// denied is how the API server tells that a webhook said no
// (k8s.io/apiserver, admission/plugin/webhook/errors/statuserror.go).
var denied = regexp.MustCompile(`^admission webhook "([^"]+)" denied the request`)

// explainRefusal names the webhook when one is what refused a request.
func explainRefusal(err error) error {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return err
	}
	named := denied.FindStringSubmatch(status.Status().Message)
	if named == nil {
		return err
	}
	return &RefusalError{Webhook: named[1], Cause: err}
}
