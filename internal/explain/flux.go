package explain

import (
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// workloadKinds are what runs pods.
func workloadKinds() []string { return []string{"Deployment", "StatefulSet", "DaemonSet", "Job"} }

// kustomization explains one that is not Ready. seen guards against circles of
// dependsOn.
func (x *index) kustomization(k *unstructured.Unstructured, seen map[string]bool) finding {
	seen[name(k)] = true
	_, reason, message := Condition(k, "Ready")
	if suspended, _, _ := unstructured.NestedBool(k.Object, "spec", "suspend"); suspended {
		return found(k, known, "suspended", name(k)+" is suspended", "flux resume kustomization "+k.GetName()+" -n "+k.GetNamespace())
	}
	if f, ok := x.dependency(k, message, seen); ok {
		return f
	}
	if f, ok := x.source(k, message); ok {
		return f
	}
	if f, ok := x.refused(k, message); ok {
		return f
	}
	if f, ok := x.takenBack(k, message); ok {
		return f
	}
	best := finding{}
	consider := func(f finding) {
		if f.depth > best.depth {
			best = f.under(k, oneLine(message))
		}
	}
	for _, release := range x.applied("HelmRelease", k) {
		if !ready(release) {
			consider(x.release(release))
		}
	}
	for _, kind := range []string{"OCIRepository", "HelmRepository"} {
		for _, source := range x.applied(kind, k) {
			if !ready(source) {
				consider(x.unreadySource(source))
			}
		}
	}
	for _, kind := range workloadKinds() {
		for _, workload := range x.applied(kind, k) {
			if f, ok := x.workload(workload); ok {
				consider(f)
			}
		}
	}
	if best.depth > unknown {
		return best
	}
	if reason == "" {
		return found(k, unknown, "not reconciled yet", name(k)+" has not been reconciled yet", "look at the kustomize-controller: kubectl -n flux-system logs deploy/kustomize-controller")
	}
	return found(k, stated, oneLine(message), name(k)+": "+reason+": "+oneLine(message), "change what the message names in the repository and push")
}

// takenBack explains a rollout that ended where it began.
func (x *index) takenBack(k *unstructured.Unstructured, message string) (finding, bool) {
	m := regexp.MustCompile(`(Canary/([^/\s]+)/([^/\s]+)) status: 'Failed'`).FindStringSubmatch(message)
	if m == nil {
		return finding{}, false
	}
	return found(k, known, oneLine(message),
		fmt.Sprintf("the rollout of %s was taken back: users have the version before, and Git names the one that failed", m[1]),
		fmt.Sprintf("see why with 'kubectl -n %s describe canary %s', and take it back in Git: bootstrap promote --revert", m[2], m[3])), true
}

// dependency follows dependsOn to one that is not Ready.
func (x *index) dependency(k *unstructured.Unstructured, message string, seen map[string]bool) (finding, bool) {
	for _, d := range maps(k.Object, "spec", "dependsOn") {
		namespace := str(d, "namespace")
		if namespace == "" {
			namespace = k.GetNamespace()
		}
		id := k.GetKind() + "/" + namespace + "/" + str(d, "name")
		on := x.byName[id]
		switch {
		case on == nil && strings.Contains(message, "not found"):
			return found(k, known, oneLine(message), name(k)+" depends on "+id+", which does not exist", "correct dependsOn, or add what it names"), true
		case on == nil || ready(on):
			continue
		case seen[id]:
			return found(k, known, "waits for "+id, "circle of dependsOn through "+id, "remove one dependsOn of the circle"), true
		}
		var f finding
		if on.GetKind() == "HelmRelease" {
			f = x.release(on)
		} else {
			f = x.kustomization(on, seen)
		}
		return f.under(k, "waits for "+id), true
	}
	return finding{}, false
}

// source explains a Kustomization whose source is not there.
func (x *index) source(k *unstructured.Unstructured, message string) (finding, bool) {
	namespace := text(k, "spec", "sourceRef", "namespace")
	if namespace == "" {
		namespace = k.GetNamespace()
	}
	source := x.get(text(k, "spec", "sourceRef", "kind"), namespace, text(k, "spec", "sourceRef", "name"))
	if source == nil || ready(source) {
		return finding{}, false
	}
	if status, _, _ := Condition(source, "Ready"); status == "" && message != "" && !strings.Contains(message, "ource") {
		return finding{}, false
	}
	return x.unreadySource(source).under(k, oneLine(message)), true
}

// unreadySource explains a source that cannot be fetched.
func (x *index) unreadySource(source *unstructured.Unstructured) finding {
	_, reason, message := Condition(source, "Ready")
	address := text(source, "spec", "url")
	lower := strings.ToLower(message)
	at := func(cause, fix string) finding { return found(source, known, oneLine(message), cause, fix) }
	secret := text(source, "spec", "secretRef", "name")
	switch {
	case strings.Contains(lower, "secrets \"") && strings.Contains(lower, "not found"), strings.Contains(lower, "failed to get secret"):
		return at(fmt.Sprintf("%s needs Secret/%s/%s, which does not exist", name(source), source.GetNamespace(), secret), "run 'bootstrap run' again: it makes the Secret")
	case containsAny(lower, "authentication required", "authorization failed", "unable to authenticate", "401", "403", "denied", "unauthorized"):
		return at(fmt.Sprintf("%s may not read %s: its credentials are not accepted", name(source), address),
			fmt.Sprintf("renew the token or key in Secret/%s/%s: set GROUNDWORK_GIT_TOKEN and run 'bootstrap run' again", source.GetNamespace(), secret))
	case strings.Contains(lower, "couldn't find remote ref"), strings.Contains(lower, "reference not found"):
		return at(fmt.Sprintf("%s has no branch or tag %q", address, text(source, "spec", "ref", "branch")+text(source, "spec", "ref", "tag")), "push the branch, or correct spec.repository.branch in platform.yaml")
	case containsAny(lower, "no such host", "connection refused", "i/o timeout", "network is unreachable", "deadline exceeded"):
		return at(fmt.Sprintf("the cluster does not reach %s: %s", address, oneLine(message)), "check DNS, network policies and proxies between flux-system and that host")
	case containsAny(lower, "x509", "certificate"):
		return at(fmt.Sprintf("the cluster does not trust the certificate of %s", address), "add its CA to the source's certSecretRef, or correct the certificate")
	case containsAny(lower, "manifest unknown", "not found", "404"):
		return at(fmt.Sprintf("%s does not exist at %s", wanted(source), address), "correct the version in the component, or publish it there")
	case reason == "":
		return found(source, unknown, "not fetched yet", name(source)+" has not been fetched yet", "look at the source-controller: kubectl -n flux-system logs deploy/source-controller")
	}
	return found(source, stated, oneLine(message), name(source)+": "+oneLine(message), "change what the message names")
}

func wanted(source *unstructured.Unstructured) string {
	for _, field := range []string{"tag", "semver", "digest", "branch"} {
		if v := text(source, "spec", "ref", field); v != "" {
			return field + " " + v
		}
	}
	return "the repository"
}

// refused explains objects that the API server did not take.
func (x *index) refused(o *unstructured.Unstructured, message string) (finding, bool) {
	at := func(cause, fix string) (finding, bool) { return found(o, known, oneLine(message), cause, fix), true }
	if m := regexp.MustCompile(`no matches for kind "([^"]+)" in version "([^"]+)"`).FindStringSubmatch(message); m != nil {
		return at(fmt.Sprintf("the cluster has no kind %s of %s, which %s uses: its CustomResourceDefinition is missing", m[1], m[2], name(o)),
			"enable the component that provides the kind, and have this one depend on it")
	}
	if strings.Contains(message, "failed calling webhook") {
		return x.webhook(o, message)
	}
	if m := regexp.MustCompile(`exceeded quota: ([^,]+), (.*)`).FindStringSubmatch(oneLine(message)); m != nil {
		return at(fmt.Sprintf("quota %s of its namespace is used up: %s", m[1], m[2]), "raise the ResourceQuota, or ask for less")
	}
	if m := regexp.MustCompile(`(\S+) "([^"]+)" is forbidden: (.*)`).FindStringSubmatch(oneLine(message)); m != nil {
		return at(fmt.Sprintf("%s %s was refused: %s", m[1], m[2], m[3]), "grant what is missing, or change the object so that the policy admits it")
	}
	if m := regexp.MustCompile(`secrets? "([^"]+)" not found`).FindStringSubmatch(message); m != nil {
		return at(fmt.Sprintf("%s needs Secret %s, which does not exist", name(o), m[1]), "create the Secret, or have what creates it come first")
	}
	if containsAny(message, "is invalid:", "field not declared in schema", "ValidationError", "unknown field") {
		return at(fmt.Sprintf("the API server does not accept what %s applies: %s", name(o), oneLine(message)), "correct the field that the message names, and push")
	}
	return finding{}, false
}

// webhook explains an admission webhook that does not answer.
func (x *index) webhook(o *unstructured.Unstructured, message string) (finding, bool) {
	m := regexp.MustCompile(`failed calling webhook "([^"]+)"`).FindStringSubmatch(message)
	if m == nil {
		return finding{}, false
	}
	hook := m[1]
	for _, kind := range []string{"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"} {
		for _, configuration := range x.ofKind(kind) {
			for _, w := range maps(configuration.Object, "webhooks") {
				if str(w, "name") != hook {
					continue
				}
				service := str(w, "clientConfig", "service", "namespace") + "/" + str(w, "clientConfig", "service", "name")
				return found(configuration, observed, "webhook "+hook+" of service "+service,
					fmt.Sprintf("webhook %s (%s) refuses everything it guards because service %s does not answer; that blocks %s", hook, name(configuration), service, name(o)),
					"bring up the pods of service "+service+"; if what they belong to was removed, delete "+name(configuration)).under(o, oneLine(message)), true
			}
		}
	}
	return found(o, known, oneLine(message), fmt.Sprintf("webhook %s does not answer and refuses everything it guards; that blocks %s", hook, name(o)),
		"bring up the pods behind the webhook, or delete its configuration if it was left behind"), true
}

// release explains a HelmRelease that is not Ready.
func (x *index) release(h *unstructured.Unstructured) finding {
	_, reason, message := Condition(h, "Ready")
	if _, r, m := Condition(h, "Released"); r != "" && strings.Contains(r, "Failed") {
		reason, message = r, m
	}
	if f, ok := x.dependency(h, message, map[string]bool{name(h): true}); ok {
		return f
	}
	for _, kind := range []string{"HelmChart", "OCIRepository"} {
		for _, chart := range x.ofKind(kind) {
			if chart.GetNamespace() == h.GetNamespace() && !ready(chart) && x.reads(h, chart) {
				return x.unreadySource(chart).under(h, oneLine(message))
			}
		}
	}
	values := regexp.MustCompile(`(?s)values don't meet the specifications of the schema\(s\) in the following chart\(s\):\s*(.*)`).FindStringSubmatch(message)
	template := regexp.MustCompile(`(?s)(?:execution error at|template: |parse error at) ?\(?(.*)`).FindStringSubmatch(message)
	switch {
	case values != nil:
		return found(h, known, oneLine(message), fmt.Sprintf("the values of %s do not fit the chart: %s", name(h), oneLine(values[1])), "correct the component's values or its parameters in platform.yaml, and push")
	case template != nil:
		return found(h, known, oneLine(message), fmt.Sprintf("the chart of %s does not render with these values: %s", name(h), oneLine(template[1])), "correct the component's values or its parameters in platform.yaml, and push")
	}
	if f, ok := x.refused(h, message); ok {
		return f
	}
	var best finding
	for _, kind := range workloadKinds() {
		for _, workload := range x.installed(kind, h) {
			if f, ok := x.workload(workload); ok && f.depth > best.depth {
				best = f.under(h, oneLine(message))
			}
		}
	}
	if best.depth > unknown {
		return best
	}
	return found(h, stated, oneLine(message), name(h)+": "+reason+": "+oneLine(message), "change what the message names, and push")
}

// reads reports whether a HelmRelease installs from a source.
func (x *index) reads(h, source *unstructured.Unstructured) bool {
	if source.GetKind() == "HelmChart" {
		return source.GetName() == h.GetNamespace()+"-"+h.GetName()
	}
	return text(h, "spec", "chartRef", "kind") == source.GetKind() && text(h, "spec", "chartRef", "name") == source.GetName()
}

func containsAny(s string, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

// longest is how much of a message is shown, in bytes.
const longest = 400

// oneLine is a message as one line of bounded length.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "") + "…"
	}
	return s
}
