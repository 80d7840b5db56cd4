package explain

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// workload explains one whose pods are not as they should be; false when they
// are.
func (x *index) workload(w *unstructured.Unstructured) (finding, bool) {
	if settled(w) {
		return finding{}, false
	}
	pods := x.owned("Pod", w)
	makers := []*unstructured.Unstructured{w}
	for _, set := range x.owned("ReplicaSet", w) {
		makers = append(makers, set)
		pods = append(pods, x.owned("Pod", set)...)
	}
	message := notReady(w)
	var best finding
	for _, pod := range pods {
		if f, ok := x.pod(pod); ok && f.depth > best.depth {
			best = f.under(w, message)
		}
	}
	if best.depth > unknown {
		return best, true
	}
	// No pod to look at: what makes them says why it cannot.
	for _, maker := range makers {
		event := x.warning(maker, "FailedCreate")
		if event == "" {
			continue
		}
		f, ok := x.refused(maker, event)
		if !ok {
			f = found(maker, known, oneLine(event), fmt.Sprintf("no pods can be created for %s: %s", name(w), oneLine(event)), "change what the message names")
		}
		f.depth = observed
		return f.under(w, message), true
	}
	return found(w, stated, message, fmt.Sprintf("%s is not ready: %s", name(w), message), "kubectl -n "+w.GetNamespace()+" describe "+strings.ToLower(w.GetKind())+" "+w.GetName()), true
}

// settled reports whether a workload has what it wants.
func settled(w *unstructured.Unstructured) bool {
	want, ready := counts(w)
	if w.GetKind() == "Job" {
		status, _, _ := Condition(w, "Complete")
		return status == "True"
	}
	return ready >= want && outdated(w) == 0
}

// outdated is how many pods of an earlier template a workload still has: they
// stay, and stay ready, for as long as the new ones do not come up.
func outdated(w *unstructured.Unstructured) int64 {
	all, updated := "replicas", "updatedReplicas"
	if w.GetKind() == "DaemonSet" {
		all, updated = "desiredNumberScheduled", "updatedNumberScheduled"
	}
	have, _ := number(w, "status", all)
	are, known := number(w, "status", updated)
	if seen, _ := number(w, "status", "observedGeneration"); !known && seen == 0 {
		return 0 // no controller has looked at it
	}
	return max(0, have-are)
}

func counts(w *unstructured.Unstructured) (want, ready int64) {
	if w.GetKind() == "DaemonSet" {
		want, _ = number(w, "status", "desiredNumberScheduled")
		ready, _ = number(w, "status", "numberReady")
		return want, ready
	}
	want, ok := number(w, "spec", "replicas")
	if !ok {
		want = 1
	}
	ready, _ = number(w, "status", "readyReplicas")
	return want, ready
}

func notReady(w *unstructured.Unstructured) string {
	if w.GetKind() == "Job" {
		_, reason, message := Condition(w, "Failed")
		return oneLine("not complete " + reason + " " + message)
	}
	want, ready := counts(w)
	if old := outdated(w); old > 0 && ready >= want {
		return fmt.Sprintf("the new pods do not become ready, %d of before still run", old)
	}
	return fmt.Sprintf("%d of %d pods are ready", ready, want)
}

// pod explains one that does not run or is not ready.
func (x *index) pod(p *unstructured.Unstructured) (finding, bool) {
	if status, reason, message := Condition(p, "PodScheduled"); status == "False" {
		return found(p, observed, oneLine(message), fmt.Sprintf("%s fits on no node: %s", name(p), oneLine(message)), unschedulable(reason, message)), true
	}
	for _, field := range []string{"initContainerStatuses", "containerStatuses"} {
		for _, c := range maps(p.Object, "status", field) {
			if f, ok := x.container(p, c); ok {
				return f, true
			}
		}
	}
	if event := x.warning(p, "FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox"); event != "" && text(p, "status", "phase") == "Pending" {
		if f, ok := x.refused(p, event); ok {
			f.depth = observed
			return f, true
		}
		return found(p, observed, oneLine(event), fmt.Sprintf("%s cannot start: %s", name(p), oneLine(event)), "make the volume, Secret or ConfigMap that the message names, or correct the reference to it"), true
	}
	if text(p, "status", "phase") == "Succeeded" {
		return finding{}, false
	}
	if status, _, _ := Condition(p, "Ready"); status != "True" {
		if event := x.warning(p, "Unhealthy"); event != "" {
			return found(p, observed, oneLine(event), fmt.Sprintf("%s runs but does not become ready: %s", name(p), oneLine(event)), "look at its log: kubectl -n "+p.GetNamespace()+" logs "+p.GetName()), true
		}
		return found(p, stated, "not ready", name(p)+" is not ready", "kubectl -n "+p.GetNamespace()+" describe pod "+p.GetName()), true
	}
	return finding{}, false
}

