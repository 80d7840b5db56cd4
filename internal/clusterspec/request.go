// Package clusterspec says what cluster platform.yaml asks for, as plain data:
// the request that the worker which links kops reads (docs/adr/0015). It knows
// nothing of kops. It is pure: the same platform gives the same request.
package clusterspec

import "encoding/json"

// KopsVersion is the version of kops that renders clusters, the one in go.mod.
const KopsVersion = "1.36.2"

// Request is a cluster as kops is asked for it.
type Request struct {
	// Name is the full DNS name by which kops knows the cluster.
	Name string `json:"name"`
	// AccountID has 12 digits; Region and Partition are AWS's names.
	AccountID string `json:"accountID"`
	Region    string `json:"region"`
	Partition string `json:"partition"`
	// KubernetesVersion is major.minor.patch without a v.
	KubernetesVersion string `json:"kubernetesVersion"`
	// StateStore and DiscoveryStore are s3://bucket. Without a discovery store
	// there are no roles for service accounts.
	StateStore     string `json:"stateStore"`
	DiscoveryStore string `json:"discoveryStore,omitempty"`
	// DNSZone is the public zone that Name is in. Without one, the cluster is
	// reached by its load balancer's own name.
	DNSZone string `json:"dnsZone,omitempty"`
	// Private puts nodes into subnets without public addresses, and a load
	// balancer before the API.
	Private bool `json:"private"`
	// LoadBalancedAPI puts a network load balancer before the API of a public
	// topology too.
	LoadBalancedAPI bool `json:"loadBalancedAPI"`
	// CNI is cilium or calico.
	CNI string `json:"cni"`
	// NetworkCIDR is the range of the VPC.
	NetworkCIDR string `json:"networkCIDR,omitempty"`
	// Zones are those of the workers.
	Zones []string `json:"zones"`
	// APIAccess and SSHAccess are the ranges that may connect. Nobody may by SSH
	// where SSHAccess is empty.
	APIAccess []string `json:"apiAccess"`
	SSHAccess []string `json:"sshAccess,omitempty"`
	// ControlPlane has one node in each of its zones.
	ControlPlane ControlPlane `json:"controlPlane"`
	// Workers are one autoscaling group each.
	Workers []Workers `json:"workers"`
	// OIDC is the login of people; nil for client certificates alone.
	OIDC *OIDC `json:"oidc,omitempty"`
	// Tags are on everything in AWS.
	Tags map[string]string `json:"tags,omitempty"`
	// ServiceAccounts have a role each.
	ServiceAccounts []ServiceAccount `json:"serviceAccounts,omitempty"`
	// AuditPolicy is the API server's, as YAML; without one there is no audit log.
	AuditPolicy string `json:"auditPolicy,omitempty"`
	// EncryptSecrets encrypts Secrets in etcd, beside its volumes.
	EncryptSecrets bool `json:"encryptSecrets,omitempty"`
	// EncryptVolumes is said of the nodes' root volumes; etcd's always are.
	EncryptVolumes bool `json:"encryptVolumes,omitempty"`
	// VolumesFromGit leaves the EBS CSI driver to the platform's own component.
	VolumesFromGit bool `json:"volumesFromGit,omitempty"`
	// ShortMetadataHops keeps pods away from the instance's credentials: tokens
	// are required and answers travel one hop.
	ShortMetadataHops bool `json:"shortMetadataHops,omitempty"`
}

// ControlPlane is the nodes that run the API server and etcd.
type ControlPlane struct {
	Zones       []string `json:"zones"`
	MachineType string   `json:"machineType"`
}

// Workers is an autoscaling group of worker nodes in one zone.
type Workers struct {
	Name        string `json:"name"`
	Zone        string `json:"zone"`
	MachineType string `json:"machineType"`
	Min         int    `json:"min"`
	Max         int    `json:"max"`
	// Spot asks for spare capacity alone.
	Spot bool `json:"spot,omitempty"`
	// Tags are on the group and its instances.
	Tags map[string]string `json:"tags,omitempty"`
}

// OIDC is how the API server knows people by the tokens of an identity provider.
type OIDC struct {
	IssuerURL     string   `json:"issuerURL"`
	ClientID      string   `json:"clientID"`
	UsernameClaim string   `json:"usernameClaim"`
	GroupsClaims  []string `json:"groupsClaims"`
	// UsernamePrefix and GroupsPrefix keep the provider's names apart from the
	// cluster's own.
	UsernamePrefix string `json:"usernamePrefix"`
	GroupsPrefix   string `json:"groupsPrefix"`
}

// ServiceAccount is a Kubernetes service account that assumes a role.
type ServiceAccount struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Policy is an IAM policy document as JSON.
	Policy string `json:"policy"`
}

// MachineTypes returns the instance types that the cluster uses, each once, in
// the order of their first use.
func (r *Request) MachineTypes() []string {
	types := []string{r.ControlPlane.MachineType}
	seen := map[string]bool{r.ControlPlane.MachineType: true}
	for _, w := range r.Workers {
		if !seen[w.MachineType] {
			seen[w.MachineType] = true
			types = append(types, w.MachineType)
		}
	}
	return types
}

// Nodes is how many nodes there are at least.
func (r *Request) Nodes() int {
	n := len(r.ControlPlane.Zones)
	for _, w := range r.Workers {
		n += w.Min
	}
	return n
}

// Canonical returns the request as JSON, the same for equal requests.
func (r *Request) Canonical() ([]byte, error) { return json.Marshal(r) }
