package livediff

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/objectdiff"
)

// pruning finds what Flux would delete.
type pruning struct {
	live   Live
	wanted map[objectdiff.ID]bool
	seen   map[string]bool
}

// gone is what one Kustomization would delete. index is its place among those
// wanted, or beyond them for one that would be deleted itself.
type gone struct {
	index    int
	name     string
	attempts []objectdiff.Attempt
}

// holder is a live Kustomization with what it would delete.
type holder struct {
	gone
	object *unstructured.Unstructured
	prunes bool
}

// run looks at the inventories of the wanted Kustomizations, then at those of
// Kustomizations that are themselves deleted by it, and so on.
func (p *pruning) run(ctx context.Context, want []Kustomization) ([]gone, error) {
	manifests := make([]*unstructured.Unstructured, len(want))
	p.seen = map[string]bool{}
	for i, k := range want {
		manifests[i] = reference(group, "v1", kustomization, k.Namespace, k.Name)
		p.seen[k.String()] = true
	}
	found, err := p.live.Read(ctx, manifests)
	if err != nil {
		return nil, fmt.Errorf("reading Flux's inventories: %w", err)
	}
	var holders []holder
	for i, k := range want {
		if found[i] != nil && !k.Remote {
			holders = append(holders, holder{gone{i, k.String(), nil}, found[i], k.Prune})
		}
	}
	var all []gone
	for len(holders) > 0 {
		if err := p.delete(ctx, holders); err != nil {
			return nil, err
		}
		var next []holder
		for _, h := range holders {
			if len(h.attempts) > 0 || h.index >= len(want) {
				all = append(all, h.gone)
			}
			next = append(next, p.following(h.attempts, len(want))...)
		}
		holders = next
	}
	return all, nil
}

// following are the Kustomizations among what is deleted.
func (p *pruning) following(attempts []objectdiff.Attempt, index int) []holder {
	var next []holder
	for _, a := range attempts {
		name := a.ID.Namespace + "/" + a.ID.Name
		if a.Action != objectdiff.Deleted || a.ID.Group != group || a.ID.Kind != kustomization || p.seen[name] {
			continue
		}
		p.seen[name] = true
		if takesAlong(a.Before) {
			next = append(next, holder{gone{index, name, nil}, a.Before, true})
		}
	}
	return next
}

// takesAlong reports whether a Kustomization that is deleted deletes what it
// applied.
func takesAlong(o *unstructured.Unstructured) bool {
	suspended, _, _ := unstructured.NestedBool(o.Object, "spec", "suspend")
	prune, _, _ := unstructured.NestedBool(o.Object, "spec", "prune")
	_, remote, _ := unstructured.NestedMap(o.Object, "spec", "kubeConfig")
	policy, _, _ := unstructured.NestedString(o.Object, "spec", "deletionPolicy")
	switch {
	case suspended || remote || policy == "Orphan":
		return false
	case policy == "Delete" || policy == "WaitForTermination":
		return true
	}
	return prune
}

// delete fills in what each holder would delete.
func (p *pruning) delete(ctx context.Context, holders []holder) error {
	var references []*unstructured.Unstructured
	var owner []int
	for i, h := range holders {
		if !h.prunes {
			continue
		}
		for _, o := range inventory(h.object) {
			if !p.wanted[objectdiff.IDOf(o)] {
				references = append(references, o)
				owner = append(owner, i)
			}
		}
	}
	found, err := p.live.Read(ctx, references)
	if err != nil {
		return fmt.Errorf("reading what would be pruned: %w", err)
	}
	for i, o := range found {
		if o == nil {
			continue
		}
		h := &holders[owner[i]]
		attempt := objectdiff.Attempt{ID: objectdiff.IDOf(o), Action: objectdiff.Deleted, Before: o}
		if note := kept(o, h.name); note != "" {
			attempt.Action, attempt.Note = objectdiff.Skipped, note
		}
		h.attempts = append(h.attempts, attempt)
	}
	return nil
}

// kept says why Flux does not prune an object, empty when it does.
func kept(o *unstructured.Unstructured, owner string) string {
	for _, mark := range [][2]string{{"prune", "disabled"}, {"reconcile", "disabled"}, {"ssa", "Ignore"}} {
		if objectdiff.Marked(o, group+"/"+mark[0], mark[1]) {
			return fmt.Sprintf("it is not pruned, %s/%s: %s", group, mark[0], mark[1])
		}
	}
	namespace, name, _ := strings.Cut(owner, "/")
	if !objectdiff.Marked(o, group+"/name", name) && !objectdiff.Marked(o, group+"/namespace", namespace) {
		return "it is not pruned, it has no label of this Kustomization any more"
	}
	return ""
}

// inventory lists what a Kustomization has applied. An entry's id is
// namespace_name_group_kind, a colon in the name as two underscores; no other
// part can have an underscore.
func inventory(o *unstructured.Unstructured) []*unstructured.Unstructured {
	entries, _, _ := unstructured.NestedSlice(o.Object, "status", "inventory", "entries")
	var objects []*unstructured.Unstructured
	for _, e := range entries {
		entry, _ := e.(map[string]any)
		id, _ := entry["id"].(string)
		version, _ := entry["v"].(string)
		namespace, rest, ok := strings.Cut(id, "_")
		kindAt := strings.LastIndexByte(rest, '_')
		if !ok || kindAt < 0 {
			continue
		}
		groupAt := strings.LastIndexByte(rest[:kindAt], '_')
		if groupAt < 0 {
			continue
		}
		name := strings.ReplaceAll(rest[:groupAt], "__", ":")
		objects = append(objects, reference(rest[groupAt+1:kindAt], version, rest[kindAt+1:], namespace, name))
	}
	return objects
}

// reference is an object's identity alone.
func reference(apiGroup, version, kind, namespace, name string) *unstructured.Unstructured {
	metadata := map[string]any{"name": name}
	if namespace != "" {
		metadata["namespace"] = namespace
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": strings.TrimPrefix(apiGroup+"/"+version, "/"), "kind": kind, "metadata": metadata,
	}}
}
