package cluster

import (
	"context"
	"encoding/json"
	"fmt"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// parallel is how many objects are applied at the same time.
const parallel = 12

// Apply sets the objects' fields, all objects at the same time, by
// server-side apply as manager. Fields that the manager had set and no longer
// sets go away; those of others that are set here are taken over. An object
// that is as it should be is not changed.
func (c *Cluster) Apply(ctx context.Context, manager string, objects ...*unstructured.Unstructured) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, object := range objects {
		group.Go(func() error { return c.apply(ctx, manager, object) })
	}
	return group.Wait()
}

func (c *Cluster) apply(ctx context.Context, manager string, object *unstructured.Unstructured) error {
	name := objectName(object.GetKind(), object.GetNamespace(), object.GetName())
	data, err := json.Marshal(object)
	if err != nil {
		return fmt.Errorf("encoding %s: %w", name, err)
	}
	force := true
	err = c.retry.do(ctx, func(ctx context.Context) error {
		// The kind may be a moment late: established, but not listed yet.
		resource, err := c.resource(object.GroupVersionKind(), object.GetNamespace())
		if err != nil {
			return err
		}
		_, err = resource.Patch(ctx, object.GetName(), types.ApplyPatchType, data,
			metav1.PatchOptions{FieldManager: manager, Force: &force})
		return err
	})
	if err != nil {
		return fmt.Errorf("applying %s: %w", name, explainWebhook(err))
	}
	return nil
}

// Create makes an object and reports whether it did: false when there is one
// of that name already, which is left alone.
func (c *Cluster) Create(ctx context.Context, manager string, object *unstructured.Unstructured) (bool, error) {
	name := objectName(object.GetKind(), object.GetNamespace(), object.GetName())
	resource, err := c.resource(object.GroupVersionKind(), object.GetNamespace())
	if err != nil {
		return false, fmt.Errorf("creating %s: %w", name, err)
	}
	err = c.retry.do(ctx, func(ctx context.Context) error {
		_, err := resource.Create(ctx, object, metav1.CreateOptions{FieldManager: manager})
		return err
	})
	if apierrors.IsAlreadyExists(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("creating %s: %w", name, explainWebhook(err))
	}
	return true, nil
}

// Missing returns those of the objects that are not in the cluster.
func (c *Cluster) Missing(ctx context.Context, objects ...*unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	absent := make([]bool, len(objects))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, o := range objects {
		group.Go(func() error {
			found, err := c.Get(ctx, o.GroupVersionKind(), o.GetNamespace(), o.GetName())
			absent[i] = found == nil
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var missing []*unstructured.Unstructured
	for i, o := range objects {
		if absent[i] {
			missing = append(missing, o)
		}
	}
	return missing, nil
}
