// Package demo plays the whole line once: a platform.yaml becomes a cluster
// that Git runs, a push changes the application without losing a request, and
// a change by hand is undone. Every part of it is what a user would type; the
// demo only looks on and keeps the time. It is played in a World: a sandbox of
// its own, or a cluster and a repository that were there before.
package demo

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Shell runs the commands that a user would type. Their output goes to the
// user.
type Shell interface {
	Run(ctx context.Context, dir, name string, args ...string) error
}

// Cluster is what the demo looks at, and does, in the cluster.
type Cluster interface {
	// Unready names the Kustomizations that are not Ready, and why.
	Unready(ctx context.Context) ([]string, error)
	// AwaitRollout waits until every replica of the application runs the
	// image.
	AwaitRollout(ctx context.Context, image string) error
	// Drift changes the application's Deployment by hand: its image, or a
	// number that no pod sees when image is empty. It says what it changed;
	// undone waits until that is what it was before.
	Drift(ctx context.Context, image string) (what string, undone func(context.Context) error, err error)
	// Reconcile asks Git's controllers to look again now.
	Reconcile(ctx context.Context) error
}

// App is the application as its users see it.
type App interface {
	// Version asks the application, through its Service, for its version. It
	// is empty when the application answers well but does not tell.
	Version(ctx context.Context) (string, error)
}

// Files makes and changes the files that a user would edit.
type Files interface {
	// SetImage replaces the application's image where dir says what the
	// cluster runs: in its pin or in platform.yaml.
	SetImage(dir, from, to string) error
	// TempDir makes an empty folder.
	TempDir() (dir string, remove func(), err error)
}

// Deps is what the demo acts with.
type Deps struct {
	Shell   Shell
	Cluster Cluster
	App     App
	Files   Files
	// Bootstrap is the path of the bootstrap executable.
	Bootstrap string
	Now       func() time.Time
}

// World is where the demo is played: InSandbox or OnExisting.
type World interface {
	// opening are the parts before those that every demo has; dir is an empty
	// folder.
	opening(dir string) []step
	// scene is what the opening left.
	scene() scene
	// served waits until the next release alone answers.
	served(ctx context.Context, deps Deps, l *load) error
	// closing are the parts that come last, whatever happened before.
	closing() []step
}

// scene is what the parts that every demo has act on.
type scene struct {
	dir                string // holds platform.yaml
	repository, branch string
	runArgs            []string // of `bootstrap run`, beside --cluster
	reachArgs          []string // of every command that reaches the cluster
	first              release  // what platform.yaml has
	next               release
	// unchanged says why there is no next release, if there is none.
	unchanged string
	// silent says why the application cannot answer, if it cannot.
	silent string
}

// release is a version of the application.
type release struct {
	image string
	// version is what the application says it is; empty when it need not tell.
	version string
}

func (r release) String() string {
	if r.version != "" {
		return r.version
	}
	return r.image
}

// Event is one line of the timeline, told when it begins and when it ends.
type Event struct {
	Title string
	Note  string
	// Skipped says why the part was not played.
	Skipped string
	Done    bool
	Err     error
	Elapsed time.Duration
}

// Entry is one line of the timeline. It held unless it was skipped or failed.
type Entry struct {
	Title   string  `json:"title"`
	Seconds float64 `json:"seconds"`
	Note    string  `json:"note,omitempty"`
	// Skipped says why the part was not played.
	Skipped string `json:"skipped,omitempty"`
	// Error says why it did not hold.
	Error string `json:"error,omitempty"`
}

// Report is what the demo saw.
type Report struct {
	Timeline []Entry `json:"timeline"`
	// Requests is how many requests were sent while the application changed,
	// Lost how many of them got no good answer.
	Requests int `json:"requests"`
	Lost     int `json:"lost"`
}

// run is one demo under way.
type run struct {
	Deps
	scene
	world       World
	cluster     string
	report      Report
	work, clone string
	lost        error // of the last lost request
}

// step is one line of the timeline; run returns a note for it, or skipped.
type step struct {
	title string
	run   func(context.Context) (note string, err error)
}

// skipped is the error of a part that cannot be played here, with the reason.
type skipped string

func (s skipped) Error() string { return "skipped: " + string(s) }

// Run plays the demo in a world, with the platform's cluster of that name, and
// reports what it saw. The world's closing parts are played whatever happened.
func Run(ctx context.Context, cluster string, world World, deps Deps, tell func(Event)) (report *Report, err error) {
	r := &run{Deps: deps, world: world, cluster: cluster}
	dir, remove, err := deps.Files.TempDir()
	if err != nil {
		return nil, fmt.Errorf("making a folder to work in: %w", err)
	}
	defer remove()
	r.work = dir
	report = &r.report
	defer func() {
		// The end must come even when the work was interrupted.
		err = errors.Join(err, r.play(context.WithoutCancel(ctx), world.closing(), tell))
	}()
	if err := r.play(ctx, world.opening(dir), tell); err != nil {
		return report, err
	}
	r.scene = world.scene()
	return report, r.play(ctx, r.steps(), tell)
}

func (r *run) steps() []step {
	return []step{
		{"bootstrap run --cluster " + r.cluster, r.bootstrap},
		{"every Kustomization is Ready", r.ready},
		{"the application answers through its Service", r.answers},
		{"bootstrap smoke --cluster " + r.cluster, r.smoke},
		{"a push changes the application", r.change},
		{"no request is lost meanwhile", r.unlost},
		{"a change by hand is undone", r.drift},
	}
}

// play plays parts until one fails.
func (r *run) play(ctx context.Context, steps []step, tell func(Event)) error {
	for _, s := range steps {
		if err := r.playOne(ctx, s, tell); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) playOne(ctx context.Context, s step, tell func(Event)) error {
	start := r.Now()
	tell(Event{Title: s.title})
	note, err := s.run(ctx)
	entry := Entry{Title: s.title, Note: note}
	if reason, ok := errors.AsType[skipped](err); ok {
		entry.Skipped, err = string(reason), nil
	}
	if err != nil {
		entry.Error = err.Error()
	}
	elapsed := r.Now().Sub(start)
	entry.Seconds = elapsed.Seconds()
	r.report.Timeline = append(r.report.Timeline, entry)
	tell(Event{Title: s.title, Note: note, Skipped: entry.Skipped, Done: true, Err: err, Elapsed: elapsed})
	if err != nil {
		return fmt.Errorf("%s: %w", s.title, err)
	}
	return nil
}
