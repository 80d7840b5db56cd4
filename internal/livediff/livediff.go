// Package livediff says what Flux would change in a cluster if it applied a
// tree now: what it would create and change, by asking the server, and what it
// would prune, by its own inventory.
package livediff

import (
	"context"
	"fmt"
	"maps"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/objectdiff"
)

// FieldManager is the name in which Flux's kustomize-controller applies.
const FieldManager = "kustomize-controller"

const (
	group         = "kustomize.toolkit.fluxcd.io"
	kustomization = "Kustomization"
)

// Live is the cluster.
type Live interface {
	// DryRun returns what applying each object would come to, in order.
	DryRun(ctx context.Context, trial objectdiff.Trial, objects []objectdiff.Wanted) ([]objectdiff.Attempt, error)
	// Read returns the live objects of the same kind and name, in order, nil
	// where there is none.
	Read(ctx context.Context, objects []*unstructured.Unstructured) ([]*unstructured.Unstructured, error)
}

// Kustomization is one of Flux's Kustomizations as it should be.
type Kustomization struct {
	Namespace, Name string
	// Objects is what it builds to, before Flux adds its labels.
	Objects []*unstructured.Unstructured
	// Prune, Force and Suspend are its spec's fields of these names. Remote is
	// whether it applies to another cluster (spec.kubeConfig).
	Prune, Force, Suspend, Remote bool
	// Labels and Annotations are its spec.commonMetadata.
	Labels, Annotations map[string]string
}

// From reads one from its manifest.
func From(manifest *unstructured.Unstructured, objects []*unstructured.Unstructured) Kustomization {
	flag := func(field string) bool {
		set, _, _ := unstructured.NestedBool(manifest.Object, "spec", field)
		return set
	}
	words := func(field string) map[string]string {
		m, _, _ := unstructured.NestedStringMap(manifest.Object, "spec", "commonMetadata", field)
		return m
	}
	_, remote, _ := unstructured.NestedMap(manifest.Object, "spec", "kubeConfig")
	return Kustomization{
		Namespace: manifest.GetNamespace(), Name: manifest.GetName(), Objects: objects,
		Prune: flag("prune"), Force: flag("force"), Suspend: flag("suspend"), Remote: remote,
		Labels: words("labels"), Annotations: words("annotations"),
	}
}

// String is namespace/name.
func (k Kustomization) String() string { return k.Namespace + "/" + k.Name }

// Options says how much is asked and how fast.
type Options struct {
	// Parallel bounds the requests under way at once, 16 when it is 0.
	Parallel int
	// Everything asks about objects too that are proven to stay as they are.
	Everything bool
}

// Part is what one Kustomization would change.
type Part struct {
	// Kustomization is namespace/name.
	Kustomization string `json:"kustomization"`
	Note          string `json:"note,omitempty"`
	objectdiff.Diff
}

// Result is what all of them would change, in the order in which they were
// given; those that would be deleted come last, with what goes with them.
type Result struct {
	Summary        objectdiff.Summary `json:"summary"`
	Kustomizations []Part             `json:"kustomizations"`
}

// Empty reports whether nothing would change and nothing fails.
func (r Result) Empty() bool {
	for _, part := range r.Kustomizations {
		if !part.Empty() {
			return false
		}
	}
	return true
}

// Lines is the result as text with the summary at the end; Kustomizations that
// change nothing are left out.
func (r Result) Lines() []objectdiff.Line {
	var lines []objectdiff.Line
	for _, part := range r.Kustomizations {
		if len(part.Changes) == 0 && part.Note == "" {
			continue
		}
		lines = append(lines, objectdiff.Line{Kind: objectdiff.Header, Text: "Kustomization " + part.Kustomization + ": " + part.Summary.String()})
		if part.Note != "" {
			lines = append(lines, objectdiff.Line{Kind: objectdiff.Note, Text: "  " + part.Note})
		}
		lines = append(append(lines, objectdiff.Line{Kind: objectdiff.Blank}), part.Lines()...)
		if len(part.Changes) > 0 {
			lines = append(lines, objectdiff.Line{Kind: objectdiff.Blank})
		}
	}
	return append(lines, objectdiff.Line{Kind: objectdiff.Total, Text: r.Summary.String()})
}

