package supervisor

import (
	"fmt"
	"net"
	"os"

	"github.com/vishvananda/netlink"

	"github.com/groundwork-dev/groundwork/internal/sandbox/node"
)

// network brings up loopback and a bridge that carries the node's address.
func network() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("finding loopback: %w", err)
	}
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: node.Bridge}}
	if err := netlink.LinkAdd(bridge); err != nil {
		return fmt.Errorf("making bridge %s: %w", node.Bridge, err)
	}
	addr, err := netlink.ParseAddr(node.HostNet)
	if err != nil {
		return err
	}
	if err := netlink.AddrAdd(bridge, addr); err != nil {
		return fmt.Errorf("giving %s its address: %w", node.Bridge, err)
	}
	for _, link := range []netlink.Link{lo, bridge} {
		if err := netlink.LinkSetUp(link); err != nil {
			return fmt.Errorf("bringing up %s: %w", link.Attrs().Name, err)
		}
	}
	// Service addresses need some route before they are translated.
	if err := netlink.RouteAdd(&netlink.Route{LinkIndex: bridge.Attrs().Index, Src: addr.IP, Scope: netlink.SCOPE_LINK, Dst: &net.IPNet{IP: net.IPv4zero, Mask: net.CIDRMask(0, 32)}}); err != nil {
		return fmt.Errorf("making the default route: %w", err)
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0); err != nil {
		return fmt.Errorf("turning on forwarding: %w", err)
	}
	return nil
}
