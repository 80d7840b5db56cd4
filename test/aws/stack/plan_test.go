//go:build aws

package stack

import (
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

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
			planned := w.Plan(t, s.variables())
			holdCost(t, s, planned)
			p := planOf(s, planned)
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

// holdCost holds what a stack is said to cost to what is planned of it.
func holdCost(t *testing.T, s stack, planned *tfjson.Plan) {
	t.Helper()
	name, part := s.cluster, awstest.Platform
	if name == "" {
		name, part = string(hardening.Account), awstest.Account
	}
	awstest.HoldCost(t, s.dir, s.p.Spec.AWS.Region, name, part, planned)
}
