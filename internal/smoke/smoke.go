// Package smoke asks a running cluster what its users would notice: whether Git
// is applied, nodes are there, apps answer, and components keep what their smoke
// tests promise. It changes nothing. What only simulated pods could answer is
// skipped, never passed.
package smoke

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/platform"
)

// Result is how a check ended.
type Result string

// The results.
const (
	Passed  Result = "passed"
	Failed  Result = "failed"
	Skipped Result = "skipped"
)

// Check is one thing that was asked.
type Check struct {
	// Subject is what it is about, such as app/shop or component/web.
	Subject string `json:"subject"`
	Name    string `json:"check"`
	Result  Result `json:"result"`
	// Detail is what was found; Fix is where to look when it failed.
	Detail  string  `json:"detail"`
	Fix     string  `json:"fix,omitempty"`
	Seconds float64 `json:"seconds"`
}

// Cluster is the API server, and what it reaches.
type Cluster interface {
	// Await shows all objects of the kinds at each change until done. Kinds that
	// the server does not know hold no objects.
	Await(ctx context.Context, kinds []schema.GroupVersionKind, namespace string, done func([]*unstructured.Unstructured) (bool, error)) error
	// Service sends a GET to a port of a Service.
	Service(ctx context.Context, namespace, name, port, path string) (status int, body []byte, err error)
	// Pod sends a GET to a port of a pod.
	Pod(ctx context.Context, namespace, name string, port int, path string) (status int, body []byte, err error)
}

// Deps is the world.
type Deps struct {
	Cluster Cluster
	Now     func() time.Time
	// Patience bounds each check.
	Patience time.Duration
}

// parallel is how many checks are under way at once.
const parallel = 8

// Run makes all checks of a cluster and tells each as it ends. The result is in
// the order of the model. An error is one that leaves nothing to check.
func Run(ctx context.Context, c platform.Cluster, d Deps, tell func(Check)) ([]Check, error) {
	questions, err := questionsOf(c)
	if err != nil {
		return nil, err
	}
	r := runner{Deps: d, now: d.Now()}
	if r.scene, err = r.look(ctx); err != nil {
		return nil, err
	}
	checks := make([]Check, len(questions))
	told := make(chan struct{}, 1) // one at a time
	var group errgroup.Group
	group.SetLimit(parallel)
	for i, q := range questions {
		group.Go(func() error {
			checks[i] = r.ask(ctx, q)
			told <- struct{}{}
			defer func() { <-told }()
			tell(checks[i])
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return checks, ctx.Err()
}

// question is a check to be made.
type question struct {
	subject, name, fix string
	// real are the pods without which nothing is told; nil where none are needed.
	real *pods
	ask  func(ctx context.Context, r runner) (detail string, err error)
}

// pods are those of a namespace with all labels.
type pods struct {
	namespace string
	labels    map[string]string
}

// questionsOf lists what is asked about a cluster.
func questionsOf(c platform.Cluster) ([]question, error) {
	questions := []question{
		{subject: "cluster", name: "nodes are ready", fix: "kubectl get nodes", ask: nodesReady},
		{subject: "engine", name: "what Git says is applied", fix: "bootstrap doctor --cluster " + c.Name + " names the cause", ask: applied},
	}
	for _, a := range c.Apps {
		questions = append(questions, question{
			subject: "app/" + a.Name, name: "answers through its Service",
			fix:  fmt.Sprintf("kubectl -n %s get pods,endpointslices; kubectl -n %s logs deployment/%s", a.Namespace, a.Namespace, a.Name),
			real: &pods{a.Namespace, map[string]string{"app.kubernetes.io/name": a.Name}},
			ask:  answers(a),
		})
	}
	for i := range c.Components {
		component := &c.Components[i]
		for _, name := range slices.Sorted(maps.Keys(component.Spec.Smoke)) {
			q, err := promiseOf(component, name, component.Spec.Smoke[name])
			if err != nil {
				return nil, err
			}
			questions = append(questions, q)
		}
	}
	return questions, nil
}

// runner asks one cluster.
type runner struct {
	Deps
	now   time.Time
	scene scene
}

// ask makes one check.
func (r runner) ask(ctx context.Context, q question) Check {
	check := Check{Subject: q.subject, Name: q.name}
	began := r.Now()
	defer func() { check.Seconds = r.Now().Sub(began).Seconds() }()
	if q.real != nil && r.scene.simulated(*q.real) {
		check.Result, check.Detail = Skipped, "its pods are simulated: nothing runs that could answer"
		return check
	}
	ctx, cancel := context.WithTimeoutCause(ctx, r.Patience, fmt.Errorf("no answer within %s", r.Patience))
	defer cancel()
	detail, err := q.ask(ctx, r)
	if errors.Is(err, context.DeadlineExceeded) {
		err = context.Cause(ctx)
	}
	if errors.Is(err, errEarly) {
		check.Result, check.Detail = Skipped, err.Error()
		return check
	}
	if err != nil {
		check.Result, check.Detail, check.Fix = Failed, err.Error(), q.fix
		return check
	}
	check.Result, check.Detail = Passed, detail
	return check
}

// answers asks an app as one of its users does.
func answers(a platform.App) func(context.Context, runner) (string, error) {
	return func(ctx context.Context, r runner) (string, error) {
		status, _, err := r.Cluster.Service(ctx, a.Namespace, a.Name, "http", "/")
		if err != nil {
			return "", err
		}
		if status >= http.StatusInternalServerError {
			return "", fmt.Errorf("it answers %d %s", status, http.StatusText(status))
		}
		return fmt.Sprintf("%d %s", status, http.StatusText(status)), nil
	}
}

// Count returns how many checks ended in which way.
func Count(checks []Check) map[Result]int {
	counts := map[Result]int{}
	for _, c := range checks {
		counts[c.Result]++
	}
	return counts
}

// nodesReady holds the cluster to its nodes.
func nodesReady(_ context.Context, r runner) (string, error) {
	nodes := r.scene.of("Node")
	if len(nodes) == 0 {
		return "", errors.New("there is no node")
	}
	if bad := notReady(nodes); len(bad) > 0 {
		return "", list("not ready", bad)
	}
	detail := count(len(nodes), "node")
	if n := len(r.scene.fake); n > 0 {
		detail += fmt.Sprintf(", %d of them simulated", n)
	}
	return detail, nil
}

// applied holds the cluster to Git.
func applied(_ context.Context, r runner) (string, error) {
	objects := slices.Concat(r.scene.of("Kustomization"), r.scene.of("HelmRelease"))
	if len(objects) == 0 {
		return "", errors.New("nothing of Flux is there")
	}
	var suspended []string
	for _, o := range objects {
		if on, _, _ := unstructured.NestedBool(o.Object, "spec", "suspend"); on {
			suspended = append(suspended, named(o))
		}
	}
	bad := notReady(objects)
	if err := cmp.Or(list("not ready", bad), list("suspended", suspended)); err != nil {
		return "", err
	}
	return count(len(objects), "object") + " of Flux are ready", nil
}
