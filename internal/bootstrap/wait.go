package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/explain"
)

// stalledFor is how long Flux must have given up before the run does: what a
// controller just wrote may be on its way.
const stalledFor = 5 * time.Second

// errStalled is why the look at what Flux has given up ends.
var errStalled = errors.New("given up")

// watchedKinds are what the wait looks at: the Kustomizations, and what they
// wait for.
func watchedKinds() []schema.GroupVersionKind {
	source := func(version, kind string) schema.GroupVersionKind {
		return schema.GroupVersionKind{Group: "source.toolkit.fluxcd.io", Version: version, Kind: kind}
	}
	return []schema.GroupVersionKind{
		kustomizationKind(), gitRepositoryKind(), source("v1", "OCIRepository"), source("v1", "HelmRepository"), source("v1", "HelmChart"),
		{Group: "helm.toolkit.fluxcd.io", Version: "v2", Kind: "HelmRelease"},
	}
}

// wait watches until every Kustomization of the cluster is Ready at the commit.
func (r *run) wait(ctx context.Context) (string, error) {
	told := ""
	for {
		var ahead string
		var given []string
		err := r.deps.Cluster.Await(ctx, watchedKinds(), "", func(objects []*unstructured.Unstructured) (bool, error) {
			state := r.look(objects)
			if state.fetched != "" && state.fetched != r.commit && state.fetched != ahead {
				// Somebody may have pushed after us; that is looked up outside.
				ahead = state.fetched
				return true, nil
			}
			if len(state.waiting) == 0 {
				r.report.Kustomizations, r.report.Revision = state.all, state.revision
				r.report.NotReal = notReal(objects)
				return true, nil
			}
			if given = state.stuck; len(given) > 0 {
				return true, nil
			}
			if now := fmt.Sprint(state.waiting); now != told {
				told = now
				r.progress(fmt.Sprintf("%d of %d Kustomizations are Ready", len(r.expected)-len(state.waiting), len(r.expected)), state.waiting...)
			}
			return false, nil
		})
		if err != nil {
			return "", err
		}
		if len(given) > 0 {
			r.progress("Flux has given up on " + strings.Join(given, ", ") + "; looking whether that stays so")
			if err := r.giveUp(ctx); err != nil {
				return "", err
			}
			continue
		}
		if ahead == "" {
			return fmt.Sprintf("%d Kustomizations are Ready at %s", len(r.expected), r.report.Revision), nil
		}
		if err := r.follow(ctx, ahead); err != nil {
			return "", err
		}
	}
}

// giveUp ends the wait when everything that is not ready stays given up by Flux
// for a while; it returns nil as soon as that changes.
func (r *run) giveUp(ctx context.Context) error {
	still, cancel := context.WithTimeoutCause(ctx, stalledFor, errStalled)
	defer cancel()
	var given []string
	err := r.deps.Cluster.Await(still, watchedKinds(), "", func(objects []*unstructured.Unstructured) (bool, error) {
		if now := r.look(objects).stuck; len(now) > 0 {
			given = now
			return false, nil
		}
		return true, nil
	})
	if errors.Is(err, errStalled) {
		return &StalledError{Objects: given}
	}
	return err
}

// follow accepts a later commit that Flux has fetched, when ours is below it.
func (r *run) follow(ctx context.Context, ahead string) error {
	head, err := r.deps.Repository.Head(ctx, r.Repository.Branch)
	if err != nil {
		return err
	}
	if head == r.commit {
		// Flux is behind, not ahead: wait for it to fetch ours.
		return r.deps.Cluster.Await(ctx, []schema.GroupVersionKind{gitRepositoryKind()}, fluxNamespace, func(objects []*unstructured.Unstructured) (bool, error) {
			fetched := r.look(objects).fetched
			return fetched != ahead, nil
		})
	}
	ours, err := r.deps.Repository.Contains(ctx, r.Repository.Branch, r.commit)
	if err != nil {
		return err
	}
	if !ours {
		return fmt.Errorf("branch %s is at %s, which does not hold this run's commit %s: somebody replaced the branch", r.Repository.Branch, short(head), short(r.commit))
	}
	r.progress(fmt.Sprintf("%s moved on to %s; waiting for that", r.Repository.Branch, short(head)))
	r.at(head)
	return nil
}

// view is what the wait sees at one moment.
type view struct {
	fetched  string // the commit that Flux has fetched
	revision string
	waiting  []Item
	all      []Item
	stuck    []string // what everything waits for in vain
}

func (r *run) look(objects []*unstructured.Unstructured) view {
	var v view
	have := map[string]*unstructured.Unstructured{}
	for _, o := range objects {
		have[name(o)] = o
	}
	if source := have["GitRepository/"+fluxNamespace+"/"+fluxName]; source != nil {
		v.revision = text(source, "status", "artifact", "revision")
		v.fetched = commitOf(v.revision)
	}
	for _, k := range r.expected {
		id := "Kustomization/" + k.namespace + "/" + k.name
		item, ready := r.item(id, have)
		if !ready {
			v.waiting = append(v.waiting, item)
		}
		v.all = append(v.all, item)
	}
	if len(v.waiting) > 0 {
		v.stuck = stuck(r.commit, r.expected, have)
	}
	return v
}

// item tells how a Kustomization is, with what it waits for below.
func (r *run) item(id string, have map[string]*unstructured.Unstructured) (Item, bool) {
	o := have[id]
	if o == nil {
		return Item{Object: id, Status: "not there yet"}, false
	}
	status, reason, message := explain.Condition(o, "Ready")
	applied := text(o, "status", "lastAppliedRevision")
	if status == "True" && current(o) && commitOf(applied) == r.commit {
		return Item{Object: id, Status: "Ready", Message: applied}, true
	}
	item := Item{Object: id, Status: reason, Message: message}
	switch {
	case status == "True":
		item.Status, item.Message = "Ready at an earlier revision", applied
	case reason == "":
		item.Status = "not seen by its controller yet"
	}
	for _, other := range have {
		if !belongs(other, o) {
			continue
		}
		if status, reason, message := explain.Condition(other, "Ready"); status != "True" {
			item.Children = append(item.Children, Item{Object: name(other), Status: reason, Message: message})
		}
	}
	slices.SortFunc(item.Children, func(a, b Item) int { return strings.Compare(a.Object, b.Object) })
	return item, false
}

// belongs reports whether a Kustomization applied an object, or reads it.
func belongs(o, to *unstructured.Unstructured) bool {
	labels := o.GetLabels()
	applied := labels["kustomize.toolkit.fluxcd.io/name"] == to.GetName() &&
		labels["kustomize.toolkit.fluxcd.io/namespace"] == to.GetNamespace()
	reads := o.GetKind() == text(to, "spec", "sourceRef", "kind") && o.GetName() == text(to, "spec", "sourceRef", "name")
	return (applied && o.GetKind() != "Kustomization") || reads
}

// notReal names what says of itself that it is simulated or a stand-in.
func notReal(objects []*unstructured.Unstructured) []string {
	var found []string
	for _, o := range objects {
		for _, label := range []string{"groundwork.dev/simulated", "groundwork.dev/stand-in"} {
			if _, ok := o.GetLabels()[label]; ok {
				found = append(found, name(o)+" ("+strings.TrimPrefix(label, "groundwork.dev/")+")")
			}
		}
	}
	slices.Sort(found)
	return found
}
