package config

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"

	"github.com/groundwork-dev/groundwork/internal/hardening"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// HardeningItem turns an item of the hardening list on or off.
type HardeningItem struct {
	// false leaves the item out of what Terraform makes.
	Enabled *bool `json:"enabled,omitempty" jsonschema:"default=true"`
	// Why it is off, one line; needed where enabled is false, and written into
	// the generated file.
	Reason string `json:"reason,omitempty" jsonschema:"minLength=10,maxLength=200,pattern=^[^\\r\\n]+$" jsonschema_extras:"x-want=one line of 10 to 200 characters"`
}

// On reports whether the item is to be made.
func (i HardeningItem) On() bool { return i.Enabled == nil || *i.Enabled }

// Connection is the private way from the clusters to a network of one's own:
// either of the two.
type Connection struct {
	// A VPN over the internet.
	VPN *VPN `json:"vpn,omitempty"`
	// A line of one's own to AWS.
	DirectConnect *DirectConnect `json:"directConnect,omitempty"`
}

// VPN is a site-to-site VPN with static routes.
type VPN struct {
	// Public IPv4 address of the router at the other end.
	Address string `json:"address" jsonschema:"maxLength=15,pattern=^[0-9]{1\\,3}([.][0-9]{1\\,3}){3}$" jsonschema_extras:"x-want=an IPv4 address such as 203.0.113.10"`
	// Networks behind that router, such as 10.20.0.0/16.
	Networks []string `json:"networks" jsonschema:"minItems=1,maxItems=50,uniqueItems=true"`
}

// DirectConnect is a connection that AWS has provided already.
type DirectConnect struct {
	// What AWS calls the connection.
	ConnectionID string `json:"connectionID" jsonschema:"pattern=^dxcon-[0-9a-z]{8\\,17}$" jsonschema_extras:"x-want=an id such as dxcon-fg5678gh"`
	// VLAN of the virtual interface.
	VLAN int `json:"vlan" jsonschema:"minimum=1,maximum=4094"`
	// BGP number of the network at the other end.
	ASN int `json:"asn" jsonschema:"minimum=1,maximum=2147483647"`
	// Networks behind the connection, such as 10.20.0.0/16.
	Networks []string `json:"networks" jsonschema:"minItems=1,maxItems=50,uniqueItems=true"`
}

// Notifications says who hears of alarms.
type Notifications struct {
	// Address that AWS writes to, after its owner has confirmed it.
	Email string `json:"email" jsonschema:"maxLength=254,pattern=^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+$" jsonschema_extras:"x-want=an address such as platform@example.com"`
}

// Networks are those at the other end; none without a connection.
func (c *Connection) Networks() []string {
	switch {
	case c == nil:
		return nil
	case c.VPN != nil:
		return c.VPN.Networks
	case c.DirectConnect != nil:
		return c.DirectConnect.Networks
	}
	return nil
}

// Hardened reports whether an item of the hardening list is to be made.
func (a *AWS) Hardened(name string) bool {
	if name == hardening.Connection && a.Connection == nil {
		return false
	}
	return a.Hardening[name].On()
}

// account checks what is said of the account as a whole.
func (c *checker) account(a *AWS) {
	known := hardening.Names()
	for _, name := range slices.Sorted(maps.Keys(a.Hardening)) {
		path := []string{"spec", "aws", "hardening", name}
		item := a.Hardening[name]
		switch {
		case !slices.Contains(known, name):
			c.refuseKey("there is no hardening item "+quote(name), strictyaml.DidYouMean(name, known), path...)
		case !item.On() && item.Reason == "":
			c.refuseKey("is off without a reason", "say why in reason: it is written where the item would be", path...)
		case item.On() && item.Reason != "":
			c.refuse("is the reason of an item that is on", "set enabled: false, or leave the reason out", append(path, "reason")...)
		}
	}
	for _, item := range hardening.Items() {
		for _, needed := range item.Requires {
			if a.Hardened(item.Name) && !a.Hardened(needed) {
				c.refuseKey(fmt.Sprintf("is off, and %s needs it", item.Name), "turn "+item.Name+" off too, with a reason", "spec", "aws", "hardening", needed)
			}
		}
	}
	c.connection(a.Connection)
}

func (c *checker) connection(conn *Connection) {
	path := []string{"spec", "aws", "connection"}
	switch {
	case conn == nil:
		return
	case conn.VPN != nil && conn.DirectConnect != nil:
		c.refuseKey("has both a vpn and a directConnect", "keep one of the two", path...)
	case conn.VPN == nil && conn.DirectConnect == nil:
		c.refuseKey("has neither a vpn nor a directConnect", "describe one of the two, or leave connection out", path...)
	}
	if conn.VPN != nil {
		c.routerAddress(conn.VPN.Address, append(slices.Clone(path), "vpn", "address"))
		c.networks(conn.VPN.Networks, append(slices.Clone(path), "vpn", "networks"))
	}
	if conn.DirectConnect != nil {
		c.networks(conn.DirectConnect.Networks, append(slices.Clone(path), "directConnect", "networks"))
	}
}

func (c *checker) routerAddress(s string, path []string) {
	address, err := netip.ParseAddr(s)
	switch {
	case err != nil:
		c.refuse("is "+quote(s)+", want an IPv4 address such as 203.0.113.10", "", path...)
	case address.IsPrivate(), !address.IsGlobalUnicast():
		c.refuse(s+" is not an address on the internet", "name the router's public address", path...)
	}
}

// networks refuses what no route can be for.
func (c *checker) networks(networks, path []string) {
	for i, network := range networks {
		at := append(slices.Clone(path), strconv.Itoa(i))
		prefix, err := netip.ParsePrefix(network)
		switch {
		case err != nil || !prefix.Addr().Is4():
			c.refuse("is "+quote(network)+", want a network such as 10.20.0.0/16", "", at...)
		case prefix.Masked() != prefix:
			c.refuse(network+" has bits beyond its mask", "write "+prefix.Masked().String(), at...)
		case prefix.Bits() == 0:
			c.refuse(network+" is the whole internet", "name the networks behind the router", at...)
		}
	}
}
