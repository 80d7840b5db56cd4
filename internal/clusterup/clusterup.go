// Package clusterup makes a cluster: it plans and applies its stacks one after
// the other, each by a plan that was saved and looked at, and waits until the
// API server answers and the nodes are ready. It keeps no state of its own: what
// is there, Terraform's state and the API server say, and a run that was killed
// is continued by another.
package clusterup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/clusterfolder"
	"github.com/groundwork-dev/groundwork/internal/render/terraform"
	"github.com/groundwork-dev/groundwork/internal/stackplan"
)

// Stack is a stack of Terraform.
type Stack interface {
	Init(ctx context.Context) error
	// Plan saves the plan that it returns.
	Plan(ctx context.Context, variables map[string]any, destroy bool) (*stackplan.Plan, error)
	// Saved returns what Plan saved, nil without one, and a stackplan.StaleError
	// where it was made of something else than there is now.
	Saved(ctx context.Context, variables map[string]any) (*stackplan.Plan, error)
	// Apply applies what was saved.
	Apply(ctx context.Context, show func(stackplan.Event)) error
	Outputs(ctx context.Context) (map[string]any, error)
}

// Cluster is the API server that the stacks make.
type Cluster interface {
	Server() string
	Version(ctx context.Context) (string, error)
	// Await shows all objects of the kinds at each change until done.
	Await(ctx context.Context, kinds []schema.GroupVersionKind, namespace string, done func([]*unstructured.Unstructured) (bool, error)) error
}

// Deps is the world.
type Deps struct {
	// Open opens the stack in a folder of the repository.
	Open func(folder string) (Stack, error)
	// Confirm asks whether a plan is to be applied; saved says that it was planned
	// and looked at before. An error ends the run.
	Confirm func(folder string, plan *stackplan.Plan, saved bool) error
	// Connect returns the cluster once its stack is applied.
	Connect func(ctx context.Context) (Cluster, error)
	Now     func() time.Time
	// Pause waits between two questions to an API server that does not answer.
	Pause func(ctx context.Context)
}

// State is where a step stands.
type State string

// The states of a step.
const (
	Running State = "running"
	Done    State = "done"
	Skipped State = "skipped"
	Failed  State = "failed"
)

// Event tells of a step.
type Event struct {
	Title  string
	State  State
	Detail string
	Took   time.Duration
	// Waiting is what the step waits for, by name.
	Waiting []Item
}

// Item is one thing that is waited for.
type Item struct{ Name, Status string }

// Planned is a stack with its plan.
type Planned struct {
	Folder string
	// Plan is nil for a stack that cannot be planned yet; Later says why.
	Plan  *stackplan.Plan
	Later string
}

// stage is a stack in its turn.
type stage struct {
	folder string
	// variables returns what the stack gets from the outputs of others, by folder;
	// why not says what it waits for.
	variables func(outputs map[string]map[string]any) (variables map[string]any, whyNot string)
}

// Folders of the stacks of a cluster, in the order in which they are applied.
func Folders(cluster string) (account, kops, platform string) {
	return terraform.AccountDir, clusterfolder.Dir(cluster), terraform.PlatformDir(cluster)
}

func stages(cluster string) []stage {
	account, kops, platform := Folders(cluster)
	none := func(map[string]map[string]any) (map[string]any, string) { return nil, "" }
	return []stage{
		{account, none},
		{kops, none},
		{platform, func(outputs map[string]map[string]any) (map[string]any, string) {
			if outputs[kops]["vpc_id"] == nil {
				return nil, "it needs the network that " + kops + " makes"
			}
			return Variables(outputs[kops], outputs[account]), ""
		}},
	}
}

// Variables are those of a cluster's platform stack: what kops' stack and the
// account's tell it, under the names that both know.
func Variables(kops, account map[string]any) map[string]any {
	variables := map[string]any{}
	for _, name := range []string{"vpc_id", "vpc_cidr_block", "node_subnet_ids", "node_autoscaling_group_ids", "master_autoscaling_group_ids"} {
		variables[name] = kops[name]
	}
	tables := map[string]any{}
	for name, id := range kops {
		if table, ok := strings.CutPrefix(name, "route_table_"); ok {
			tables[strings.TrimSuffix(table, "_id")] = id
		}
	}
	variables["route_table_ids"] = tables
	for _, name := range []string{"customer_gateway_id", "dx_gateway_id"} {
		if id, ok := account[name]; ok {
			variables[name] = id
		}
	}
	return variables
}

// Plan plans the stacks of a cluster, and saves the plans.
func Plan(ctx context.Context, cluster string, deps Deps, show func(Event)) ([]Planned, error) {
	r := &run{deps: deps, show: show, outputs: map[string]map[string]any{}}
	var all []Planned
	for _, s := range stages(cluster) {
		var planned Planned
		err := r.step("plan "+s.folder, func() (string, State, error) {
			stack, variables, whyNot, err := r.open(ctx, s)
			if err != nil || whyNot != "" {
				planned = Planned{Folder: s.folder, Later: whyNot}
				return whyNot, Skipped, err
			}
			plan, err := stack.Plan(ctx, variables, false)
			if err != nil {
				return "", Failed, err
			}
			planned = Planned{Folder: s.folder, Plan: plan}
			return plan.Summary(), Done, r.note(ctx, s, stack)
		})
		if err != nil {
			return all, err
		}
		all = append(all, planned)
	}
	return all, nil
}

// run is one run.
type run struct {
	deps    Deps
	show    func(Event)
	outputs map[string]map[string]any // by folder
}

// step does a step and tells of it.
func (r *run) step(title string, do func() (detail string, state State, err error)) error {
	began := r.deps.Now()
	r.show(Event{Title: title, State: Running})
	detail, state, err := do()
	if err != nil {
		detail, state = "", Failed
	}
	r.show(Event{Title: title, State: state, Detail: detail, Took: r.deps.Now().Sub(began)})
	return err
}

// open opens a stack in its turn.
func (r *run) open(ctx context.Context, s stage) (stack Stack, variables map[string]any, whyNot string, err error) {
	if variables, whyNot = s.variables(r.outputs); whyNot != "" {
		return nil, nil, whyNot, nil
	}
	if stack, err = r.deps.Open(s.folder); err != nil {
		return nil, nil, "", err
	}
	return stack, variables, "", stack.Init(ctx)
}

// note keeps what a stack tells those after it.
func (r *run) note(ctx context.Context, s stage, stack Stack) error {
	outputs, err := stack.Outputs(ctx)
	r.outputs[s.folder] = outputs
	return err
}

// DeclinedError says that a plan was not to be applied.
type DeclinedError struct{ Folder string }

// Refused tells the error apart from others: nothing more was changed.
func (DeclinedError) Refused() bool { return true }

func (e DeclinedError) Error() string {
	return fmt.Sprintf("%s was left as it is; nothing of it was applied", e.Folder)
}

var errOverdue = errors.New("overdue")
