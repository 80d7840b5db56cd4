//go:build aws

package kops_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventbridgetypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// What the DNS controllers of two clusters write into their TXT records.
const (
	ourMarker   = "heritage=external-dns,external-dns/owner=acme-example"
	theirMarker = ourMarker + "2"
)

// clients are a person's at the simulation.
type clients struct {
	ec2     *ec2.Client
	elb     *elb.Client
	route53 *route53.Client
	sqs     *sqs.Client
	rules   *eventbridge.Client
}

func (s site) clients(t *testing.T) clients {
	t.Helper()
	c, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(s.request.Region), config.WithBaseEndpoint(s.moto.URL),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("none", "none", "")))
	if err != nil {
		t.Fatal(err)
	}
	return clients{ec2.NewFromConfig(c), elb.NewFromConfig(c), route53.NewFromConfig(c), sqs.NewFromConfig(c), eventbridge.NewFromConfig(c)}
}

// must is what a call answered.
func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ec2Tags(kind ec2types.ResourceType, tags map[string]string) []ec2types.TagSpecification {
	specification := ec2types.TagSpecification{ResourceType: kind}
	for key, value := range tags {
		specification.Tags = append(specification.Tags, ec2types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	return []ec2types.TagSpecification{specification}
}

// plant makes what the controllers of a cluster leave when it dies, and beside it
// what is another cluster's, shared, or named alike. It returns the first as the
// worker lists it, sorted.
func (s site) plant(t *testing.T) []string {
	t.Helper()
	c, name := s.clients(t), s.request.Name
	owned := "kubernetes.io/cluster/" + name
	ours := []string{
		// The tags of the EBS CSI driver (k8sTagClusterId).
		"volume:" + c.volume(t, map[string]string{"KubernetesCluster": name, owned: "owned", "ebs.csi.aws.com/cluster": "true", "Name": name + "-dynamic-pvc-1"}),
		"volume:" + c.volume(t, map[string]string{"KubernetesCluster": name, owned: "owned", "Name": name + "-dynamic-pvc-2"}),
		"security-group:" + c.securityGroup(t, "k8s-traffic", map[string]string{"KubernetesCluster": name, "elbv2.k8s.aws/cluster": name}),
		"security-group:" + c.securityGroup(t, "k8s-elb-owned", map[string]string{owned: "owned"}),
	}
	for kind, arn := range c.loadBalancer(t, "k8s-ours", map[string]string{"KubernetesCluster": name, "elbv2.k8s.aws/cluster": name}) {
		ours = append(ours, kind+":"+arn)
	}
	ours = append(ours, c.records(t, s.zone(t, c), map[string]string{
		"A shop." + name:                     "192.0.2.1",
		"TXT _owner.a-shop." + name:          ourMarker + ",external-dns/resource=ingress/shop/shop",
		"TXT _owner.cname-gone." + name:      ourMarker,
		"A kops-controller.internal." + name: "192.0.2.2", // which kops' own dns-controller writes
	})...)

	other := "other." + s.request.DNSZone
	c.volume(t, map[string]string{"KubernetesCluster": other, "kubernetes.io/cluster/" + other: "owned"})
	c.volume(t, map[string]string{"KubernetesCluster": name, owned: "shared"})
	c.volume(t, nil)
	c.securityGroup(t, "shared", map[string]string{owned: "shared"})
	c.securityGroup(t, "other", map[string]string{"KubernetesCluster": other})
	c.loadBalancer(t, "k8s-other", map[string]string{"KubernetesCluster": other})
	c.records(t, s.zone(t, c), map[string]string{
		"A api." + other:              "192.0.2.3",
		"A web." + name:               "192.0.2.4",
		"TXT _owner.a-web." + name:    theirMarker,
		"A my-shop." + name:           "192.0.2.5", // no controller's
		"TXT _owner.a-api." + other:   theirMarker,
		"A mail." + s.request.DNSZone: "192.0.2.6",
	})
	must[*sqs.CreateQueueOutput](t)(c.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{
		QueueName: aws.String(strings.ReplaceAll(name, ".", "-") + "-au-nth"), Tags: map[string]string{"KubernetesCluster": name + ".au"},
	}))
	must[*eventbridge.PutRuleOutput](t)(c.rules.PutRule(t.Context(), &eventbridge.PutRuleInput{
		Name: aws.String(name + ".au-ASGLifecycle"), EventPattern: aws.String(`{"source":["aws.autoscaling"]}`),
		Tags: []eventbridgetypes.Tag{{Key: aws.String("KubernetesCluster"), Value: aws.String(name + ".au")}},
	}))
	must[*ec2.CreateKeyPairOutput](t)(c.ec2.CreateKeyPair(t.Context(), &ec2.CreateKeyPairInput{KeyName: aws.String("kubernetes." + name + "-mine")}))
	slices.Sort(ours)
	return ours
}

func (c clients) volume(t *testing.T, tags map[string]string) string {
	t.Helper()
	in := &ec2.CreateVolumeInput{AvailabilityZone: aws.String("eu-west-1a"), Size: aws.Int32(1)}
	if tags != nil {
		in.TagSpecifications = ec2Tags(ec2types.ResourceTypeVolume, tags)
	}
	return aws.ToString(must[*ec2.CreateVolumeOutput](t)(c.ec2.CreateVolume(t.Context(), in)).VolumeId)
}

func (c clients) securityGroup(t *testing.T, name string, tags map[string]string) string {
	t.Helper()
	return aws.ToString(must[*ec2.CreateSecurityGroupOutput](t)(c.ec2.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: aws.String(name), Description: aws.String(name), TagSpecifications: ec2Tags(ec2types.ResourceTypeSecurityGroup, tags),
	})).GroupId)
}

