// Package componentdoc tells a person what a component of the catalogue is, from
// the facts in its folder: as a value for JSON, and as a page in Markdown. The
// pages in docs/components/ are its output, kept current by its test.
package componentdoc

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/platformgraph"
)

// Facts is what is worth knowing of a component before it is used.
type Facts struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	// Origin is built in, or the folder that it lies in.
	Origin string `json:"origin"`
	Chart  *Chart `json:"chart,omitempty"`
	// Namespace is what the component owns; PodSecurity is its level.
	Namespace   string `json:"namespace"`
	PodSecurity string `json:"podSecurity"`
	// DependsOn and NeededBy are components, by name.
	DependsOn []string `json:"dependsOn,omitempty"`
	NeededBy  []string `json:"neededBy,omitempty"`
	// Clusters of platform.yaml that it is on.
	Clusters []string `json:"clusters,omitempty"`
	CRDs     []string `json:"crds,omitempty"`
	APIs     []string `json:"apiServices,omitempty"`
	Webhooks []string `json:"webhooks,omitempty"`
	Roles    []Role   `json:"awsRoles,omitempty"`
	// LastBackup is the kind of the object that backs the cluster up before it
	// ends, RecordMarkers what marks its DNS records.
	LastBackup    string   `json:"lastBackup,omitempty"`
	RecordMarkers []string `json:"recordMarkers,omitempty"`

	Flows      []string    `json:"network,omitempty"`
	Workloads  []Workload  `json:"workloads,omitempty"`
	Parameters []Parameter `json:"parameters,omitempty"`

	readme string
}

// Chart is the Helm chart that is installed.
type Chart struct {
	Name       string `json:"name"`
	Version    string `json:"version"`
	Repository string `json:"repository"`
}

// Role is an AWS role that a service account assumes.
type Role struct {
	ServiceAccount string `json:"serviceAccount"`
	// Policy is the file in the component's folder.
	Policy string `json:"policy"`
}

// Workload is something that runs pods; numbers of pods by the cluster's size,
// 0 for a DaemonSet.
type Workload struct {
	Kind   string   `json:"kind"`
	Name   string   `json:"name"`
	Small  int      `json:"small"`
	HA     int      `json:"ha"`
	Images []string `json:"images"`
}

// Parameter is what platform.yaml may set.
type Parameter struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Description string `json:"description,omitempty"`
	// Default is taken where platform.yaml says nothing; without one the
	// parameter must be set. DefaultHA differs on a cluster of size ha.
	Default   any `json:"default,omitempty"`
	DefaultHA any `json:"defaultHA,omitempty"`
}

// Of returns the facts of every component of a catalogue, sorted by name.
// Clusters are components by the name of their cluster.
func Of(c *catalog.Catalog, clusters map[string][]string) []Facts {
	neededBy := map[string][]string{}
	for _, name := range c.Names() {
		comp, _ := c.Component(name)
		for _, needed := range comp.DependsOn {
			neededBy[needed] = append(neededBy[needed], name)
		}
	}
	all := make([]Facts, 0, len(c.Names()))
	for _, name := range c.Names() {
		comp, _ := c.Component(name)
		f := of(comp)
		f.NeededBy = neededBy[name]
		for _, cluster := range slices.Sorted(maps.Keys(clusters)) {
			if slices.Contains(clusters[cluster], name) {
				f.Clusters = append(f.Clusters, cluster)
			}
		}
		all = append(all, f)
	}
	return all
}

// Graph returns what depends on what; of everything with an empty cluster, of
// one cluster's components otherwise.
func Graph(all []Facts, cluster string) platformgraph.Graph {
	g := platformgraph.Graph{}
	for _, f := range all {
		if cluster == "" || slices.Contains(f.Clusters, cluster) {
			g[f.Name] = f.DependsOn
		}
	}
	return g
}

func of(c *catalog.Component) Facts {
	f := Facts{
		Name: c.Name, Description: c.Description, Origin: strings.TrimSuffix(c.Origin, "/"+c.Name),
		Namespace: c.Namespace.Name, PodSecurity: string(c.Namespace.PodSecurity),
		DependsOn: c.DependsOn, CRDs: c.Provides.CRDs, APIs: c.Provides.APIServices, RecordMarkers: c.Destroy.RecordMarkers, readme: readme(c),
	}
	if c.LastBackup != nil {
		f.LastBackup = c.LastBackup.Kind
	}
	if c.Chart != nil {
		f.Chart = &Chart{c.Chart.Name, c.Chart.Version, c.Chart.Repository}
	}
	for _, w := range c.Webhooks {
		f.Webhooks = append(f.Webhooks, webhook(w))
	}
	for _, a := range c.ServiceAccounts {
		f.Roles = append(f.Roles, Role{a.Name, a.IAMPolicy})
	}
	for _, n := range c.Network {
		f.Flows = append(f.Flows, flow(n))
	}
	for _, w := range c.Workloads {
		f.Workloads = append(f.Workloads, Workload{string(w.Kind), w.Name, w.Replicas.Small, w.Replicas.HA, w.Images})
	}
	for _, name := range slices.Sorted(maps.Keys(c.Parameters)) {
		p := c.Parameters[name]
		f.Parameters = append(f.Parameters, Parameter{name, string(p.Type), p.Description, p.Default, p.DefaultHA})
	}
	return f
}

func webhook(w catalog.Webhook) string {
	policy := string(w.FailurePolicy)
	if w.FailurePolicyHA != "" && w.FailurePolicyHA != w.FailurePolicy {
		policy += ", on an ha cluster " + string(w.FailurePolicyHA)
	}
	return fmt.Sprintf("%s (%s; without an answer: %s)", w.Name, strings.ToLower(string(w.Type)), policy)
}

func flow(n catalog.Flow) string {
	peers := make([]string, len(n.Peers))
	for i, p := range n.Peers {
		peers[i] = peer(p)
	}
	preposition := "to"
	if n.Direction == catalog.Ingress {
		preposition = "from"
	}
	s := fmt.Sprintf("%s: %s %s", n.Name, preposition, strings.Join(peers, ", "))
	if len(n.Ports) > 0 {
		ports := make([]string, len(n.Ports))
		for i, p := range n.Ports {
			ports[i] = fmt.Sprint(p.Port)
		}
		s += ", port " + strings.Join(ports, ", ")
	}
	return s
}

func peer(p catalog.Peer) string {
	switch {
	case p.CIDR != "":
		return p.CIDR
	case p.Namespace != "":
		return "namespace " + p.Namespace
	}
	return string(p.Kind)
}
