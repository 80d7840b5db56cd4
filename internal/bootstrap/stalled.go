package bootstrap

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/explain"
)

// judge finds out whether Flux has given up. It is conservative: what Flux
// tries again, and what may differ at the next try although nobody pushes, is
// not given up.
type judge struct {
	commit   string
	root     string // the Kustomization that applies all others
	have     map[string]*unstructured.Unstructured
	verdicts map[string]string
}

// stuck returns the objects that keep the cluster from the commit for as long
// as nobody pushes; none while anything that is not ready may still become so.
func stuck(commit string, expected []kustomization, have map[string]*unstructured.Unstructured) []string {
	j := judge{commit, "Kustomization/" + fluxNamespace + "/" + fluxName, have, map[string]string{}}
	var blame []string
	for _, k := range expected {
		id := "Kustomization/" + k.namespace + "/" + k.name
		if j.ready(id) {
			continue
		}
		to := j.kustomization(id)
		if to == "" {
			return nil
		}
		blame = append(blame, to)
	}
	slices.Sort(blame)
	return slices.Compact(blame)
}

// ready reports whether a Kustomization is Ready at the commit.
func (j judge) ready(id string) bool {
	o := j.have[id]
	if o == nil {
		return false
	}
	status, _, _ := explain.Condition(o, "Ready")
	return status == "True" && current(o) && commitOf(text(o, "status", "lastAppliedRevision")) == j.commit
}

// kustomization returns what a Kustomization waits for in vain, "" when it may
// become ready.
func (j judge) kustomization(id string) string {
	verdict, judged := j.verdicts[id]
	if !judged {
		j.verdicts[id] = "" // a circle of dependsOn is for Flux to tell
		verdict = j.judge(id)
		j.verdicts[id] = verdict
	}
	return verdict
}

func (j judge) judge(id string) string {
	o := j.have[id]
	if source := j.source(o); source != nil && stalled(source) {
		return name(source)
	}
	if id != j.root && !j.ready(j.root) {
		// What it is to be is not applied yet, and may be otherwise.
		return j.kustomization(j.root)
	}
	switch {
	case o == nil:
		return ""
	case stalled(o), j.unbuildable(o):
		return id
	}
	if on := j.dependency(o); on != "" {
		return on
	}
	return j.unhealthy(o)
}

// source is what a Kustomization reads, nil when that is not there.
func (j judge) source(o *unstructured.Unstructured) *unstructured.Unstructured {
	if o == nil {
		return nil
	}
	namespace := text(o, "spec", "sourceRef", "namespace")
	if namespace == "" {
		namespace = o.GetNamespace()
	}
	return j.have[text(o, "spec", "sourceRef", "kind")+"/"+namespace+"/"+text(o, "spec", "sourceRef", "name")]
}

// unbuildable reports whether the commit does not build, by files that are all
// in the commit.
func (j judge) unbuildable(o *unstructured.Unstructured) bool {
	for _, outside := range []string{"decryption", "postBuild"} {
		if _, found, _ := unstructured.NestedFieldNoCopy(o.Object, "spec", outside); found {
			return false
		}
	}
	status, reason, _ := explain.Condition(o, "Ready")
	return status == "False" && reason == "BuildFailed" && j.attempted(o)
}

func (j judge) attempted(o *unstructured.Unstructured) bool {
	return commitOf(text(o, "status", "lastAttemptedRevision")) == j.commit
}

// dependency returns what a Kustomization's dependencies wait for in vain.
func (j judge) dependency(o *unstructured.Unstructured) string {
	if _, reason, _ := explain.Condition(o, "Ready"); reason != "DependencyNotReady" {
		return "" // an expression of its own may be content with less than Ready
	}
	on, _, _ := unstructured.NestedSlice(o.Object, "spec", "dependsOn")
	for _, d := range on {
		d, ok := d.(map[string]any)
		if !ok {
			continue
		}
		namespace, _ := d["namespace"].(string)
		if namespace == "" {
			namespace = o.GetNamespace()
		}
		of, _ := d["name"].(string)
		id := "Kustomization/" + namespace + "/" + of
		if j.have[id] == nil || j.ready(id) {
			continue
		}
		if blame := j.kustomization(id); blame != "" {
			return blame
		}
	}
	return ""
}

// unhealthy returns the object that a Kustomization has applied from the
// commit, found unhealthy, and that its controller has given up.
func (j judge) unhealthy(o *unstructured.Unstructured) string {
	_, reason, _ := explain.Condition(o, "Ready")
	if reason != "HealthCheckFailed" || !j.attempted(o) {
		return ""
	}
	var blame []string
	for id, other := range j.have {
		if belongs(other, o) && stalled(other) {
			blame = append(blame, id)
		}
	}
	if len(blame) == 0 {
		return ""
	}
	return slices.Min(blame)
}

// stalled reports whether an object's controller has given up on what it is to
// be now: a HelmRelease whose retries are used up, a source that can never be
// fetched.
func stalled(o *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	given := false
	for _, c := range conditions {
		c, ok := c.(map[string]any)
		if !ok || c["status"] != "True" {
			continue
		}
		switch c["type"] {
		case "Reconciling":
			return false
		case "Stalled":
			seen, _ := c["observedGeneration"].(int64)
			given = seen == o.GetGeneration()
		}
	}
	return given
}
