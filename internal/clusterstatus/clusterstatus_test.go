package clusterstatus_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
	"github.com/groundwork-dev/groundwork/internal/clusterstate"
	"github.com/groundwork-dev/groundwork/internal/clusterstatus"
)

const account = "123456789012"

// cloud is an account in which everything is, or nothing.
type cloud struct {
	id    string
	empty bool
	err   error
}

func (c cloud) Account(context.Context) (string, error)     { return c.id, c.err }
func (c cloud) Key(context.Context, string) (string, error) { return "", nil }
func (c cloud) Bucket(context.Context, string) (*clusterstate.Settings, error) {
	if c.empty {
		return nil, nil
	}
	return &clusterstate.Settings{}, nil
}

func (cloud) MakeKey(context.Context, string, map[string]string) (string, error) {
	panic("a status makes a key")
}
func (cloud) MakeBucket(context.Context, string) error { panic("a status makes a bucket") }
func (cloud) Apply(context.Context, string, clusterstate.Settings, clusterstate.Settings) error {
	panic("a status changes a bucket")
}

type stack struct {
	connected, waits bool
	resources        []string
	err              error
}

func (s stack) Connected() bool                             { return s.connected }
func (s stack) Waits() bool                                 { return s.waits }
func (s stack) Resources(context.Context) ([]string, error) { return s.resources, s.err }

// api is an API server; its nodes are ready or not.
type api struct {
	version string
	nodes   []bool
	hangs   bool
}

func (api) Server() string { return "https://api.example.com" }
func (a api) Version(ctx context.Context) (string, error) {
	if a.hangs {
		<-ctx.Done()
		return "", ctx.Err()
	}
	return a.version, nil
}

func (a api) Await(_ context.Context, _ []schema.GroupVersionKind, _ string, done func([]*unstructured.Unstructured) (bool, error)) error {
	var nodes []*unstructured.Unstructured
	for _, ready := range a.nodes {
		status := map[bool]string{true: "True", false: "False"}[ready]
		nodes = append(nodes, &unstructured.Unstructured{Object: map[string]any{"status": map[string]any{
			"conditions": []any{map[string]any{"type": "MemoryPressure", "status": "True"}, map[string]any{"type": "Ready", "status": status}},
		}}})
	}
	ended, err := done(nodes)
	if !ended {
		return errors.New("a status waits")
	}
	return err
}

// world is the world as one test has it.
type world struct {
	cloud    cloud
	facts    func(*clusterspec.Request) (*clusterfacts.Facts, error)
	drift    []string
	driftErr error
	stacks   map[string]stack
	api      api
	noWay    bool
	git      bool
	gitErr   error
}

func request() *clusterspec.Request {
	return &clusterspec.Request{
		AccountID: account, Partition: "aws", KubernetesVersion: "1.36.2", Zones: []string{"eu-west-1a"},
		ControlPlane: clusterspec.ControlPlane{Zones: []string{"eu-west-1a"}, MachineType: "t3.large"},
		Workers:      []clusterspec.Workers{{Min: 2, Max: 4, MachineType: "t3.large"}},
	}
}

// recorded are facts that are none of the examples.
func recorded(r *clusterspec.Request) (*clusterfacts.Facts, error) {
	f := r.Example("dev", "2026-11-24")
	origin := clusterfacts.Origin{Source: "a test", Date: "2026-11-24"}
	f.Account.Origin, f.Zones.Origin = origin, origin
	for name, image := range f.Images {
		image.Origin = origin
		f.Images[name] = image
	}
	for name, machine := range f.InstanceTypes {
		machine.Origin = origin
		f.InstanceTypes[name] = machine
	}
	for name, file := range f.Files {
		file.Origin = origin
		f.Files[name] = file
	}
	return f, nil
}

func complete() *world {
	return &world{
		cloud: cloud{id: account}, facts: recorded, git: true, api: api{version: "v1.36.2", nodes: []bool{true, true, true}},
		stacks: map[string]stack{"terraform/account": {connected: true, resources: []string{"a"}}, "terraform/k8s/dev": {connected: true, resources: []string{"a", "b"}}},
	}
}

func (w *world) look(t *testing.T) []string {
	t.Helper()
	r := request()
	drift := func() ([]string, error) { return w.drift, w.driftErr }
	lines := clusterstatus.Look(t.Context(), clusterstatus.Options{
		Cluster: "dev", Request: r, Folders: []string{"terraform/account", "terraform/k8s/dev"}, Patience: 50 * time.Millisecond,
		Buckets: []clusterstate.Bucket{{Name: "state"}},
	}, clusterstatus.Deps{
		Cloud: func(context.Context) (clusterstate.Cloud, error) { return w.cloud, nil },
		Facts: func() (*clusterfacts.Facts, error) { return w.facts(r) }, Drift: drift,
		Stack: func(_ context.Context, folder string) (clusterstatus.Stack, error) { return w.stacks[folder], nil },
		Connect: func() (clusterstatus.Cluster, error) {
			if w.noWay {
				return nil, fmt.Errorf("%w: it has no context dev", clusterstatus.ErrNoWay)
			}
			return w.api, nil
		},
		UnderGit: func(context.Context, clusterstatus.Cluster) (bool, error) { return w.git, w.gitErr },
	})
	var told []string
	for _, l := range lines {
		told = append(told, strings.TrimSuffix(strings.Join([]string{string(l.Verdict), l.Part, l.Detail, l.Next}, " | "), " | "))
	}
	return told
}

