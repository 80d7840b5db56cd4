package validate

import (
	"context"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
	"golang.org/x/sync/errgroup"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/helmrelease"
	"github.com/groundwork-dev/groundwork/internal/manifest"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// charts renders the releases whose charts are at hand, and holds the values of
// the others to what is known of theirs.
func (r *clusterRun) charts(ctx context.Context) error {
	all := helmrelease.All(r.built.Objects())
	r.releases = make([]release, len(all))
	r.summary.Releases = len(all)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel())
	for i, hr := range all {
		r.releases[i].Release = hr
		r.reportAll(CheckBuild, hr.Problems)
		r.gaps = append(r.gaps, hr.Gaps...)
		g.Go(func() error { return r.chart(ctx, &r.releases[i]) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, rel := range r.releases {
		if rel.rendered {
			r.summary.Rendered++
		} else if rel.known.Keys != nil {
			r.summary.KnownValues++
		}
	}
	return nil
}

func (r *clusterRun) chart(ctx context.Context, rel *release) error {
	if rel.Chart.Name == "" {
		return nil
	}
	known, ok, err := r.deps.Charts.Known(rel.Chart)
	if err != nil {
		return err
	}
	if ok {
		rel.known = known
		r.keys(rel)
	}
	at := place{rel.Object.At}
	rendering, err := r.deps.Charts.Render(ctx, rel.Release)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		r.report(Finding{Problem: diag.Problem{Position: at.Position(), Message: err.Error()}, Check: CheckRender, Object: rel.Object.ID().String()})
	case rendering == nil && rel.known.Keys == nil:
		r.gap(at.Position(), fmt.Sprintf("HelmRelease %s: chart %s is not at hand, and nothing is known of its values", rel.ID(), rel.Chart))
	case rendering != nil:
		rel.rendered = true
		rel.definitions, rel.objects = made(at, rel, rendering.Definitions), made(at, rel, rendering.Objects)
		for _, schema := range rendering.Unchecked {
			r.gap(at.Position(), fmt.Sprintf("HelmRelease %s: its values are not held to %s, which would have to be fetched", rel.ID(), schema))
		}
	}
	return nil
}

// place is that of a release's chart, for what the chart makes too. Where it is,
// few are asked.
type place struct{ release manifest.Source }

// Position implements manifest.Source.
func (p place) Position(...string) diag.Position { return p.release.Position("spec", "chart") }

// made gives the objects of a chart the place of the release that asks for it.
func made(at manifest.Source, rel *release, list []Made) []manifest.Object {
	objects := make([]manifest.Object, len(list))
	for i, m := range list {
		objects[i] = manifest.Object{Unstructured: m.Unstructured, At: at, Release: rel.Object.Unstructured, Template: rel.Chart.Name + "/" + m.File}
	}
	return objects
}

func (r *clusterRun) gap(at diag.Position, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gaps = append(r.gaps, manifest.Gap{At: at, Reason: reason})
}

// keys reports values that the chart does not have.
func (r *clusterRun) keys(rel *release) {
	var values yaml.Node
	if err := values.Encode(rel.Values); err != nil {
		return
	}
	for _, u := range rel.known.Keys.Unknown(&values) {
		path := slices.Concat([]string{"spec", "values"}, u.Path)
		r.report(Finding{
			Problem: diag.Problem{
				Position: rel.Object.At.Position(path...), Path: strictyaml.Dotted(path...),
				Message: fmt.Sprintf("chart %s has no such value", rel.Chart), Hint: u.Hint,
			},
			Check: CheckValues, Object: rel.Object.ID().String(),
		})
	}
}
