// Package demo plays the whole line once, on a sandbox: a platform.yaml
// becomes a cluster that Git runs, a push changes the application without
// losing a request, and a change by hand is undone. Every part of it is what a
// user would type; the demo only looks on and keeps the time.
package demo

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Sandbox is the cluster, the forge and the registry that the demo runs on.
type Sandbox interface {
	// Up starts the sandbox, or finds it running.
	Up(ctx context.Context) error
	// Down ends the sandbox and removes what it left.
	Down(ctx context.Context) error
	// PublishApp builds the sample application at a version and pushes it
	// under the image reference that it returns.
	PublishApp(ctx context.Context, version string) (image string, err error)
	// RepositoryURL is the address of the forge's empty repository.
	RepositoryURL() string
	// ReceiverURL is where the forge reaches the cluster's Receiver.
	ReceiverURL() string
}

// Shell runs the commands that a user would type. Their output goes to the
// user.
type Shell interface {
	Run(ctx context.Context, dir, name string, args ...string) error
}

// Cluster is what the demo looks at in the cluster.
type Cluster interface {
	// Unready names the Kustomizations that are not Ready, and why.
	Unready(ctx context.Context) ([]string, error)
	// SetAppImage changes the image of the application's Deployment by hand.
	SetAppImage(ctx context.Context, image string) error
	// AwaitAppImage waits until the Deployment has that image.
	AwaitAppImage(ctx context.Context, image string) error
	// Reconcile asks Git's controllers to look again now.
	Reconcile(ctx context.Context) error
}

// App is the application as its users see it.
type App interface {
	// Version asks the application, through its Service, for its version.
	Version(ctx context.Context) (string, error)
}

// Files makes and changes the files that a user would edit.
type Files interface {
	// WritePlatform writes the demo's platform.yaml to dir.
	WritePlatform(dir, repositoryURL, image string) error
	// SetImage replaces the application's image in dir's platform.yaml.
	SetImage(dir, from, to string) error
	// TempDir makes an empty folder.
	TempDir() (dir string, remove func(), err error)
}

// Deps is the world that the demo acts on.
type Deps struct {
	Sandbox Sandbox
	Shell   Shell
	Cluster Cluster
	App     App
	Files   Files
	// Bootstrap is the path of the bootstrap executable.
	Bootstrap string
	Now       func() time.Time
}

// Options says how the demo goes.
type Options struct {
	// Name is the platform's cluster to bring up.
	Name string
	// Keep leaves the sandbox running.
	Keep bool
}

// Event is one line of the timeline, told when it begins and when it ends.
type Event struct {
	Title   string
	Note    string
	Done    bool
	Err     error
	Elapsed time.Duration
}

// Entry is one line of the timeline.
type Entry struct {
	Title   string  `json:"title"`
	Seconds float64 `json:"seconds"`
	Note    string  `json:"note,omitempty"`
}

// Report is what the demo saw.
type Report struct {
	Timeline []Entry `json:"timeline"`
	// Requests is how many requests were sent while the application changed,
	// Lost how many of them got no good answer.
	Requests int `json:"requests"`
	Lost     int `json:"lost"`
}

// The two versions of the application that the demo shows.
const (
	firstVersion  = "0.1.0"
	secondVersion = "0.2.0"
)

// run is one demo under way.
type run struct {
	Options
	Deps
	report        Report
	work, clone   string
	first, second string // image references
}

// step is one line of the timeline; run returns a note for it.
type step struct {
	title string
	run   func(context.Context) (note string, err error)
}

// Run plays the demo and reports what it saw. Unless told to keep it, it ends
// the sandbox, whatever happened.
func Run(ctx context.Context, opts Options, deps Deps, tell func(Event)) (report *Report, err error) {
	r := &run{Options: opts, Deps: deps}
	dir, remove, err := deps.Files.TempDir()
	if err != nil {
		return nil, fmt.Errorf("making a folder to work in: %w", err)
	}
	defer remove()
	r.work = dir
	if !opts.Keep {
		defer func() {
			// The end must come even when the work was interrupted.
			down := step{"sandbox down", func(context.Context) (string, error) {
				return "", deps.Sandbox.Down(context.WithoutCancel(ctx))
			}}
			err = errors.Join(err, r.play(context.WithoutCancel(ctx), down, tell))
		}()
	}
	for _, s := range r.steps() {
		if err := r.play(ctx, s, tell); err != nil {
			return &r.report, err
		}
	}
	return &r.report, nil
}

func (r *run) steps() []step {
	return []step{
		{"sandbox up", r.sandboxUp},
		{"application images built and pushed", r.publish},
		{"bootstrap run --cluster " + r.Name, r.bootstrap},
		{"every Kustomization is Ready", r.ready},
		{"the application answers through its Service", r.answers},
		{"a push changes the application", r.change},
		{"a change by hand is undone", r.drift},
	}
}

func (r *run) play(ctx context.Context, s step, tell func(Event)) error {
	start := r.Now()
	tell(Event{Title: s.title})
	note, err := s.run(ctx)
	elapsed := r.Now().Sub(start)
	tell(Event{Title: s.title, Note: note, Done: true, Err: err, Elapsed: elapsed})
	r.report.Timeline = append(r.report.Timeline, Entry{s.title, elapsed.Seconds(), note})
	if err != nil {
		return fmt.Errorf("%s: %w", s.title, err)
	}
	return nil
}
