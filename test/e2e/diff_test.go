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
	none.want(t, 0)
	if !strings.Contains(none.stdout, " 0 changed, 0 deleted") {
		t.Errorf("with nothing to do:\n%s", none.stdout)
	}

	p := shared.good()
	p.Replicas = 4
	p.write(t, dir)
	shared.run(t, dir, "generate").want(t, 0)
	some := shared.run(t, dir, "diff", "--cluster", "dev", "--exit-code")
	some.want(t, exitDrift)
	for _, want := range []string{"HorizontalPodAutoscaler", "+  minReplicas: 4"} {
		if !strings.Contains(some.stdout, want) {
			t.Errorf("the change is not shown, %s is missing:\n%s", want, some.stdout)
		}
	}
	sameStamps(t, before, shared.stamps(t))

	branch := shared.run(t, dir, "diff", "--against", "HEAD", "--exit-code")
	branch.want(t, exitDrift, "")
	if !strings.Contains(branch.stdout, "+  minReplicas: 4") {
		t.Errorf("beside the last commit:\n%s", branch.stdout)
	}
	shared.must(t, dir, "git", "checkout", "--quiet", ".")
}