func TestOrder(t *testing.T) {
	t.Parallel()
	w := complete()
	w.cloud.empty = true
	want := []string{
		"ok | account | 123456789012",
		"missing | state | bucket state is not there | bootstrap cluster state --cluster dev",
		"ok | facts | 11 facts, for kops 1.36.2",
		"ok | render | is what its inputs give",
		"ok | terraform/account | 1 resource",
		"ok | terraform/k8s/dev | 2 resources",
		"ok | API server | v1.36.2 at https://api.example.com",
		"ok | nodes | 3 of 3 ready, at least 3 expected",
		"ok | Git | runs the cluster",
	}
	if diff := cmp.Diff(want, w.look(t)); diff != "" {
		t.Errorf("(-want +have)\n%s", diff)
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*world)
		want   []string
	}{
		"buckets that differ": {func(*world) {}, []string{"wrong | state | bucket state differs | bootstrap cluster state --cluster dev"}},
		"another account":     {func(w *world) { w.cloud.id = "999999999999" }, []string{"wrong | account | the credentials are for 999999999999, and platform.yaml says 123456789012 | use the credentials of account 123456789012", "unknown | state | not asked without the account", "unknown | terraform/k8s/dev | not asked without the account"}},
		"no credentials":      {func(w *world) { w.cloud.err = errors.New("none\nmore") }, []string{"unknown | account | asking AWS whose the credentials are: none | log in to AWS, as the aws command does", "unknown | terraform/account | not asked without the account"}},
		"no facts": {func(w *world) {
			w.facts = func(*clusterspec.Request) (*clusterfacts.Facts, error) { return nil, fs.ErrNotExist }
		}, []string{"missing | facts | clusters/dev/facts.lock.yaml is not there | bootstrap cluster facts --cluster dev --refresh"}},
		"example facts": {func(w *world) {
			w.facts = func(r *clusterspec.Request) (*clusterfacts.Facts, error) { return r.Example("dev", "2026-11-24"), nil }
		}, []string{"wrong | facts | 11 facts are examples: nothing can be built of them | bootstrap cluster facts --cluster dev --refresh"}},
		"facts of something else": {func(w *world) {
			w.facts = func(r *clusterspec.Request) (*clusterfacts.Facts, error) {
				f, err := recorded(r)
				f.InstanceTypes = nil
				return f, err
			}
		}, []string{"missing | facts | instance type t3.large | bootstrap cluster facts --cluster dev --refresh"}},
		"never rendered": {func(w *world) { w.driftErr = fs.ErrNotExist }, []string{"missing | render | never rendered | bootstrap cluster render --cluster dev"}},
		"drifted":        {func(w *world) { w.drift = []string{"x is gone"} }, []string{"wrong | render | x is gone | bootstrap cluster render --cluster dev"}},
		"not connected":  {func(w *world) { w.stacks["terraform/account"] = stack{} }, []string{"unknown | terraform/account | not connected with its state on this machine | bootstrap cluster plan --cluster dev"}},
		"nothing made":   {func(w *world) { w.stacks["terraform/k8s/dev"] = stack{connected: true} }, []string{"missing | terraform/k8s/dev | nothing is made of it | bootstrap cluster up --cluster dev"}},
		"a plan waits": {func(w *world) {
			w.stacks["terraform/k8s/dev"] = stack{connected: true, waits: true, resources: []string{"a"}}
		}, []string{"ok | terraform/k8s/dev | 1 resource; a saved plan waits | bootstrap cluster up --cluster dev"}},
		"no way":              {func(w *world) { w.noWay = true }, []string{"missing | API server | no kubeconfig leads to it: it has no context dev | bootstrap cluster kubeconfig --cluster dev", "unknown | nodes | not asked without the API server", "unknown | Git | not asked without the API server"}},
		"hangs":               {func(w *world) { w.api.hangs = true }, []string{"unknown | API server | context deadline exceeded | bootstrap cluster kubeconfig --cluster dev"}},
		"another version":     {func(w *world) { w.api.version = "v1.35.0" }, []string{"wrong | API server | v1.35.0 at https://api.example.com, and platform.yaml says v1.36.2 | bootstrap cluster plan --cluster dev"}},
		"a node is not ready": {func(w *world) { w.api.nodes = []bool{true, true, true, false} }, []string{"wrong | nodes | 3 of 4 ready, at least 3 expected | kubectl get nodes"}},
		"too few nodes":       {func(w *world) { w.api.nodes = []bool{true, true} }, []string{"wrong | nodes | 2 of 2 ready, at least 3 expected | kubectl get nodes"}},
		"not under Git":       {func(w *world) { w.git = false }, []string{"missing | Git | does not run the cluster yet | bootstrap run --cluster dev"}},
		"another's":           {func(w *world) { w.gitErr = errors.New("is not dev\nfix") }, []string{"wrong | Git | is not dev | check the kubeconfig context and --cluster"}},
		"Git cannot be asked": {func(w *world) { w.git, w.gitErr = false, errors.New("forbidden") }, []string{"unknown | Git | forbidden"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := complete()
			tc.change(w)
			have := w.look(t)
			for _, want := range tc.want {
				if !slices.Contains(have, want) {
					t.Errorf("want %q among\n%s", want, strings.Join(have, "\n"))
				}
			}
		})
	}
}
