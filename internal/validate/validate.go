// Package validate proves a tree right before Git sees it: it builds every
// cluster as the engine would, renders or checks its charts, and holds every
// object against what would refuse it later.
package validate

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/catalog/chartkeys"
	"github.com/groundwork-dev/groundwork/internal/coldstart"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/helmrelease"
	"github.com/groundwork-dev/groundwork/internal/manifest"
)

// Check names what found something.
type Check string

// The checks, in the order in which they look.
const (
	CheckBuild  Check = "build"
	CheckValues Check = "values"
	CheckRender Check = "render"
	CheckSchema Check = "schema"
	CheckPolicy Check = "policy"
	CheckCross  Check = "cross"
	CheckStart  Check = "start"
)

// About is a check and what it looks for.
type About struct {
	Name        Check
	Description string
}

// Checks returns all checks, in their order.
func Checks() []About {
	return []About{
		{CheckBuild, "Kustomizations build, and what they name is there"},
		{CheckValues, "Charts have the values that HelmReleases set"},
		{CheckRender, "Charts render with these values"},
		{CheckSchema, "The API server would take every object"},
		{CheckPolicy, "Every object keeps the cluster's own rules"},
		{CheckCross, "Objects fit each other: owners, roles, network policies, zones, pinned images"},
		{CheckStart, "An empty cluster comes up: nothing waits for what comes after it"},
	}
}

// Severity says how bad a finding is.
type Severity string

// The severities.
const (
	Error   Severity = "error"   // it does not work, or is refused
	Warning Severity = "warning" // it works, and is not good
)

// Finding is one thing that is wrong at one place.
type Finding struct {
	diag.Problem
	Check    Check    `json:"check"`
	Rule     string   `json:"rule,omitempty"`
	Severity Severity `json:"severity"`
	// Object is what it is about: Kind namespace/name; empty for a file.
	Object string `json:"object,omitempty"`
	// Clusters are the entries of those it is wrong in, sorted.
	Clusters []string `json:"clusters,omitempty"`
}

// Fault is what a check finds in an object.
type Fault struct {
	// Rule names what is broken, where the check has several.
	Rule string
	// Path leads to the value, list items by their index; empty for the object.
	Path     []string
	Message  string
	Hint     string
	Severity Severity
	// UnknownKind says that nobody serves the object's kind.
	UnknownKind bool
}

// Tree builds clusters from files.
type Tree interface {
	Cluster(ctx context.Context, entry string) (*manifest.Cluster, error)
}

// Schemas says of one object what the API server would refuse.
type Schemas interface {
	Check(ctx context.Context, o *unstructured.Unstructured) ([]Fault, error)
	// Namespaced says whether objects of a kind are in namespaces.
	Namespaced(kind schema.GroupVersionKind) (namespaced, known bool)
}

// Known is what is known of a chart that is not at hand.
type Known struct {
	// Component is the one of the catalogue that installs the chart.
	Component *catalog.Component
	// Keys are those of its values; nil where they are not known for this version.
	Keys chartkeys.Keys
}

// Entry is a cluster to look at.
type Entry struct {
	// Path is the folder that the engine begins with.
	Path string
	// HA says that the cluster has to survive the loss of a zone.
	HA bool
	// Domain ends the names of its IAM roles; empty where that is not known.
	Domain string
}

// Rendering is what a chart makes of a release.
type Rendering struct {
	// Definitions are the CRDs of its crds/ folders, Objects what its templates
	// make, hooks among them.
	Definitions, Objects []Made
	// Unchecked are schemas of its values that could not be looked at.
	Unchecked []string
}

// Made is an object that a file of a chart makes.
type Made struct {
	*unstructured.Unstructured
	File string
}

// Charts knows charts.
type Charts interface {
	// Render renders a release; nil where its chart is not at hand. The error is
	// about the release: what it asks of the chart cannot be rendered.
	Render(ctx context.Context, r *helmrelease.Release) (*Rendering, error)
	// Known returns what is known of a chart without it; ok is false where nothing is.
	Known(c helmrelease.Chart) (known Known, ok bool, err error)
}

// Deps are what validation is made with.
type Deps struct {
	Tree   Tree
	Charts Charts
	// Schemas returns the schemas of a cluster that holds these objects, the CRDs
	// among them. Clusters may have the same: what it returns is compared.
	Schemas func(ctx context.Context, objects []*unstructured.Unstructured) (Schemas, error)
	// Policies returns the rules among the objects of a cluster, nil where there are
	// none, and what is wrong with them.
	Policies func(ctx context.Context, objects []*unstructured.Unstructured) (Policies, []ObjectFault, error)
}

// Report is what validation found.
type Report struct {
	Clusters []Cluster `json:"clusters"`
	Findings []Finding `json:"findings"`
	// Gaps are what was not checked, and why.
	Gaps []manifest.Gap `json:"gaps,omitempty"`
}

// Cluster says how much of a cluster was looked at.
type Cluster struct {
	Entry          string `json:"entry"`
	Kustomizations int    `json:"kustomizations"`
	Objects        int    `json:"objects"`
	Releases       int    `json:"releases"`
	// Rendered are the releases whose charts were at hand, KnownValues those whose
	// values were held to the keys that the catalogue has of the chart.
	Rendered    int `json:"rendered"`
	KnownValues int `json:"knownValues"`
	// Accepted are faults that an annotation of their object accepts.
	Accepted int `json:"accepted"`
	// ColdStart is how the cluster comes up from nothing.
	ColdStart coldstart.Verdict `json:"coldStart"`
}

