package smoke

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/explain"
)

// fakeNode is the annotation of a node that KWOK plays, and its pods with it.
const fakeNode = "kwok.x-k8s.io/node"

// scene is what was there when the checks began.
type scene struct {
	objects []*unstructured.Unstructured
	// fake are the names of simulated nodes.
	fake []string
}

// look reads what several checks are about.
func (r runner) look(ctx context.Context) (scene, error) {
	objects, err := r.list(ctx,
		schema.GroupVersionKind{Version: "v1", Kind: "Node"},
		schema.GroupVersionKind{Version: "v1", Kind: "Pod"},
		schema.GroupVersionKind{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Kind: "Kustomization"},
		schema.GroupVersionKind{Group: "helm.toolkit.fluxcd.io", Version: "v2", Kind: "HelmRelease"},
	)
	s := scene{objects: objects}
	for _, node := range s.of("Node") {
		if _, fake := node.GetAnnotations()[fakeNode]; fake {
			s.fake = append(s.fake, node.GetName())
		}
	}
	return s, err
}

// list returns all objects of some kinds as they are now.
func (r runner) list(ctx context.Context, kinds ...schema.GroupVersionKind) ([]*unstructured.Unstructured, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.Patience, fmt.Errorf("the API server does not answer within %s", r.Patience))
	defer cancel()
	var found []*unstructured.Unstructured
	err := r.Cluster.Await(ctx, kinds, "", func(objects []*unstructured.Unstructured) (bool, error) {
		found = objects
		return true, nil
	})
	return found, err
}

func (s scene) of(kind string) []*unstructured.Unstructured {
	var found []*unstructured.Unstructured
	for _, o := range s.objects {
		if o.GetKind() == kind {
			found = append(found, o)
		}
	}
	return found
}

// pods are those that are meant, by name.
func (s scene) pods(p pods) []*unstructured.Unstructured {
	var found []*unstructured.Unstructured
	for _, pod := range s.of("Pod") {
		if pod.GetNamespace() == p.namespace && labels.SelectorFromSet(p.labels).Matches(labels.Set(pod.GetLabels())) {
			found = append(found, pod)
		}
	}
	slices.SortFunc(found, func(a, b *unstructured.Unstructured) int { return strings.Compare(a.GetName(), b.GetName()) })
	return found
}

// simulated reports whether there are such pods, and none of them runs.
func (s scene) simulated(p pods) bool {
	found := s.pods(p)
	return len(found) > 0 && !slices.ContainsFunc(found, func(pod *unstructured.Unstructured) bool {
		node, _, _ := unstructured.NestedString(pod.Object, "spec", "nodeName")
		return !s.simulatedNode(node)
	})
}

func (s scene) simulatedNode(name string) bool { return slices.Contains(s.fake, name) }

// notReady names the objects whose condition Ready is not true, with the reason.
func notReady(objects []*unstructured.Unstructured) []string {
	var bad []string
	for _, o := range objects {
		if ready, why := isReady(o); !ready {
			bad = append(bad, strings.TrimSuffix(named(o)+": "+why, ": "))
		}
	}
	slices.Sort(bad)
	return bad
}

// isReady reads the condition Ready; one about an older generation does not count.
func isReady(o *unstructured.Unstructured) (ready bool, why string) {
	observed, said, _ := unstructured.NestedInt64(o.Object, "status", "observedGeneration")
	if said && observed != o.GetGeneration() {
		return false, "its controller has not seen it as it is now"
	}
	status, _, message := explain.Condition(o, "Ready")
	if status == "" {
		return false, "it says nothing of itself"
	}
	return status == "True", message
}

func named(o *unstructured.Unstructured) string {
	return strings.Join(slices.DeleteFunc([]string{o.GetKind(), o.GetNamespace(), o.GetName()}, func(s string) bool { return s == "" }), "/")
}

// listed is how many names an error holds.
const listed = 3

func list(what string, names []string) error {
	if len(names) == 0 {
		return nil
	}
	more := ""
	if len(names) > listed {
		more = fmt.Sprintf("; and %d more", len(names)-listed)
		names = names[:listed]
	}
	return fmt.Errorf("%s: %s%s", what, strings.Join(names, "; "), more)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
