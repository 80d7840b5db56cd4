// Package promote brings the image that one cluster runs to another one, by a
// pull request that changes one line and carries the evidence: what changes, who
// signed it, and that it does well where it runs. It keeps no state: the branch,
// the request and the registry say what is there, and a run that was killed, or
// that another one overtook, is put right by the next.
package promote

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/imagepin"
	"github.com/groundwork-dev/groundwork/internal/pullrequest"
)

// StatusName is the check that a promotion's commit has, and a protected branch
// may require.
const StatusName = "promotion/evidence"

// attempts bounds how often a run begins again because something moved.
const attempts = 6

// Branch is the one branch by which an app is promoted to a cluster.
func Branch(app, to string) string { return "promote/" + app + "-" + to }

// Repository is the remote repository.
type Repository interface {
	// Fetch returns a branch's last commit and its files; "" without the branch.
	Fetch(ctx context.Context, branch string) (commit string, files fs.FS, err error)
	// Propose makes a commit of base with edits, that onto leads to.
	Propose(ctx context.Context, base, onto string, edits map[string][]byte, message string) (string, error)
	// Proposes reports whether a commit is one on base, and the paths that differ.
	Proposes(commit, base string) (based bool, paths []string, err error)
	// ProposedOn finds which of a branch's last commits another branch is one
	// commit on; nil for none.
	ProposedOn(ctx context.Context, branch, base string) (files fs.FS, paths []string, err error)
	// Push moves a branch from a commit to another, never by force. Its error has
	// NotFastForward() where somebody else moved it.
	Push(ctx context.Context, branch, from, base, to string) error
	// Log returns the commits of a branch between two, the newest first.
	Log(ctx context.Context, branch, from, to string) ([]string, error)
	// Past returns what a file held in a branch's last commits.
	Past(ctx context.Context, branch, path string) ([][]byte, error)
}

// Forge is where the repository's pull requests are.
type Forge interface {
	Requests(ctx context.Context, branch, base string) ([]pullrequest.Request, error)
	// Merged is the last request of the branches that was merged, nil without.
	Merged(ctx context.Context, branch, base string) (*pullrequest.Request, error)
	CreateRequest(ctx context.Context, branch, base, title, body string) (pullrequest.Request, error)
	UpdateRequest(ctx context.Context, number int, title, body string) error
	CloseRequest(ctx context.Context, number int) error
	Comment(ctx context.Context, number int, body string) error
	SetStatus(ctx context.Context, s pullrequest.Status) error
}

// Registry is where images are.
type Registry interface {
	Look(ctx context.Context, r image.Reference) (image.Evidence, error)
}

// Cluster is the API server of the cluster that the image comes from.
type Cluster interface {
	// Await shows all objects of the kinds at each change until done.
	Await(ctx context.Context, kinds []schema.GroupVersionKind, namespace string, done func([]*unstructured.Unstructured) (bool, error)) error
	// Get returns an object, nil when it, or its kind, is not there.
	Get(ctx context.Context, kind schema.GroupVersionKind, namespace, name string) (*unstructured.Unstructured, error)
	// Time is the cluster's own clock.
	Time(ctx context.Context) (time.Time, error)
}

// Deps is the world.
type Deps struct {
	Repository Repository
	Forge      Forge
	Registry   Registry
	// Connect returns the cluster that the image comes from, once it is asked.
	Connect func(ctx context.Context) (Cluster, error)
	// Render returns what commit renders to otherwise than base, as text.
	Render func(ctx context.Context, commit, base string) (string, error)
	// Key is what images are signed with.
	Key *ecdsa.PublicKey
	// Pause waits, up to a time.
	Pause func(ctx context.Context, most time.Duration)
}

// Options says what goes where.
type Options struct {
	App, From, To string
	// Base is the branch that the clusters follow.
	Base string
	// Namespace is the app's, on the cluster From.
	Namespace string
	// RolloutGroup is the API group of what rolls the app out there; empty where
	// pods are replaced one by one.
	RolloutGroup string
	// HealthyFor is how long the app must have been healthy there.
	HealthyFor time.Duration
	// Wait is how long Run waits for that, where nothing else is missing.
	Wait time.Duration
	// DryRun changes nothing, and asks nothing of the forge.
	DryRun bool
}

