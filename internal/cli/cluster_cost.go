package cli

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/cost"
	"github.com/groundwork-dev/groundwork/internal/hardening"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/terraform"
)

type costOptions struct {
	dir, cluster, output string
}

func newClusterCostCommand(streams Streams) *cobra.Command {
	var o costOptions
	cmd := &cobra.Command{
		Use:   "cost",
		Short: "Estimate what clusters and the hardened account cost a month",
		Long: `cost adds up the list prices of what there always is: machines and their volumes,
NAT gateways, load balancers of the API, KMS keys, and what is fixed of the
hardening list (docs/hardening.md). Of groups that grow, the least number counts;
spot machines count as if they were not. The prices are a small table that is part
of bootstrap, with its date and source; nothing is asked of AWS. What is paid by
use is left out, and named. A region or machine type without a price is an error.`,
		Example: `  bootstrap cluster cost
  bootstrap cluster cost --cluster prod --output json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return o.run(streams) },
	}
	AddDirFlag(cmd, &o.dir)
	cmd.Flags().StringVar(&o.cluster, "cluster", "", "cluster of platform.yaml alone; all of them and the account by default")
	Must(cmd.RegisterFlagCompletionFunc("cluster", completeClusters(&o.dir)))
	addOutputFlag(cmd, &o.output)
	return cmd
}

func (o costOptions) run(streams Streams) error {
	p, c, err := LoadDir(o.dir)
	if err != nil {
		return err
	}
	prices, err := cost.List()
	if err != nil {
		return err
	}
	estimates, err := o.estimates(p, c, prices)
	if err != nil {
		return err
	}
	if o.output == outputText {
		return prices.Text(streams.Out, estimates...)
	}
	total := 0.0
	for _, e := range estimates {
		total += e.Monthly
	}
	return PrintJSON(streams.Out, map[string]any{
		"date": prices.Date, "source": prices.Source, "currency": prices.Currency, "region": p.Spec.AWS.Region,
		"estimates": estimates, "monthly": total, "leavesOut": prices.LeavesOut,
	})
}

// estimates are those of the clusters that are meant, and of the account where
// all are.
func (o costOptions) estimates(p *config.Platform, c *catalog.Catalog, prices *cost.Prices) ([]cost.Estimate, error) {
	m, err := platform.Resolve(p, c)
	if err != nil {
		return nil, err
	}
	if o.cluster != "" {
		if err := checkCluster(o.cluster, clusterNames(m)); err != nil {
			return nil, err
		}
	}
	var all []cost.Estimate
	for _, cluster := range m.Clusters {
		if o.cluster != "" && cluster.Name != o.cluster {
			continue
		}
		of, err := costOf(p, cluster)
		if err != nil {
			return nil, err
		}
		e, err := prices.Cluster(of)
		if err != nil {
			return nil, fmt.Errorf("estimating %s: %w", cluster.Name, err)
		}
		all = append(all, e)
	}
	if o.cluster != "" {
		return all, nil
	}
	keys, err := logsKeys(p, hardening.Account)
	if err != nil {
		return nil, err
	}
	e, err := prices.Account(cost.Account{Items: itemsOf(p, hardening.Account), Keys: keys}, p.Spec.AWS.Region)
	if err != nil {
		return nil, fmt.Errorf("estimating the account: %w", err)
	}
	return append(all, e), nil
}

// costOf is what an estimate knows of a cluster.
func costOf(p *config.Platform, c platform.Cluster) (cost.Cluster, error) {
	zones, k := len(c.Zones(p.Spec.AWS)), p.Spec.Clusters[c.Name].Kubernetes
	gateways := zones
	if k.Topology == config.TopologyPublic {
		gateways = 0
	}
	keys, err := logsKeys(p, hardening.Platform)
	of := cost.Cluster{
		Name: c.Name, Region: p.Spec.AWS.Region, Machines: machinesOf(c, k), Zones: zones,
		NATGateways: gateways, LoadBalancers: 1, Keys: keys, Items: itemsOf(p, hardening.Platform),
	}
	for i := range c.Components {
		of.Keys += len(c.Components[i].Spec.Keys)
	}
	if conn := p.Spec.AWS.Connection; conn != nil && conn.VPN != nil {
		of.Scope = append(of.Scope, "vpn")
	}
	if len(terraform.Repositories(p)) > 0 {
		of.Scope = append(of.Scope, "ecr")
	}
	return of, err
}

// logsKeys is how many keys for logs a kind of stack has.
func logsKeys(p *config.Platform, of hardening.Stack) (int, error) {
	if has, err := terraform.HasLogsKey(&p.Spec.AWS, of); err != nil || !has {
		return 0, err
	}
	return 1, nil
}

// The gigabytes of kops' volumes: roots, and two of etcd for each node of the
// control plane.
const (
	controlPlaneGB = 64 + 2*20
	workerGB       = 128
)

// machinesOf are the machines that there always are.
func machinesOf(c platform.Cluster, k config.Kubernetes) []cost.Machines {
	controlPlanes := 1
	if c.HA {
		controlPlanes = 3
	}
	machines := []cost.Machines{{Role: "control plane", Type: k.ControlPlane.MachineType, Count: controlPlanes, VolumeGB: controlPlaneGB}}
	for _, name := range slices.Sorted(maps.Keys(k.Workers)) {
		w := k.Workers[name]
		role := "workers"
		if len(k.Workers) > 1 {
			role += " " + name
		}
		if w.Spot {
			role += ", at most" // what spot capacity costs, a market says
		}
		machines = append(machines, cost.Machines{Role: role, Type: w.MachineType, Count: w.Min, VolumeGB: workerGB})
	}
	return machines
}

// itemsOf are the hardening items that are on in a stack.
func itemsOf(p *config.Platform, stack hardening.Stack) []string {
	return slices.DeleteFunc(hardening.Names(), func(name string) bool {
		item, _ := hardening.Find(name)
		return !item.In(stack) || !p.Spec.AWS.Hardened(name)
	})
}
