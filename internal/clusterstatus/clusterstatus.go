// Package clusterstatus looks at a cluster from its state buckets to the API
// server and says of each part whether it is there, with the next command. It
// changes nothing, and what cannot be reached is told, not an error.
package clusterstatus

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
	"github.com/groundwork-dev/groundwork/internal/clusterstate"
)

// Verdict is what a look found.
type Verdict string

// The verdicts. Unknown is what could not be asked.
const (
	OK      Verdict = "ok"
	Missing Verdict = "missing"
	Wrong   Verdict = "wrong"
	Unknown Verdict = "unknown"
)

// Line is one part of a cluster.
type Line struct {
	Part    string  `json:"part"`
	Verdict Verdict `json:"verdict"`
	Detail  string  `json:"detail"`
	// Next is the command, or what else is to be done, that leads on.
	Next string `json:"next,omitempty"`
}

// Stack is a stack of Terraform in its folder.
type Stack interface {
	// Connected reports whether the folder is connected with its state.
	Connected() bool
	// Waits reports whether a saved plan waits to be applied.
	Waits() bool
	// Resources returns the addresses of what the stack has made.
	Resources(ctx context.Context) ([]string, error)
}

// Cluster is an API server.
type Cluster interface {
	Server() string
	Version(ctx context.Context) (string, error)
	// Await shows all objects of the kinds at each change until done.
	Await(ctx context.Context, kinds []schema.GroupVersionKind, namespace string, done func([]*unstructured.Unstructured) (bool, error)) error
}

// Options is what is looked at.
type Options struct {
	// Cluster is its name in platform.yaml; Request is what that asks for.
	Cluster string
	Request *clusterspec.Request
	// Buckets are those that have to be there before any Terraform.
	Buckets []clusterstate.Bucket
	// Folders are those of the stacks, in the order of their making.
	Folders []string
	// Patience bounds each call to something outside.
	Patience time.Duration
}

// Deps is the world.
type Deps struct {
	Cloud func(ctx context.Context) (clusterstate.Cloud, error)
	// Facts wraps fs.ErrNotExist where none are recorded.
	Facts func() (*clusterfacts.Facts, error)
	// Drift says in which ways the rendered folder is not what its inputs give; it
	// wraps fs.ErrNotExist where nothing was rendered.
	Drift func() ([]string, error)
	Stack func(ctx context.Context, folder string) (Stack, error)
	// Connect prepares the way to the API server; ErrNoWay where none is known.
	Connect func() (Cluster, error)
	// UnderGit reports whether a run has told the cluster whose it is; an error with
	// true says that it is another one, one with false that nothing is known.
	UnderGit func(ctx context.Context, c Cluster) (bool, error)
}

// ErrNoWay says that no kubeconfig leads to the cluster.
var ErrNoWay = errors.New("no kubeconfig leads to it")

// Look looks at everything, in the order of its making. What hangs is given up
// after Options.Patience.
func Look(ctx context.Context, o Options, d Deps) []Line {
	l := looker{o, d}
	var cloud, repository, api []Line
	var group sync.WaitGroup
	group.Go(func() { cloud = l.cloud(ctx) })
	group.Go(func() { api = l.api(ctx) })
	repository = []Line{l.facts(), l.render()}
	group.Wait()
	// As it is made: account and state, facts and render, stacks, API server.
	return slices.Concat(cloud[:2], repository, cloud[2:], api)
}

type looker struct {
	Options
	deps Deps
}

// command is a command of this program about the cluster.
func (l looker) command(verb string) string {
	return "bootstrap " + verb + " --cluster " + l.Cluster
}

