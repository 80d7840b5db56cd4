// Package explain finds the one cause why a cluster is not what its
// repository says: from Kustomization to HelmRelease to workload to pod to
// event. It is pure: a snapshot of objects in, a diagnosis out.
package explain

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Snapshot is what a cluster held at one moment.
type Snapshot struct {
	// Objects are of any kinds: Flux's, workloads, pods, events, nodes,
	// webhooks. More of them make a better diagnosis.
	Objects []*unstructured.Unstructured
	// Logs are the last lines of containers that crash, by
	// namespace/pod/container.
	Logs map[string]string
}

// Link is one object on the way from what is waited for to the cause.
type Link struct {
	Object  string `json:"object"`
	Message string `json:"message"`
}

// Diagnosis is the cause of a failure, and what to do about it.
type Diagnosis struct {
	// Cause is one sentence about the object that is to blame.
	Cause string `json:"cause"`
	Fix   string `json:"fix"`
	// Chain leads from what is waited for to the cause.
	Chain []Link `json:"chain"`
	// Affected are the other Kustomizations that wait for the same.
	Affected []string `json:"affected,omitempty"`
}

// String returns the diagnosis for a person, the cause first.
func (d *Diagnosis) String() string {
	var b strings.Builder
	b.WriteString("cause: " + d.Cause + "\nfix:   " + d.Fix)
	for i, link := range d.Chain {
		b.WriteString("\n" + strings.Repeat("  ", i) + "└ " + link.Object + ": " + link.Message)
	}
	return b.String()
}

// Explain returns the cause of what is not ready, nil when everything is.
func Explain(s Snapshot) *Diagnosis { return nil }

// Crashing returns the containers of a pod that ended and were started again,
// or wait to be; nil for any other object.
func Crashing(pod *unstructured.Unstructured) []string {
	if pod.GetKind() != "Pod" {
		return nil
	}
	var names []string
	for _, field := range []string{"initContainerStatuses", "containerStatuses"} {
		statuses, _, _ := unstructured.NestedSlice(pod.Object, "status", field)
		for _, s := range statuses {
			s, ok := s.(map[string]any)
			if !ok {
				continue
			}
			reason, _, _ := unstructured.NestedString(s, "state", "waiting", "reason")
			_, ended, _ := unstructured.NestedMap(s, "lastState", "terminated")
			if name, _ := s["name"].(string); reason == "CrashLoopBackOff" || (ended && reason != "") {
				names = append(names, name)
			}
		}
	}
	return names
}
