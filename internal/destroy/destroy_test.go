package destroy_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groundwork-dev/groundwork/internal/destroy"
)

// order is what a run that nothing disturbs does.
var order = []string{
	"create Backup",
	"suspend Kustomization/flux-system/apps", "suspend HelmRelease/velero/velero",
	"delete StorageClass//ebs", "delete Ingress/shop/web", "delete Service/shop/web",
	"delete PersistentVolumeClaim/shop/data-db-0", "delete PersistentVolumeClaim/shop/old", "delete Pod/shop/db-0",
	`forget aws_kms_key.component["b"]`, `forget aws_s3_bucket.component["b"]`,
	"destroy aws_flow_log.vpc",
	"destroy aws_vpc.dev", "destroy aws_instance.a",
	"sweep vol-old",
}

func TestOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	report, err := w.run(nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(w.requests, order) {
		t.Errorf("did\n%s", strings.Join(w.requests, "\n"))
	}
	if !strings.Contains(w.backedUp[0], "Service/shop/web") {
		t.Errorf("the backup has %s", w.backedUp[0])
	}
	w.gone(t, report)
	l := report.Losses
	if l.Kubernetes != 2 || l.Platform != 3 || l.Forgotten != 2 || l.Nodes != 2 || !slices.Equal(l.Namespaces, []string{"shop"}) ||
		!slices.Equal(l.LoadBalancers, []string{"Ingress/shop/web", "Service/shop/web"}) ||
		!slices.Equal(l.Volumes, []destroy.Volume{{"shop/data-db-0", "pv-data-db-0", "8Gi", "Delete"}, {"shop/old", "pv-old", "8Gi", "Retain"}}) {
		t.Errorf("losses: %+v", l)
	}
	for _, s := range report.Steps {
		if s.Detail == "" {
			t.Errorf("step %s does not say what it found or did", s.Step)
		}
	}
}

// gone holds the world to the end of the cluster.
func (w *world) gone(t *testing.T, r *destroy.Report) {
	t.Helper()
	if len(w.aws) > 0 || len(w.stacks[k8sDir].state)+len(w.stacks[beside].state) > 0 || w.up {
		t.Errorf("left in AWS: %v, in the states: %v %v", w.aws, w.stacks[k8sDir].state, w.stacks[beside].state)
	}
	if len(w.backedUp) != 1 {
		t.Errorf("%d backups", len(w.backedUp))
	}
	if !r.Destroyed || len(r.Left) > 0 || len(r.Kept) != 1 {
		t.Errorf("the receipt: %+v", r)
	}
}

// TestKilledAtEveryChange kills a run at each of its changes, which arrives or
// is lost. The next one ends as if nothing had been, makes no second backup, and
// deletes nothing twice or before its turn; the world fails the test for that.
func TestKilledAtEveryChange(t *testing.T) {
	t.Parallel()
	for n, change := range order {
		for _, lost := range []bool{false, true} {
			t.Run(fmt.Sprintf("%02d lost %v", n+1, lost), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.killAt, w.lost = n+1, lost
				if _, err := w.run(nil); !errors.Is(err, errKilled) || w.requests[n] != change {
					t.Fatalf("the run was to be killed at %s: %v, after %v", change, err, w.requests)
				}
				w.killAt, w.dead = 0, false
				report, err := w.run(nil)
				if err != nil {
					t.Fatal(err)
				}
				w.gone(t, report)
				again, err := w.run(nil)
				if err != nil || !again.Destroyed || !again.Losses.None() {
					t.Errorf("once more: %v, %+v", err, again)
				}
			})
		}
	}
}

// foreign is another cluster.
type foreign struct{ error }

func (foreign) Refused() bool { return true }

// TestRefused: nothing is changed, and the error says what to do.
func TestRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		world  func(*world)
		change func(*destroy.Options)
		want   string
	}{
		"protected": {change: func(o *destroy.Options) { o.Protected = "platform.yaml:7:5" }, want: "platform.yaml:7:5: cluster dev is protected"},
		"account":   {world: func(w *world) { w.account = "999999999999" }, want: "account 999999999999"},
		"identity":  {world: func(w *world) { w.outage = foreign{errors.New("not the cluster dev")} }, want: "not the cluster dev"},
		"silent":    {world: func(w *world) { w.up = false }, want: "--skip-backup --skip-drain"},
		"silent, without a word on the backup": {
			world: func(w *world) { w.up = false }, want: "--skip-backup --skip-drain",
			change: func(o *destroy.Options) { o.SkipDrain = true },
		},
		"silent, without backups": {
			world: func(w *world) { w.up = false }, want: "; for a cluster that is beyond that, --skip-drain goes on",
			change: func(o *destroy.Options) { o.Backups = nil },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if test.world != nil {
				test.world(w)
			}
			_, err := w.run(test.change)
			var refused interface{ Refused() bool }
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if len(w.requests) > 0 || w.confirms > 0 {
				t.Errorf("asked %d times, did %v", w.confirms, w.requests)
			}
		})
	}
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	report, err := w.run(func(o *destroy.Options) { o.DryRun, o.SkipBackup = true, true })
	if err != nil || len(w.requests) > 0 || w.confirms > 0 || report.Destroyed {
		t.Fatalf("%v, did %v", err, w.requests)
	}
	states := map[string]destroy.State{}
	for _, s := range report.Steps {
		states[s.Step] = s.State
	}
	if len(states) != 12 || states["losses"] != destroy.Done || states["backup"] != destroy.Skipped || states["sweep"] != destroy.Planned {
		t.Errorf("steps: %v", states)
	}
}

