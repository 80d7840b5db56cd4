//go:build aws

// Package life takes a cluster from an empty account to its end, by the command
// line alone, in a simulation of AWS: real Terraform with the real provider, real
// kops, a state in S3 with its locks. It proves the calls and their order, not
// that machines boot: the API server is played.
package life

import (
	"encoding/json"
	"syscall"
	"testing"
	"time"
)

// TestLife is one story; each step needs the one before.
func TestLife(t *testing.T) {
	w := newWorld(t)
	w.run(t, 0, "generate")

	// Nothing can be planned before there is something to plan.
	has(t, w.run(t, 4, "cluster", "plan", "--cluster", cluster).err, "terraform/k8s/dev was never rendered", "bootstrap cluster render --cluster dev")
	w.run(t, 0, "cluster", "state", "--cluster", cluster)
	w.withoutPolicies(t)
	w.run(t, 0, "cluster", "facts", "--cluster", cluster, "--refresh")
	w.run(t, 0, "cluster", "render", "--cluster", cluster)
	w.override(t)

	up := []string{"cluster", "up", "--cluster", cluster, "--kubeconfig", w.kubeconfig}
	has(t, w.run(t, 4, up...).err, "terraform/account is to be changed, and nobody is here to be asked")
	w.plan(t) // what is saved here is applied below
	up = append(up, "--yes")

	// Somebody else is at work; the saved plan is as good as before.
	w.lock(t, "k8s/dev")
	has(t, w.run(t, 4, up...).err, "the state of terraform/k8s/dev is locked by somebody@elsewhere", "force-unlock 11111111-2222")
	w.unlock(t, "k8s/dev")
	// Interrupted in the middle, Terraform writes down what it has made, and another
	// run goes on from there. In the middle of the quarter of a minute in which
	// nothing but records is made: the provider gives up on requests under way, and
	// most of what it had begun keeps a name that the next apply wants (docs/aws.md).
	stopped := w.stop(t, syscall.SIGINT, `apply terraform/k8s/dev: .*\n(.*\n)*? +waits for aws_route53_record`, 6*time.Second, up...)
	if stopped.code != 130 {
		t.Errorf("interrupted, it exits with %d:\n%s", stopped.code, stopped.err)
	}
	// Killed while it waits, it has nothing to lose.
	end := w.silence()
	w.stop(t, syscall.SIGKILL, "unable to handle the request", 0, up...)
	end()
	w.nodes(3)
	has(t, w.run(t, 0, up...).out, "cluster dev is there", "3 nodes", "bootstrap run --cluster dev")
	w.again(t, up)
	w.end(t)
}

// plan looks at the plans before anything is there.
func (w *world) plan(t *testing.T) {
	t.Helper()
	var planned struct {
		Stacks []struct {
			Folder, Later string
			Changes       []struct{ Address, Action string }
		}
	}
	if err := json.Unmarshal([]byte(w.run(t, 0, "cluster", "plan", "--cluster", cluster, "--output", "json").out), &planned); err != nil {
		t.Fatal(err)
	}
	if s := planned.Stacks; len(s) != 3 || len(s[0].Changes) < 20 || len(s[1].Changes) < 80 || s[2].Later == "" {
		t.Fatalf("planned is %+v", s)
	}
}

// again runs up once more. moto 5.2 does not keep all that it is told of groups,
// launch templates and network ACLs: these are set again, in place, and nothing
// else is done.
func (w *world) again(t *testing.T, up []string) {
	t.Helper()
	var report struct {
		Stacks []struct {
			Folder  string
			Changes []struct{ Address, Action string }
		}
		Nodes int
	}
	if err := json.Unmarshal([]byte(w.run(t, 0, append(up, "--output", "json")...).out), &report); err != nil {
		t.Fatal(err)
	}
	for _, s := range report.Stacks {
		for _, c := range s.Changes {
			if c.Action != "update" {
				t.Errorf("once more, it would %s %s of %s", c.Action, c.Address, s.Folder)
			}
		}
	}
	if report.Nodes != 3 {
		t.Errorf("once more, %d nodes are ready", report.Nodes)
	}
}
