package catalog

import (
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strconv"

	"github.com/groundwork-dev/groundwork/internal/config"
)

// checker looks for what the schema cannot say.
type checker struct {
	f *folder
	c *Component
}

func (f *folder) check(c *Component) {
	ck := checker{f, c}
	ck.source()
	if config.IsClusterNamespace(c.Namespace.Name) {
		ck.report(fmt.Sprintf("namespace %s belongs to the cluster: the component's network policies would cut off the pods of others", c.Namespace.Name),
			"give the component a namespace of its own", "namespace", "name")
	}
	for i, flow := range c.Network {
		ck.flow(i, flow)
	}
	for i, w := range c.Workloads {
		if w.Kind == DaemonSet && w.Replicas != (Replicas{}) {
			ck.report("a DaemonSet has no replicas: it runs once a node", "remove replicas", "workloads", strconv.Itoa(i), "replicas")
		}
		if w.Kind != DaemonSet && w.Replicas.Small == 0 && w.Replicas.HA == 0 {
			ck.report("the workload never has a pod", "set replicas.small and replicas.ha", "workloads", strconv.Itoa(i), "replicas")
		}
	}
	for i, dep := range c.DependsOn {
		if dep == c.Name {
			ck.report("a component cannot depend on itself", "remove it", "dependsOn", strconv.Itoa(i))
		}
	}
	for i, w := range c.Webhooks {
		if w.Type != Conversion && w.Configuration == "" {
			ck.report("the webhook's configuration is not named", "add configuration: the name of the "+string(w.Type)+"WebhookConfiguration",
				"webhooks", strconv.Itoa(i))
		}
	}
	ck.smoke()
	ck.names()
}

// smoke checks that each test looks at one thing.
func (ck checker) smoke() {
	for name, test := range ck.c.Smoke {
		if (len(test.Objects) == 0) == (test.Request == nil) {
			ck.report("the test has to look at either objects or the answer to a request", "keep or add one of the two", "smoke", name)
		}
	}
}

// report adds a problem at a path below spec.
func (ck checker) report(message, hint string, path ...string) { ck.f.reportAt(message, hint, path...) }

// source checks that the component installs something.
func (ck checker) source() {
	hasManifests := slices.ContainsFunc(ck.f.files, func(name string) bool { return path.Dir(name) == manifestsDir })
	if ck.c.Chart == nil && !hasManifests {
		ck.report("the component installs nothing", "name a chart, or put objects into "+manifestsDir+"/")
	}
	for _, name := range []string{valuesFile, valuesHAFile} {
		if ck.c.Chart == nil && slices.Contains(ck.f.files, name) {
			ck.f.report(name, "has values, but the component has no chart", "add spec.chart to component.yaml, or remove the file")
		}
	}
}

// names checks that names which become file and object names are there once.
func (ck checker) names() {
	lists := []struct {
		field string
		names []string
	}{
		{"network", collect(ck.c.Network, func(f Flow) string { return f.Name })},
		{"workloads", collect(ck.c.Workloads, func(w Workload) string { return string(w.Kind) + " " + w.Name })},
		{"serviceAccounts", collect(ck.c.ServiceAccounts, func(s ServiceAccount) string { return s.Name })},
	}
	for _, list := range lists {
		for i, name := range list.names {
			if slices.Index(list.names, name) < i {
				ck.report(fmt.Sprintf("%s is here twice", name), "", list.field, strconv.Itoa(i))
			}
		}
	}
}

func collect[T any](items []T, name func(T) string) []string {
	names := make([]string, len(items))
	for i, item := range items {
		names[i] = name(item)
	}
	return names
}

func (ck checker) flow(i int, flow Flow) {
	at := func(elem ...string) []string { return append([]string{"network", strconv.Itoa(i)}, elem...) }
	for j, peer := range flow.Peers {
		here := at("peers", strconv.Itoa(j))
		ck.peer(peer, here)
		switch {
		case peer.Kind == PeerDNS && flow.Direction != Egress:
			ck.report("dns is a peer of egress only", "", here...)
		case peer.Kind == PeerSelf, peer.Kind == PeerDNS:
		case flow.Direction == Egress && (peer.Kind == PeerAPIServer || peer.Kind == PeerPods):
		case len(flow.Ports) == 0:
			ck.report(fmt.Sprintf("flow %s opens every port to %s", flow.Name, peer.Kind), "list its ports", at()...)
		}
	}
}

// peer checks that the peer has what its kind needs and nothing else.
func (ck checker) peer(p Peer, at []string) {
	switch {
	case p.Kind == PeerNamespace && p.Namespace == "":
		ck.report("the peer's namespace is missing", "add namespace: its name", at...)
	case p.Kind != PeerNamespace && p.Namespace != "":
		ck.report(fmt.Sprintf("a peer of kind %s has no namespace", p.Kind), "kind: namespace has", at...)
	case p.Kind != PeerNamespace && p.Kind != PeerSelf && len(p.Pods) > 0:
		ck.report(fmt.Sprintf("a peer of kind %s has no pods", p.Kind), "kinds namespace and self have", at...)
	case p.Kind != PeerCIDR && (p.CIDR != "" || len(p.Except) > 0):
		ck.report(fmt.Sprintf("a peer of kind %s has no range", p.Kind), "kind: cidr has", at...)
	case p.Kind == PeerCIDR:
		for _, cidr := range append([]string{p.CIDR}, p.Except...) {
			if _, err := netip.ParsePrefix(cidr); err != nil {
				ck.report(fmt.Sprintf("%q is not a range of addresses", cidr), "write it like 10.0.0.0/8", at...)
			}
		}
	}
}
