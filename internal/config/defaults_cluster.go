package config

import "strings"

// defaultKubernetes is the newest version whose files kops 1.36.2 knows the
// checksums of (pkg/assets/assetdata).
const defaultKubernetes = "1.36.1"

// defaultNetwork is the VPC that kops makes too.
const defaultNetwork = "172.20.0.0/16"

// setClusterDefaults fills in a cluster's machines by its size.
func (c *Cluster) setClusterDefaults(zones int) {
	k := &c.Kubernetes
	setDefault(&k.Version, defaultKubernetes)
	setDefault(&k.Topology, TopologyPrivate)
	setDefault(&k.NetworkCIDR, defaultNetwork)
	setDefault(&k.CNI, CNICilium)
	setDefault(&k.Hardening, HardeningFull)
	if len(k.APIAccess) == 0 {
		k.APIAccess = []string{"0.0.0.0/0", "::/0"}
	}
	if k.DNSZone == "" && k.Hardening == HardeningFull {
		k.DNSZone = c.Domain
		if _, parent, ok := strings.Cut(c.Domain, "."); ok && strings.Contains(parent, ".") {
			k.DNSZone = parent
		}
	}
	controlPlane, worker, count := "t3.large", "t3.xlarge", 2
	if c.Size == SizeHA {
		controlPlane, worker, count = "m6i.large", "m6i.xlarge", max(3, zones)
	}
	setDefault(&k.ControlPlane.MachineType, controlPlane)
	if len(k.Workers) == 0 {
		k.Workers = map[string]Workers{"nodes": {}}
	}
	for name, w := range k.Workers {
		setDefault(&w.MachineType, worker)
		if w.Min == 0 {
			w.Min = count
			if w.Max > 0 {
				w.Min = min(count, w.Max)
			}
		}
		if w.Max == 0 {
			w.Max = min(max(3*w.Min, clusterZones(c.Size, zones)), maxReplicas)
		}
		k.Workers[name] = w
	}
	if o := k.OIDC; o != nil {
		setDefault(&o.UsernameClaim, "email")
		setDefault(&o.GroupsClaim, "groups")
	}
}

func setDefault[T ~string](value *T, to T) {
	if *value == "" {
		*value = to
	}
}
