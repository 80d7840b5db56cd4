package catalog

// Flow is a kind of connection that a component's pods need. Network policies
// deny everything else, so what is missing here does not work.
type Flow struct {
	// What it is for; the network policy is named after it.
	Name      string    `json:"name" jsonschema:"pattern=^[a-z0-9]([-a-z0-9]*[a-z0-9])?$,maxLength=40" jsonschema_extras:"x-want=at most 40 of a-z 0-9 and -"`
	Direction Direction `json:"direction"`
	// Labels of the component's pods that it is about; all pods of the namespace by
	// default.
	Pods map[string]string `json:"pods,omitempty"`
	// Who is at the other end; any of them.
	Peers []Peer `json:"peers" jsonschema:"minItems=1"`
	// Ports of the pods for ingress, of the peers for egress; every port by default,
	// which only self, and pods for egress, may have. dns and egress to apiserver have
	// their own.
	Ports []Port `json:"ports,omitempty"`
}

// Direction is seen from the component's pods.
type Direction string

// The directions.
const (
	Ingress Direction = "ingress"
	Egress  Direction = "egress"
)

// Peer is the other end of a flow.
type Peer struct {
	Kind PeerKind `json:"kind"`
	// Namespace and Pods belong to kind namespace and self.
	// For kind namespace: its name.
	Namespace string `json:"namespace,omitempty" jsonschema:"pattern=^[a-z0-9]([-a-z0-9]*[a-z0-9])?$,maxLength=63" jsonschema_extras:"x-want=a DNS label of at most 63 of a-z 0-9 and -"`
	// For kinds namespace and self: labels of the pods there; all of them by default.
	Pods map[string]string `json:"pods,omitempty"`
	// CIDR and Except belong to kind cidr.
	// For kind cidr.
	CIDR string `json:"cidr,omitempty"`
	// For kind cidr: ranges in it that stay closed.
	Except []string `json:"except,omitempty"`
}

// PeerKind says what a peer is. A network policy cannot select the API server
// or a kubelet, which run on the node's own network; the renderer opens the
// flow's ports to any address for those kinds.
type PeerKind string

// The kinds.
const (
	// PeerAPIServer is the Kubernetes API server: from it for webhooks and
	// aggregated APIs, to it for every controller. A flow to it has no ports of
	// its own when they are left out: 443 and 6443.
	PeerAPIServer PeerKind = "apiserver"
	// PeerDNS is the cluster's DNS, UDP and TCP 53.
	PeerDNS PeerKind = "dns"
	// PeerSelf is the component's own namespace.
	PeerSelf PeerKind = "self"
	// PeerNamespace is another namespace, by name.
	PeerNamespace PeerKind = "namespace"
	// PeerPods is every pod of the cluster.
	PeerPods PeerKind = "pods"
	// PeerNodes is the network of the nodes: kubelets, host-network pods.
	PeerNodes PeerKind = "nodes"
	// PeerInternet is every address outside the private ranges.
	PeerInternet PeerKind = "internet"
	// PeerCIDR is a range of addresses.
	PeerCIDR PeerKind = "cidr"
)

// Port is a port of a flow.
type Port struct {
	Port int `json:"port" jsonschema:"minimum=1,maximum=65535"`
	// TCP by default.
	Protocol Protocol `json:"protocol,omitempty"`
}

// Protocol is a transport protocol; empty is TCP.
type Protocol string

// The protocols.
const (
	TCP Protocol = "TCP"
	UDP Protocol = "UDP"
)
