package cost

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/stackplan"
)

// What a gigabyte of gp3 comes with; more is paid for, and not in the table.
const (
	gp3              = "gp3"
	gp3IOPS          = 3000
	gp3MegabytesPerS = 125
)

// OfResources estimates what resources of Terraform in one region cost a month:
// those of one stack, as they are or as they would be. Of groups that grow, the
// least number counts. What has no price in the table, or does not say enough of
// itself, is in Unpriced. The error is about a region without prices.
func OfResources(p *Prices, region string, resources []stackplan.Resource) (Estimate, error) {
	r, err := p.region(region)
	if err != nil {
		return Estimate{}, err
	}
	t := tally{
		prices: p, region: r, templates: map[string]map[string]any{}, count: map[thing]int{},
		byUse: map[string]bool{}, unpriced: map[string]int{},
	}
	for _, resource := range resources {
		switch name, _ := resource.Values["name"].(string); resource.Type {
		case "aws_launch_template":
			t.templates[name] = resource.Values
		case "aws_subnet":
			t.subnets++
		}
	}
	for _, resource := range resources {
		t.add(resource.Type, resource.Values)
	}
	return t.estimate(), nil
}

// thing is what is counted: at one price, and in words.
type thing struct{ what, price string }

// tally counts the things of a stack.
type tally struct {
	prices    *Prices
	region    Region
	templates map[string]map[string]any // launch templates by name
	subnets   int
	count     map[thing]int
	byUse     map[string]bool
	unpriced  map[string]int
}

func (t *tally) add(kind string, v map[string]any) {
	switch kind {
	case "aws_launch_template": // its group counts
	case "aws_autoscaling_group":
		t.group(v)
	case "aws_ebs_volume":
		t.volume(v, "type", "size", 1)
	case "aws_lb":
		if of := text(v["load_balancer_type"]); of == "network" {
			t.count[thing{networkLoadBalancer, networkLoadBalancer}]++
		} else {
			t.unpriced[strings.TrimSpace(kind+" "+of)]++
		}
	case "aws_vpc_endpoint":
		t.endpoint(v)
	case "aws_wafv2_web_acl":
		rules, _ := v["rule"].([]any)
		t.count[thing{webACL, webACL}]++
		t.count[thing{webACLRule, webACLRule}] += len(rules)
	default:
		t.plain(kind)
	}
}

// plain counts what needs no values.
func (t *tally) plain(kind string) {
	known := t.prices.Resources
	if price, ok := known.Counted[kind]; ok {
		t.count[thing{price, price}]++
	} else if use, ok := known.ByUse[kind]; ok {
		t.byUse[use] = true
	} else if !slices.Contains(known.Free, kind) {
		t.unpriced[kind]++
	}
}

// group counts the machines of an autoscaling group, and their volumes.
func (t *tally) group(v map[string]any) {
	least, ok := number(v["min_size"])
	template := t.templates[templateOf(v)]
	machine := machineOf(v, template)
	switch {
	case !ok || template == nil || machine == "":
		t.unpriced["aws_autoscaling_group without one known size and machine type"]++
		return
	case least == 0:
		return
	}
	if _, priced := t.region.Machines[machine]; priced {
		what := "machines, " + machine
		if _, spot := block(v["mixed_instances_policy"])["instances_distribution"]; spot || len(block(template["instance_market_options"])) > 0 {
			what += ", at most" // what spot capacity costs, a market says
		}
		t.count[thing{what, machine}] += least
	} else {
		t.unpriced["machine "+machine] += least
	}
	mappings, _ := template["block_device_mappings"].([]any)
	for _, m := range mappings {
		if disk := block(object(m)["ebs"]); disk != nil {
			t.volume(disk, "volume_type", "volume_size", least)
		}
	}
	if len(mappings) == 0 {
		t.unpriced["volume as the image has it"] += least
	}
}

// machineOf is the machine type of a group: of its launch template, or what its
// policy puts in the place of that; "" where it has several.
func machineOf(group, template map[string]any) string {
	machine := text(template["instance_type"])
	overrides, _ := block(block(group["mixed_instances_policy"])["launch_template"])["override"].([]any)
	for i, o := range overrides {
		switch other := text(object(o)["instance_type"]); {
		case i == 0 && other != "":
			machine = other
		case other != machine:
			return ""
		}
	}
	return machine
}

// templateOf is the name of a group's launch template. In a first plan the
// template's id is not known, and kops calls a group and its template alike.
func templateOf(group map[string]any) string {
	for _, template := range []map[string]any{
		block(group["launch_template"]),
		block(block(block(group["mixed_instances_policy"])["launch_template"])["launch_template_specification"]),
	} {
		for _, key := range []string{"name", "launch_template_name"} {
			if name := text(template[key]); name != "" {
				return name
			}
		}
	}
	return text(group["name"])
}

// volume counts the gigabytes of volumes that are alike.
func (t *tally) volume(v map[string]any, kindKey, sizeKey string, count int) {
	kind := text(v[kindKey])
	size, ok := number(v[sizeKey])
	if kind != gp3 || !ok {
		t.unpriced[strings.TrimSpace("volume "+kind)] += count
		return
	}
	t.count[thing{"volumes, GB of gp3", volumeGB}] += size * count
	iops, _ := number(v["iops"])
	throughput, _ := number(v["throughput"])
	if iops > gp3IOPS || throughput > gp3MegabytesPerS {
		t.unpriced["volume gp3 beyond its own speed"] += count
	}
}

// endpoint counts an interface in each of its subnets. Where those are not known,
// they are made by the same plan, and are all that it makes: of subnets that
// there are, the ids are known.
func (t *tally) endpoint(v map[string]any) {
	switch kind := text(v["vpc_endpoint_type"]); kind {
	case "Gateway": // free
	case "Interface":
		subnets, known := v["subnet_ids"].([]any)
		n := len(subnets)
		if !known {
			n = t.subnets
		}
		if n == 0 {
			t.unpriced["aws_vpc_endpoint in subnets that are not known"]++
			return
		}
		t.count[thing{interfaceEndpoint, interfaceEndpoint}] += n
	default:
		t.unpriced[strings.TrimSpace("aws_vpc_endpoint "+kind)]++
	}
}

// estimate puts what was counted into lines, sorted.
func (t *tally) estimate() Estimate {
	e := Estimate{ByUse: slices.Sorted(maps.Keys(t.byUse))}
	monthly := t.prices.monthly(t.region)
	for _, of := range slices.SortedFunc(maps.Keys(t.count), func(a, b thing) int { return strings.Compare(a.what, b.what) }) {
		each, ok := monthly[of.price]
		if !ok {
			each = t.region.Machines[of.price] * hoursAMonth
		}
		e.add(of.what, of.price, t.count[of], each)
	}
	for _, what := range slices.Sorted(maps.Keys(t.unpriced)) {
		e.Unpriced = append(e.Unpriced, fmt.Sprintf("%d × %s", t.unpriced[what], what))
	}
	return e
}