// loadBalancer makes a load balancer with a listener and a target group; it
// returns their ARNs by kops' words for them.
func (c clients) loadBalancer(t *testing.T, name string, tags map[string]string) map[string]string {
	t.Helper()
	var elbTags []elbtypes.Tag
	for key, value := range tags {
		elbTags = append(elbTags, elbtypes.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	subnets := must[*ec2.DescribeSubnetsOutput](t)(c.ec2.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{
		Filters: []ec2types.Filter{{Name: aws.String("default-for-az"), Values: []string{"true"}}},
	})).Subnets
	made := must[*elb.CreateLoadBalancerOutput](t)(c.elb.CreateLoadBalancer(t.Context(), &elb.CreateLoadBalancerInput{
		Name: aws.String(name), Type: elbtypes.LoadBalancerTypeEnumNetwork, Tags: elbTags, Subnets: []string{aws.ToString(subnets[0].SubnetId)},
	})).LoadBalancers[0]
	group := must[*elb.CreateTargetGroupOutput](t)(c.elb.CreateTargetGroup(t.Context(), &elb.CreateTargetGroupInput{
		Name: aws.String(name), Protocol: elbtypes.ProtocolEnumTcp, Port: aws.Int32(443), VpcId: subnets[0].VpcId, Tags: elbTags,
	})).TargetGroups[0]
	must[*elb.CreateListenerOutput](t)(c.elb.CreateListener(t.Context(), &elb.CreateListenerInput{
		LoadBalancerArn: made.LoadBalancerArn, Protocol: elbtypes.ProtocolEnumTcp, Port: aws.Int32(443),
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: group.TargetGroupArn}},
	}))
	return map[string]string{"load-balancer": aws.ToString(made.LoadBalancerArn), "target-group": aws.ToString(group.TargetGroupArn)}
}

func (s site) zone(t *testing.T, c clients) string {
	t.Helper()
	zones := must[*route53.ListHostedZonesOutput](t)(c.route53.ListHostedZones(t.Context(), &route53.ListHostedZonesInput{})).HostedZones
	return strings.TrimPrefix(aws.ToString(zones[0].Id), "/hostedzone/")
}

