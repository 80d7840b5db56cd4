package crosscheck

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/groundwork-dev/groundwork/internal/manifest"
)

const (
	in  = networkingv1.PolicyTypeIngress
	out = networkingv1.PolicyTypeEgress
)

// policy is a NetworkPolicy.
type policy struct {
	object manifest.Object
	spec   networkingv1.NetworkPolicySpec
}

func (w *world) addPolicy(o manifest.Object) {
	var p networkingv1.NetworkPolicy
	if runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &p) != nil {
		return // the schema has more to say
	}
	w.policies[o.GetNamespace()] = append(w.policies[o.GetNamespace()], policy{o, p.Spec})
}

// about says whether the policy isolates pods in a direction.
func (p policy) about(direction networkingv1.PolicyType, labels map[string]string) bool {
	types := p.spec.PolicyTypes
	if len(types) == 0 {
		types = []networkingv1.PolicyType{in}
		if len(p.spec.Egress) > 0 {
			types = append(types, out)
		}
	}
	return slices.Contains(types, direction) && selects(&p.spec.PodSelector, labels)
}

// rule is one of a policy, of either direction.
type rule struct {
	peers []networkingv1.NetworkPolicyPeer
	ports []networkingv1.NetworkPolicyPort
}

func (p policy) rules(direction networkingv1.PolicyType) []rule {
	var rules []rule
	if direction == in {
		for _, r := range p.spec.Ingress {
			rules = append(rules, rule{r.From, r.Ports})
		}
		return rules
	}
	for _, r := range p.spec.Egress {
		rules = append(rules, rule{r.To, r.Ports})
	}
	return rules
}

// end is the other end of a connection: pods, or with no namespace an address
// outside of them, such as the API server's.
type end struct {
	namespace string
	labels    map[string]string
}

// port is a port and its protocol; number 0 is any, and fits every rule.
type port struct {
	number   int32
	protocol corev1.Protocol
}

// passes says whether a workload's policies let a connection pass.
func (w *world) passes(direction networkingv1.PolicyType, load Workload, other end, at port) bool {
	isolated := false
	for _, p := range w.policies[load.Namespace] {
		if !p.about(direction, load.Labels) {
			continue
		}
		isolated = true
		for _, r := range p.rules(direction) {
			if r.opens(at) && (len(r.peers) == 0 || slices.ContainsFunc(r.peers, func(peer networkingv1.NetworkPolicyPeer) bool {
				return w.isPeer(peer, load.Namespace, other)
			})) {
				return true
			}
		}
	}
	return !isolated
}

// opens says whether a rule is about a port.
func (r rule) opens(at port) bool {
	if len(r.ports) == 0 || at.number == 0 {
		return true
	}
	return slices.ContainsFunc(r.ports, func(p networkingv1.NetworkPolicyPort) bool {
		protocol := corev1.ProtocolTCP
		if p.Protocol != nil {
			protocol = *p.Protocol
		}
		switch {
		case protocol != at.protocol:
			return false
		case p.Port == nil, p.Port.Type == intstr.String: // which number a name has, the pod knows
			return true
		case p.EndPort != nil:
			return p.Port.IntVal <= at.number && at.number <= *p.EndPort
		}
		return p.Port.IntVal == at.number
	})
}

func (w *world) isPeer(peer networkingv1.NetworkPolicyPeer, home string, other end) bool {
	switch {
	case peer.IPBlock != nil:
		return other.namespace == ""
	case other.namespace == "":
		return false
	case peer.NamespaceSelector == nil:
		if other.namespace != home {
			return false
		}
	case !selects(peer.NamespaceSelector, w.namespace(other.namespace)):
		return false
	}
	return peer.PodSelector == nil || selects(peer.PodSelector, other.labels)
}

func (w *world) namespace(name string) map[string]string {
	if labels, known := w.namespaces[name]; known {
		return labels
	}
	return map[string]string{"kubernetes.io/metadata.name": name}
}

// network reports connections that policies cut: those of webhooks, of names,
// and those that one end opens and the other does not.
func (w *world) network() []Fault {
	return sortFaults(slices.Concat(w.webhooks(), w.names(), w.bothEnds()))
}

