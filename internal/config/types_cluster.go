package config

// Topology says whether nodes have public addresses.
type Topology string

// Private nodes reach the internet through NAT gateways, public ones directly.
const (
	TopologyPrivate Topology = "private"
	TopologyPublic  Topology = "public"
)

// CNI is what connects pods.
type CNI string

// The networks that enforce network policies.
const (
	CNICilium CNI = "cilium"
	CNICalico CNI = "calico"
)

// Hardening is how far a cluster goes beyond what `kops create cluster` makes.
type Hardening string

// Full hardening is ours; kops is what kops makes by itself, for comparison.
const (
	HardeningFull Hardening = "full"
	HardeningKops Hardening = "kops"
)

// Kubernetes is a cluster's machines and control plane, which kops makes.
type Kubernetes struct {
	// Version of Kubernetes, such as 1.36.1.
	Version string `json:"version,omitempty" jsonschema:"maxLength=20,pattern=^1\\.3[3-6]\\.[0-9]{1\\,3}$,default=1.36.1" jsonschema_extras:"x-want=a version of Kubernetes from 1.33 to 1.36 such as 1.36.1"`
	// private nodes have no public addresses.
	Topology Topology `json:"topology,omitempty" jsonschema:"enum=private,enum=public,default=private"`
	// Range of the VPC, /16 to /20 of a private range.
	NetworkCIDR string `json:"networkCIDR,omitempty" jsonschema:"maxLength=20,default=172.20.0.0/16"`
	// What connects pods.
	CNI CNI `json:"cni,omitempty" jsonschema:"enum=cilium,enum=calico,default=cilium"`
	// Ranges of addresses that may reach the API; without it, any.
	APIAccess []string `json:"apiAccess,omitempty" jsonschema:"minItems=1,maxItems=50,uniqueItems=true"`
	// Nodes that run the API server and etcd: one with size small, three with ha.
	ControlPlane ControlPlane `json:"controlPlane,omitzero"`
	// Groups of worker nodes by name; without it, one named nodes.
	Workers map[string]Workers `json:"workers,omitempty"`
	// Login of people through an identity provider.
	OIDC *OIDC `json:"oidc,omitempty"`
	// Public zone of Route 53 that the domain is in; without it, the domain
	// without its first label, or no names at all where hardening is kops.
	DNSZone string `json:"dnsZone,omitempty" jsonschema:"minLength=1,maxLength=200" jsonschema_extras:"x-want=a DNS name such as example.com"`
	// S3 bucket of kops' state; without it, one named after the cluster.
	StateBucket string `json:"stateBucket,omitempty" jsonschema:"minLength=3,maxLength=63,pattern=^[a-z0-9]([-a-z0-9]*[a-z0-9])$" jsonschema_extras:"x-want=the name of a bucket of 3 to 63 of a-z 0-9 and -"`
	// kops leaves the cluster as kops itself makes one: for comparison.
	Hardening Hardening `json:"hardening,omitempty" jsonschema:"enum=full,enum=kops,default=full"`
}

// ControlPlane is the nodes that run the API server and etcd.
type ControlPlane struct {
	// EC2 instance type of the nodes.
	MachineType string `json:"machineType,omitempty" jsonschema:"maxLength=40,pattern=^[a-z][a-z0-9-]*\\.[a-z0-9-]+$" jsonschema_extras:"x-want=an EC2 instance type such as m6i.large"`
}

// Workers is a group of worker nodes, spread evenly over the zones.
type Workers struct {
	// EC2 instance type of the nodes.
	MachineType string `json:"machineType,omitempty" jsonschema:"maxLength=40,pattern=^[a-z][a-z0-9-]*\\.[a-z0-9-]+$" jsonschema_extras:"x-want=an EC2 instance type such as m6i.xlarge"`
	// Nodes that there always are.
	Min int `json:"min,omitempty" jsonschema:"minimum=1,maximum=1000"`
	// Nodes that there are at most.
	Max int `json:"max,omitempty" jsonschema:"minimum=1,maximum=1000"`
	// Spare capacity of AWS: cheaper, and taken away with two minutes' notice.
	Spot bool `json:"spot,omitempty"`
}

// OIDC is an identity provider that the API server believes.
type OIDC struct {
	// https:// address of the provider.
	Issuer string `json:"issuer" jsonschema:"minLength=1,maxLength=2048" jsonschema_extras:"x-want=an address such as https://login.example.com"`
	// Client of the provider that tokens must be for.
	ClientID string `json:"clientID" jsonschema:"minLength=1,maxLength=200"`
	// Claim that names the person.
	UsernameClaim string `json:"usernameClaim,omitempty" jsonschema:"minLength=1,maxLength=100,default=email"`
	// Claim that lists the person's groups.
	GroupsClaim string `json:"groupsClaim,omitempty" jsonschema:"minLength=1,maxLength=100,default=groups"`
}