// path is the one file that a promotion changes.
func (o Options) path() string { return imagepin.Path(o.To, o.App) }

func (o Options) String() string { return o.App + " from " + o.From + " to " + o.To }

// Result is how a promotion ended.
type Result string

// The results.
const (
	Opened  Result = "opened"  // a request was opened
	Updated Result = "updated" // the open one was brought to this image and evidence
	Nothing Result = "nothing" // the cluster has the image already
	DryRun  Result = "dry run"
	Refused Result = "refused"
)

// Report is what a promotion did.
type Report struct {
	App      string               `json:"app"`
	From     string               `json:"from"`
	To       string               `json:"to"`
	Result   Result               `json:"result"`
	Branch   string               `json:"branch"`
	Commit   string               `json:"commit,omitempty"`
	Request  *pullrequest.Request `json:"request,omitempty"`
	Evidence Evidence             `json:"evidence"`
	// Body is what the request says.
	Body string `json:"-"`
}

// Event tells of a step: it begins, and ends with Err or Detail.
type Event struct {
	Title, Detail string
	Ended         bool
	Err           error
}

// run is one promotion under way.
type run struct {
	Options
	Deps
	tell   func(Event)
	report *Report
}

// Run promotes. What is refused is a RefusedError, with the report of why.
func Run(ctx context.Context, o Options, d Deps, tell func(Event)) (*Report, error) {
	r := &run{o, d, tell, &Report{App: o.App, From: o.From, To: o.To, Branch: Branch(o.App, o.To)}}
	for left := attempts; left > 0; {
		settled, err := r.attempt(ctx)
		if young, ok := errors.AsType[*RefusedError](err); ok && young.In > 0 && young.In <= r.Wait {
			r.Wait -= young.In
			_ = r.step("wait for "+young.In.String(), func() (string, error) { r.Pause(ctx, young.In); return "", ctx.Err() })
			continue
		}
		if settled || err != nil {
			return r.report, err
		}
		left--
	}
	return r.report, fmt.Errorf("promoting %s: branch %s or %s moved %d times meanwhile; run it again", o, r.report.Branch, o.Base, attempts)
}

