//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// TestDiff asks a cluster what a push would change: nothing at first, then what
// was changed in the folder, and neither time does anything change in it.
func TestDiff(t *testing.T) {
	dir := shared.ensure(t)
	before := shared.stamps(t)
	none := shared.run(t, dir, "diff", "--cluster", "dev", "--exit-code")
	none.Want(t, 0)
	if !strings.Contains(none.Stdout, " 0 changed, 0 deleted") {
		t.Errorf("with nothing to do:\n%s", none.Stdout)
	}

	p := shared.good()
	p.Replicas = 4
	p.write(t, dir)
	shared.run(t, dir, "generate").Want(t, 0)
	some := shared.run(t, dir, "diff", "--cluster", "dev", "--exit-code")
	some.Want(t, exitDrift)
	for _, want := range []string{"HorizontalPodAutoscaler", "+  minReplicas: 4"} {
		if !strings.Contains(some.Stdout, want) {
			t.Errorf("the change is not shown, %s is missing:\n%s", want, some.Stdout)
		}
	}
	sameStamps(t, before, shared.stamps(t))

	branch := shared.run(t, dir, "diff", "--against", "HEAD", "--exit-code")
	branch.Want(t, exitDrift, "")
	if !strings.Contains(branch.Stdout, "+  minReplicas: 4") {
		t.Errorf("beside the last commit:\n%s", branch.Stdout)
	}
	shared.Must(t, dir, "git", "checkout", "--quiet", ".")
}
