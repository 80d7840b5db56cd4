package kops

import (
	"fmt"
	"slices"

	kopsapi "k8s.io/kops/pkg/apis/kops"
	"k8s.io/kops/pkg/client/simple"
	"k8s.io/kops/upup/pkg/fi/cloudup"

	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

// Where the API server finds its audit policy, and writes what it tells. kops
// mounts the folder of /srv/kubernetes/kube-apiserver into the API server's pod.
const (
	auditPolicyPath = "/srv/kubernetes/kube-apiserver/audit-policy.yaml"
	auditLogPath    = "/var/log/kube-apiserver-audit.log"
)

// newSpec makes the cluster as `kops create cluster` makes it, and then what
// the request has beyond that.
func newSpec(r *clusterspec.Request, facts *clusterfacts.Facts, clientset simple.Clientset) (*spec, error) {
	made, err := cloudup.NewCluster(options(r), clientset)
	if err != nil {
		return nil, fmt.Errorf("making the cluster: %w", err)
	}
	s := &spec{cluster: made.Cluster}
	for _, group := range made.InstanceGroups {
		if group.IsControlPlane() {
			s.groups = append(s.groups, group)
		}
	}
	for _, w := range r.Workers {
		s.groups = append(s.groups, workers(w))
	}
	for _, group := range s.groups {
		group.Spec.Image, err = image(facts, group.Spec.MachineType)
		if err != nil {
			return nil, err
		}
		if r.EncryptVolumes {
			group.Spec.RootVolume = &kopsapi.InstanceRootVolumeSpec{Encryption: new(true)}
		}
		if r.ShortMetadataHops {
			group.Spec.InstanceMetadata = &kopsapi.InstanceMetadataOptions{HTTPPutResponseHopLimit: new(int64(1)), HTTPTokens: new("required")}
		}
		group.AddInstanceGroupNodeLabel()
	}
	s.complete(r)
	return s, nil
}

// options is what the flags of `kops create cluster` would be.
func options(r *clusterspec.Request) *cloudup.NewClusterOptions {
	o := &cloudup.NewClusterOptions{}
	o.InitDefaults()
	o.Channel = "none" // versions and images are chosen by platform.yaml and the facts lock
	o.CloudProvider = string(kopsapi.CloudProviderAWS)
	o.ClusterName = r.Name
	o.KubernetesVersion = r.KubernetesVersion
	o.Zones = r.Zones
	o.ControlPlaneZones = r.ControlPlane.Zones
	o.ControlPlaneSizes = []string{r.ControlPlane.MachineType}
	o.Image = clusterspec.Images()[0].Name // until each group gets its own
	o.Networking = r.CNI
	o.AdminAccess = r.APIAccess
	o.DiscoveryStore = r.DiscoveryStore
	if r.DNSZone != "" {
		o.DNSZone, o.DNSType = r.DNSZone, "public"
	}
	o.Topology = kopsapi.TopologyPublic
	if r.Private {
		o.Topology = kopsapi.TopologyPrivate
	}
	if r.LoadBalancedAPI {
		o.APILoadBalancerType = "public" // as the flag has it
	}
	if r.NetworkCIDR != "" {
		o.NetworkCIDRs = []string{r.NetworkCIDR}
	}
	return o
}

// workers makes a group as kops makes those of its own.
func workers(w clusterspec.Workers) *kopsapi.InstanceGroup {
	group := &kopsapi.InstanceGroup{}
	group.Name = w.Name
	group.Spec.Role = kopsapi.InstanceGroupRoleNode
	group.Spec.MachineType = w.MachineType
	group.Spec.MinSize, group.Spec.MaxSize = new(int32(w.Min)), new(int32(w.Max)) //nolint:gosec // at most 1000, by platform.yaml's schema
	group.Spec.Subnets = []string{w.Zone}
	group.Spec.CloudLabels = w.Tags
	if w.Spot {
		// No more than what the same machines cost on demand, and no promise of any.
		group.Spec.MixedInstancesPolicy = &kopsapi.MixedInstancesPolicySpec{
			Instances: []string{w.MachineType}, OnDemandBase: new(int64(0)), OnDemandAboveBase: new(int64(0)),
			SpotAllocationStrategy: new("price-capacity-optimized"),
		}
	}
	return group
}

// image returns the name of the image that a machine type runs.
func image(facts *clusterfacts.Facts, machineType string) (string, error) {
	t, ok := facts.InstanceTypes[machineType]
	if !ok {
		return "", missing("instance type " + machineType)
	}
	for _, i := range clusterspec.Images() {
		if slices.Contains(t.Architectures, i.Architecture) {
			return i.Name, nil
		}
	}
	return "", fmt.Errorf("machine type %s has none of the architectures that there are images for", machineType)
}

// complete adds what the request has beyond the flags.
func (s *spec) complete(r *clusterspec.Request) {
	c := &s.cluster.Spec
	c.DNSZone = r.DNSZone
	if r.NetworkCIDR != "" {
		c.Networking.NetworkCIDR = r.NetworkCIDR
	}
	c.SSHAccess = r.SSHAccess
	c.CloudLabels = r.Tags
	if r.VolumesFromGit {
		c.CloudProvider.AWS.EBSCSIDriver = &kopsapi.EBSCSIDriverSpec{Managed: new(false)}
	}
	if r.AuditPolicy != "" {
		s.audit(r.AuditPolicy)
	}
	if r.EncryptSecrets {
		c.EncryptionConfig = new(true)
	}
	if o := r.OIDC; o != nil {
		c.Authentication = &kopsapi.AuthenticationSpec{OIDC: &kopsapi.OIDCAuthenticationSpec{
			IssuerURL: &o.IssuerURL, ClientID: &o.ClientID, UsernameClaim: &o.UsernameClaim, GroupsClaims: o.GroupsClaims,
			UsernamePrefix: &o.UsernamePrefix, GroupsPrefix: &o.GroupsPrefix,
		}}
	}
	for _, account := range r.ServiceAccounts {
		c.IAM.ServiceAccountExternalPermissions = append(c.IAM.ServiceAccountExternalPermissions, kopsapi.ServiceAccountExternalPermission{
			Name: account.Name, Namespace: account.Namespace, AWS: &kopsapi.AWSPermission{InlinePolicy: account.Policy},
		})
	}
}

func (s *spec) audit(policy string) {
	c := &s.cluster.Spec
	c.FileAssets = append(c.FileAssets, kopsapi.FileAssetSpec{
		Name: "audit-policy", Path: auditPolicyPath, Content: policy, Mode: "0440",
		Roles: []kopsapi.InstanceGroupRole{kopsapi.InstanceGroupRoleControlPlane},
	})
	if c.KubeAPIServer == nil {
		c.KubeAPIServer = &kopsapi.KubeAPIServerConfig{}
	}
	c.KubeAPIServer.AuditPolicyFile = auditPolicyPath
	c.KubeAPIServer.AuditLogPath = new(auditLogPath)
	c.KubeAPIServer.AuditLogMaxAge = new(int32(30))
	c.KubeAPIServer.AuditLogMaxBackups = new(int32(10))
	c.KubeAPIServer.AuditLogMaxSize = new(int32(100))
}
