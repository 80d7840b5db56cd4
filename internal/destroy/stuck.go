package destroy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// explainTimeout is how long a run whose time is up may look for the reason.
const explainTimeout = 15 * time.Second

// stuck says what did not go, and what the cluster tells of the reason.
func (r *run) stuck(ctx context.Context, left []*unstructured.Unstructured) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), explainTimeout)
	defer cancel()
	// What cannot be read is left out: the names alone are worth telling.
	events, _ := r.list(ctx, core("Event"))
	pods, _ := r.list(ctx, core("Pod"))
	e := &StuckError{After: r.DrainTimeout}
	for _, o := range left {
		e.Left = append(e.Left, Stuck{Object: name(o), Finalizers: o.GetFinalizers(), Why: why(o, events, pods)})
	}
	return e
}

// why is what an object, its last warning, and the pods tell of why it is still
// there.
func why(o *unstructured.Unstructured, events, pods []*unstructured.Unstructured) string {
	var said []string
	if message := text(o, "status", "message"); message != "" {
		said = append(said, message)
	}
	if using := users(o, pods); len(using) > 0 {
		said = append(said, "used by "+strings.Join(using, ", "))
	}
	if warning := lastWarning(o, events); warning != "" {
		said = append(said, warning)
	}
	for _, f := range o.GetFinalizers() {
		// Kubernetes' own are told by what uses the object.
		if domain, _, ok := strings.Cut(f, "/"); ok && domain != "kubernetes.io" && len(said) == 0 {
			said = append(said, fmt.Sprintf("the controller of %s has not let go of it; see whether its pods run and may call AWS", domain))
		}
	}
	if o.GetDeletionTimestamp() == nil && len(said) == 0 {
		said = append(said, "it was not asked to go: something makes it again, or it waits for its claim")
	}
	return strings.Join(said, "; ")
}

// users are the scheduled pods that keep a claim.
func users(claim *unstructured.Unstructured, pods []*unstructured.Unstructured) []string {
	if claim.GetKind() != "PersistentVolumeClaim" {
		return nil
	}
	var using []string
	for _, p := range pods {
		if text(p, "spec", "nodeName") != "" && slices.Contains(claims(p), claim.GetNamespace()+"/"+claim.GetName()) {
			using = append(using, name(p))
		}
	}
	return using
}

// lastWarning is the latest warning about an object.
func lastWarning(o *unstructured.Unstructured, events []*unstructured.Unstructured) string {
	var latest, message string
	for _, e := range events {
		if text(e, "type") != "Warning" || text(e, "involvedObject", "uid") != string(o.GetUID()) {
			continue
		}
		at := text(e, "lastTimestamp")
		if at == "" {
			at = text(e, "eventTime")
		}
		if at >= latest {
			latest, message = at, text(e, "reason")+": "+text(e, "message")
		}
	}
	return message
}
