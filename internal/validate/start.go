package validate

import (
	"github.com/groundwork-dev/groundwork/internal/coldstart"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/manifest"
)

// coldStart plays how the cluster comes up from nothing.
func (r *clusterRun) coldStart() {
	c := coldstart.Cluster{}
	for _, u := range r.built.Units {
		c.Units = append(c.Units, unit(u))
	}
	for _, rel := range r.releases {
		c.Releases = append(c.Releases, r.started(rel))
	}
	v := coldstart.Prove(c)
	r.summary.ColdStart = v
	for _, d := range v.Deadlocks {
		r.report(Finding{
			Problem: diag.Problem{Position: d.At, Message: d.Message, Hint: d.Fix},
			Check:   CheckStart, Rule: string(d.Kind),
		})
	}
	for _, w := range v.Warnings {
		r.report(Finding{Problem: diag.Problem{Position: w.At, Message: w.Message}, Check: CheckStart, Severity: Warning})
	}
	for _, a := range v.Assumptions {
		r.gap(a.At, a.Message)
	}
}

func unit(u manifest.Unit) coldstart.Unit {
	objects := placed(u.Objects)
	if u.Kustomization.Unstructured == nil {
		return coldstart.Unit{Name: u.Path, At: diag.Position{File: u.Path}, Objects: objects, Opaque: len(objects) == 0}
	}
	made := coldstart.UnitOf(placed([]manifest.Object{u.Kustomization})[0], objects)
	made.Opaque = made.Opaque || len(objects) == 0
	return made
}

func placed(objects []manifest.Object) []coldstart.Object {
	list := make([]coldstart.Object, len(objects))
	for i, o := range objects {
		list[i] = coldstart.Object{Unstructured: o.Unstructured, At: o.At.Position}
	}
	return list
}

// started is what a release brings.
func (r *clusterRun) started(rel release) coldstart.Release {
	name := rel.ID()
	switch {
	case rel.rendered:
		made := coldstart.Release{Name: name, Rendered: true, CRDs: placed(rel.definitions), Objects: placed(rel.objects)}
		if rel.known.Component != nil {
			made.Groups = rel.known.Component.Provides.Groups
		}
		return made
	case rel.known.Component != nil:
		return coldstart.Declare(name, rel.known.Component.Spec, r.entry.HA)
	default:
		return coldstart.Release{Name: name}
	}
}