// cloud looks at the account, the state's buckets, and each stack.
func (l looker) cloud(ctx context.Context) []Line {
	account := Line{Part: "account", Verdict: OK, Detail: l.Request.AccountID}
	state := Line{Part: "state", Verdict: OK, Detail: fmt.Sprintf("%s and their keys", plural(len(l.Buckets), "bucket"))}
	asked, cancel := context.WithTimeout(ctx, l.Patience)
	defer cancel()
	cloud, err := l.deps.Cloud(asked)
	var changes []clusterstate.Change
	if err == nil {
		changes, err = clusterstate.Ensure(asked, cloud, l.Request.AccountID, l.Request.Partition, l.Buckets, true)
	}
	other, wrong := errors.AsType[clusterstate.WrongAccountError](err)
	switch {
	case wrong:
		account.Verdict, account.Detail = Wrong, fmt.Sprintf("the credentials are for %s, and platform.yaml says %s", other.Have, other.Want)
		account.Next = "use the credentials of account " + other.Want
	case err != nil && len(changes) == 0:
		account.Verdict, account.Detail, account.Next = Unknown, firstLine(err), "log in to AWS, as the aws command does"
	case err != nil:
		state.Verdict, state.Detail = Unknown, firstLine(err)
	case len(changes) > 0:
		state.Verdict, state.Detail = stateOf(changes)
		state.Next = l.command("cluster state")
	}
	if account.Verdict != OK {
		state = Line{Part: "state", Verdict: Unknown, Detail: "not asked without the account"}
	}
	lines := []Line{account, state}
	for _, folder := range l.Folders {
		if account.Verdict != OK {
			lines = append(lines, Line{Part: folder, Verdict: Unknown, Detail: "not asked without the account"})
			continue
		}
		lines = append(lines, l.stack(ctx, folder))
	}
	return lines
}

func stateOf(changes []clusterstate.Change) (Verdict, string) {
	verdict, names := Wrong, []string{}
	for _, change := range changes {
		what := "differs"
		if change.Made {
			verdict, what = Missing, "is not there"
		}
		names = append(names, change.Kind+" "+change.Name+" "+what)
	}
	return verdict, strings.Join(names, ", ")
}

// stack looks at what a stack has made.
func (l looker) stack(ctx context.Context, folder string) Line {
	line := Line{Part: folder}
	ctx, cancel := context.WithTimeout(ctx, l.Patience)
	defer cancel()
	stack, err := l.deps.Stack(ctx, folder)
	switch {
	case err != nil:
		line.Verdict, line.Detail = Unknown, firstLine(err)
		return line
	case !stack.Connected():
		line.Verdict, line.Detail, line.Next = Unknown, "not connected with its state on this machine", l.command("cluster plan")
		return line
	}
	made, err := stack.Resources(ctx)
	if err != nil {
		line.Verdict, line.Detail, line.Next = Unknown, firstLine(err), l.command("cluster plan")
		return line
	}
	line.Verdict, line.Detail = OK, plural(len(made), "resource")
	if len(made) == 0 {
		line.Verdict, line.Detail, line.Next = Missing, "nothing is made of it", l.command("cluster up")
	}
	if stack.Waits() {
		line.Detail += "; a saved plan waits"
		line.Next = l.command("cluster up")
	}
	return line
}

func (l looker) facts() Line {
	line := Line{Part: "facts"}
	facts, err := l.deps.Facts()
	refresh := l.command("cluster facts") + " --refresh"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		line.Verdict, line.Detail, line.Next = Missing, clusterfacts.Path(l.Cluster)+" is not there", refresh
		return line
	case err != nil:
		line.Verdict, line.Detail, line.Next = Wrong, firstLine(err), refresh
		return line
	}
	if lacks := l.Request.Missing(facts); len(lacks) > 0 {
		line.Verdict, line.Detail, line.Next = Missing, strings.Join(lacks, ", "), refresh
		return line
	}
	if n := facts.Examples(); n > 0 {
		line.Verdict, line.Detail, line.Next = Wrong, plural(n, "fact")+" are examples: nothing can be built of them", refresh
		return line
	}
	line.Verdict, line.Detail = OK, fmt.Sprintf("%s, for kops %s", plural(len(facts.Origins()), "fact"), facts.KopsVersion)
	return line
}

func (l looker) render() Line {
	line := Line{Part: "render", Verdict: OK, Detail: "is what its inputs give"}
	drift, err := l.deps.Drift()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		line.Verdict, line.Detail, line.Next = Missing, "never rendered", l.command("cluster render")
	case err != nil:
		line.Verdict, line.Detail, line.Next = Wrong, firstLine(err), l.command("cluster render")
	case len(drift) > 0:
		line.Verdict, line.Detail, line.Next = Wrong, strings.Join(drift, ", "), l.command("cluster render")
	}
	return line
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// firstLine is as much of an error as fits into a line.
func firstLine(err error) string {
	text, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	return text
}
