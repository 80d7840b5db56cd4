package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/explain"
)

// credentialsStep is after which the cluster can read the repository.
const credentialsStep = "credentials"

// step is one part of a run.
type step struct {
	name, title string
	// check looks whether the step has nothing to do, and says why; nil for
	// steps that only look.
	check func(context.Context) (detail string, done bool, err error)
	run   func(context.Context) (detail string, err error)
}

// errNothingToDo is how the run of a step says that it found its work done.
var errNothingToDo = errors.New("nothing to do")

// run is one run under way.
type run struct {
	Options
	deps   Deps
	tell   func(Event)
	report Report
	// what check and run know of the step they are in
	current step
	began   time.Time

	identity identity
	flux     []*unstructured.Unstructured // what runs Flux
	sync     []*unstructured.Unstructured // what tells it what to do
	expected []kustomization

	base   string // the branch's head, "" for none
	files  fs.FS  // and its files
	commit string // the commit that the cluster is to be at

	given bool // whether the cluster has its credentials

	held    context.Context // ends with the lock
	release func()
}

// Run hands the cluster to Git, telling each event as it happens. The report is
// never nil. Errors that a caller may want to tell apart are RefusedError,
// DriftError, TimeoutError, StalledError, TokenError and diag.Problems; any other is a failure that
// running again may overcome.
func Run(ctx context.Context, opts Options, deps Deps, tell func(Event)) (*Report, error) {
	r := &run{Options: opts, deps: deps, tell: tell, report: Report{
		Cluster: opts.Cluster, Repository: opts.Repository.URL, Branch: opts.Repository.Branch, TreeHash: opts.Tree.Hash(),
	}}
	if opts.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, opts.Timeout, errDeadline)
		defer cancel()
	}
	r.deps.Forge = renewingForge{deps.Forge, r}
	if opts.Repository.Auth != config.AuthSSH {
		r.deps.Repository = renewingRepository{deps.Repository, r}
	}
	start := deps.Now()
	defer func() { r.report.Seconds = deps.Now().Sub(start).Seconds() }()
	if err := r.read(); err != nil {
		return &r.report, err
	}
	r.held, r.release = ctx, func() {}
	defer func() { r.release() }()
	for _, s := range r.steps() {
		if err := r.play(s); err != nil {
			return &r.report, r.ended(ctx, s, err)
		}
		r.given = r.given || s.name == credentialsStep
	}
	r.adopt()
	return &r.report, nil
}

// steps returns the run in its order. Nothing changes anywhere before the
// lock is taken, and nothing in the repository or the cluster without it.
func (r *run) steps() []step {
	look := []step{
		{"preflight", "Look at the repository and the cluster", nil, r.preflight},
		{"compare", "Compare the repository with what platform.yaml generates", nil, r.compare},
	}
	if r.DryRun {
		return append(look, step{"plan", "Plan", nil, r.plan})
	}
	return append(look, []step{
		{"lock", "Lock the cluster against other runs", nil, r.lock},
		{"push", "Commit and push", r.pushed, r.push},
		{credentialsStep, "Give the cluster access to the repository", r.credentialed, r.credentials},
		{"install", "Install Flux", r.installed, r.install},
		{"sync", "Point Flux at the repository", r.synced, r.pointAt},
		{"wait", "Wait until the cluster is what the repository says", nil, r.wait},
		{"webhook", "Tell the cluster about pushes", r.noWebhook, r.webhook},
	}...)
}

// play runs one step unless its check finds it done.
func (r *run) play(s step) error {
	r.current, r.began = s, r.deps.Now()
	r.tell(Event{State: Started, Step: s.name, Title: s.title})
	finish := func(state State, detail string) {
		r.tell(Event{State: state, Step: s.name, Title: s.title, Detail: detail, Seconds: r.seconds()})
		r.report.Steps = append(r.report.Steps, StepReport{s.name, s.title, state, detail, r.seconds()})
	}
	if err := r.held.Err(); err != nil {
		finish(Failed, "")
		return context.Cause(r.held)
	}
	if s.check != nil {
		detail, done, err := s.check(r.held)
		if err != nil {
			finish(Failed, "")
			return err
		}
		if done {
			finish(Skipped, detail)
			return nil
		}
	}
	detail, err := s.run(r.held)
	switch {
	case errors.Is(err, errNothingToDo):
		finish(Skipped, detail)
	case err != nil:
		finish(Failed, detail)
		return err
	default:
		finish(Done, detail)
	}
	return nil
}

// seconds is how long the current step has taken.
func (r *run) seconds() float64 { return r.deps.Now().Sub(r.began).Seconds() }

// progress tells what the current step does.
func (r *run) progress(detail string, waiting ...Item) {
	r.tell(Event{
		State: Progress, Step: r.current.name, Title: r.current.title, Detail: detail, Waiting: waiting,
		Seconds: r.seconds(),
	})
}

// lock keeps every other run away from the cluster until this one ends.
func (r *run) lock(ctx context.Context) (string, error) {
	held, release, err := r.deps.Cluster.Lock(ctx, lockNamespace, lockName, r.Holder)
	if err != nil {
		return "", err
	}
	r.held, r.release = held, release
	// Another run may have ended since preflight looked.
	if err := r.fetch(held); err != nil {
		return "", err
	}
	return fmt.Sprintf("Lease/%s/%s is held by %s", lockNamespace, lockName, r.Holder), nil
}

// adopt tells how the user's folder comes to hold what was committed for it,
// where git pull refuses.
func (r *run) adopt() {
	if r.deps.Checkout == nil || r.DryRun {
		return
	}
	committed := append(slices.Collect(maps.Keys(r.Inputs)), r.Tree.Paths()...)
	if command := r.deps.Checkout.Adopt(r.Repository.URL, r.Repository.Branch, committed); command != "" {
		r.report.NextSteps = append(r.report.NextSteps,
			"bring this folder to what was committed, which git pull refuses while git does not know the files here: "+command)
	}
}

// ended turns the end of the context into its cause, and a timeout into a
// diagnosis.
func (r *run) ended(ctx context.Context, s step, err error) error {
	if cause := context.Cause(r.held); cause != nil && ctx.Err() == nil {
		err = cause // the lock was lost
	}
	stalled, given := errors.AsType[*StalledError](err)
	switch {
	case given:
		stalled.Diagnosis = r.diagnose(ctx)
	case errors.Is(err, errDeadline), errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &TimeoutError{Step: s.title, After: r.Timeout, Cause: err, Diagnosis: r.diagnose(ctx)}
	}
	return fmt.Errorf("%s: %w", s.name, err)
}

// diagnose looks for the cause of what is not ready. The run's time may be up;
// this look has some of its own.
func (r *run) diagnose(ctx context.Context) *explain.Diagnosis {
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), explainTimeout)
	defer cancel()
	if snapshot, err := r.deps.Cluster.Snapshot(look); err == nil {
		r.report.Diagnosis = explain.Explain(snapshot)
	}
	return r.report.Diagnosis
}
