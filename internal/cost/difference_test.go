package cost_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/groundwork-dev/groundwork/internal/cost"
	"github.com/groundwork-dev/groundwork/internal/stackplan"
)

func TestDifference(t *testing.T) {
	t.Parallel()
	rest := "aws_kms_key {}\naws_flow_log {}\naws_eip {}\n"
	for name, tc := range map[string]struct{ before, after, want string }{
		"first": {"", group + template + rest, `cost: +143.06 USD a month (0.00 → 143.06), list prices of 2025-06; left out: traffic, logs; without a price here: 1 × aws_eip
  +140.16   +2  machines, t3.large
    +1.90  +20  volumes, GB of gp3
    +1.00   +1  kms-key
`},
		"one more": {group + template + rest, strings.Replace(group, "2", "3", 1) + template + rest, `cost: +71.03 USD a month (143.06 → 214.10), list prices of 2025-06; left out: traffic, logs; without a price here: 1 × aws_eip
  +70.08   +1  machines, t3.large
   +0.95  +10  volumes, GB of gp3
`},
		"another machine": {group + template, group + strings.Replace(template, "t3.large", "m6i.large", 1), `cost: +27.74 USD a month (142.06 → 169.80), list prices of 2025-06; left out: traffic
  +167.90  +2  machines, m6i.large
  -140.16  -2  machines, t3.large
`},
		"the end": {rest, "", `cost: -1.00 USD a month (1.00 → 0.00), list prices of 2025-06; left out: traffic, logs; without a price here: 1 × aws_eip
  -1.00  -1  kms-key
`},
		"no change": {rest, rest, "cost: 0.00 USD a month (1.00 → 1.00), list prices of 2025-06; left out: traffic, logs; without a price here: 1 × aws_eip\n"},
		"nothing":   {"", "", "cost: 0.00 USD a month (0.00 → 0.00), list prices of 2025-06; left out: traffic\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := &stackplan.Plan{Before: resourcesOf(t, tc.before), After: resourcesOf(t, tc.after)}
			d, err := cost.OfPlan(prices(t), "eu-central-1", plan)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := d.Text(&b); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, b.String()); diff != "" {
				t.Errorf("text (-want +have):\n%s", diff)
			}
		})
	}
	if _, err := cost.OfPlan(prices(t), "ap-south-2", &stackplan.Plan{}); err == nil {
		t.Error("a region without prices was estimated")
	}
}

func TestDifferenceAsJSON(t *testing.T) {
	t.Parallel()
	d, err := cost.OfPlan(prices(t), "eu-central-1", &stackplan.Plan{After: resourcesOf(t, "aws_kms_key {}\naws_eip {}")})
	if err != nil {
		t.Fatal(err)
	}
	have, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"date":"2025-06","currency":"USD","before":0,"after":1,"difference":1,"changes":[{"what":"kms-key","price":"kms-key","before":0,"after":1,"difference":1}],"unpriced":["1 × aws_eip"]}`
	if string(have) != want {
		t.Errorf("have\n%s\nwant\n%s", have, want)
	}
}