// webhooks reports those that the API server cannot reach: it would wait for
// each until it gives up.
func (w *world) webhooks() []Fault {
	var faults []Fault
	for _, hook := range w.Webhooks {
		known, reached := false, false
		for _, load := range w.workloads {
			if load.Namespace == hook.Namespace {
				known, reached = true, reached || w.passes(in, load, end{}, port{})
			}
		}
		if known && !reached {
			faults = append(faults, Fault{
				Rule: "webhook-reach", Object: hook.Object,
				Message: fmt.Sprintf("network policies of namespace %s keep the API server from webhook %s", hook.Namespace, hook.Name),
				Hint:    "open the port of its pods to any address: a policy cannot select the API server",
			})
		}
	}
	return faults
}

// names reports pods that may go somewhere, and may not ask for its address.
func (w *world) names() []Fault {
	dns := end{"kube-system", map[string]string{"k8s-app": "kube-dns"}}
	var faults []Fault
	for _, load := range w.workloads {
		goes := slices.ContainsFunc(w.policies[load.Namespace], func(p policy) bool {
			return p.about(out, load.Labels) && len(p.spec.Egress) > 0
		})
		if goes && !w.passes(out, load, dns, port{53, corev1.ProtocolUDP}) {
			faults = append(faults, Fault{
				Rule: "dns", Object: load.Object,
				Message: fmt.Sprintf("network policies let %s out, but not to the cluster's DNS", load.Name),
				Hint:    "open UDP and TCP 53 to the pods of kube-system with k8s-app: kube-dns",
			})
		}
	}
	return faults
}

// bothEnds reports rules that name pods of another namespace whose own policies
// cut the connection.
func (w *world) bothEnds() []Fault {
	var faults []Fault
	for _, home := range slices.Sorted(maps.Keys(w.policies)) {
		for _, p := range w.policies[home] {
			for _, direction := range []networkingv1.PolicyType{in, out} {
				for i, r := range p.rules(direction) {
					faults = append(faults, w.otherEnd(p, direction, i, r)...)
				}
			}
		}
	}
	return faults
}

// otherEnd looks at one rule from the other end.
func (w *world) otherEnd(p policy, direction networkingv1.PolicyType, index int, r rule) []Fault {
	home := p.object.GetNamespace()
	back, field := out, "ingress"
	if direction == out {
		back, field = in, "egress"
	}
	ours := slices.DeleteFunc(slices.Clone(w.workloads), func(l Workload) bool {
		return l.Namespace != home || !p.about(direction, l.Labels)
	})
	var faults []Fault
	for _, peer := range r.peers {
		if !named(peer) {
			continue
		}
		for _, other := range w.workloads {
			if other.Namespace == home || !w.isPeer(peer, home, end{other.Namespace, other.Labels}) {
				continue
			}
			for _, at := range portsOf(r) {
				if len(ours) == 0 || slices.ContainsFunc(ours, func(l Workload) bool { return w.passes(back, other, end{home, l.Labels}, at) }) {
					continue
				}
				faults = append(faults, Fault{
					Rule: "both-ends", Object: p.object, Path: []string{"spec", field, strconv.Itoa(index)},
					Message: fmt.Sprintf("opens %s to %s, whose own policies do not", at, other.Name),
					Hint:    "open it there too, or remove the rule",
				})
			}
		}
	}
	return faults
}

// named says whether a peer means certain pods of certain namespaces: what is
// opened to all is not meant to be used by each.
func named(peer networkingv1.NetworkPolicyPeer) bool {
	some := func(s *metav1.LabelSelector) bool {
		return s != nil && len(s.MatchLabels)+len(s.MatchExpressions) > 0
	}
	return some(peer.NamespaceSelector) && some(peer.PodSelector)
}

func portsOf(r rule) []port {
	if len(r.ports) == 0 {
		return []port{{}}
	}
	ports := make([]port, 0, len(r.ports))
	for _, p := range r.ports {
		at := port{protocol: corev1.ProtocolTCP}
		if p.Protocol != nil {
			at.protocol = *p.Protocol
		}
		if p.Port != nil && p.Port.Type == intstr.Int {
			at.number = p.Port.IntVal
		}
		ports = append(ports, at)
	}
	return ports
}

// String returns the port for messages.
func (p port) String() string {
	if p.number == 0 {
		return "every port"
	}
	return fmt.Sprintf("%s %d", p.protocol, p.number)
}
