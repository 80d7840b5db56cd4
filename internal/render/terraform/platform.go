package terraform

import (
	"fmt"
	"path"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/groundwork-dev/groundwork/internal/awsname"
	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/hardening"
	"github.com/groundwork-dev/groundwork/internal/platform"
)

// PlatformDir is the folder of a cluster's stack.
func PlatformDir(cluster string) string { return path.Join("terraform/platform", cluster) }

// Platform returns the files of terraform/platform/<cluster>. The error is
// diag.Problems where components of the cluster want the same bucket or key.
func Platform(p *config.Platform, c platform.Cluster) ([]File, error) {
	aws := &p.Spec.AWS
	partition := awsname.Partition(aws.Region)
	keys, buckets, err := storage(p, c)
	if err != nil {
		return nil, err
	}
	zones := c.Zones(p.Spec.AWS)
	s := stack{of: hardening.Platform, aws: aws, name: p.Metadata.Name, key: "platform/" + c.Name + ".tfstate", own: []string{"variables.tf"}}
	s.locals = append(common(aws),
		text("cluster", c.FullName),
		text("domain", c.Domain),
		texts("zones", zones),
		local{name: "kops_subnet_bits", value: cty.NumberIntVal(subnetBits(len(zones)))},
		texts("private_networks", aws.Connection.Networks()),
		texts("endpoint_services", EndpointServices(p)),
		local{name: "endpoint_subnet_ids", expression: endpointSubnets(aws)},
		text("flow_logs_role", awsname.StackRole(c.FullName, "flow-logs")),
		text("web_acl", awsname.WebACL(c.FullName)),
		text("scaling_topic", c.FullName+"-scaling"),
		text("logs_key_alias", awsname.KeyAlias(c.FullName, awsname.Logs)),
		text("autoscaling_role_arn", fmt.Sprintf("arn:%s:iam::%s:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling", partition, aws.AccountID)),
	)
	if len(keys) > 0 {
		s.own = append(s.own, "components-keys.tf")
		s.locals = append(s.locals, object("keys", keys))
	}
	if len(buckets) > 0 {
		s.own = append(s.own, "components-buckets.tf")
		s.locals = append(s.locals, object("buckets", buckets))
	}
	s.locals = append(s.locals, tags(map[string]string{
		awsname.TagPlatform: p.Metadata.Name, tagStack: string(hardening.Platform), awsname.TagCluster: c.Domain,
	}))
	return s.render()
}

// subnetBits is into how many parts, as a power of two, kops cuts the VPC's
// range: one for the subnets of load balancers, and one a zone
// (k8s.io/kops v1.36.2, upup/pkg/fi/cloudup/subnets.go).
func subnetBits(zones int) int64 {
	switch {
	case zones <= 1:
		return 1
	case zones <= 3:
		return 2
	}
	return 3
}

// EndpointServices are the services of AWS that have an interface in the VPC:
// what nodes and controllers call all the time.
func EndpointServices(p *config.Platform) []string {
	services := []string{"autoscaling", "ec2", "elasticloadbalancing", "kms", "sts"}
	if len(Repositories(p)) > 0 {
		services = append(services, "ecr.api", "ecr.dkr")
	}
	return services
}

func endpointSubnets(aws *config.AWS) string {
	if aws.Hardened(hardening.NetworkSegmentation) {
		return "[for s in aws_subnet.isolated : s.id]"
	}
	return "var.node_subnet_ids"
}

// storage returns the keys and the buckets that the cluster's components
// declare, by purpose.
func storage(p *config.Platform, c platform.Cluster) (keys, buckets map[string]cty.Value, err error) {
	var problems diag.Problems
	keys, buckets = map[string]cty.Value{}, map[string]cty.Value{}
	keyOf, bucketOf := map[string]string{awsname.Logs: "the cluster's own stack"}, map[string]string{}
	claim := func(owners map[string]string, kind, purpose, component string) bool {
		first, taken := owners[purpose]
		if !taken {
			owners[purpose] = component
			return true
		}
		at := []string{"spec", "clusters", c.Name, "components", component}
		problems = append(problems, diag.Problem{
			Position: p.Position(at...), Path: strings.Join(at, "."),
			Message: fmt.Sprintf("declares the %s %s, which is %s's", kind, purpose, first), Hint: "give it another name in component.yaml",
		})
		return false
	}
	for i := range c.Components {
		spec := c.Components[i].Spec
		for _, k := range spec.Keys {
			if claim(keyOf, "key", k.Name, spec.Name) {
				keys[k.Name] = cty.ObjectVal(map[string]cty.Value{
					"alias": cty.StringVal(awsname.KeyAlias(c.FullName, k.Name)), "description": cty.StringVal(k.Description),
				})
			}
		}
		for _, b := range spec.Buckets {
			if claim(bucketOf, "bucket", b.Name, spec.Name) {
				buckets[b.Name] = cty.ObjectVal(map[string]cty.Value{
					"name": cty.StringVal(awsname.Bucket(p.Spec.AWS.AccountID, c.FullName, b.Name)), "key": keyFor(b, spec.Keys),
				})
			}
		}
	}
	problems.Sort()
	return keys, buckets, problems.Err()
}

// keyFor is the purpose of the key that a bucket is encrypted with: the
// component's own of the same name, or its only one; null for a component
// without, whose bucket AWS' key for S3 encrypts.
func keyFor(bucket catalog.AWSResource, keys []catalog.AWSResource) cty.Value {
	for _, k := range keys {
		if k.Name == bucket.Name || len(keys) == 1 {
			return cty.StringVal(k.Name)
		}
	}
	return cty.NullVal(cty.String)
}
