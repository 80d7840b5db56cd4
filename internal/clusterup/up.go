package clusterup

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
	"github.com/groundwork-dev/groundwork/internal/stackplan"
)

// Options say what is to be there.
type Options struct {
	Cluster string
	// Nodes is how many there are at least.
	Nodes int
	// Timeout is how long the API server and the nodes may take; 0 for no bound.
	Timeout time.Duration
}

// Report is what a run did and found.
type Report struct {
	Stacks []StackReport `json:"stacks"`
	// Server and Version are the API server's, Nodes how many are ready.
	Server  string `json:"server,omitempty"`
	Version string `json:"version,omitempty"`
	Nodes   int    `json:"nodes,omitempty"`
}

// StackReport is what was done with a stack.
type StackReport struct {
	Folder  string             `json:"folder"`
	Changes []stackplan.Change `json:"changes"`
	Seconds float64            `json:"seconds"`
}

// Up applies what is missing of a cluster's stacks and waits until the cluster is
// there. The report is what was done, with an error, too.
func Up(ctx context.Context, o Options, deps Deps, show func(Event)) (*Report, error) {
	r := &run{deps: deps, show: show, outputs: map[string]map[string]any{}}
	report := &Report{}
	for _, s := range stages(o.Cluster) {
		began := deps.Now()
		plan, err := r.apply(ctx, s)
		if plan != nil {
			report.Stacks = append(report.Stacks, StackReport{Folder: s.folder, Changes: slices.Clone(plan.Changes), Seconds: deps.Now().Sub(began).Seconds()})
		}
		if err != nil {
			return report, err
		}
	}
	return report, r.await(ctx, o, report)
}

// apply brings a stack to what its files say. The plan is what was applied, nil
// where nothing was begun.
func (r *run) apply(ctx context.Context, s stage) (applied *stackplan.Plan, err error) {
	var stack Stack
	var plan *stackplan.Plan
	var saved bool
	err = r.step("plan "+s.folder, func() (string, State, error) {
		var variables map[string]any
		var whyNot string
		if stack, variables, whyNot, err = r.open(ctx, s); err != nil {
			return "", Failed, err
		}
		if whyNot != "" {
			return "", Failed, fmt.Errorf("%s cannot be applied: %s", s.folder, whyNot)
		}
		if plan, err = stack.Saved(ctx, variables); err != nil {
			return "", Failed, err
		}
		if saved = plan != nil; !saved {
			if plan, err = stack.Plan(ctx, variables, false); err != nil {
				return "", Failed, err
			}
		}
		detail := plan.Summary()
		if saved {
			detail += ", as it was planned before"
		}
		return detail, Done, nil
	})
	if err != nil {
		return nil, err
	}
	if !plan.Empty() {
		if err := r.deps.Confirm(s.folder, plan, saved); err != nil {
			return nil, err
		}
		if err := r.step("apply "+s.folder, func() (string, State, error) { return r.applyPlan(ctx, s, stack, plan) }); err != nil {
			return plan, err
		}
		applied = plan
	}
	return applied, r.note(ctx, s, stack)
}

// applyPlan applies a plan and tells how far it is, resource by resource.
func (r *run) applyPlan(ctx context.Context, s stage, stack Stack, plan *stackplan.Plan) (string, State, error) {
	total := len(plan.Changes)
	begun, done := map[string]time.Time{}, 0
	err := stack.Apply(ctx, func(e stackplan.Event) {
		detail := ""
		switch {
		case !e.Done:
			begun[e.Address] = r.deps.Now()
			detail = fmt.Sprintf("%s %s", e.Action, e.Address)
		case e.Error != "":
			delete(begun, e.Address)
			detail = e.Address + " " + e.Error
		default:
			delete(begun, e.Address)
			done++
			detail = fmt.Sprintf("%s is there", e.Address)
			if e.Action == stackplan.Delete {
				detail = e.Address + " is gone"
			}
		}
		r.show(Event{Title: "apply " + s.folder, State: Running, Detail: fmt.Sprintf("%d of %d, %s", min(done, total), total, detail), Waiting: r.under(begun)})
	})
	return plan.Summary(), Done, err
}

