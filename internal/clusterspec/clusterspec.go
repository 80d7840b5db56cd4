package clusterspec

import (
	_ "embed" // the audit policy
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/awsname"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/platform"
)

// What a cluster's buckets for kops are for, the last part but one of their
// names (docs/adr/0011).
const (
	StatePurpose     = "kops"
	DiscoveryPurpose = "oidc"
)

// oidcPrefix keeps an identity provider's names apart from the cluster's own.
const oidcPrefix = "oidc:"

// controlPlanes is how many nodes of the control plane there are at most, one a zone.
const controlPlanes = 3

// maxPolicy bounds a role's own policy in characters; IAM refuses longer ones.
const maxPolicy = 10_240

//go:embed audit-policy.yaml
var auditPolicy string

// New returns the request for a cluster of a platform.
func New(p *config.Platform, c *platform.Cluster, accounts []platform.ServiceAccount) (*Request, error) {
	spec := p.Spec.Clusters[c.Name]
	k, aws := spec.Kubernetes, p.Spec.AWS
	zones := c.Zones(aws)
	controlPlane := zones[:min(len(zones), controlPlanes)]
	hard := k.Hardening == config.HardeningFull
	bucket := k.StateBucket
	if bucket == "" {
		bucket = awsname.Bucket(aws.AccountID, c.FullName, StatePurpose)
	}
	r := &Request{
		Name: c.Domain, AccountID: aws.AccountID, Region: aws.Region, Partition: awsname.Partition(aws.Region),
		KubernetesVersion: k.Version, StateStore: "s3://" + bucket, DNSZone: k.DNSZone,
		Private: k.Topology == config.TopologyPrivate, CNI: string(k.CNI), NetworkCIDR: k.NetworkCIDR,
		Zones: zones, APIAccess: k.APIAccess,
		ControlPlane: ControlPlane{Zones: controlPlane, MachineType: k.ControlPlane.MachineType},
	}
	for _, name := range slices.Sorted(maps.Keys(k.Workers)) {
		r.Workers = append(r.Workers, workers(name, k.Workers[name], zones)...)
	}
	if o := k.OIDC; o != nil {
		r.OIDC = &OIDC{
			IssuerURL: o.Issuer, ClientID: o.ClientID, UsernameClaim: o.UsernameClaim, GroupsClaims: []string{o.GroupsClaim},
			UsernamePrefix: oidcPrefix, GroupsPrefix: oidcPrefix,
		}
	}
	if !hard {
		r.SSHAccess = k.APIAccess // as kops has it
		return r, nil
	}
	if err := r.harden(p, c, accounts); err != nil {
		return nil, err
	}
	return r, nil
}

// harden adds what kops does not do by itself.
func (r *Request) harden(p *config.Platform, c *platform.Cluster, accounts []platform.ServiceAccount) error {
	r.DiscoveryStore = "s3://" + awsname.Bucket(r.AccountID, c.FullName, DiscoveryPurpose)
	r.LoadBalancedAPI = true
	r.AuditPolicy = auditPolicy
	r.EncryptSecrets, r.EncryptVolumes, r.ShortMetadataHops = true, true, true
	r.VolumesFromGit = true
	r.Tags = map[string]string{awsname.TagPlatform: p.Metadata.Name} // kops itself adds awsname.TagCluster
	tags := map[string]string{}
	for _, component := range c.Components {
		for _, tag := range component.Spec.WorkerTags {
			tags[tag.For(r.Name)] = tag.Value
		}
	}
	for i := range r.Workers {
		r.Workers[i].Tags = tags
	}
	for _, account := range accounts {
		policy, err := statements(account)
		if err != nil {
			return err
		}
		r.ServiceAccounts = append(r.ServiceAccounts, ServiceAccount{Namespace: account.Namespace, Name: account.Name, Policy: policy})
	}
	slices.SortFunc(r.ServiceAccounts, func(a, b ServiceAccount) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	return nil
}

// workers spreads a group over zones, one autoscaling group a zone: the
// autoscaler can then make a node in the zone of the volume that waits for it.
func workers(name string, w config.Workers, zones []string) []Workers {
	parts := make([]Workers, len(zones))
	for i, zone := range zones {
		parts[i] = Workers{
			Name: name + "-" + zone, Zone: zone, MachineType: w.MachineType, Spot: w.Spot,
			Min: share(w.Min, i, len(zones)), Max: share(w.Max, i, len(zones)),
		}
	}
	return parts
}

// share is the i-th part of a number, the first ones taking what is left over.
func share(of, i, parts int) int {
	if i < of%parts {
		return of/parts + 1
	}
	return of / parts
}

// statements returns the statements of a policy as JSON, which is what kops
// takes. kops reads four elements of a statement and drops any other without a
// word, so others are refused here.
func statements(account platform.ServiceAccount) (string, error) {
	at := fmt.Sprintf("IAM policy of service account %s of component %s", account.Name, account.Component)
	var policy struct {
		Statement []map[string]any `yaml:"Statement"`
	}
	if err := account.Policy.Decode(&policy); err != nil {
		return "", fmt.Errorf("reading the %s: %w", at, err)
	}
	for i, statement := range policy.Statement {
		delete(statement, "Sid")
		for key := range statement {
			if !slices.Contains([]string{"Effect", "Action", "Resource", "Condition"}, key) {
				return "", fmt.Errorf("%s: statement %d has %s, which kops would drop: say it with Effect, Action, Resource and Condition", at, i+1, key)
			}
		}
	}
	text, err := json.Marshal(policy.Statement)
	if err != nil {
		return "", fmt.Errorf("writing the %s: %w", at, err)
	}
	if len(text) > maxPolicy {
		return "", fmt.Errorf("%s has %d characters, IAM allows %d", at, len(text), maxPolicy)
	}
	return string(text), nil
}
