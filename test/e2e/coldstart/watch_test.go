//go:build e2e

package coldstart

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
)

// seen is when steps were ready first: the revision of the API server's store,
// which all objects have in common.
type seen struct {
	mu    sync.Mutex
	first map[string]uint64
}

// watch follows all Kustomizations and HelmReleases until the test ends.
func watch(t *testing.T) *seen {
	t.Helper()
	s := &seen{first: map[string]uint64{}}
	factory := dynamicinformer.NewDynamicSharedInformerFactory(shared.client, 0)
	for _, resource := range []schema.GroupVersionResource{kustomizations(), releases()} {
		_, err := factory.ForResource(resource).Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc: s.note, UpdateFunc: func(_, changed any) { s.note(changed) },
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// The parallel cases outlive this test's own context.
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return s
}

func (s *seen) note(changed any) {
	o, ok := changed.(*unstructured.Unstructured)
	if !ok {
		return
	}
	revision, err := strconv.ParseUint(o.GetResourceVersion(), 10, 64)
	if status, _ := ready(o); err != nil || status != "True" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if name := o.GetKind() + "/" + o.GetNamespace() + "/" + o.GetName(); s.first[name] == 0 {
		s.first[name] = revision
	}
}

// at is when a step was ready first, 0 for never.
func (s *seen) at(name string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first[name]
}

// await waits until a step is ready.
func (s *seen) await(t *testing.T, name string) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), time.Second, limit, true, func(context.Context) (bool, error) { return s.at(name) > 0, nil })
	if err != nil {
		message := "it does not exist"
		if o := get(t, name); o != nil {
			_, message = ready(o)
		}
		t.Fatalf("%s does not become ready, as it was proven to: %s", name, message)
	}
}
