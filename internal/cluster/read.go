package cluster

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

const (
	// ownerLabel is on every object that Flux applied.
	ownerLabel = "kustomize.toolkit.fluxcd.io/name"
	// fewObjects is up to how many objects of a kind are read one by one.
	fewObjects = 2
	// defaultParallel is how many requests of a diff are under way at once. The
	// server's own flow control is the real limit.
	defaultParallel = 16
)

// Read returns the live objects of the same kind, namespace and name, in
// order; nil where there is none, or no such kind. Of the objects only these
// fields are looked at. Kinds of which there are many are listed once, from
// the server's cache.
func (c *Cluster) Read(ctx context.Context, objects []*unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	kinds, err := c.kindsOf(objects)
	if err != nil {
		return nil, err
	}
	found, err := c.readListed(ctx, kinds, objects, defaultParallel)
	if err != nil {
		return nil, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(defaultParallel)
	for i, o := range objects {
		if found[i] != nil || kinds[o.GroupVersionKind()] == nil {
			continue
		}
		group.Go(func() (err error) {
			found[i], err = c.Get(ctx, o.GroupVersionKind(), o.GetNamespace(), o.GetName())
			return err
		})
	}
	return found, group.Wait()
}

// kindsOf looks up each kind once; those that the server does not know are nil.
func (c *Cluster) kindsOf(objects []*unstructured.Unstructured) (map[schema.GroupVersionKind]*meta.RESTMapping, error) {
	kinds := map[schema.GroupVersionKind]*meta.RESTMapping{}
	asked := false
	for _, o := range objects {
		kind := o.GroupVersionKind()
		if _, done := kinds[kind]; done {
			continue
		}
		mapping, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if meta.IsNoMatchError(err) && !asked {
			// What was known may be old; asking again once is enough for all.
			asked = true
			mapping, err = c.mapping(kind)
		}
		if err != nil && !isNoMatch(err) {
			return nil, fmt.Errorf("looking up kind %s: %w", kind.Kind, err)
		}
		if err != nil {
			mapping = nil
		}
		kinds[kind] = mapping
	}
	return kinds, nil
}

// namespaced is the client for one object.
func (c *Cluster) namespaced(mapping *meta.RESTMapping, namespace string) dynamic.ResourceInterface {
	if mapping.Scope.Name() == meta.RESTScopeNameRoot {
		return c.client.Resource(mapping.Resource)
	}
	return c.client.Resource(mapping.Resource).Namespace(namespace)
}

// place is where an object is within its kind.
type place struct{ namespace, name string }

func placeOf(mapping *meta.RESTMapping, o *unstructured.Unstructured) place {
	if mapping.Scope.Name() == meta.RESTScopeNameRoot {
		return place{"", o.GetName()}
	}
	return place{o.GetNamespace(), o.GetName()}
}

// readListed finds live objects by one list a kind, or one by one where they
// are few; what is nil in the result may still be there, without Flux's label
// or not to be read.
func (c *Cluster) readListed(ctx context.Context, kinds map[schema.GroupVersionKind]*meta.RESTMapping,
	objects []*unstructured.Unstructured, limit int,
) ([]*unstructured.Unstructured, error) {
	wanted := map[schema.GroupVersionKind]map[place][]int{}
	for i, o := range objects {
		kind := o.GroupVersionKind()
		mapping := kinds[kind]
		if mapping == nil {
			continue
		}
		if wanted[kind] == nil {
			wanted[kind] = map[place][]int{}
		}
		at := placeOf(mapping, o)
		wanted[kind][at] = append(wanted[kind][at], i)
	}
	found := make([]*unstructured.Unstructured, len(objects))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(limit)
	for kind, places := range wanted {
		if len(places) <= fewObjects {
			for at, indexes := range places {
				group.Go(func() error {
					one, err := c.Get(ctx, kind, at.namespace, at.name)
					for _, i := range indexes {
						found[i] = one
					}
					if err != nil && answered(err) {
						return nil // as where listing is forbidden
					}
					return err
				})
			}
			continue
		}
		group.Go(func() error {
			items, err := c.listOwned(ctx, kinds[kind])
			for i := range items {
				for _, at := range places[placeOf(kinds[kind], &items[i])] {
					found[at] = &items[i] // each index belongs to one kind
				}
			}
			return err
		})
	}
	return found, group.Wait()
}

// listOwned lists what Flux applied of a kind, from the server's cache, which
// may be some milliseconds old. Nothing is listed for those who may not list.
func (c *Cluster) listOwned(ctx context.Context, mapping *meta.RESTMapping) ([]unstructured.Unstructured, error) {
	var list *unstructured.UnstructuredList
	err := c.retry.do(ctx, func(ctx context.Context) (err error) {
		list, err = c.client.Resource(mapping.Resource).List(ctx, metav1.ListOptions{LabelSelector: ownerLabel, ResourceVersion: "0"})
		return err
	})
	if apierrors.IsForbidden(err) || apierrors.IsMethodNotSupported(err) || apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", mapping.Resource.Resource, err)
	}
	return list.Items, nil
}