// under are the resources that are under way, by name.
func (r *run) under(begun map[string]time.Time) []Item {
	var items []Item
	for address, at := range begun {
		items = append(items, Item{Name: address, Status: "for " + r.deps.Now().Sub(at).Round(time.Second).String()})
	}
	slices.SortFunc(items, func(a, b Item) int { return strings.Compare(a.Name, b.Name) })
	return items
}

// await waits for the API server and for the nodes.
func (r *run) await(ctx context.Context, o Options, report *Report) error {
	if o.Timeout > 0 {
		bounded, cancel := context.WithTimeoutCause(ctx, o.Timeout, errOverdue)
		defer cancel()
		ctx = bounded
	}
	var cluster Cluster
	last := ""
	err := r.step("the API server", func() (detail string, state State, err error) {
		if cluster, err = r.deps.Connect(ctx); err != nil {
			return "", Failed, err
		}
		report.Server = cluster.Server()
		for {
			if report.Version, err = cluster.Version(ctx); err == nil {
				return cluster.Server() + ", " + report.Version, Done, nil
			}
			if ctx.Err() != nil {
				return "", Failed, context.Cause(ctx)
			}
			last = err.Error()
			r.show(Event{Title: "the API server", State: Running, Detail: last})
			r.deps.Pause(ctx)
		}
	})
	if err != nil {
		return overdue(err, NotReadyError{After: o.Timeout, Server: report.Server, Last: last})
	}
	var missing []Item
	err = r.step("nodes", func() (string, State, error) {
		err := cluster.Await(ctx, []schema.GroupVersionKind{{Version: "v1", Kind: "Node"}}, "", func(nodes []*unstructured.Unstructured) (bool, error) {
			report.Nodes, missing = ready(nodes)
			r.show(Event{Title: "nodes", State: Running, Detail: fmt.Sprintf("%d of %d are ready", report.Nodes, o.Nodes), Waiting: missing})
			return report.Nodes >= o.Nodes, nil
		})
		return fmt.Sprintf("%d are ready", report.Nodes), Done, err
	})
	return overdue(err, NotReadyError{After: o.Timeout, Server: report.Server, Ready: report.Nodes, Want: o.Nodes, Missing: missing})
}

// overdue says what was waited for, where a wait took too long.
func overdue(err error, late NotReadyError) error {
	if errors.Is(err, errOverdue) {
		return late
	}
	return err
}

// ready counts the nodes that are ready, and says of the others why they are not.
func ready(nodes []*unstructured.Unstructured) (n int, others []Item) {
	for _, node := range nodes {
		status, _, message := explain.Condition(node, "Ready")
		switch status {
		case "True":
			n++
			continue
		case "":
			message = "says nothing of itself"
		}
		others = append(others, Item{Name: node.GetName(), Status: message})
	}
	slices.SortFunc(others, func(a, b Item) int { return strings.Compare(a.Name, b.Name) })
	return n, others
}

// NotReadyError says what was not there in time.
type NotReadyError struct {
	After  time.Duration
	Server string
	// Last is what the API server, or the way to it, answered last.
	Last string
	// Ready and Want count nodes; Missing are those that are there and not ready.
	Ready, Want int
	Missing     []Item
}

// TimedOut tells the error apart from others.
func (NotReadyError) TimedOut() bool { return true }

func (e NotReadyError) Error() string {
	if e.Want == 0 {
		return fmt.Sprintf("%s does not answer after %s (%s): is the zone of its name delegated, is your address in apiAccess, do the control plane's machines run (their console is in EC2)? Run this again to wait on",
			e.Server, e.After, e.Last)
	}
	parts := []string{fmt.Sprintf("%d of %d nodes are ready after %s", e.Ready, e.Want, e.After)}
	for _, node := range e.Missing {
		parts = append(parts, node.Name+": "+node.Status)
	}
	return strings.Join(parts, "; ") + ". A node that never came says why on its console, in EC2; run this again to wait on"
}
