package cost_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/groundwork-dev/groundwork/internal/cost"
	"github.com/groundwork-dev/groundwork/internal/stackplan"
)

// resourcesOf reads resources as `terraform show -json` has them: TYPE and values,
// one a line.
func resourcesOf(t testing.TB, lines string) []stackplan.Resource {
	t.Helper()
	var all []stackplan.Resource
	for line := range strings.Lines(lines) {
		kind, values, _ := strings.Cut(strings.TrimSpace(line), " ")
		if kind == "" {
			continue
		}
		r := stackplan.Resource{Address: kind + ".x", Type: kind}
		if err := json.Unmarshal([]byte(values), &r.Values); err != nil {
			t.Fatal(line, err)
		}
		all = append(all, r)
	}
	return all
}

const (
	template = `aws_launch_template {"name":"n","instance_type":"t3.large","block_device_mappings":[{"ebs":[{"volume_type":"gp3","volume_size":10,"iops":3000,"throughput":125}]}]}` + "\n"
	group    = `aws_autoscaling_group {"name":"n","min_size":2,"max_size":9,"launch_template":[{}]}` + "\n"
	spot     = `aws_autoscaling_group {"name":"n","min_size":2,"mixed_instances_policy":[{"instances_distribution":[{}],"launch_template":[{"launch_template_specification":[{}],"override":[{"instance_type":"t3.large"}]}]}]}` + "\n"
)

func TestOfResources(t *testing.T) {
	t.Parallel()
	machines := func(n int) []cost.Line {
		return []cost.Line{{What: "machines, t3.large", Price: "t3.large", Count: n}, {What: "volumes, GB of gp3", Price: "volume-gb", Count: 10 * n}}
	}
	counted := func(price string, n int) []cost.Line {
		return []cost.Line{{What: price, Price: price, Count: n}}
	}
	for name, tc := range map[string]struct {
		resources string
		lines     []cost.Line
		byUse     []string
		unpriced  []string
	}{
		"nothing":                {},
		"free":                   {resources: `aws_vpc {}`},
		"group by name":          {resources: group + template, lines: machines(2)},
		"group by its template":  {resources: template + strings.Replace(strings.Replace(group, `"n"`, `"g"`, 1), `[{}]`, `[{"id":"lt-1","name":"n"}]`, 1), lines: machines(2)},
		"two groups":             {resources: group + group + template, lines: machines(4)},
		"group that may be none": {resources: strings.Replace(group, "2", "0", 1) + template},
		"spot": {resources: spot + template, lines: []cost.Line{
			{What: "machines, t3.large, at most", Price: "t3.large", Count: 2}, {What: "volumes, GB of gp3", Price: "volume-gb", Count: 20},
		}},
		"spot by its template": {resources: group + strings.Replace(template, `"block`, `"instance_market_options":[{"market_type":"spot"}],"block`, 1), lines: []cost.Line{
			{What: "machines, t3.large, at most", Price: "t3.large", Count: 2}, {What: "volumes, GB of gp3", Price: "volume-gb", Count: 20},
		}},
		"several types":         {resources: strings.Replace(spot, `"override":[`, `"override":[{"instance_type":"m5.large"},`, 1) + template, unpriced: []string{"1 × aws_autoscaling_group without one known size and machine type"}},
		"another type":          {resources: strings.Replace(spot, `t3.large`, `x9.huge`, 1) + template, lines: []cost.Line{{What: "volumes, GB of gp3", Price: "volume-gb", Count: 20}}, unpriced: []string{"2 × machine x9.huge"}},
		"no template":           {resources: group, unpriced: []string{"1 × aws_autoscaling_group without one known size and machine type"}},
		"template without type": {resources: group + `aws_launch_template {"name":"n"}`, unpriced: []string{"1 × aws_autoscaling_group without one known size and machine type"}},
		"no size":               {resources: strings.Replace(group, `"min_size":2,`, "", 1) + template, unpriced: []string{"1 × aws_autoscaling_group without one known size and machine type"}},
		"mad size":              {resources: strings.Replace(group, `2`, "-2", 1) + template + strings.Replace(group, `2`, "1e300", 1), unpriced: []string{"2 × aws_autoscaling_group without one known size and machine type"}},
		"the image's volume":    {resources: group + `aws_launch_template {"name":"n","instance_type":"t3.large","block_device_mappings":[]}`, lines: machines(2)[:1], unpriced: []string{"2 × volume as the image has it"}},
		"volumes": {
			resources: "aws_ebs_volume {\"type\":\"gp3\",\"size\":20}\naws_ebs_volume {\"type\":\"gp3\",\"size\":5,\"iops\":4000}\naws_ebs_volume {\"type\":\"io2\",\"size\":5}\naws_ebs_volume {\"type\":\"gp3\"}",
			lines:     []cost.Line{{What: "volumes, GB of gp3", Price: "volume-gb", Count: 25}},
			unpriced:  []string{"1 × volume gp3", "1 × volume gp3 beyond its own speed", "1 × volume io2"},
		},
		"load balancers": {
			resources: "aws_lb {\"load_balancer_type\":\"network\"}\naws_lb {\"load_balancer_type\":\"application\"}\naws_lb {}",
			lines:     counted("network-load-balancer", 1), unpriced: []string{"1 × aws_lb", "1 × aws_lb application"},
		},
		"endpoints": {
			resources: "aws_vpc_endpoint {\"vpc_endpoint_type\":\"Interface\",\"subnet_ids\":[\"a\",\"b\"]}\naws_vpc_endpoint {\"vpc_endpoint_type\":\"Interface\"}\naws_vpc_endpoint {\"vpc_endpoint_type\":\"Gateway\"}\naws_subnet {}\naws_subnet {}\naws_subnet {}",
			lines:     counted("interface-endpoint", 5),
		},
		"endpoint somewhere": {resources: "aws_vpc_endpoint {\"vpc_endpoint_type\":\"Interface\"}\naws_vpc_endpoint {\"vpc_endpoint_type\":\"GatewayLoadBalancer\"}", unpriced: []string{"1 × aws_vpc_endpoint GatewayLoadBalancer", "1 × aws_vpc_endpoint in subnets that are not known"}},
		"web ACL":            {resources: `aws_wafv2_web_acl {"rule":[{},{},{}]}`, lines: []cost.Line{counted("web-acl", 1)[0], counted("web-acl-rule", 3)[0]}},
		"plain":              {resources: "aws_kms_key {}\naws_kms_key {}\naws_nat_gateway {}", lines: []cost.Line{counted("kms-key", 2)[0], counted("nat-gateway", 1)[0]}},
		"by use and unknown": {resources: "aws_flow_log {}\naws_cloudwatch_log_group {}\naws_sqs_queue {}\naws_eip {}\naws_eip {}", byUse: []string{"logs", "messages"}, unpriced: []string{"2 × aws_eip"}},
		"values of odd types": {
			resources: "aws_autoscaling_group {\"name\":7,\"min_size\":\"2\",\"launch_template\":{}}\naws_wafv2_web_acl {\"rule\":\"none\"}\naws_launch_template {\"name\":[],\"block_device_mappings\":[7]}\naws_vpc_endpoint {\"vpc_endpoint_type\":1}",
			lines:     counted("web-acl", 1), unpriced: []string{"1 × aws_autoscaling_group without one known size and machine type", "1 × aws_vpc_endpoint"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := cost.OfResources(prices(t), "eu-central-1", resourcesOf(t, tc.resources))
			if err != nil {
				t.Fatal(err)
			}
			sum := 0.0
			var lines []cost.Line
			for _, l := range e.Lines {
				if l.Each <= 0 || !near(l.Monthly, float64(l.Count)*l.Each) {
					t.Errorf("%+v", l)
				}
				sum += l.Monthly
				lines = append(lines, cost.Line{What: l.What, Price: l.Price, Count: l.Count})
			}
			if diff := cmp.Diff(tc.lines, lines); diff != "" {
				t.Errorf("lines (-want +have):\n%s", diff)
			}
			if diff := cmp.Diff([2][]string{tc.byUse, tc.unpriced}, [2][]string{e.ByUse, e.Unpriced}); diff != "" {
				t.Errorf("left out (-want +have):\n%s", diff)
			}
			if !near(sum, e.Monthly) {
				t.Errorf("the lines are %v together, not %v", sum, e.Monthly)
			}
		})
	}
	if _, err := cost.OfResources(prices(t), "ap-south-2", nil); err == nil || !strings.Contains(err.Error(), "ap-south-2") {
		t.Errorf("the region without prices was estimated: %v", err)
	}
}

