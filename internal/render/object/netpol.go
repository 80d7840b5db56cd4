package object

import (
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/catalog"
)

// DenyAll returns the policy of a namespace that lets nothing in or out but
// what others open.
func DenyAll(namespace string) *yaml.Node {
	return New("networking.k8s.io/v1", "NetworkPolicy", namespace, "default-deny",
		"spec", Map("podSelector", Empty(), "policyTypes", Flow(node([]string{"Ingress", "Egress"}))))
}

// Open returns the policy that opens one flow in a namespace.
func Open(namespace string, flow catalog.Flow) *yaml.Node {
	direction, peersKey, rulesKey := "Ingress", "from", "ingress"
	if flow.Direction == catalog.Egress {
		direction, peersKey, rulesKey = "Egress", "to", "egress"
	}
	selector := Empty()
	if len(flow.Pods) > 0 {
		selector = Map("matchLabels", flow.Pods)
	}
	var rules []*yaml.Node
	for _, group := range byPorts(flow) {
		var peers []*yaml.Node
		for _, p := range group.peers {
			peers = append(peers, peer(p)...)
		}
		rules = append(rules, Map(peersKey, peers, "ports", ports(group.ports)))
	}
	return New("networking.k8s.io/v1", "NetworkPolicy", namespace, flow.Name,
		"spec", Map("podSelector", selector, "policyTypes", Flow(node([]string{direction})), rulesKey, rules))
}

type portGroup struct {
	peers []catalog.Peer
	ports []catalog.Port
}

// byPorts splits a flow into rules. Peers that bring ports of their own get
// one each, and so do those that are every address: beside a selector they
// would have to be named, and in a rule without peers they would swallow it.
func byPorts(flow catalog.Flow) []portGroup {
	var groups []portGroup
	shared := portGroup{ports: flow.Ports}
	for _, p := range flow.Peers {
		switch {
		case p.Kind == catalog.PeerDNS:
			groups = append(groups, portGroup{[]catalog.Peer{p}, []catalog.Port{{Port: 53, Protocol: catalog.UDP}, {Port: 53}}})
		case p.Kind == catalog.PeerAPIServer && flow.Direction == catalog.Egress && len(flow.Ports) == 0:
			groups = append(groups, portGroup{[]catalog.Peer{p}, []catalog.Port{{Port: 443}, {Port: 6443}}})
		case p.Kind == catalog.PeerAPIServer, p.Kind == catalog.PeerNodes:
			groups = append(groups, portGroup{[]catalog.Peer{p}, flow.Ports})
		default:
			shared.peers = append(shared.peers, p)
		}
	}
	if len(shared.peers) > 0 {
		groups = append(groups, shared)
	}
	return groups
}

// nodeDNS is where a DNS cache on the node itself listens.
const nodeDNS = "169.254.20.10/32"

// peer returns the selectors of a peer; none for every address.
func peer(p catalog.Peer) []*yaml.Node {
	namespace := func(name string) *yaml.Node {
		return Map("matchLabels", Map("kubernetes.io/metadata.name", name))
	}
	block := func(cidr string, except []string) []*yaml.Node {
		return []*yaml.Node{Map("ipBlock", Map("cidr", cidr, "except", except))}
	}
	switch p.Kind {
	case catalog.PeerDNS:
		return append([]*yaml.Node{Map(
			"namespaceSelector", namespace("kube-system"),
			"podSelector", Map("matchLabels", Map("k8s-app", "kube-dns")),
		)}, block(nodeDNS, nil)...)
	case catalog.PeerSelf, catalog.PeerNamespace:
		pods := Empty()
		if len(p.Pods) > 0 {
			pods = Map("matchLabels", p.Pods)
		}
		if p.Kind == catalog.PeerSelf {
			return []*yaml.Node{Map("podSelector", pods)}
		}
		if len(p.Pods) == 0 {
			return []*yaml.Node{Map("namespaceSelector", namespace(p.Namespace))}
		}
		return []*yaml.Node{Map("namespaceSelector", namespace(p.Namespace), "podSelector", pods)}
	case catalog.PeerPods:
		return []*yaml.Node{Map("namespaceSelector", Empty())}
	case catalog.PeerInternet:
		return block("0.0.0.0/0", []string{"10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"})
	case catalog.PeerCIDR:
		return block(p.CIDR, p.Except)
	case catalog.PeerAPIServer, catalog.PeerNodes:
	}
	return nil
}

func ports(list []catalog.Port) []*yaml.Node {
	var nodes []*yaml.Node
	for _, p := range list {
		protocol := p.Protocol
		if protocol == "" {
			protocol = catalog.TCP
		}
		nodes = append(nodes, Map("port", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(p.Port)}, "protocol", string(protocol)))
	}
	return nodes
}
