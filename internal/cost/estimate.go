package cost

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/groundwork-dev/groundwork/internal/hardening"
)

// hoursAMonth is what AWS counts a month with.
const hoursAMonth = 730

// Machines is a group of equal machines.
type Machines struct {
	// Role says what they are for, such as control plane.
	Role string
	// Type is the EC2 instance type, Count how many there always are.
	Type  string
	Count int
	// VolumeGB are the gigabytes of all volumes of one of them.
	VolumeGB int
}

// Cluster is what is known of a cluster.
type Cluster struct {
	Name, Region string
	Machines     []Machines
	// Zones is how many zones it has nodes in.
	Zones int
	// NATGateways and LoadBalancers are those that kops makes.
	NATGateways, LoadBalancers int
	// Keys are KMS keys of its components and of its own stack.
	Keys int
	// Scope are the conditions of charges that hold, such as vpn.
	Scope []string
	// Items are the hardening items that are on in the cluster's stack.
	Items []string
}

// Account is what is known of the account's stack.
type Account struct {
	// Items are the hardening items that are on there.
	Items []string
	// Keys are KMS keys beside those of items.
	Keys int
}

// Line is one line of an estimate.
type Line struct {
	What string `json:"what"`
	// Price is the key of the price in the table; of machines, their type.
	Price string `json:"price"`
	Count int    `json:"count"`
	// Each and Monthly are in the estimate's currency, for a month.
	Each    float64 `json:"each"`
	Monthly float64 `json:"monthly"`
}

// Estimate is what something costs a month.
type Estimate struct {
	// Of is the name of a cluster, or the account.
	Of      string  `json:"of"`
	Lines   []Line  `json:"lines"`
	Monthly float64 `json:"monthly"`
	// ByUse is what is paid for by use and so is not in it, Unpriced what the table
	// has no price of; both sorted, and known of resources alone.
	ByUse    []string `json:"byUse,omitempty"`
	Unpriced []string `json:"unpriced,omitempty"`
}

func (e *Estimate) add(what, price string, count int, each float64) {
	if count == 0 {
		return
	}
	monthly := float64(count) * each
	e.Lines = append(e.Lines, Line{what, price, count, each, monthly})
	e.Monthly += monthly
}

// Cluster estimates a cluster with its stack. The error joins all prices that
// are missing.
func (p *Prices) Cluster(c Cluster) (Estimate, error) {
	e := Estimate{Of: c.Name}
	region, err := p.region(c.Region)
	if err != nil {
		return e, err
	}
	var missing []error
	gigabytes := 0
	for _, m := range c.Machines {
		price, err := region.machine(m.Type, c.Region)
		if err != nil {
			missing = append(missing, err)
			continue
		}
		e.add(m.Role+", "+m.Type, m.Type, m.Count, price*hoursAMonth)
		gigabytes += m.Count * m.VolumeGB
	}
	e.add("volumes of nodes and etcd, GB of gp3", volumeGB, gigabytes, region.VolumeGB)
	e.add("NAT gateways", natGateway, c.NATGateways, region.NATGateway*hoursAMonth)
	e.add("load balancers of the API", networkLoadBalancer, c.LoadBalancers, region.NetworkLoadBalancer*hoursAMonth)
	e.add("KMS keys", kmsKey, c.Keys, p.Everywhere.KMSKey)
	missing = append(missing, p.items(&e, c.Items, region, max(c.Zones, 1), c.Scope))
	err = errors.Join(missing...)
	return e, err
}

// Account estimates the account's stack in a region.
func (p *Prices) Account(a Account, region string) (Estimate, error) {
	e := Estimate{Of: string(hardening.Account)}
	r, err := p.region(region)
	if err != nil {
		return e, err
	}
	e.add("KMS keys", kmsKey, a.Keys, p.Everywhere.KMSKey)
	err = p.items(&e, a.Items, r, 1, nil)
	return e, err
}

// items adds what is fixed of the hardening items.
func (p *Prices) items(e *Estimate, names []string, region Region, zones int, scope []string) error {
	for _, name := range names {
		for _, charge := range p.Hardening[name].Charges {
			if charge.When != "" && !slices.Contains(scope, charge.When) {
				continue
			}
			each, ok := p.monthly(region)[charge.Price]
			if !ok {
				return fmt.Errorf("the table of prices charges %s for %s, which it has no price of", charge.Price, name)
			}
			count := charge.Count
			if charge.Each == "zone" {
				count *= zones
			}
			e.add(name+", "+charge.Price, charge.Price, count, each)
		}
	}
	return nil
}

// Keys of prices that are named here as well as in the table.
const (
	kmsKey              = "kms-key"
	webACL              = "web-acl"
	webACLRule          = "web-acl-rule"
	interfaceEndpoint   = "interface-endpoint"
	natGateway          = "nat-gateway"
	networkLoadBalancer = "network-load-balancer"
	volumeGB            = "volume-gb"
)

// monthly are the prices that charges and resources name, for a month.
func (p *Prices) monthly(r Region) map[string]float64 {
	return map[string]float64{
		kmsKey: p.Everywhere.KMSKey, webACL: p.Everywhere.WebACL, webACLRule: p.Everywhere.WebACLRule, "alarm": p.Everywhere.Alarm,
		"vpn-connection": p.Everywhere.VPNConnection * hoursAMonth, interfaceEndpoint: r.InterfaceEndpoint * hoursAMonth,
		natGateway: r.NATGateway * hoursAMonth, networkLoadBalancer: r.NetworkLoadBalancer * hoursAMonth, volumeGB: r.VolumeGB,
	}
}

// Unknown are items that the table has a price for and the list does not know,
// and the other way round; sorted.
func (p *Prices) Unknown() []string {
	odd := map[string]bool{}
	for name := range p.Hardening {
		odd[name] = true
	}
	for _, name := range hardening.Names() {
		if odd[name] {
			delete(odd, name)
		} else {
			odd[name] = true
		}
	}
	return slices.Sorted(maps.Keys(odd))
}
