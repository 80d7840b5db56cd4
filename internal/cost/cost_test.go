package cost_test

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/cost"
)

func prices(t *testing.T) *cost.Prices {
	t.Helper()
	p, err := cost.List()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestTable: the table has a date, a source, and every price that is not zero
// in each region; each hardening item has a note.
func TestTable(t *testing.T) {
	t.Parallel()
	p := prices(t)
	if len(p.Date) != 7 || p.Source == "" || p.Currency != "USD" || len(p.LeavesOut) == 0 {
		t.Errorf("the table says too little of itself: %q, %q, %q", p.Date, p.Source, p.Currency)
	}
	var types []string
	for name, r := range p.Regions {
		var have []string
		for kind, price := range r.Machines {
			have = append(have, kind)
			if price <= 0 {
				t.Errorf("%s: %s costs %v", name, kind, price)
			}
		}
		slices.Sort(have)
		if types == nil {
			types = have
		}
		if !slices.Equal(types, have) {
			t.Errorf("%s has prices of %q, another region of %q", name, have, types)
		}
		if min(r.VolumeGB, r.NATGateway, r.NetworkLoadBalancer, r.InterfaceEndpoint) <= 0 {
			t.Errorf("%s lacks a price: %+v", name, r)
		}
	}
	if odd := p.Unknown(); len(odd) > 0 {
		t.Errorf("items on one side alone: %q", odd)
	}
	for name, item := range p.Hardening {
		if item.Note == "" {
			t.Errorf("%s has no note", name)
		}
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 0.005 }

func TestCluster(t *testing.T) {
	t.Parallel()
	c := cost.Cluster{
		Name: "prod", Region: "us-east-1", Zones: 3, NATGateways: 3, LoadBalancers: 1, Keys: 2,
		Machines: []cost.Machines{
			{Role: "control plane", Type: "m6i.large", Count: 3, VolumeGB: 100},
			{Role: "workers", Type: "m6i.xlarge", Count: 4, VolumeGB: 50},
		},
		Items: []string{"vpc-endpoints", "waf", "connection", "security-groups"},
	}
	e, err := prices(t).Cluster(c)
	if err != nil {
		t.Fatal(err)
	}
	// By hand: 3×0.096×730 + 4×0.192×730 + 500×0.08 + 3×0.045×730 + 0.0225×730 + 2 + 15×0.01×730 + 5 + 4.
	if want := 210.24 + 560.64 + 40 + 98.55 + 16.425 + 2 + 109.5 + 9; !near(e.Monthly, want) {
		t.Errorf("%v a month, want %v: %+v", e.Monthly, want, e.Lines)
	}
	c.Scope = []string{"vpn", "ecr"}
	more, err := prices(t).Cluster(c)
	if err != nil || !near(more.Monthly-e.Monthly, 0.05*730+6*0.01*730) {
		t.Errorf("a VPN and ECR cost %v more (%v)", more.Monthly-e.Monthly, err)
	}
	sum := 0.0
	for _, l := range more.Lines {
		sum += l.Monthly
	}
	if !near(sum, more.Monthly) {
		t.Errorf("the lines are %v together, not %v", sum, more.Monthly)
	}
}

func TestAccount(t *testing.T) {
	t.Parallel()
	e, err := prices(t).Account(cost.Account{Items: []string{"alarms", "encryption", "guard-duty"}, Keys: 1}, "eu-west-1")
	if err != nil || !near(e.Monthly, 12*0.1+1+1) {
		t.Errorf("%+v (%v)", e, err)
	}
}

// TestMissing: what has no price is an error that says so, all of it at once.
func TestMissing(t *testing.T) {
	t.Parallel()
	p := prices(t)
	for name, tc := range map[string]struct {
		c    cost.Cluster
		want []string
	}{
		"region":   {cost.Cluster{Region: "ap-south-2"}, []string{"no prices for region ap-south-2, only for eu-central-1, eu-west-1, us-east-1"}},
		"machines": {cost.Cluster{Region: "us-east-1", Machines: []cost.Machines{{Type: "m6i.lage", Count: 1}, {Type: "x9.huge", Count: 1}}}, []string{"m6i.lage in us-east-1", `did you mean "m6i.large"`, "x9.huge"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := p.Cluster(tc.c)
			for _, want := range tc.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error is %v, want it to hold %q", err, want)
				}
			}
		})
	}
	if _, err := p.Account(cost.Account{}, "ap-south-2"); err == nil {
		t.Error("the account of a region without prices was estimated")
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	e, err := prices(t).Cluster(cost.Cluster{Name: "dev", Region: "us-east-1", Machines: []cost.Machines{{Role: "workers", Type: "t3.large", Count: 2, VolumeGB: 10}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := prices(t).Text(&b, e); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"dev", "workers, t3.large", "121.47", "123.07", "2025-06", "leaves out", "traffic"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, b.String())
		}
	}
}
