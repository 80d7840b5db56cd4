package destroy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

const (
	skippedDrain = "left to the sweep by --skip-drain"
	// shown is after how many errors of one kind it is enough.
	shown = 5
)

var errDrainTime = errors.New("the time given by --drain-timeout is up")

// targets are what is to go, of the objects that there are: those to delete and
// those whose end is waited for. The order of remove is kept.
type targets func([]*unstructured.Unstructured) (remove, left []*unstructured.Unstructured)

func classKinds() []schema.GroupKind {
	return []schema.GroupKind{{Group: "storage.k8s.io", Kind: "StorageClass"}}
}

// balancerKinds are those that controllers make load balancers for.
func balancerKinds() []schema.GroupKind {
	return []schema.GroupKind{
		{Group: "networking.k8s.io", Kind: "Ingress"},
		{Group: "gateway.networking.k8s.io", Kind: "Gateway"},
		core("Service"),
	}
}

func volumeKinds() []schema.GroupKind {
	return []schema.GroupKind{core("PersistentVolumeClaim"), core("Pod"), core("PersistentVolume")}
}

// balancers deletes what has load balancers, and waits until their controllers
// have let go of it. What volumes are made by goes before anything else.
func (r *run) balancers(ctx context.Context) (string, error) {
	if r.SkipDrain {
		return skippedDrain, errNothingToDo
	}
	return r.clear(ctx, "load balancers", slices.Concat(classKinds(), balancerKinds()), balancerTargets)
}

// volumes deletes the claims of volumes and the pods that use them, and waits
// until no volume is left that goes with its claim. It sees to load balancers
// too, should one have come back.
func (r *run) volumes(ctx context.Context) (string, error) {
	if r.SkipDrain {
		return skippedDrain, errNothingToDo
	}
	return r.clear(ctx, "volumes", slices.Concat(classKinds(), balancerKinds(), volumeKinds()),
		func(objects []*unstructured.Unstructured) (remove, left []*unstructured.Unstructured) {
			remove, left = balancerTargets(objects)
			more, rest := volumeTargets(objects)
			return append(remove, more...), append(left, rest...)
		})
}

// balancerTargets are classes of storage first, so that nothing new is
// provisioned, then what load balancers are made for.
func balancerTargets(objects []*unstructured.Unstructured) (remove, left []*unstructured.Unstructured) {
	for _, o := range objects {
		if o.GetKind() == "StorageClass" {
			remove = append(remove, o)
		}
	}
	for _, o := range objects {
		if makesBalancer(o) {
			remove = append(remove, o)
		}
	}
	return remove, slices.Clone(remove)
}

func makesBalancer(o *unstructured.Unstructured) bool {
	switch o.GroupVersionKind().GroupKind() {
	case core("Service"):
		return text(o, "spec", "type") == "LoadBalancer"
	case schema.GroupKind{Group: "networking.k8s.io", Kind: "Ingress"}, schema.GroupKind{Group: "gateway.networking.k8s.io", Kind: "Gateway"}:
		return true
	}
	return false
}

// volumeTargets are the claims that have a volume, and the scheduled pods that
// use one: Kubernetes keeps a claim until no such pod is left. A pod that is made
// again stays unscheduled, since its claim is going or has no class, and a claim
// that is made again gets no volume. Volumes that nobody claims go directly.
func volumeTargets(objects []*unstructured.Unstructured) (remove, left []*unstructured.Unstructured) {
	going := map[string]bool{}
	for _, o := range objects {
		if o.GetKind() == "PersistentVolumeClaim" && text(o, "spec", "volumeName") != "" {
			going[o.GetNamespace()+"/"+o.GetName()] = true
			remove, left = append(remove, o), append(left, o)
		}
	}
	for _, o := range objects {
		if o.GetKind() == "Pod" && text(o, "spec", "nodeName") != "" && slices.ContainsFunc(claims(o), func(c string) bool { return going[c] }) {
			remove = append(remove, o)
		}
	}
	for _, o := range objects {
		if o.GetKind() != "PersistentVolume" || text(o, "spec", "persistentVolumeReclaimPolicy") != "Delete" {
			continue
		}
		left = append(left, o)
		if text(o, "spec", "claimRef", "name") == "" {
			remove = append(remove, o)
		}
	}
	return remove, left
}

// claims are the claims that a pod uses, as namespace/name; the claim of an
// ephemeral volume is named after the pod and the volume.
func claims(pod *unstructured.Unstructured) []string {
	var used []string
	volumes, _, _ := unstructured.NestedSlice(pod.Object, "spec", "volumes")
	for _, v := range volumes {
		volume, _ := v.(map[string]any)
		claim, _, _ := unstructured.NestedString(volume, "persistentVolumeClaim", "claimName")
		if _, ephemeral := volume["ephemeral"]; ephemeral {
			of, _ := volume["name"].(string)
			claim = pod.GetName() + "-" + of
		}
		if claim != "" {
			used = append(used, pod.GetNamespace()+"/"+claim)
		}
	}
	return used
}

// clear deletes what is to go, each once, also what appears meanwhile, until
// none of it is left.
func (r *run) clear(ctx context.Context, what string, kinds []schema.GroupKind, find targets) (string, error) {
	if r.DrainTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, r.DrainTimeout, errDrainTime)
		defer cancel()
	}
	served, err := r.cluster.Serves(ctx, kinds...)
	if err != nil {
		return "", err
	}
	asked := map[types.UID]bool{}
	waited := false
	for {
		var remove, seen []*unstructured.Unstructured
		over := false
		err := r.cluster.Await(ctx, served, "", func(objects []*unstructured.Unstructured) (bool, error) {
			sorted(objects)
			remove, seen = find(objects)
			remove = slices.DeleteFunc(remove, func(o *unstructured.Unstructured) bool {
				return asked[o.GetUID()] || o.GetDeletionTimestamp() != nil
			})
			over, waited = len(seen) == 0, waited || len(seen) > 0
			r.progress(fmt.Sprintf("%d to go", len(seen)), items(seen)...)
			return over || len(remove) > 0, nil
		})
		switch {
		case errors.Is(err, errDrainTime):
			return "", r.stuck(ctx, seen)
		case err != nil:
			return "", err
		case over && !waited:
			return "no " + what + " to drain", errNothingToDo
		case over:
			return fmt.Sprintf("no %s are left; deleted %d objects", what, len(asked)), nil
		}
		if err := r.remove(ctx, remove, asked); err != nil {
			return "", err
		}
	}
}

// remove asks for the end of each object, and tells of the first that refuse.
func (r *run) remove(ctx context.Context, objects []*unstructured.Unstructured, asked map[types.UID]bool) error {
	var refused []error
	for _, o := range objects {
		err := r.cluster.Delete(ctx, o)
		switch {
		case errors.Is(context.Cause(ctx), errDrainTime):
			return r.stuck(ctx, objects)
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err == nil:
			asked[o.GetUID()] = true
		default:
			refused = append(refused, err)
		}
		if len(refused) == shown {
			break
		}
	}
	if len(refused) > 0 {
		return fmt.Errorf("not everything can be deleted; see to it and run this again:\n%w", errors.Join(refused...))
	}
	return nil
}

func sorted(objects []*unstructured.Unstructured) {
	slices.SortFunc(objects, func(a, b *unstructured.Unstructured) int { return strings.Compare(name(a), name(b)) })
}

func items(objects []*unstructured.Unstructured) []Item {
	var all []Item
	for _, o := range objects {
		status := "there"
		if o.GetDeletionTimestamp() != nil {
			status = "going"
		}
		all = append(all, Item{name(o), status})
	}
	return all
}
