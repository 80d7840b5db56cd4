package platform

import (
	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/config"
)

// ServiceAccount is a service account that assumes an AWS role on one cluster.
type ServiceAccount struct {
	// Component declares it; Namespace is the component's. Flux' own has flux.
	Component, Namespace, Name string
	// Policy is an IAM policy document with references filled in.
	Policy *yaml.Node
}

// ServiceAccounts returns the service accounts with roles of a cluster that
// Cluster has returned without problems, in the order of its components, and
// Flux' own after them.
func (r *Resolver) ServiceAccounts(c Cluster) []ServiceAccount {
	facts := r.clusterFacts(c, r.platform.Spec.Clusters[c.Name])
	var accounts []ServiceAccount
	for _, component := range c.Components {
		lookup := r.lookup(c, component.Spec, facts, component.Parameters)
		for _, account := range component.Spec.ServiceAccounts {
			accounts = append(accounts, ServiceAccount{
				Component: component.Name, Namespace: component.Namespace, Name: account.Name,
				Policy: component.Spec.Policy(account.Name).Resolve(lookup),
			})
		}
	}
	if c.ScanRole != "" {
		accounts = append(accounts, ServiceAccount{
			Component: string(config.EngineFlux), Namespace: ScannerNamespace, Name: ScannerAccount, Policy: scanPolicy(scanned(c)),
		})
	}
	return accounts
}
