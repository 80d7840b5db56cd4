package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/cluster"
	"github.com/groundwork-dev/groundwork/internal/cluster/apitest"
	"github.com/groundwork-dev/groundwork/internal/destroy"
	"github.com/groundwork-dev/groundwork/internal/stackplan"
)

var update = flag.Bool("update", false, "write golden files anew")

// playedStack is a stack with a state of these addresses.
type playedStack struct{ addresses []string }

func (*playedStack) Init(context.Context) error                      { return nil }
func (s *playedStack) Resources(context.Context) ([]string, error)   { return s.addresses, nil }
func (*playedStack) Outputs(context.Context) (map[string]any, error) { return nil, nil }

func (s *playedStack) Forget(_ context.Context, addresses ...string) error {
	s.addresses = slices.DeleteFunc(s.addresses, func(a string) bool { return slices.Contains(addresses, a) })
	return nil
}

func (s *playedStack) Plan(context.Context, map[string]any, bool) (*stackplan.Plan, error) {
	plan := &stackplan.Plan{}
	for _, a := range s.addresses {
		plan.Changes = append(plan.Changes, stackplan.Change{Address: a, Action: stackplan.Delete})
	}
	return plan, nil
}

func (s *playedStack) Apply(context.Context, func(stackplan.Event)) error {
	s.addresses = nil
	return nil
}

type playedSweep struct{ left []destroy.Left }

func (s *playedSweep) Left(context.Context) ([]destroy.Left, error)  { return s.left, nil }
func (s *playedSweep) Sweep(context.Context) ([]destroy.Left, error) { return s.left, nil }

// destroyed is a cluster of this repository's own platform.yaml behind an API
// server, with played stacks.
type destroyed struct {
	api     *apitest.Server
	options destroy.Options
	deps    destroy.Deps
	o       destroyOptions
}

func newDestroyed(t *testing.T) *destroyed {
	t.Helper()
	d := &destroyed{api: apitest.New(t, "uid"), o: destroyOptions{clusterChoice: clusterChoice{dir: "../..", cluster: "dev"}, output: outputText}}
	e, err := d.o.load()
	if err != nil {
		t.Fatal(err)
	}
	if d.options, err = d.o.options(e); err != nil {
		t.Fatal(err)
	}
	meta := func(namespace, name string) apitest.Object {
		return apitest.Object{"namespace": namespace, "name": name, "uid": name}
	}
	for _, o := range []apitest.Object{
		{"apiVersion": "v1", "kind": "Node", "metadata": meta("", "a")},
		{"apiVersion": "v1", "kind": "Namespace", "metadata": meta("", "shop")},
		{"apiVersion": "v1", "kind": "Namespace", "metadata": meta("", "vault")},
		{"apiVersion": "v1", "kind": "Service", "metadata": meta("shop", "web"), "spec": apitest.Object{"type": "LoadBalancer"}},
		{
			"apiVersion": "v1", "kind": "PersistentVolume", "metadata": meta("", "pv-1"), "spec": apitest.Object{
				"persistentVolumeReclaimPolicy": "Retain", "capacity": apitest.Object{"storage": "8Gi"},
				"claimRef": apitest.Object{"namespace": "shop", "name": "db"},
			},
		},
	} {
		d.api.Put(o)
	}
	c, err := cluster.New(d.api.Config())
	if err != nil {
		t.Fatal(err)
	}
	d.deps = destroy.Deps{
		Account:    func(context.Context) (string, error) { return d.options.Account, nil },
		Connect:    func(context.Context) (destroy.Cluster, error) { return c, nil },
		Kubernetes: &playedStack{[]string{"aws_vpc.a", "aws_subnet.a"}},
		Platform:   &playedStack{[]string{`aws_kms_key.component["vault"]`, "aws_flow_log.vpc"}},
		Sweeper:    &playedSweep{}, Variables: func(map[string]any) (map[string]any, error) { return nil, nil },
	}
	return d
}

// play runs the command's part after flags, with an answer typed.
func (d *destroyed) play(t *testing.T, typed string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	d.options.DryRun = d.o.dryRun
	err = d.o.play(t.Context(), Streams{In: strings.NewReader(typed), Out: &out, Err: &errs, Interactive: true}, d.options, d.deps)
	return out.String(), errs.String(), err
}

func hold(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || got != string(want) {
		t.Errorf("%v; -update writes %s anew; got:\n%s", err, file, got)
	}
}

// TestDestroyDryRun: everything is named, and nothing is changed.
func TestDestroyDryRun(t *testing.T) {
	t.Parallel()
	d := newDestroyed(t)
	d.o.dryRun = true
	out, _, err := d.play(t, "")
	if err != nil || len(d.api.Writes()) > 0 {
		t.Fatalf("%v, wrote %v", err, d.api.Writes())
	}
	hold(t, "destroy_dry_run.txt", out)
	d.o.output = outputJSON
	if out, _, err = d.play(t, ""); err != nil {
		t.Fatal(err)
	}
	var report destroy.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil || !report.DryRun || report.Destroyed || report.Losses.Kubernetes != 2 {
		t.Errorf("%v, %+v", err, report)
	}
}

// TestDestroyAsks: what will be lost is shown before the question, and another
// answer than the cluster's name changes nothing.
func TestDestroyAsks(t *testing.T) {
	t.Parallel()
	d := newDestroyed(t)
	for _, typed := range []string{"", "y\n", "prod\n"} {
		_, said, err := d.play(t, typed)
		var refused interface{ Refused() bool }
		if !errors.As(err, &refused) || len(d.api.Writes()) > 0 {
			t.Errorf("%q: %v", typed, err)
		}
		loss, question := strings.Index(said, "shop/db, 8Gi, although it is to be retained"), strings.Index(said, "Type dev")
		if loss < 0 || question < loss {
			t.Errorf("said:\n%s", said)
		}
	}
}

// TestDestroyReceipt: a name typed, then nothing left; or what is.
func TestDestroyReceipt(t *testing.T) {
	t.Parallel()
	d := newDestroyed(t)
	d.options.SkipBackup, d.options.SkipDrain = true, true
	out, _, err := d.play(t, "dev\n")
	if err != nil {
		t.Fatal(err)
	}
	hold(t, "destroy_receipt.txt", out)
	d.o.yes = true
	d.deps.Sweeper = &playedSweep{[]destroy.Left{{Kind: "volume", ID: "vol-1", Name: "etcd"}}}
	_, _, err = d.play(t, "")
	if err == nil || !strings.Contains(err.Error(), "volume vol-1 (etcd)") || exitCode(t.Context(), err) != exitFailed {
		t.Errorf("something is left: %v", err)
	}
}