// TestResourcesOfTheTable: what is counted has a price, and no type is there twice.
func TestResourcesOfTheTable(t *testing.T) {
	t.Parallel()
	p := prices(t)
	seen := slices.Clone(p.Resources.Free)
	if !slices.IsSorted(seen) {
		t.Error("what is free is not sorted")
	}
	for kind := range p.Resources.ByUse {
		seen = append(seen, kind)
	}
	for kind := range p.Resources.Counted {
		seen = append(seen, kind)
		e, err := cost.OfResources(p, "us-east-1", []stackplan.Resource{{Type: kind}})
		if err != nil || len(e.Lines) != 1 || e.Monthly <= 0 {
			t.Errorf("one %s costs %+v (%v)", kind, e, err)
		}
	}
	slices.Sort(seen)
	if n := len(slices.Compact(slices.Clone(seen))); n != len(seen) {
		t.Errorf("a type is there twice: %q", seen)
	}
}

var declared = regexp.MustCompile(`(?m)^resource "([a-z0-9_]+)"`)

// TestEveryTypeIsKnown: of all types that this repository's stacks and the golden
// ones make, only public addresses have no price.
func TestEveryTypeIsKnown(t *testing.T) {
	t.Parallel()
	types := map[string]bool{}
	for _, dir := range []string{"../../terraform", "../../docs/examples/seed/terraform", "../render/terraform/account", "../render/terraform/platform", "../render/terraform/shared"} {
		for _, text := range tfFiles(t, dir) {
			for _, m := range declared.FindAllSubmatch(text, -1) {
				types[string(m[1])] = true
			}
		}
	}
	if len(types) < 60 {
		t.Fatalf("there are %d types only: does the pattern find them?", len(types))
	}
	var unpriced []string
	for kind := range types {
		switch kind {
		case "aws_autoscaling_group", "aws_ebs_volume", "aws_lb", "aws_vpc_endpoint": // by their values, as TestOfResources has it
			continue
		}
		e, err := cost.OfResources(prices(t), "us-east-1", []stackplan.Resource{{Type: kind}})
		if err != nil {
			t.Fatal(err)
		}
		unpriced = append(unpriced, e.Unpriced...)
	}
	if diff := cmp.Diff([]string{"1 × aws_eip"}, unpriced); diff != "" {
		t.Errorf("types without a price (-want +have):\n%s", diff)
	}
}

func tfFiles(t *testing.T, dir string) [][]byte {
	t.Helper()
	var texts [][]byte
	var walk func(string)
	walk = func(dir string) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			name := dir + "/" + e.Name()
			if e.IsDir() {
				walk(name)
			} else if strings.HasSuffix(name, ".tf") {
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				texts = append(texts, text)
			}
		}
	}
	walk(dir)
	return texts
}
