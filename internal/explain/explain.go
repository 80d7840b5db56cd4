// Package explain finds the one cause why a cluster is not what its
// repository says: from Kustomization to HelmRelease to workload to pod to
// event. It is pure: a snapshot of objects in, a diagnosis out.
package explain

import (
	"cmp"
	"slices"
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
	// Affected are the Kustomizations that wait, other than the chain's first.
	Affected []string `json:"affected,omitempty"`
}

// String returns the diagnosis for a person, the cause first.
func (d *Diagnosis) String() string {
	var b strings.Builder
	b.WriteString("cause: " + d.Cause + "\nfix:   " + d.Fix)
	for i, link := range d.Chain {
		b.WriteString("\n" + strings.Repeat("  ", i) + "└ " + link.Object + ": " + link.Message)
	}
	if len(d.Affected) > 0 {
		b.WriteString("\nalso waiting: " + strings.Join(d.Affected, ", "))
	}
	return b.String()
}

// finding is a diagnosis and how sure it is: the deeper the object that is to
// blame, the better.
type finding struct {
	Diagnosis
	depth depth
}

// depth orders findings: a cause seen in a pod beats a message about it.
type depth int

const (
	unknown  depth = iota // nothing but "not ready"
	stated                // the object says what is wrong
	known                 // and it is a fault that is recognised
	observed              // seen at its source: a pod, an event, a node
)

// Explain returns the cause of what is not ready, nil when everything is. Of
// several causes it returns the one that most Kustomizations wait for.
func Explain(s Snapshot) *Diagnosis {
	index := newIndex(s)
	type group struct {
		finding
		waiting []string
	}
	var groups []*group
	for _, k := range index.ofKind("Kustomization") {
		if ready(k) {
			continue
		}
		f := index.kustomization(k, map[string]bool{})
		at := slices.IndexFunc(groups, func(g *group) bool { return g.Cause == f.Cause })
		if at < 0 {
			groups = append(groups, &group{finding: f})
			at = len(groups) - 1
		}
		// The chain that begins at the object to blame is the shortest.
		if len(f.Chain) < len(groups[at].Chain) {
			groups[at].finding = f
		}
		groups[at].waiting = append(groups[at].waiting, name(k))
	}
	if len(groups) == 0 {
		return nil
	}
	best := slices.MaxFunc(groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.depth, b.depth), cmp.Compare(len(a.waiting), len(b.waiting)), cmp.Compare(b.Cause, a.Cause))
	})
	d := best.Diagnosis
	for _, waiting := range best.waiting {
		if waiting != d.Chain[0].Object {
			d.Affected = append(d.Affected, waiting)
		}
	}
	return &d
}

// under puts an object above a finding's chain.
func (f finding) under(o *unstructured.Unstructured, message string) finding {
	f.Chain = append([]Link{{name(o), message}}, f.Chain...)
	return f
}

// found is a finding about an object itself.
func found(o *unstructured.Unstructured, d depth, message, cause, fix string) finding {
	return finding{Diagnosis{Cause: cause, Fix: fix, Chain: []Link{{name(o), message}}}, d}
}
