package validate

import (
	"fmt"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/crosscheck"
)

// crosschecks holds the objects of the cluster against each other.
func (r *clusterRun) crosschecks() {
	c := crosscheck.Cluster{HA: r.entry.HA, Domain: r.entry.Domain, Units: r.built.Units}
	for _, rel := range r.releases {
		c.Rendered = append(c.Rendered, rel.objects...)
		if !rel.rendered && rel.known.Component != nil {
			c.Facts = append(c.Facts, workloads(rel)...)
			c.Webhooks = append(c.Webhooks, webhooks(rel)...)
		}
	}
	faults, accepted := crosscheck.All(c)
	r.summary.Accepted = accepted
	for _, f := range faults {
		fault := Fault{Rule: f.Rule, Path: f.Path, Message: f.Message, Hint: f.Hint}
		if f.Warning {
			fault.Severity = Warning
		}
		r.faults(CheckCross, f.Object, []Fault{fault})
	}
}

// workloads are what the chart of a release runs, as the catalogue knows it.
func workloads(rel release) []crosscheck.Workload {
	var list []crosscheck.Workload
	for _, w := range rel.known.Component.Workloads {
		list = append(list, crosscheck.Workload{
			Object: rel.Object, Name: fmt.Sprintf("%s %s/%s", w.Kind, rel.Namespace, w.Name), Namespace: rel.Namespace, Labels: w.Labels,
		})
	}
	return list
}

// webhooks are what the chart of a release registers, as the catalogue knows it.
func webhooks(rel release) []crosscheck.Webhook {
	var list []crosscheck.Webhook
	for _, w := range rel.known.Component.Webhooks {
		if w.Type == catalog.Conversion && w.Service == "" {
			continue
		}
		list = append(list, crosscheck.Webhook{Object: rel.Object, Name: w.Name, Namespace: rel.Namespace})
	}
	return list
}
