package clusterup_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/clusterup"
	"github.com/groundwork-dev/groundwork/internal/stackplan"
)

var errKilled = errors.New("killed")

// world plays AWS and its Terraform: what each stack wants and has.
type world struct {
	want    map[string][]string // addresses by folder
	have    map[string][]string
	outputs map[string]map[string]any
	saved   map[string]*plan
	serial  map[string]int // of each state
	nodes   []*unstructured.Unstructured
	silent  int // how often the API server does not answer yet

	confirmed []string // folders, in the order of the questions
	applied   []string // "folder address", in order
	given     map[string]any

	calls, killAt int // the call, counted from 1, after which the run is dead
	kill          func()
}

type plan struct {
	stackplan.Plan
	serial    int
	variables string
}

func newWorld() *world {
	account, kops, platform := clusterup.Folders("dev")
	return &world{
		want: map[string][]string{account: {"aws_a.one"}, kops: {"aws_vpc.main", "aws_k.two"}, platform: {"aws_p.one"}},
		have: map[string][]string{}, saved: map[string]*plan{}, serial: map[string]int{},
		outputs: map[string]map[string]any{
			account: {"customer_gateway_id": "cgw-1"},
			kops: {
				"vpc_id": "vpc-1", "vpc_cidr_block": "172.20.0.0/16", "node_subnet_ids": []any{"subnet-1"}, "cluster_name": "dev.example.com",
				"node_autoscaling_group_ids": []any{"nodes"}, "master_autoscaling_group_ids": []any{"cp"},
				"route_table_public_id": "rtb-1", "route_table_private-eu-central-1a_id": "rtb-2",
			},
		},
		nodes: []*unstructured.Unstructured{node("a", true, "kubelet is posting ready status"), node("b", true, "")},
	}
}

func node(name string, ready bool, message string) *unstructured.Unstructured {
	status := "True"
	if !ready {
		status = "False"
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Node", "metadata": map[string]any{"name": name},
		"status": map[string]any{"conditions": []any{map[string]any{"type": "Ready", "status": status, "message": message}}},
	}}
}

// call counts a call; from the one at which the run is killed on, nothing works.
func (w *world) call() error {
	w.calls++
	if w.killAt > 0 && w.calls > w.killAt {
		w.kill()
		return errKilled
	}
	return nil
}

func (w *world) deps() clusterup.Deps {
	return clusterup.Deps{
		Open: func(folder string) (clusterup.Stack, error) { return &stack{w, folder}, w.call() },
		Confirm: func(folder string, p *stackplan.Plan, _ bool) error {
			w.confirmed = append(w.confirmed, folder+": "+p.Summary())
			return w.call()
		},
		Connect: func(context.Context) (clusterup.Cluster, error) { return cluster{w}, w.call() },
		Now:     func() time.Time { return time.Unix(0, 0) },
		Pause:   func(context.Context) {},
	}
}

type stack struct {
	w      *world
	folder string
}

func (s *stack) Init(context.Context) error { return s.w.call() }

func (s *stack) Plan(_ context.Context, variables map[string]any, destroy bool) (*stackplan.Plan, error) {
	if err := s.w.call(); err != nil {
		return nil, err
	}
	if destroy {
		return nil, errors.New("nobody asked for an end")
	}
	p := &plan{serial: s.w.serial[s.folder], variables: fmt.Sprint(variables)}
	for _, address := range s.w.want[s.folder] {
		if !slices.Contains(s.w.have[s.folder], address) {
			p.Changes = append(p.Changes, stackplan.Change{Address: address, Action: stackplan.Create})
		}
	}
	for _, address := range s.w.have[s.folder] {
		if !slices.Contains(s.w.want[s.folder], address) {
			p.Changes = append(p.Changes, stackplan.Change{Address: address, Action: stackplan.Delete})
		}
	}
	s.w.saved[s.folder] = p
	if variables != nil {
		s.w.given = variables
	}
	return &p.Plan, nil
}

func (s *stack) Saved(_ context.Context, variables map[string]any) (*stackplan.Plan, error) {
	p := s.w.saved[s.folder]
	switch {
	case p == nil:
		return nil, s.w.call()
	case p.variables != fmt.Sprint(variables):
		return nil, stackplan.StaleError{Dir: s.folder, Of: "set of variables"}
	}
	return &p.Plan, s.w.call()
}

// Apply makes one resource after the other; each is a chance to be killed.
func (s *stack) Apply(_ context.Context, show func(stackplan.Event)) error {
	p := s.w.saved[s.folder]
	delete(s.w.saved, s.folder)
	if p.serial != s.w.serial[s.folder] {
		return stackplan.StaleError{Dir: s.folder, Of: "state"}
	}
	for _, c := range p.Changes {
		if err := s.w.call(); err != nil {
			return err
		}
		show(stackplan.Event{Address: c.Address, Action: c.Action})
		s.w.serial[s.folder]++
		if c.Action == stackplan.Delete {
			s.w.have[s.folder] = slices.DeleteFunc(s.w.have[s.folder], func(a string) bool { return a == c.Address })
		} else {
			s.w.have[s.folder] = append(s.w.have[s.folder], c.Address)
		}
		s.w.applied = append(s.w.applied, s.folder+" "+c.Address)
		show(stackplan.Event{Address: c.Address, Action: c.Action, Done: true})
	}
	return s.w.call()
}

func (s *stack) Outputs(context.Context) (map[string]any, error) {
	if len(s.w.have[s.folder]) == 0 {
		return map[string]any{}, s.w.call()
	}
	return maps.Clone(s.w.outputs[s.folder]), s.w.call()
}

type cluster struct{ w *world }

func (cluster) Server() string { return "https://api.dev.example.com" }

func (c cluster) Version(context.Context) (string, error) {
	if c.w.silent > 0 {
		c.w.silent--
		return "", errors.New("no such host")
	}
	return "v1.36.1", c.w.call()
}

func (c cluster) Await(ctx context.Context, kinds []schema.GroupVersionKind, _ string, done func([]*unstructured.Unstructured) (bool, error)) error {
	if len(kinds) != 1 || kinds[0].Kind != "Node" {
		return fmt.Errorf("asked for %v", kinds)
	}
	if ok, err := done(c.w.nodes); ok || err != nil {
		return err
	}
	<-ctx.Done() // nothing changes any more
	return context.Cause(ctx)
}
