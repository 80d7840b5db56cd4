package cluster

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
)

// Await watches all objects of the kinds, in one namespace or "" for every
// one, and shows them to done at each change until it says true or fails. Kinds
// that the server does not know hold no objects. The objects must not be
// changed. When ctx ends first, its cause is the error.
func (c *Cluster) Await(ctx context.Context, kinds []schema.GroupVersionKind, namespace string,
	done func([]*unstructured.Unstructured) (bool, error),
) error {
	ctx, cancel := context.WithCancel(ctx)
	changed := make(chan struct{}, 1)
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(c.client, 0, namespace, nil)
	defer factory.Shutdown()
	defer cancel()
	stores, synced, err := c.follow(factory, kinds, changed)
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), synced...) {
		return context.Cause(ctx)
	}
	for {
		var objects []*unstructured.Unstructured
		for _, store := range stores {
			for _, item := range store.List() {
				objects = append(objects, item.(*unstructured.Unstructured))
			}
		}
		if ok, err := done(objects); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-changed:
		}
	}
}

// follow sets up an informer a kind that tells changed.
func (c *Cluster) follow(factory dynamicinformer.DynamicSharedInformerFactory, kinds []schema.GroupVersionKind,
	changed chan<- struct{},
) ([]cache.Store, []cache.InformerSynced, error) {
	tell := func() {
		select {
		case changed <- struct{}{}:
		default: // a look is due already
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { tell() },
		UpdateFunc: func(any, any) { tell() },
		DeleteFunc: func(any) { tell() },
	}
	var stores []cache.Store
	var synced []cache.InformerSynced
	for _, kind := range kinds {
		mapping, err := c.mapping(kind)
		if err != nil {
			if isNoMatch(err) {
				continue
			}
			return nil, nil, err
		}
		informer := factory.ForResource(mapping.Resource).Informer()
		// Connections break and come back; the reflector tries again by itself.
		if err := informer.SetWatchErrorHandlerWithContext(func(context.Context, *cache.Reflector, error) {}); err != nil {
			return nil, nil, fmt.Errorf("watching %s: %w", kind.Kind, err)
		}
		registration, err := informer.AddEventHandler(handler)
		if err != nil {
			return nil, nil, fmt.Errorf("watching %s: %w", kind.Kind, err)
		}
		stores = append(stores, informer.GetStore())
		synced = append(synced, registration.HasSynced)
	}
	return stores, synced, nil
}
