package config

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/hardening"
)

// Sizes of a VPC: kops cuts each zone's subnets out of it.
const (
	widestNetwork    = 16
	narrowestNetwork = 20
)

// kubernetes checks a cluster's machines.
func (c *checker) kubernetes(name string, cl Cluster) {
	path := func(p ...string) []string { return append([]string{"spec", "clusters", name, "kubernetes"}, p...) }
	k := cl.Kubernetes
	c.network(k.NetworkCIDR, path("networkCIDR"))
	c.topology(k.Topology, path("topology"))
	for i, cidr := range k.APIAccess {
		c.accessRange(cidr, path("apiAccess", strconv.Itoa(i)))
	}
	switch {
	case k.DNSZone == "" && k.Hardening == HardeningKops: // kops then makes no names
	case !isDomain(cl.Domain): // told already, and the zone may follow from it
	case !isDomain(k.DNSZone):
		c.refuse(fmt.Sprintf("is %s, want a DNS name such as example.com", quote(k.DNSZone)), "", path("dnsZone")...)
	case cl.Domain != k.DNSZone && !strings.HasSuffix(cl.Domain, "."+k.DNSZone):
		c.refuse(fmt.Sprintf("%s is not in the zone %s", quote(cl.Domain), k.DNSZone), "name the zone that holds the cluster's domain", path("dnsZone")...)
	}
	zones := clusterZones(cl.Size, len(c.p.Spec.AWS.Zones))
	for _, group := range slices.Sorted(maps.Keys(k.Workers)) {
		w := k.Workers[group]
		if w.Min > w.Max {
			c.refuse(fmt.Sprintf("min is %d, more than max, which is %d", w.Min, w.Max), "raise max or lower min", path("workers", group, "min")...)
		} else if w.Max < zones && w.Max > 0 {
			c.refuse(fmt.Sprintf("max is %d, and the group has a part in each of %d zones", w.Max, zones), fmt.Sprintf("raise max to %d or more", zones), path("workers", group, "max")...)
		}
	}
	if k.OIDC != nil {
		c.issuer(k.OIDC.Issuer, path("oidc", "issuer"))
	}
}

// clusterZones is how many zones a cluster's workers are in.
func clusterZones(size Size, zones int) int {
	if size == SizeHA {
		return zones
	}
	return min(1, zones)
}

// topology refuses public nodes beside isolated subnets. kops may cut the whole
// range of the VPC into public nodes' subnets, so that AWS would refuse the
// isolated ones as overlapping, after the cluster was made.
func (c *checker) topology(topology Topology, path []string) {
	if topology == TopologyPublic && c.p.Spec.AWS.Hardened(hardening.NetworkSegmentation) {
		c.refuse("is public, and network-segmentation needs a part of the network that kops gives to public nodes",
			"leave topology out, which means private, or turn network-segmentation off under spec.aws.hardening, with a reason", path...)
	}
}

// network refuses what cannot be the range of a VPC.
func (c *checker) network(cidr string, path []string) {
	const want = "want a private range such as 172.20.0.0/16"
	prefix, err := netip.ParsePrefix(cidr)
	switch {
	case err != nil:
		c.refuse(fmt.Sprintf("%s is not a range of addresses", quote(cidr)), want, path...)
	case !prefix.Addr().Is4() || !prefix.Addr().IsPrivate():
		c.refuse(fmt.Sprintf("%s is not a private range", quote(cidr)), want, path...)
	case prefix.Bits() < widestNetwork || prefix.Bits() > narrowestNetwork:
		c.refuse(fmt.Sprintf("%s has a mask of /%d", quote(cidr), prefix.Bits()), fmt.Sprintf("take one from /%d to /%d", widestNetwork, narrowestNetwork), path...)
	case prefix != prefix.Masked():
		c.refuse(fmt.Sprintf("%s has bits beyond its mask", quote(cidr)), "it may mean "+prefix.Masked().String(), path...)
	}
}

// accessRange refuses what is no range of addresses.
func (c *checker) accessRange(cidr string, path []string) {
	prefix, err := netip.ParsePrefix(cidr)
	switch {
	case err != nil:
		c.refuse(fmt.Sprintf("%s is not a range of addresses", quote(cidr)), "want one such as 203.0.113.0/24, or 203.0.113.7/32 for one address", path...)
	case prefix != prefix.Masked():
		c.refuse(fmt.Sprintf("%s has bits beyond its mask", quote(cidr)), "it may mean "+prefix.Masked().String(), path...)
	}
}

// issuer refuses what the API server would not take as the address of an
// identity provider.
func (c *checker) issuer(address string, path []string) {
	if len(address) > maxURL {
		return
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		c.refuse(fmt.Sprintf("%s is not the address of an identity provider", quote(address)), "want https://host/path without a user, query or fragment", path...)
	}
}
