package explain

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// index finds a snapshot's objects.
type index struct {
	byName map[string]*unstructured.Unstructured
	kinds  map[string][]*unstructured.Unstructured
	// events are those about an object, the last one first.
	events map[string][]*unstructured.Unstructured
	logs   map[string]string
}

func newIndex(s Snapshot) *index {
	x := &index{
		byName: map[string]*unstructured.Unstructured{}, kinds: map[string][]*unstructured.Unstructured{},
		events: map[string][]*unstructured.Unstructured{}, logs: s.Logs,
	}
	for _, o := range s.Objects {
		x.byName[name(o)] = o
		x.kinds[o.GetKind()] = append(x.kinds[o.GetKind()], o)
		if o.GetKind() == "Event" {
			about := text(o, "involvedObject", "kind") + "/" + text(o, "involvedObject", "namespace") + "/" + text(o, "involvedObject", "name")
			x.events[about] = append(x.events[about], o)
		}
	}
	for _, objects := range x.kinds {
		slices.SortFunc(objects, func(a, b *unstructured.Unstructured) int { return cmp.Compare(name(a), name(b)) })
	}
	for _, events := range x.events {
		slices.SortFunc(events, func(a, b *unstructured.Unstructured) int { return cmp.Compare(when(b), when(a)) })
	}
	return x
}

// when is an event's time, as text that sorts.
func when(event *unstructured.Unstructured) string {
	return cmp.Or(text(event, "lastTimestamp"), text(event, "eventTime"), text(event, "metadata", "creationTimestamp"))
}

func (x *index) ofKind(kind string) []*unstructured.Unstructured { return x.kinds[kind] }

func (x *index) get(kind, namespace, of string) *unstructured.Unstructured {
	return x.byName[kind+"/"+namespace+"/"+of]
}

// warning is the message of the last warning about an object.
func (x *index) warning(o *unstructured.Unstructured, reasons ...string) string {
	for _, e := range x.events[name(o)] {
		if text(e, "type") == "Warning" && (len(reasons) == 0 || slices.Contains(reasons, text(e, "reason"))) {
			return text(e, "message")
		}
	}
	return ""
}

// owned are the objects of a kind that another one owns.
func (x *index) owned(kind string, by *unstructured.Unstructured) []*unstructured.Unstructured {
	var found []*unstructured.Unstructured
	for _, o := range x.kinds[kind] {
		for _, owner := range o.GetOwnerReferences() {
			if owner.Kind == by.GetKind() && owner.Name == by.GetName() && o.GetNamespace() == by.GetNamespace() {
				found = append(found, o)
			}
		}
	}
	return found
}

// applied are the objects of a kind that a Kustomization applied, told by the
// labels that Flux sets.
func (x *index) applied(kind string, by *unstructured.Unstructured) []*unstructured.Unstructured {
	return x.labelled(kind, "kustomize.toolkit.fluxcd.io", by)
}

// installed are the objects of a kind that a HelmRelease installed.
func (x *index) installed(kind string, by *unstructured.Unstructured) []*unstructured.Unstructured {
	return x.labelled(kind, "helm.toolkit.fluxcd.io", by)
}

func (x *index) labelled(kind, group string, by *unstructured.Unstructured) []*unstructured.Unstructured {
	var found []*unstructured.Unstructured
	for _, o := range x.kinds[kind] {
		labels := o.GetLabels()
		if labels[group+"/name"] == by.GetName() && labels[group+"/namespace"] == by.GetNamespace() {
			found = append(found, o)
		}
	}
	return found
}

func name(o *unstructured.Unstructured) string {
	if o.GetNamespace() == "" {
		return o.GetKind() + "/" + o.GetName()
	}
	return o.GetKind() + "/" + o.GetNamespace() + "/" + o.GetName()
}

func text(o *unstructured.Unstructured, fields ...string) string {
	s, _, _ := unstructured.NestedString(o.Object, fields...)
	return s
}

func number(o *unstructured.Unstructured, fields ...string) (int64, bool) {
	n, ok, _ := unstructured.NestedInt64(o.Object, fields...)
	return n, ok
}

// maps are the mappings in a list field.
func maps(o map[string]any, fields ...string) []map[string]any {
	list, _, _ := unstructured.NestedSlice(o, fields...)
	var found []map[string]any
	for _, entry := range list {
		if m, ok := entry.(map[string]any); ok {
			found = append(found, m)
		}
	}
	return found
}

func str(m map[string]any, fields ...string) string {
	s, _, _ := unstructured.NestedString(m, fields...)
	return s
}

// Condition returns the status, reason and message of an object's condition, ""
// where there is none.
func Condition(o *unstructured.Unstructured, kind string) (status, reason, message string) {
	for _, c := range maps(o.Object, "status", "conditions") {
		if c["type"] == kind {
			return str(c, "status"), str(c, "reason"), str(c, "message")
		}
	}
	return "", "", ""
}

// ready reports whether a Flux object's last change is Ready.
func ready(o *unstructured.Unstructured) bool {
	status, _, _ := Condition(o, "Ready")
	seen, ok := number(o, "status", "observedGeneration")
	return status == "True" && (!ok || seen >= o.GetGeneration())
}