func unschedulable(_, message string) string {
	switch {
	case strings.Contains(message, "Insufficient"):
		return "add nodes, or lower the requests"
	case strings.Contains(message, "taint"):
		return "tolerate the taint, or free nodes without it"
	case strings.Contains(message, "volume"):
		return "bind the volume: look at its PersistentVolumeClaim and StorageClass"
	case strings.Contains(message, "affinity"), strings.Contains(message, "topology spread"), strings.Contains(message, "selector"):
		return "add nodes with the labels and zones that the pod asks for, or relax its affinity or spread"
	}
	return "add a node that fits"
}

// container explains one container of a pod.
func (x *index) container(p *unstructured.Unstructured, c map[string]any) (finding, bool) {
	reason, message := str(c, "state", "waiting", "reason"), str(c, "state", "waiting", "message")
	at := func(cause, fix string) (finding, bool) {
		return found(p, observed, oneLine(reason+": "+message), cause, fix), true
	}
	switch reason {
	case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull":
		detail := x.warning(p, "Failed")
		if reason != "ImagePullBackOff" || detail == "" {
			detail = message
		}
		return at(fmt.Sprintf("image %s of %s cannot be pulled: %s", str(c, "image"), name(p), oneLine(detail)),
			"correct the image's name or tag, push the image, or give the pod a pull secret")
	case "CreateContainerConfigError":
		return at(fmt.Sprintf("container %s of %s cannot be configured: %s", str(c, "name"), name(p), oneLine(message)), "create the Secret or ConfigMap that is missing, or correct the reference to it")
	case "CreateContainerError", "RunContainerError":
		return at(fmt.Sprintf("container %s of %s cannot be started: %s", str(c, "name"), name(p), oneLine(message)), "correct the command, mounts or security context that the message names")
	case "CrashLoopBackOff":
		return x.crash(p, c, message)
	}
	if code, ok, _ := unstructured.NestedInt64(c, "state", "terminated", "exitCode"); ok && code != 0 {
		return x.crash(p, c, str(c, "state", "terminated", "message"))
	}
	return finding{}, false
}

// crash explains a container that ends again and again by its exit and the last
// line it wrote.
func (x *index) crash(p *unstructured.Unstructured, c map[string]any, message string) (finding, bool) {
	ended, _, _ := unstructured.NestedMap(c, "lastState", "terminated")
	if now, ok, _ := unstructured.NestedMap(c, "state", "terminated"); ok {
		ended = now
	}
	code, _, _ := unstructured.NestedInt64(ended, "exitCode")
	cause := fmt.Sprintf("container %s of %s ends with exit code %d", str(c, "name"), name(p), code)
	fix := "look at its log: kubectl -n " + p.GetNamespace() + " logs " + p.GetName() + " -c " + str(c, "name") + " --previous"
	if str(ended, "reason") == "OOMKilled" {
		return found(p, observed, "OOMKilled", cause+": it needs more memory than its limit", "raise the container's memory limit"), true
	}
	lines := strings.Split(strings.TrimSpace(x.logs[p.GetNamespace()+"/"+p.GetName()+"/"+str(c, "name")]), "\n")
	if last := oneLine(lines[len(lines)-1]); last != "" {
		cause += ", its last words: " + last
	}
	return found(p, observed, oneLine("CrashLoopBackOff: "+message), cause, fix), true
}

// Crashing returns the containers of a pod that ended and were started again,
// or wait to be; nil for any other object.
func Crashing(pod *unstructured.Unstructured) []string {
	if pod.GetKind() != "Pod" {
		return nil
	}
	var names []string
	for _, field := range []string{"initContainerStatuses", "containerStatuses"} {
		for _, s := range maps(pod.Object, "status", field) {
			waiting := str(s, "state", "waiting", "reason")
			if _, ended, _ := unstructured.NestedMap(s, "lastState", "terminated"); ended && waiting != "" || waiting == "CrashLoopBackOff" {
				names = append(names, str(s, "name"))
			}
		}
	}
	return names
}
