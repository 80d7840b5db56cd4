package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/groundwork-dev/groundwork/internal/config"
)

// kubernetes is the good platform with these keys below prod's kubernetes.
func kubernetes(keys string) []byte {
	const at = "domain: prod.example.com"
	return []byte(strings.Replace(good, at, at+"\n      kubernetes: {"+keys+"}", 1))
}

func TestParseRefusesClusters(t *testing.T) {
	t.Parallel()
	const prod = "spec.clusters.prod.kubernetes."
	for name, tc := range map[string]struct{ keys, want string }{
		"old version":    {"version: 1.29.3", prod + `version: is "1.29.3", want a version of Kubernetes from 1.33 to 1.36`},
		"topology":       {"topology: privat", prod + `topology: is "privat", want private or public`},
		"public nodes":   {"topology: public", prod + "topology: is public, and network-segmentation needs a part of the network that kops gives to public nodes (leave topology out, which means private, or turn network-segmentation off under spec.aws.hardening, with a reason)"},
		"cni":            {"cni: flannel", prod + `cni: is "flannel", want cilium or calico`},
		"no network":     {"networkCIDR: 10.0.0.0", prod + `networkCIDR: "10.0.0.0" is not a range of addresses`},
		"public network": {"networkCIDR: 8.8.0.0/16", "is not a private range"},
		"wide network":   {"networkCIDR: 10.0.0.0/8", "has a mask of /8 (take one from /16 to /20)"},
		"host bits":      {"networkCIDR: 10.1.2.0/16", "it may mean 10.1.0.0/16"},
		"access":         {"apiAccess: [203.0.113.7]", prod + `apiAccess[0]: "203.0.113.7" is not a range of addresses`},
		"access bits":    {"apiAccess: [203.0.113.7/24]", "it may mean 203.0.113.0/24"},
		"no access":      {"apiAccess: []", prod + "apiAccess: has 0 items"},
		"machine type":   {"controlPlane: {machineType: big}", prod + `controlPlane.machineType: is "big", want an EC2 instance type`},
		"workers' name":  {"workers: {Nodes: {}}", `"Nodes" is not a valid name`},
		"min above max":  {"workers: {nodes: {min: 5, max: 4}}", prod + "workers.nodes.min: min is 5, more than max, which is 4"},
		"too few":        {"workers: {nodes: {max: 2}}", prod + "workers.nodes.max: max is 2, and the group has a part in each of 3 zones"},
		"issuer":         {"oidc: {issuer: http://login.example.com, clientID: x}", prod + "oidc.issuer: "},
		"issuer's user":  {"oidc: {issuer: 'https://u:hunter2@login.example.com', clientID: x}", "is not the address of an identity provider"},
		"no client":      {"oidc: {issuer: https://login.example.com}", "oidc.clientID: is missing"},
		"zone":           {"dnsZone: other.com", prod + `dnsZone: "prod.example.com" is not in the zone other.com`},
		"bucket":         {"stateBucket: A_b", prod + "stateBucket: "},
		"unknown":        {"cnii: cilium", `unknown key (did you mean "cni"?)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("platform.yaml", kubernetes(tc.keys))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("error is\n%v\nwant it to hold\n%s", err, tc.want)
			}
			if !strings.Contains(err.Error(), "platform.yaml:") {
				t.Errorf("no place in %v", err)
			}
		})
	}
}

// TestTopologies: public nodes and isolated subnets exclude each other; either
// of them alone is fine.
func TestTopologies(t *testing.T) {
	t.Parallel()
	const off = "    hardening:\n      network-segmentation: {enabled: false, reason: The nodes are public.}\n"
	for name, tc := range map[string]struct {
		more, keys string
		want       config.Topology
		refused    string
	}{
		"private":             {"", "", config.TopologyPrivate, ""},
		"private, off":        {off, "topology: private", config.TopologyPrivate, ""},
		"public, off":         {off, "topology: public", config.TopologyPublic, ""},
		"public":              {"", "topology: public", "", "platform.yaml:25:30: spec.clusters.prod.kubernetes.topology: is public"},
		"public, on by name":  {"    hardening:\n      network-segmentation: {}\n", "topology: public", "", "platform.yaml:27:30: spec.clusters.prod.kubernetes.topology: is public"},
		"public, kops' own":   {"", "hardening: kops, topology: public", "", "spec.clusters.prod.kubernetes.topology: is public"},
		"public, another off": {"    hardening:\n      waf: {enabled: false, reason: Nothing is open to the internet.}\n", "topology: public", "", "topology: is public"},
		"public, no reason":   {"    hardening:\n      network-segmentation: {enabled: false}\n", "topology: public", "", "network-segmentation: is off without a reason"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(string(kubernetes(tc.keys)), zonesLine, zonesLine+tc.more, 1)
			p, err := config.Parse("platform.yaml", []byte(text))
			if tc.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tc.refused) || strings.Count(err.Error(), "platform.yaml:") != 1 {
					t.Errorf("error is\n%v\nwant one problem that holds\n%s", err, tc.refused)
				}
				return
			}
			if err != nil || p.Spec.Clusters["prod"].Kubernetes.Topology != tc.want {
				t.Errorf("have %v (%v)", p.Spec.Clusters["prod"].Kubernetes.Topology, err)
			}
		})
	}
}

func TestAllProblemsOfAClusterAtOnce(t *testing.T) {
	t.Parallel()
	_, err := config.Parse("platform.yaml", kubernetes("cni: flannel, networkCIDR: x, apiAccess: [y], dnsZone: other.com, workers: {nodes: {max: 1}}"))
	if err == nil || strings.Count(err.Error(), "platform.yaml:") != 5 {
		t.Errorf("want 5 problems, have\n%v", err)
	}
}

func TestClusterDefaults(t *testing.T) {
	t.Parallel()
	p, err := config.Parse("platform.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	common := config.Kubernetes{
		Version: "1.36.1", Topology: config.TopologyPrivate, NetworkCIDR: "172.20.0.0/16", CNI: config.CNICilium,
		APIAccess: []string{"0.0.0.0/0", "::/0"}, DNSZone: "example.com", Hardening: config.HardeningFull,
	}
	small, ha := common, common
	small.ControlPlane.MachineType, ha.ControlPlane.MachineType = "t3.large", "m6i.large"
	small.Workers = map[string]config.Workers{"nodes": {MachineType: "t3.xlarge", Min: 2, Max: 6}}
	ha.Workers = map[string]config.Workers{"nodes": {MachineType: "m6i.xlarge", Min: 3, Max: 9}}
	if diff := cmp.Diff(small, p.Spec.Clusters["dev"].Kubernetes); diff != "" {
		t.Errorf("dev (-want +have):\n%s", diff)
	}
	if diff := cmp.Diff(ha, p.Spec.Clusters["prod"].Kubernetes); diff != "" {
		t.Errorf("prod (-want +have):\n%s", diff)
	}
}