// TestDeclined: who says no has lost nothing.
func TestDeclined(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.declined = errors.New("no")
	report, err := w.run(nil)
	if !errors.Is(err, w.declined) || len(w.requests) > 0 || report.Losses.Nodes != 2 {
		t.Errorf("%v, did %v, %+v", err, w.requests, report)
	}
}

// TestSilentAfterDrain: a cluster that does not answer was drained, when the
// platform's stack is gone, which comes later.
func TestSilentAfterDrain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.up, w.stacks[beside].state = false, nil
	report, err := w.run(nil)
	if err != nil || !report.Destroyed || len(w.aws) > 0 {
		t.Fatalf("%v, %v", err, w.aws)
	}
	if len(w.backedUp) > 0 || w.requests[0] != "destroy aws_vpc.dev" {
		t.Errorf("did %v", w.requests)
	}
}

// TestSkips: the sweep takes what was not drained.
func TestSkips(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.up = false
	report, err := w.run(func(o *destroy.Options) { o.SkipBackup, o.SkipDrain = true, true })
	if err != nil || !report.Destroyed || len(w.aws) > 0 {
		t.Fatalf("%v, %v", err, w.aws)
	}
}

func TestBackupFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.backup = "Failed"
	_, err := w.run(nil)
	var failed *destroy.BackupError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "is Failed") || !strings.Contains(err.Error(), "--skip-backup") {
		t.Fatal(err)
	}
	if !slices.Equal(w.requests, []string{"create Backup"}) {
		t.Errorf("did %v", w.requests)
	}
	w.backup = ""
	_, err = w.run(func(o *destroy.Options) { o.BackupTimeout = time.Millisecond })
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "not done after 1ms but not begun") {
		t.Fatal(err)
	}
	w.backup = "Completed"
	report, err := w.run(nil)
	if err != nil || !report.Destroyed {
		t.Fatal(err)
	}
	if len(w.backedUp) != 2 {
		t.Errorf("%d backups: one failed, one was under way", len(w.backedUp))
	}
}

// TestMindChanged: a backup of a run that nobody went on with is not the last
// one, once the engine was at work again.
func TestMindChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.killAt = slices.Index(order, "delete StorageClass//ebs") + 1
	w.lost = true
	if _, err := w.run(nil); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	for _, n := range []string{"Kustomization/flux-system/apps", "HelmRelease/velero/velero"} {
		w.objects[n].Object["spec"].(map[string]any)["suspend"] = false
	}
	w.killAt, w.dead, w.now = 0, false, w.now.Add(48*time.Hour)
	if _, err := w.run(nil); err != nil {
		t.Fatal(err)
	}
	if len(w.backedUp) != 2 {
		t.Errorf("%d backups", len(w.backedUp))
	}
}

func TestStuck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stuck = true
	event := w.put("Event/shop/e", nil)
	event.Object["type"], event.Object["reason"], event.Object["message"] = "Warning", "FailedDeployModel", "AccessDenied"
	event.Object["involvedObject"] = map[string]any{"uid": string(w.objects["Ingress/shop/web"].GetUID())}
	_, err := w.run(func(o *destroy.Options) { o.DrainTimeout = 20 * time.Millisecond })
	if _, stuck := errors.AsType[*destroy.StuckError](err); !stuck {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Ingress/shop/web (finalizers " + finalizer + "): FailedDeployModel: AccessDenied",
		"Service/shop/web (finalizers " + finalizer + "): the controller of service.example.com has not let go of it",
		"--skip-drain",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
	if slices.ContainsFunc(w.requests, func(r string) bool { return strings.HasPrefix(r, "forget") || strings.HasPrefix(r, "destroy") }) {
		t.Errorf("went on: %v", w.requests)
	}
	w.stuck = false
	report, err := w.run(nil)
	if err != nil {
		t.Fatal(err)
	}
	w.gone(t, report)
}

// TestDeletesRefused: all that refuse are told, and the others are gone at the
// next run.
func TestDeletesRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.refuse = errors.New(`admission webhook "guard" refuses it`)
	_, err := w.run(nil)
	if !errors.Is(err, w.refuse) || strings.Count(err.Error(), `"guard"`) != 2 || w.objects["StorageClass//ebs"] != nil {
		t.Fatal(err)
	}
	w.refuse = nil
	report, err := w.run(nil)
	if err != nil {
		t.Fatal(err)
	}
	w.gone(t, report)
}

func TestLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sticky = true
	report, err := w.run(nil)
	var left *destroy.LeftError
	if !errors.As(err, &left) || !strings.Contains(err.Error(), "thing vol-old") || report.Destroyed || len(report.Left) != 1 {
		t.Fatalf("%v, %+v", err, report)
	}
	w.sticky = false
	if report, err = w.run(nil); err != nil || !report.Destroyed || w.confirms != 2 {
		t.Fatalf("%v, asked %d times", err, w.confirms)
	}
}