// Text is the result as text; style may colour a line, nil leaves it plain.
func (r Result) Text(style func(objectdiff.Line) string) string {
	return objectdiff.Text(r.Lines(), style)
}

// Diff asks the cluster what the Kustomizations would change. It changes
// nothing there. What is refused is in the result; an error means that the
// cluster could not be asked.
func Diff(ctx context.Context, live Live, want []Kustomization, opts Options) (Result, error) {
	parts, groups := make([]Part, len(want)), make([][]objectdiff.Attempt, len(want))
	var objects []objectdiff.Wanted
	var owner []int
	for i, k := range want {
		parts[i] = Part{Kustomization: k.String(), Note: k.note()}
		if k.Remote {
			continue
		}
		for _, o := range k.Objects {
			objects = append(objects, objectdiff.Wanted{Object: k.labelled(o), Force: k.Force})
			owner = append(owner, i)
		}
	}
	var attempts []objectdiff.Attempt
	var pruned []gone
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		// All at once, so that each kind is listed once.
		trial := objectdiff.Trial{Manager: FieldManager, Parallel: opts.Parallel, Everything: opts.Everything}
		if attempts, err = live.DryRun(ctx, trial, objects); err != nil {
			return fmt.Errorf("trying the objects on the cluster: %w", err)
		}
		return nil
	})
	both.Go(func() (err error) {
		p := &pruning{live: live, wanted: identities(objects)}
		pruned, err = p.run(ctx, want)
		return err
	})
	if err := both.Wait(); err != nil {
		return Result{}, err
	}
	for i, attempt := range attempts {
		groups[owner[i]] = append(groups[owner[i]], attempt)
	}
	for _, g := range pruned {
		if g.index < len(want) {
			groups[g.index] = append(groups[g.index], g.attempts...)
			continue
		}
		parts = append(parts, Part{Kustomization: g.name, Note: "it would be deleted, and with it what it applied"})
		groups = append(groups, g.attempts)
	}
	result := Result{Kustomizations: parts}
	for i, diff := range objectdiff.OfGroups(groups) {
		result.Kustomizations[i].Diff = diff
		result.Summary = result.Summary.Add(diff.Summary)
	}
	return result, nil
}

func (k Kustomization) note() string {
	switch {
	case k.Remote:
		return "it applies to another cluster (spec.kubeConfig), which is not compared"
	case k.Suspend:
		return "it is suspended: Flux does none of this until it is resumed"
	}
	return ""
}

// labelled is the object with what Flux adds to it. The original is shared,
// not changed.
func (k Kustomization) labelled(o *unstructured.Unstructured) *unstructured.Unstructured {
	tree := maps.Clone(o.Object)
	metadata, _ := tree["metadata"].(map[string]any)
	metadata = maps.Clone(metadata)
	if metadata == nil {
		metadata = map[string]any{}
	}
	tree["metadata"] = metadata
	add := func(field string, more map[string]string) {
		had, _ := metadata[field].(map[string]any)
		all := make(map[string]any, len(had)+len(more))
		maps.Copy(all, had)
		for key, value := range more {
			all[key] = value
		}
		if len(all) > 0 {
			metadata[field] = all
		}
	}
	add("labels", k.Labels)
	add("annotations", k.Annotations)
	add("labels", map[string]string{group + "/name": k.Name, group + "/namespace": k.Namespace})
	return &unstructured.Unstructured{Object: tree}
}

// identities are the objects' IDs. An object of the whole cluster may have
// been given a namespace that the server takes away, so it counts without, too.
func identities(objects []objectdiff.Wanted) map[objectdiff.ID]bool {
	all := make(map[objectdiff.ID]bool, 2*len(objects))
	for _, o := range objects {
		id := objectdiff.IDOf(o.Object)
		all[id] = true
		id.Namespace = ""
		all[id] = true
	}
	return all
}
