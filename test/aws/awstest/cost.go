//go:build aws

package awstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/groundwork-dev/groundwork/internal/cli"
	"github.com/groundwork-dev/groundwork/internal/cost"
	"github.com/groundwork-dev/groundwork/internal/terraform"
)

// Part is what one stack has of an estimate.
type Part int

// The parts of what `bootstrap cluster cost` says: of a cluster, the stack that
// kops makes and the one beside it; the account has one.
const (
	Kubernetes Part = iota
	Platform
	Account
)

// holds reports whether a line is of the part: machines and what they need are
// kops', all else is not.
func (p Part) holds(l cost.Line) bool {
	switch l.Price {
	case "volume-gb", "nat-gateway", "network-load-balancer":
		return p == Kubernetes
	}
	machine := strings.Contains(l.Price, ".")
	return machine == (p == Kubernetes)
}

// HoldCost holds what `bootstrap cluster cost` says of a part of a folder's
// platform.yaml, by name a cluster or the account, to what the resources of a
// first plan cost.
func HoldCost(t *testing.T, dir, region, name string, part Part, plan *tfjson.Plan) {
	t.Helper()
	var said struct {
		Estimates []cost.Estimate `json:"estimates"`
	}
	var out, errors bytes.Buffer
	if code := cli.Main(cli.Streams{Out: &out, Err: &errors}, []string{"cluster", "cost", "--dir", dir, "--output", "json"}); code != 0 {
		t.Fatalf("bootstrap cluster cost: %d\n%s", code, errors.String())
	}
	if err := json.Unmarshal(out.Bytes(), &said); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	counts := map[string]int{}
	for _, e := range said.Estimates {
		for _, l := range e.Lines {
			if e.Of == name && part.holds(l) {
				counts[l.Price] += l.Count
				want[l.Price] = fmt.Sprintf("%d × %.4f", counts[l.Price], l.Each)
			}
		}
	}
	prices, err := cost.List()
	if err != nil {
		t.Fatal(err)
	}
	d, err := cost.OfPlan(prices, region, terraform.PlanOf(plan))
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]string{}
	sum := 0.0
	for _, c := range d.Changes {
		if _, twice := have[c.Price]; twice || c.Before != 0 {
			t.Errorf("of %s there are two lines, or some before a first plan: %+v", c.Price, d.Changes)
		}
		have[c.Price] = fmt.Sprintf("%d × %.4f", c.After, c.Difference/float64(c.After))
		sum += c.Difference
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("%s: what things cost (-by platform.yaml +by the plan):\n%s", name, diff)
	}
	if d.Before != 0 || fmt.Sprintf("%.4f %.4f", sum, sum) != fmt.Sprintf("%.4f %.4f", d.After, d.Difference) {
		t.Errorf("the lines are %.4f together, and the sums %+v", sum, d)
	}
	for _, u := range d.Unpriced {
		if !strings.HasSuffix(u, "× aws_eip") {
			t.Errorf("the plan has %s, which `cluster cost` says nothing of", u)
		}
	}
}
