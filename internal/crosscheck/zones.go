package crosscheck

import (
	"fmt"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/groundwork-dev/groundwork/internal/manifest"
)

// zones takes a zone away from a cluster that has to survive it: who has pods
// in one zone only, and who cannot be moved out of it.
func (w *world) zones() []Fault {
	if !w.HA {
		return nil
	}
	budgets := decoded[policyv1.PodDisruptionBudget](w.objects, "PodDisruptionBudget")
	var faults []Fault
	for _, load := range w.workloads {
		kind := load.Object.GetKind()
		if load.Template == nil || kind != "Deployment" && kind != "StatefulSet" {
			continue
		}
		add := func(rule, message, hint string, path ...string) {
			faults = append(faults, Fault{Rule: rule, Object: load.Object, Path: path, Message: message, Hint: hint, Warning: true})
		}
		pods := w.replicas(load.Object)
		if pods == 0 {
			continue
		}
		if pods == 1 {
			add("one-pod", load.Name+" has one pod: it is away while its zone is, and whenever its node is drained", "run at least two", "spec", "replicas")
			continue
		}
		if !spread(load.Template) {
			add("spread", fmt.Sprintf("nothing spreads the %d pods of %s over zones: all may be in the one that fails", pods, load.Name),
				"add a topologySpreadConstraint for topology.kubernetes.io/zone", "spec", "template", "spec")
		}
		w.budget(load, pods, budgets, add)
	}
	return faults
}

// budget reports a workload whose nodes could not be drained, or all at once.
func (w *world) budget(load Workload, pods int, budgets []item[policyv1.PodDisruptionBudget], add func(rule, message, hint string, path ...string)) {
	covered := false
	for _, b := range budgets {
		if b.object.GetNamespace() != load.Namespace || !selects(b.value.Spec.Selector, load.Labels) {
			continue
		}
		covered = true
		if left := allowed(b.value.Spec, pods); left < 1 {
			add("budget", fmt.Sprintf("%s lets none of the %d pods of %s go: no node with one of them can be drained", b.object.ID(), pods, load.Name),
				"allow at least one to be away", "spec", "replicas")
		}
	}
	if !covered {
		add("budget", fmt.Sprintf("no PodDisruptionBudget is about %s: a drain may take all its %d pods at once", load.Name, pods), "add one", "spec", "template")
	}
}

// replicas returns how many pods a workload has at least.
func (w *world) replicas(o manifest.Object) int {
	for _, h := range decoded[autoscalingv2.HorizontalPodAutoscaler](w.objects, "HorizontalPodAutoscaler") {
		ref := h.value.Spec.ScaleTargetRef
		if h.object.GetNamespace() == o.GetNamespace() && ref.Kind == o.GetKind() && ref.Name == o.GetName() {
			if h.value.Spec.MinReplicas == nil {
				return 1
			}
			return int(*h.value.Spec.MinReplicas)
		}
	}
	n, set, _ := unstructured.NestedInt64(o.Object, "spec", "replicas")
	if !set {
		return 1
	}
	return int(n)
}

// spread says whether pods are kept in several zones.
func spread(t *corev1.PodTemplateSpec) bool {
	if slices.ContainsFunc(t.Spec.TopologySpreadConstraints, func(c corev1.TopologySpreadConstraint) bool {
		return c.TopologyKey == corev1.LabelTopologyZone
	}) {
		return true
	}
	if t.Spec.Affinity == nil || t.Spec.Affinity.PodAntiAffinity == nil {
		return false
	}
	anti := t.Spec.Affinity.PodAntiAffinity
	return slices.ContainsFunc(anti.RequiredDuringSchedulingIgnoredDuringExecution, func(a corev1.PodAffinityTerm) bool {
		return a.TopologyKey == corev1.LabelTopologyZone
	}) || slices.ContainsFunc(anti.PreferredDuringSchedulingIgnoredDuringExecution, func(a corev1.WeightedPodAffinityTerm) bool {
		return a.PodAffinityTerm.TopologyKey == corev1.LabelTopologyZone
	})
}

// allowed returns how many of the pods may be away at once.
func allowed(spec policyv1.PodDisruptionBudgetSpec, pods int) int {
	// Kubernetes rounds both up (k8s.io/kubernetes, pkg/controller/disruption).
	if spec.MaxUnavailable != nil {
		n, err := intstr.GetScaledValueFromIntOrPercent(spec.MaxUnavailable, pods, true)
		if err != nil {
			return pods
		}
		return n
	}
	if spec.MinAvailable == nil {
		return pods - 1
	}
	n, err := intstr.GetScaledValueFromIntOrPercent(spec.MinAvailable, pods, true)
	if err != nil {
		return pods
	}
	return pods - n
}

func selects(s *metav1.LabelSelector, of map[string]string) bool {
	selector, err := metav1.LabelSelectorAsSelector(s)
	return err == nil && selector.Matches(labels.Set(of))
}

// item is an object and what it says.
type item[T any] struct {
	object manifest.Object
	value  T
}

// decoded returns the objects of a kind.
func decoded[T any](objects []manifest.Object, kind string) []item[T] {
	var found []item[T]
	for _, o := range objects {
		if o.GetKind() != kind {
			continue
		}
		var value T
		if runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &value) == nil {
			found = append(found, item[T]{o, value})
		}
	}
	return found
}
