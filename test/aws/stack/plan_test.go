//go:build aws

package stack

import (
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/hardening"
	"github.com/groundwork-dev/groundwork/test/aws/awstest"
)

// TestPlans validates and plans each stack, and holds the plan to the policies:
// the general ones, and the row of each hardening item that is on.
func TestPlans(t *testing.T) {
	for _, s := range everything(t) {
		t.Run(s.name, func(t *testing.T) {
			w := awstest.New(t, s.files, awstest.Offline)
			w.Validate(t)
			p := planOf(s, w.Plan(t, s.variables()))
			for _, policy := range general() {
				for _, fault := range policy.check(p) {
					t.Errorf("%s: %s", policy.name, fault)
				}
			}
			for _, row := range rows() {
				item, _ := hardening.Find(row.name)
				if !item.In(p.stack) {
					continue
				}
				faults := row.check(p)
				switch on := s.p.Spec.AWS.Hardened(row.name); {
				case on && len(faults) > 0:
					t.Errorf("%s: %s", row.name, strings.Join(faults, "; "))
				case !on && len(faults) == 0:
					t.Errorf("%s is off, and its policy sees nothing", row.name)
				}
			}
		})
	}
}