// records writes records, given as "TYPE name", and returns them as the worker
// lists them.
func (c clients) records(t *testing.T, zone string, values map[string]string) []string {
	t.Helper()
	var all []string
	var changes []route53types.Change
	for record, value := range values {
		kind, name, _ := strings.Cut(record, " ")
		if kind == "TXT" {
			value = `"` + value + `"`
		}
		all = append(all, fmt.Sprintf("route53-record:%s/%s/%s.", zone, kind, name))
		changes = append(changes, route53types.Change{Action: route53types.ChangeActionCreate, ResourceRecordSet: &route53types.ResourceRecordSet{
			Name: aws.String(name + "."), Type: route53types.RRType(kind), TTL: aws.Int64(300),
			ResourceRecords: []route53types.ResourceRecord{{Value: aws.String(value)}},
		}})
	}
	must[*route53.ChangeResourceRecordSetsOutput](t)(c.route53.ChangeResourceRecordSets(t.Context(), &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: aws.String(zone), ChangeBatch: &route53types.ChangeBatch{Changes: changes},
	}))
	return all
}

// others is everything of the kinds that were planted which a sweep has to leave
// as it is, by what AWS itself lists.
func (s site) others(t *testing.T) []string {
	t.Helper()
	c, name := s.clients(t), s.request.Name
	ctx := context.WithoutCancel(t.Context())
	var all []string
	for _, v := range must[*ec2.DescribeVolumesOutput](t)(c.ec2.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{})).Volumes {
		if !ownedBy(v.Tags, name) {
			all = append(all, aws.ToString(v.VolumeId))
		}
	}
	for _, g := range must[*ec2.DescribeSecurityGroupsOutput](t)(c.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{})).SecurityGroups {
		if !ownedBy(g.Tags, name) {
			all = append(all, aws.ToString(g.GroupName))
		}
	}
	for _, k := range must[*ec2.DescribeKeyPairsOutput](t)(c.ec2.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{})).KeyPairs {
		all = append(all, aws.ToString(k.KeyName))
	}
	for _, v := range must[*ec2.DescribeVpcsOutput](t)(c.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})).Vpcs {
		all = append(all, aws.ToString(v.VpcId))
	}
	for _, l := range must[*elb.DescribeLoadBalancersOutput](t)(c.elb.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{})).LoadBalancers {
		if aws.ToString(l.LoadBalancerName) != "k8s-ours" {
			all = append(all, aws.ToString(l.LoadBalancerArn))
		}
	}
	for _, g := range must[*elb.DescribeTargetGroupsOutput](t)(c.elb.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{})).TargetGroups {
		if aws.ToString(g.TargetGroupName) != "k8s-ours" {
			all = append(all, aws.ToString(g.TargetGroupArn))
		}
	}
	all = append(all, must[*sqs.ListQueuesOutput](t)(c.sqs.ListQueues(ctx, &sqs.ListQueuesInput{})).QueueUrls...)
	for _, r := range must[*eventbridge.ListRulesOutput](t)(c.rules.ListRules(ctx, &eventbridge.ListRulesInput{})).Rules {
		all = append(all, aws.ToString(r.Name))
	}
	mine := []string{"shop." + name + ".", "_owner.a-shop." + name + ".", "_owner.cname-gone." + name + ".", "kops-controller.internal." + name + "."}
	for _, r := range must[*route53.ListResourceRecordSetsOutput](t)(c.route53.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{HostedZoneId: aws.String(s.zone(t, c))})).ResourceRecordSets {
		if !slices.Contains(mine, aws.ToString(r.Name)) {
			all = append(all, string(r.Type)+" "+aws.ToString(r.Name))
		}
	}
	slices.Sort(all)
	if len(all) < 18 {
		t.Fatalf("of what is not the cluster's there is only %v", all)
	}
	return all
}

func ownedBy(tags []ec2types.Tag, cluster string) bool {
	values := map[string]string{}
	for _, tag := range tags {
		values[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	mark := values["kubernetes.io/cluster/"+cluster]
	return mark == "owned" || mark == "" && values["KubernetesCluster"] == cluster
}
