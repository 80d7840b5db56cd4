// Package cost estimates what a cluster and the hardening of its account cost a
// month, from a small table of list prices that is part of the program. It is
// honest about what it leaves out, and refuses a region or a machine type whose
// price it does not know rather than to guess one.
package cost

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

//go:embed prices.yaml
var table []byte

// Prices are list prices in one currency at one date.
type Prices struct {
	// Date is the month that the prices are of, YYYY-MM.
	Date string `json:"date"`
	// Source says where they are from.
	Source   string `json:"source"`
	Currency string `json:"currency"`
	// Regions are by their name, such as eu-central-1.
	Regions map[string]Region `json:"regions"`
	// Everywhere are prices that are the same in all regions.
	Everywhere Everywhere `json:"everywhere"`
	// Hardening is by the name of the item.
	Hardening map[string]Item `json:"hardening"`
	Resources Resources       `json:"resources"`
	LeavesOut []string        `json:"leavesOut"`
}

// Region is what differs from region to region: by the hour, except volumes,
// which are by the gigabyte and month.
type Region struct {
	Machines            map[string]float64 `json:"machines"`
	VolumeGB            float64            `json:"volume-gb"`
	NATGateway          float64            `json:"nat-gateway"`
	NetworkLoadBalancer float64            `json:"network-load-balancer"`
	InterfaceEndpoint   float64            `json:"interface-endpoint"`
}

// Everywhere is what is the same in all regions: by the month, except the VPN,
// which is by the hour.
type Everywhere struct {
	KMSKey        float64 `json:"kms-key"`
	WebACL        float64 `json:"web-acl"`
	WebACLRule    float64 `json:"web-acl-rule"`
	Alarm         float64 `json:"alarm"`
	VPNConnection float64 `json:"vpn-connection"`
}

// Resources says what types of Terraform cost, but for those whose price depends
// on their values.
type Resources struct {
	// Counted are types of one thing at one price, a key of the table.
	Counted map[string]string `json:"counted"`
	// ByUse are types that are paid by use, with what is paid for.
	ByUse map[string]string `json:"by-use"`
	// Free cost nothing.
	Free []string `json:"free"`
}

// Item is what an item of the hardening list costs.
type Item struct {
	// Note is for people, one sentence or two.
	Note string `json:"note"`
	// Charges are fixed; what comes by use is in the note alone.
	Charges []Charge `json:"charges"`
}

// Charge is a number of things at one price.
type Charge struct {
	// Price is a key of the table.
	Price string `json:"price"`
	Count int    `json:"count"`
	// Each multiplies: zone, or empty for once.
	Each string `json:"each"`
	// When limits the charge: vpn to where there is one, ecr to where an app's
	// image is in the account; empty for always.
	When string `json:"when"`
}

// List returns the table. The error is one of the program, which its test
// excludes.
func List() (*Prices, error) {
	var p Prices
	if err := yaml.UnmarshalStrict(table, &p); err != nil {
		return nil, fmt.Errorf("reading the table of prices: %w", err)
	}
	return &p, nil
}

// Notes are the notes on the items of the hardening list, by name.
func (p *Prices) Notes() map[string]string {
	notes := map[string]string{}
	for name, item := range p.Hardening {
		notes[name] = item.Note
	}
	return notes
}

// region returns the prices of a region, or an error that says which there are.
func (p *Prices) region(name string) (Region, error) {
	r, ok := p.Regions[name]
	if !ok {
		return r, fmt.Errorf("there are no prices for region %s, only for %s: nothing is guessed from another region", name, list(p.Regions))
	}
	return r, nil
}

// machine returns a machine type's price an hour, or an error.
func (r Region) machine(kind, region string) (float64, error) {
	price, ok := r.Machines[kind]
	if !ok {
		hint := strictyaml.DidYouMean(kind, slices.Collect(maps.Keys(r.Machines)))
		if hint != "" {
			hint = " (" + hint + ")"
		}
		return 0, fmt.Errorf("there is no price for machine type %s in %s, only for %s%s", kind, region, list(r.Machines), hint)
	}
	return price, nil
}

func list[T any](m map[string]T) string { return strings.Join(slices.Sorted(maps.Keys(m)), ", ") }
