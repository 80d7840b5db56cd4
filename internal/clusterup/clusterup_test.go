package clusterup_test

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groundwork-dev/groundwork/internal/clusterup"
	"github.com/groundwork-dev/groundwork/internal/stackplan"
)

func up(t *testing.T, w *world) (*clusterup.Report, []clusterup.Event, error) {
	t.Helper()
	ctx, kill := context.WithCancelCause(t.Context())
	defer kill(nil)
	w.kill = func() { kill(errKilled) }
	var events []clusterup.Event
	report, err := clusterup.Up(ctx, clusterup.Options{Cluster: "dev", Nodes: 2, Timeout: time.Minute}, w.deps(), func(e clusterup.Event) { events = append(events, e) })
	return report, events, err
}

// made is what a whole run applies, in its order.
func made() []string {
	return []string{
		"terraform/account aws_a.one", "terraform/k8s/dev aws_vpc.main", "terraform/k8s/dev aws_k.two", "terraform/platform/dev aws_p.one",
	}
}

func TestUp(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.silent = 3
	report, events, err := up(t, w)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(w.applied, made()) {
		t.Errorf("applied %q", w.applied)
	}
	if want := []string{"terraform/account: 1 to create", "terraform/k8s/dev: 2 to create", "terraform/platform/dev: 1 to create"}; !slices.Equal(w.confirmed, want) {
		t.Errorf("asked about %q", w.confirmed)
	}
	want := map[string]any{
		"vpc_id": "vpc-1", "vpc_cidr_block": "172.20.0.0/16", "node_subnet_ids": []any{"subnet-1"}, "customer_gateway_id": "cgw-1",
		"node_autoscaling_group_ids": []any{"nodes"}, "master_autoscaling_group_ids": []any{"cp"},
		"route_table_ids": map[string]any{"public": "rtb-1", "private-eu-central-1a": "rtb-2"},
	}
	if !reflect.DeepEqual(w.given, want) {
		t.Errorf("the platform's stack gets %v", w.given)
	}
	if report.Version != "v1.36.1" || report.Nodes != 2 || len(report.Stacks) != 3 || len(report.Stacks[1].Changes) != 2 {
		t.Errorf("the report is %+v", report)
	}
	told := map[string]string{}
	for _, e := range events {
		told[e.Title] = e.Detail
	}
	for title, detail := range map[string]string{
		"apply terraform/k8s/dev": "2 to create", "the API server": "https://api.dev.example.com, v1.36.1", "nodes": "2 are ready",
	} {
		if told[title] != detail {
			t.Errorf("%s ends with %q, want %q", title, told[title], detail)
		}
	}
	if !slices.ContainsFunc(events, func(e clusterup.Event) bool {
		return e.Detail == "1 of 2, aws_vpc.main is there"
	}) {
		t.Errorf("the progress of resources was not told: %v", events)
	}

	// Once more, there is nothing to ask and nothing to do.
	w.confirmed, w.applied = nil, nil
	if report, _, err := up(t, w); err != nil || len(w.confirmed)+len(w.applied)+len(report.Stacks) > 0 {
		t.Errorf("a second run asks %q, applies %q and reports %v (%v)", w.confirmed, w.applied, report.Stacks, err)
	}
}

// TestKilled kills a run after each of its calls; another one ends as one that
// was never killed, and nothing is made twice.
func TestKilled(t *testing.T) {
	t.Parallel()
	whole := newWorld()
	if _, _, err := up(t, whole); err != nil {
		t.Fatal(err)
	}
	for at := 1; at < whole.calls; at++ {
		w := newWorld()
		w.killAt = at
		if _, _, err := up(t, w); !errors.Is(err, errKilled) {
			t.Fatalf("killed after call %d, the error is %v", at, err)
		}
		w.killAt = 0
		if _, _, err := up(t, w); err != nil {
			t.Errorf("killed after call %d, another run fails: %v", at, err)
		}
		if !slices.Equal(w.applied, made()) {
			t.Errorf("killed after call %d, both runs apply %q", at, w.applied)
		}
	}
}

// TestSaved: what was planned before is what is applied; what was left behind is
// refused.
func TestSaved(t *testing.T) {
	t.Parallel()
	w := newWorld()
	planned, err := clusterup.Plan(t.Context(), "dev", w.deps(), func(clusterup.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	if len(planned) != 3 || planned[1].Plan.Summary() != "2 to create" || planned[2].Plan != nil || !strings.Contains(planned[2].Later, "terraform/k8s/dev") {
		t.Errorf("planned %+v", planned)
	}
	if len(w.applied) > 0 {
		t.Errorf("a plan applies %q", w.applied)
	}
	w.want["terraform/k8s/dev"] = append(w.want["terraform/k8s/dev"], "aws_k.three")
	if _, _, err := up(t, w); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(w.applied, made()) {
		t.Errorf("applied %q, where what was planned before is to be", w.applied)
	}

	w = newWorld()
	if _, err := clusterup.Plan(t.Context(), "dev", w.deps(), func(clusterup.Event) {}); err != nil {
		t.Fatal(err)
	}
	w.serial["terraform/k8s/dev"]++ // somebody else was there
	_, _, err = up(t, w)
	if e, ok := errors.AsType[stackplan.StaleError](err); !ok || e.Dir != "terraform/k8s/dev" || len(w.have["terraform/k8s/dev"]) > 0 {
		t.Errorf("the error is %v; made was %v", err, w.have)
	}
}

func TestDeclined(t *testing.T) {
	t.Parallel()
	w := newWorld()
	deps := w.deps()
	deps.Confirm = func(folder string, _ *stackplan.Plan, _ bool) error { return clusterup.DeclinedError{Folder: folder} }
	_, err := clusterup.Up(t.Context(), clusterup.Options{Cluster: "dev", Nodes: 2}, deps, func(clusterup.Event) {})
	if _, ok := errors.AsType[clusterup.DeclinedError](err); !ok || len(w.applied) > 0 {
		t.Errorf("the error is %v; applied was %q", err, w.applied)
	}
}

// TestOverdue: what was not there in time is named.
func TestOverdue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*world)
		want   []string
	}{
		"api":         {func(w *world) { w.silent = 1 << 40 }, []string{"https://api.dev.example.com does not answer", "no such host", "delegated"}},
		"nodes":       {func(w *world) { w.nodes[1] = node("b", false, "container runtime network not ready") }, []string{"1 of 2 nodes are ready", "b: container runtime network not ready"}},
		"silent node": {func(w *world) { w.nodes[1] = node("b", false, "") }, []string{"1 of 2 nodes are ready", "b: "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			for folder, addresses := range w.want {
				w.have[folder] = slices.Clone(addresses)
			}
			c.change(w)
			_, err := clusterup.Up(t.Context(), clusterup.Options{Cluster: "dev", Nodes: 2, Timeout: 20 * time.Millisecond}, w.deps(), func(clusterup.Event) {})
			late, ok := errors.AsType[clusterup.NotReadyError](err)
			if !ok || !late.TimedOut() {
				t.Fatalf("the error is %v", err)
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error is %q, which lacks %q", err, part)
				}
			}
		})
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	got := clusterup.Variables(map[string]any{"vpc_id": "v"}, nil)
	if want := []string{"master_autoscaling_group_ids", "node_autoscaling_group_ids", "node_subnet_ids", "route_table_ids", "vpc_cidr_block", "vpc_id"}; !slices.Equal(slices.Sorted(maps.Keys(got)), want) {
		t.Errorf("without a connection, the variables are %v", got)
	}
}
