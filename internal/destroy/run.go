package destroy

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// manager is the field manager of what a run sets.
	manager = "groundwork-destroy"
	// The lock is that of bootstrap run: the two must not meet.
	lockNamespace = "kube-system"
	lockName      = "groundwork-bootstrap"
)

// errNothingToDo is how a step says that it found its work done.
var errNothingToDo = errors.New("nothing to do")

// step is one part of a run. It looks before it acts, and returns a line that
// says what it found or did.
type step struct {
	name, title string
	run         func(context.Context) (detail string, err error)
}

// run is one run under way.
type run struct {
	Options
	deps   Deps
	tell   func(Event)
	report Report

	current step
	began   time.Time

	// cluster is nil where it is not to be asked; absent says why.
	cluster Cluster
	absent  string
}

// Run ends the cluster, telling each event as it happens. The report is never
// nil. Errors that a caller may want to tell apart are RefusedError, BackupError,
// StuckError and LeftError; any other is a failure that running again may
// overcome.
func Run(ctx context.Context, opts Options, deps Deps, tell func(Event)) (*Report, error) {
	r := &run{Options: opts, deps: deps, tell: tell, report: Report{
		Cluster: opts.Cluster, DryRun: opts.DryRun, Left: []Left{}, Kept: opts.Kept, Steps: []StepReport{},
		Losses: Losses{Namespaces: []string{}, Volumes: []Volume{}, LoadBalancers: []string{}},
	}}
	if err := r.play(ctx, r.looks()); err != nil {
		return &r.report, err
	}
	if opts.DryRun {
		r.plan()
		return &r.report, nil
	}
	if !r.report.Losses.None() {
		if err := deps.Confirm(ctx, &r.report); err != nil {
			return &r.report, err
		}
	}
	if err := r.drained(ctx); err != nil {
		return &r.report, err
	}
	if err := r.play(ctx, r.ends()); err != nil {
		return &r.report, err
	}
	r.report.Destroyed = true
	return &r.report, nil
}

// looks are the steps that change nothing.
func (r *run) looks() []step {
	return []step{
		{"account", "Look whose account this is", r.account},
		{"states", "Look at the Terraform states", r.states},
		{"connect", "Look for the cluster", r.connect},
		{"losses", "Look at what will be lost", r.losses},
	}
}

// drains are the steps that need the cluster, in their order: nothing comes back
// once the engine is suspended, and what is backed up is whole.
func (r *run) drains() []step {
	return []step{
		{"backup", "Take a last backup", r.backup},
		{"suspend", "Suspend the engine", r.suspend},
		{"balancers", "Drain load balancers", r.balancers},
		{"volumes", "Drain volumes", r.volumes},
	}
}

// ends are the steps that need AWS alone.
func (r *run) ends() []step {
	return []step{
		{"forget", "Let go of what stays", r.forget},
		{"platform", "Destroy " + r.PlatformDir, r.destroyPlatform},
		{"kubernetes", "Destroy " + r.KubernetesDir, r.destroyKubernetes},
		{"sweep", "Sweep AWS by the cluster's tag", r.sweep},
	}
}

// drained runs the steps that need the cluster, under its lock.
func (r *run) drained(ctx context.Context) error {
	if r.cluster == nil {
		for _, s := range r.drains() {
			r.report.Steps = append(r.report.Steps, StepReport{s.name, s.title, Skipped, r.absent, 0})
			r.tell(Event{State: Skipped, Step: s.name, Title: s.title, Detail: r.absent})
		}
		return nil
	}
	held, release, err := r.cluster.Lock(ctx, lockNamespace, lockName, r.Holder)
	if err != nil {
		return fmt.Errorf("locking the cluster against other runs: %w", err)
	}
	defer release()
	err = r.play(held, r.drains())
	if cause := context.Cause(held); err != nil && cause != nil && ctx.Err() == nil {
		return cause // the lock was lost
	}
	return err
}

// play runs steps in order until one fails.
func (r *run) play(ctx context.Context, steps []step) error {
	for _, s := range steps {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		r.current, r.began = s, r.deps.Now()
		r.tell(Event{State: Started, Step: s.name, Title: s.title})
		detail, err := s.run(ctx)
		state := Done
		switch {
		case errors.Is(err, errNothingToDo):
			state, err = Skipped, nil
		case err != nil:
			state = Failed
		}
		took := r.deps.Now().Sub(r.began)
		r.tell(Event{State: state, Step: s.name, Title: s.title, Detail: detail, Took: took})
		r.report.Steps = append(r.report.Steps, StepReport{s.name, s.title, state, detail, took.Seconds()})
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// plan reports the steps that a dry run leaves out.
func (r *run) plan() {
	would := map[string]string{}
	if r.cluster == nil {
		for _, s := range r.drains() {
			would[s.name] = r.absent
		}
	}
	if r.SkipBackup {
		would["backup"] = skippedBackup
	}
	if r.SkipDrain {
		would["balancers"], would["volumes"] = skippedDrain, skippedDrain
	}
	for _, s := range append(r.drains(), r.ends()...) {
		state := Planned
		if would[s.name] != "" {
			state = Skipped
		}
		r.report.Steps = append(r.report.Steps, StepReport{s.name, s.title, state, would[s.name], 0})
	}
}

// progress tells what the current step does.
func (r *run) progress(detail string, waiting ...Item) {
	r.tell(Event{
		State: Progress, Step: r.current.name, Title: r.current.title, Detail: detail, Waiting: waiting,
		Took: r.deps.Now().Sub(r.began),
	})
}