// attempt goes the whole way once. It is not settled when something moved.
func (r *run) attempt(ctx context.Context) (settled bool, err error) {
	if r.report.Result == Refused {
		r.report.Result = "" // it was, until it had waited
	}
	var open []pullrequest.Request
	if !r.DryRun {
		if open, err = r.Forge.Requests(ctx, r.report.Branch, r.Base); err != nil {
			return false, err
		}
	}
	p, err := r.read(ctx)
	if err != nil {
		return false, err
	}
	if p.same() {
		return true, r.nothing(ctx, open, p)
	}
	if err := r.judge(ctx, p); err != nil {
		return false, err
	}
	onto, commit, err := r.propose(ctx, p)
	if err != nil {
		return false, err
	}
	if r.DryRun {
		r.report.Result = DryRun
		return true, nil
	}
	if commit != onto {
		err := r.Repository.Push(ctx, r.report.Branch, onto, p.base, commit)
		if moved, ok := errors.AsType[interface {
			error
			NotFastForward() bool
		}](err); ok && moved.NotFastForward() {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	if err := r.request(ctx, open); err != nil {
		return false, err
	}
	if err := r.Forge.SetStatus(ctx, r.status(commit, nil)); err != nil {
		return false, err
	}
	return r.settled(ctx, p)
}

// propose makes the commit, and gathers what it changes.
func (r *run) propose(ctx context.Context, p pins) (onto, commit string, err error) {
	onto, _, err = r.Repository.Fetch(ctx, r.report.Branch)
	if err != nil {
		return "", "", err
	}
	edited, err := imagepin.Set(r.path(), p.data, p.wanted())
	if err != nil {
		return "", "", err
	}
	commit, err = r.Repository.Propose(ctx, p.base, onto, map[string][]byte{r.path(): edited}, r.title()+"\n\n"+p.to.Image()+"\nbecomes\n"+p.wanted().Image()+"\n")
	if err != nil {
		return "", "", err
	}
	r.report.Commit = commit
	return onto, commit, r.step("render what changes", func() (string, error) {
		r.report.Evidence.Rendered, err = r.Render(ctx, commit, p.base)
		r.report.Body = r.body()
		return "", err
	})
}

// request leaves one open request, with the evidence in it.
func (r *run) request(ctx context.Context, open []pullrequest.Request) error {
	return r.step("pull request", func() (string, error) {
		if r.report.Result == "" {
			r.report.Result = Updated
		}
		if len(open) == 0 {
			made, err := r.Forge.CreateRequest(ctx, r.report.Branch, r.Base, r.title(), r.report.Body)
			if err != nil {
				return "", err
			}
			if made.Body == r.report.Body {
				r.report.Result = Opened
			}
		}
		// A forge that two runs ask at once may have opened two: both keep the first.
		open, err := r.Forge.Requests(ctx, r.report.Branch, r.Base)
		if err != nil {
			return "", err
		}
		if len(open) == 0 {
			return "closed meanwhile", nil
		}
		kept := first(open)
		for _, one := range open {
			if one.Number != kept.Number {
				if err := r.supersede(ctx, one, fmt.Sprintf("#%d is the request for this.", kept.Number)); err != nil {
					return "", err
				}
			}
		}
		r.report.Request = &kept
		if kept.Title == r.title() && kept.Body == r.report.Body {
			return kept.URL, nil
		}
		if kept.Title != r.title() {
			if err := r.Forge.Comment(ctx, kept.Number, fmt.Sprintf("Superseded: this request was %s and is now %s.", code(kept.Title), code(r.title()))); err != nil {
				return "", err
			}
		}
		return kept.URL, r.Forge.UpdateRequest(ctx, kept.Number, r.title(), r.report.Body)
	})
}

// first is the request with the lowest number.
func first(open []pullrequest.Request) pullrequest.Request {
	kept := open[0]
	for _, one := range open {
		if one.Number < kept.Number {
			kept = one
		}
	}
	return kept
}

func (r *run) supersede(ctx context.Context, one pullrequest.Request, why string) error {
	if err := r.Forge.Comment(ctx, one.Number, "Superseded: "+why); err != nil {
		return err
	}
	return r.Forge.CloseRequest(ctx, one.Number)
}

// settled looks again: nobody may have moved what this run was about.
func (r *run) settled(ctx context.Context, before pins) (bool, error) {
	open, err := r.Forge.Requests(ctx, r.report.Branch, r.Base)
	if err != nil {
		return false, err
	}
	after, err := r.read(ctx)
	if err != nil {
		return false, err
	}
	if len(open) != 1 || open[0].Head != r.report.Commit || after.from != before.from || after.to != before.to {
		return false, nil
	}
	r.report.Request = &open[0]
	return true, nil
}

// nothing ends a run without work; what is open is about the past.
func (r *run) nothing(ctx context.Context, open []pullrequest.Request, p pins) error {
	r.report.Result = Nothing
	r.report.Evidence = Evidence{Image: p.from.Image(), Before: p.to.Image()}
	for _, one := range open {
		if err := r.supersede(ctx, one, fmt.Sprintf("%s has the image that %s has, %s.", r.To, r.From, code(p.from.Image()))); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) title() string {
	return fmt.Sprintf("promote %s to %s: %s", r.App, r.To, r.report.Evidence.name())
}

// status is the check's on a commit; failed is nil where it passed.
func (r *run) status(commit string, failed error) pullrequest.Status {
	s := pullrequest.Status{Commit: commit, Name: StatusName, Passed: failed == nil}
	switch e := r.report.Evidence; {
	case !s.Passed:
		s.Description = short(failed)
	case e.Health.At.IsZero():
		s.Description = fmt.Sprintf("%s: signed, and %s ran it before", e.name(), r.To)
	default:
		s.Description = fmt.Sprintf("%s: signed, and healthy in %s since %s", e.name(), r.From, stamp(e.Health.Since))
	}
	s.Description = cut(s.Description, pullrequest.MaxDescription)
	return s
}

// step tells of a part of the work.
func (r *run) step(title string, do func() (string, error)) error {
	r.tell(Event{Title: title})
	detail, err := do()
	r.tell(Event{Title: title, Detail: detail, Ended: true, Err: err})
	return err
}
