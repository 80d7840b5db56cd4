// Package bootstrap hands a cluster to Git: an ordered run that looks at what
// the repository and the cluster hold, does what is missing, and waits until
// the cluster is what the repository says. It keeps no state of its own: a run
// that was killed is continued by running it again.
package bootstrap

import (
	"context"
	"io"
	"io/fs"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/explain"
	"github.com/groundwork-dev/groundwork/internal/pullrequest"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

// Repository is the remote repository. Commits are hex hashes, "" stands for
// no commit. Errors of Push tell what happened by the methods NotFastForward,
// Rejected and Lost; any method's error tells by Unauthorized that another
// token may do.
type Repository interface {
	Head(ctx context.Context, branch string) (commit string, err error)
	Fetch(ctx context.Context, branch string) (commit string, files fs.FS, err error)
	// Commit makes a commit in memory; nil data deletes a file. It returns base
	// when nothing changes.
	Commit(ctx context.Context, base string, edits map[string][]byte, message string) (commit string, err error)
	// Push moves branch from one commit to another that was built on base.
	Push(ctx context.Context, branch, from, base, to string) error
	// Contains reports whether a branch's history holds a commit.
	Contains(ctx context.Context, branch, commit string) (bool, error)
}

// KeyReader reads the repository as the cluster will: with a private key, in
// PEM, trusting its host by lines of known_hosts alone. An error with the
// method Refused is one that waiting does not heal.
type KeyReader interface {
	ReadWithKey(ctx context.Context, key redact.Secret, knownHosts []byte) error
}

// Token is the repository's token, which may be replaced while a run lasts.
type Token interface {
	// Current is the token in use, empty without one.
	Current() redact.Secret
	// Renew reads the token again and reports whether it is another one now.
	Renew() (changed bool, err error)
	// Source says to a person where the token comes from.
	Source() string
}

// Checkout is the Git history of the user's folder; it is only read.
type Checkout interface {
	// Contains reports whether the history of what is checked out holds commit.
	Contains(commit string) bool
	// File returns a file as it was last committed, nil when it was not.
	File(path string) []byte
	// Adopt returns the command that brings the folder to a branch of the
	// repository where git pull refuses, because some of the files that the
	// branch holds are in the folder without git knowing them; else "".
	Adopt(repositoryURL, branch string, paths []string) (command string)
}

// Forge is the API of the place that holds the repository. An error with the
// method Manual says what a person has to do where there is no API; one with
// Unauthorized, that another token may do.
type Forge interface {
	// EnsureDeployKey registers a key unless it is registered already.
	EnsureDeployKey(ctx context.Context, title, publicKey string, readOnly bool) (created bool, err error)
	// CreateRequest returns the open request between the branches, a new one if
	// there is none.
	CreateRequest(ctx context.Context, branch, base, title, body string) (pullrequest.Request, error)
	Request(ctx context.Context, number int) (pullrequest.Request, error)
	// EnsureWebhook registers an address that pushes are told to.
	EnsureWebhook(ctx context.Context, address string, secret redact.Secret) (created bool, err error)
}

// Cluster is the API server.
type Cluster interface {
	Server() string
	Version(ctx context.Context) (string, error)
	Time(ctx context.Context) (time.Time, error)
	Identity(ctx context.Context) (uid, ca string, err error)
	// Denied lists what the user may not do of what applying the kinds needs.
	Denied(ctx context.Context, kinds []schema.GroupVersionKind) ([]string, error)
	// Get returns nil for what is not there.
	Get(ctx context.Context, kind schema.GroupVersionKind, namespace, name string) (*unstructured.Unstructured, error)
	Missing(ctx context.Context, objects ...*unstructured.Unstructured) ([]*unstructured.Unstructured, error)
	Apply(ctx context.Context, manager string, objects ...*unstructured.Unstructured) error
	Create(ctx context.Context, manager string, object *unstructured.Unstructured) (bool, error)
	// Await shows all objects of the kinds at each change until done.
	Await(ctx context.Context, kinds []schema.GroupVersionKind, namespace string, done func([]*unstructured.Unstructured) (bool, error)) error
	// Lock takes a Lease; the context it returns ends when the lock is lost.
	Lock(ctx context.Context, namespace, name, holder string) (held context.Context, release func(), err error)
	Snapshot(ctx context.Context) (explain.Snapshot, error)
}

// Files is a compiled tree: what the repository's generated files are to be.
type Files interface {
	Paths() []string
	Get(path string) ([]byte, bool)
	Hash() string
}

// Changes is what differs between a compiled tree and a repository, by path.
type Changes struct {
	Create, Update, Delete []string
	// HandEdited are generated files that somebody changed, Foreign those in
	// the way of generated ones.
	HandEdited, Foreign []string
	// Conflicts say what to do about those; optional.
	Conflicts diag.Problems
}

// Deps is the world that a run acts on.
type Deps struct {
	Repository Repository
	// Checkout is nil when the user's folder is no Git checkout.
	Checkout Checkout
	Forge    Forge
	Cluster  Cluster
	Token    Token
	// KeyReader is only needed for SSH.
	KeyReader KeyReader
	// Compare compares the compiled tree with the repository's files.
	Compare func(have fs.FS) (*Changes, error)
	// HostKeys returns the SSH keys by which the user trusts the repository's
	// host, in the format of known_hosts, and their fingerprints; only needed
	// for SSH.
	HostKeys func(ctx context.Context) (knownHosts []byte, fingerprints []string, err error)
	Now      func() time.Time
	// Random makes keys and tokens.
	Random io.Reader
}

// Options says what to run.
type Options struct {
	Cluster    string
	Platform   string
	Repository config.Repository
	// Tree is what platform.yaml generates.
	Tree Files
	// Inputs are the files that it is generated from, as the user has them:
	// platform.yaml and components/.
	Inputs map[string][]byte
	// Username goes with the token of an HTTPS repository.
	Username string
	// WritableDeployKey lets the cluster push, which image automation needs.
	WritableDeployKey bool
	// WebhookURL is where the forge reaches the cluster's Receiver, without
	// its path; empty to register none.
	WebhookURL string
	// Timeout bounds the whole run; zero for no bound.
	Timeout time.Duration
	DryRun  bool
	// Version of the tool, for commit messages.
	Version string
	// Holder names this run to others, such as user@host pid 7.
	Holder string
}

// State says what an Event tells of its step.
type State string

// The states of a step.
const (
	Started  State = "started"
	Progress State = "progress"
	Done     State = "done"
	Skipped  State = "skipped"
	Failed   State = "failed"
)

// Event is one thing that happened in a run.
type Event struct {
	State State `json:"state"`
	// Step is the step's name, the same in every event; Title is for people.
	Step   string `json:"step"`
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"`
	// Notice is what a person has to do for the run to go on: to be shown in
	// full.
	Notice string `json:"notice,omitempty"`
	// Seconds is how long the step took, or has taken so far.
	Seconds float64 `json:"seconds"`
	// Waiting is what the step waits for.
	Waiting []Item `json:"waiting,omitempty"`
}

// Item is an object that is waited for, with what it waits for in turn.
type Item struct {
	Object   string `json:"object"`
	Status   string `json:"status"`
	Message  string `json:"message,omitempty"`
	Children []Item `json:"children,omitempty"`
}

// StepReport is how one step went.
type StepReport struct {
	Step    string  `json:"step"`
	Title   string  `json:"title"`
	State   State   `json:"state"`
	Detail  string  `json:"detail,omitempty"`
	Seconds float64 `json:"seconds"`
}

// Report is the outcome of a run.
type Report struct {
	Cluster    string  `json:"cluster"`
	Repository string  `json:"repository"`
	Branch     string  `json:"branch"`
	Commit     string  `json:"commit,omitempty"`
	Revision   string  `json:"revision,omitempty"`
	TreeHash   string  `json:"treeHash"`
	Pushed     bool    `json:"pushed"`
	Seconds    float64 `json:"seconds"`
	// Steps are in the order in which they ran.
	Steps []StepReport `json:"steps"`
	// Kustomizations are those of the cluster, with their state at the end.
	Kustomizations []Item `json:"kustomizations,omitempty"`
	// NotReal names objects that are simulated or stand in for real ones.
	NotReal []string `json:"notReal,omitempty"`
	// PullRequest is the address of the request that the change went through.
	PullRequest string `json:"pullRequest,omitempty"`
	DeployKey   string `json:"deployKey,omitempty"`
	// Plan is what a dry run would do.
	Plan      *Plan              `json:"plan,omitempty"`
	Diagnosis *explain.Diagnosis `json:"diagnosis,omitempty"`
	NextSteps []string           `json:"nextSteps,omitempty"`
}

// Plan is what a run would do.
type Plan struct {
	// Files are git's letters for a change (A, M, D) and a path each.
	Files   []string `json:"files"`
	Message string   `json:"message,omitempty"`
	Branch  string   `json:"branch"`
	// Objects are those that would be applied.
	Objects []string `json:"objects"`
}
