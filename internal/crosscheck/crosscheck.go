// Package crosscheck holds the objects of a cluster against each other: what
// each of them is fine with alone, and what fails only when they meet. It is
// pure.
package crosscheck

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/groundwork-dev/groundwork/internal/manifest"
)

// Cluster is what a cluster would hold.
type Cluster struct {
	// HA says that it has to survive the loss of a zone.
	HA bool
	// Domain ends the names of its IAM roles; empty where that is not known.
	Domain string
	// Units are what the engine applies.
	Units []manifest.Unit
	// Rendered are the objects that charts make.
	Rendered []manifest.Object
	// Facts are the workloads of charts that are not at hand.
	Facts []Workload
	// Webhooks are those of charts that are not at hand.
	Webhooks []Webhook
}

// Workload is something that runs pods.
type Workload struct {
	// Object is what makes the pods, or what brings it.
	Object manifest.Object
	// Name says which workload it is, for messages.
	Name      string
	Namespace string
	Labels    map[string]string
	// Template is nil where only the labels are known.
	Template *corev1.PodTemplateSpec
}

// Webhook is one that a chart registers.
type Webhook struct {
	Object    manifest.Object
	Name      string
	Namespace string // of its Service
}

// Fault is one thing that does not fit.
type Fault struct {
	// Rule is what is broken, one word; an annotation accepts it (AcceptPrefix).
	Rule    string
	Object  manifest.Object
	Path    []string
	Message string
	Hint    string
	// Warning says that it works as long as nothing fails.
	Warning bool
}

// AcceptPrefix starts the annotations by which an object's author, or that of
// the HelmRelease which makes it, accepts a fault of it: the rule follows, and the value is the reason, which has to be
// given.
const AcceptPrefix = "accept.groundwork.dev/"

// All returns every fault that nobody accepts, in a fixed order, and how many
// are accepted.
func All(c Cluster) (faults []Fault, accepted int) {
	w := newWorld(c)
	for _, f := range slices.Concat(w.owners(), w.images(), w.identities(), w.tokens(), w.network(), w.zones()) {
		if f.Object.Annotation(AcceptPrefix+f.Rule) != "" {
			accepted++
			continue
		}
		faults = append(faults, f)
	}
	return faults, accepted
}

// world is a cluster, read.
type world struct {
	Cluster
	objects   []manifest.Object
	workloads []Workload
	// namespaces are the labels of namespaces, by name.
	namespaces map[string]map[string]string
	policies   map[string][]policy
}

func newWorld(c Cluster) *world {
	w := &world{Cluster: c, namespaces: map[string]map[string]string{}, policies: map[string][]policy{}}
	for _, u := range c.Units {
		w.objects = append(w.objects, u.Objects...)
	}
	w.objects = append(w.objects, c.Rendered...)
	for _, o := range w.objects {
		switch o.GetKind() {
		case "Namespace":
			labels := map[string]string{"kubernetes.io/metadata.name": o.GetName()}
			maps.Copy(labels, o.GetLabels())
			w.namespaces[o.GetName()] = labels
		case "NetworkPolicy":
			w.addPolicy(o)
		}
		if t, _ := template(o); t != nil {
			w.workloads = append(w.workloads, Workload{
				Object: o, Name: o.ID().String(), Namespace: o.GetNamespace(), Labels: t.Labels, Template: t,
			})
		}
	}
	w.workloads = append(w.workloads, c.Facts...)
	return w
}

// template returns the template of an object that makes pods, and where it
// stands in it.
func template(o manifest.Object) (*corev1.PodTemplateSpec, []string) {
	path := []string{"spec", "template"}
	switch o.GetKind() {
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job":
	case "CronJob":
		path = []string{"spec", "jobTemplate", "spec", "template"}
	default:
		return nil, nil
	}
	if group := o.GroupVersionKind().Group; group != "apps" && group != "batch" {
		return nil, nil
	}
	content, ok, err := unstructured.NestedMap(o.Object, path...)
	if !ok || err != nil {
		return nil, nil // the schema has more to say
	}
	var t corev1.PodTemplateSpec
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, &t); err != nil {
		return nil, nil
	}
	return &t, path
}

// owners reports objects that two Kustomizations apply.
func (w *world) owners() []Fault {
	type owner struct {
		unit string
		o    manifest.Object
	}
	first := map[manifest.ID]owner{}
	var faults []Fault
	for _, u := range w.Units {
		for _, o := range u.Objects {
			known, there := first[o.ID()]
			if !there {
				first[o.ID()] = owner{u.Name(), o}
				continue
			}
			if known.unit == u.Name() {
				continue
			}
			faults = append(faults, Fault{
				Rule: "owners", Object: o, Message: fmt.Sprintf("Kustomizations %s and %s both apply %s, and undo each other's changes", known.unit, u.Name(), o.ID()),
				Hint: "keep one; the other is in " + known.o.At.Position().String(),
			})
		}
	}
	return faults
}

func sortFaults(faults []Fault) []Fault {
	slices.SortStableFunc(faults, func(a, b Fault) int {
		x, y := a.Object.At.Position(), b.Object.At.Position()
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line), cmp.Compare(a.Message, b.Message))
	})
	return faults
}