// Errors counts the findings that are errors.
func (r *Report) Errors() int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == Error {
			n++
		}
	}
	return n
}

// Run validates the clusters with these entries. The error is one of reading or
// of time; what is wrong with the tree is in the report.
func Run(ctx context.Context, deps Deps, entries []Entry) (*Report, error) {
	runs := make([]*clusterRun, len(entries))
	seen := &verdicts{of: map[verdict]func() ([]Fault, error){}}
	g, inTime := errgroup.WithContext(ctx)
	g.SetLimit(parallel())
	for i, entry := range entries {
		g.Go(func() error {
			run, err := check(inTime, deps, entry, seen)
			runs[i] = run
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	report := &Report{}
	for _, run := range runs {
		report.Clusters = append(report.Clusters, run.summary)
		report.Findings = append(report.Findings, run.findings...)
		report.Gaps = append(report.Gaps, run.gaps...)
	}
	report.Findings = merged(report.Findings)
	report.Gaps = slices.CompactFunc(sorted(report.Gaps), func(a, b manifest.Gap) bool { return a == b })
	return report, nil
}

// check validates one cluster. What it was built from is let go of: there may be
// a hundred.
func check(ctx context.Context, deps Deps, entry Entry, seen *verdicts) (*clusterRun, error) {
	built, err := deps.Tree.Cluster(ctx, entry.Path)
	if err != nil {
		return nil, err
	}
	run := &clusterRun{deps: deps, entry: entry, built: built, seen: seen, summary: Cluster{Entry: entry.Path, Kustomizations: len(built.Units), Objects: len(built.Objects())}}
	if err := run.checks(ctx); err != nil {
		return nil, err
	}
	run.built, run.releases = nil, nil
	return run, nil
}

// Render returns everything that a cluster would hold as far as it is known:
// what is in the tree, and what the charts that are at hand make of its
// HelmReleases. The error is diag.Problems where the tree is to blame.
func Render(ctx context.Context, deps Deps, entry Entry) ([]*unstructured.Unstructured, error) {
	built, err := deps.Tree.Cluster(ctx, entry.Path)
	if err != nil {
		return nil, err
	}
	r := &clusterRun{deps: deps, entry: entry, built: built}
	r.reportAll(CheckBuild, built.Problems)
	if err := r.charts(ctx); err != nil {
		return nil, err
	}
	var problems diag.Problems
	for _, f := range r.findings {
		if f.Check != CheckValues {
			problems = append(problems, f.Problem)
		}
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	all := r.objects()
	schemas, err := deps.Schemas(ctx, bare(all))
	if err != nil {
		return nil, err
	}
	r.place(schemas)
	return bare(all), nil
}

func sorted(gaps []manifest.Gap) []manifest.Gap {
	slices.SortFunc(gaps, func(a, b manifest.Gap) int {
		return cmp.Or(cmp.Compare(a.At.File, b.At.File), cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.Reason, b.Reason))
	})
	return gaps
}

// merged makes one of what is found in several clusters, and sorts by place.
func merged(findings []Finding) []Finding {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Check, b.Check), cmp.Compare(a.Message, b.Message), cmp.Compare(a.Object, b.Object))
	})
	var out []Finding
	for _, f := range findings {
		if n := len(out); n > 0 && out[n-1].Problem == f.Problem && out[n-1].Check == f.Check && out[n-1].Object == f.Object {
			if !slices.Contains(out[n-1].Clusters, f.Clusters[0]) {
				out[n-1].Clusters = append(out[n-1].Clusters, f.Clusters...)
			}
			continue
		}
		out = append(out, f)
	}
	return out
}

// clusterRun checks one cluster.
type clusterRun struct {
	deps    Deps
	entry   Entry
	built   *manifest.Cluster
	seen    *verdicts // shared with the other clusters
	summary Cluster

	releases []release

	mu       sync.Mutex
	findings []Finding
	gaps     []manifest.Gap
}

// release is a HelmRelease and what came of it.
type release struct {
	*helmrelease.Release
	// rendered says that the chart was at hand; objects and definitions are then
	// all that it makes.
	rendered             bool
	definitions, objects []manifest.Object
	known                Known
}

func (r *clusterRun) report(f Finding) {
	f.Clusters = []string{r.summary.Entry}
	if f.Severity == "" {
		f.Severity = Error
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.findings = append(r.findings, f)
}

func (r *clusterRun) reportAll(check Check, problems diag.Problems) {
	for _, p := range problems {
		r.report(Finding{Problem: p, Check: check})
	}
}

func (r *clusterRun) checks(ctx context.Context) error {
	r.reportAll(CheckBuild, r.built.Problems)
	r.gaps = append(r.gaps, r.built.Gaps...)
	if err := r.charts(ctx); err != nil {
		return err
	}
	if err := r.schemas(ctx); err != nil {
		return err
	}
	if err := r.policies(ctx); err != nil {
		return err
	}
	r.crosschecks()
	r.coldStart()
	return nil
}
