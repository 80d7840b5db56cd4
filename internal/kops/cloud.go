package kops

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"k8s.io/kops/dnsprovider/pkg/dnsprovider"
	"k8s.io/kops/upup/pkg/fi/cloudup/awsup"
	"k8s.io/kops/util/pkg/awsinterfaces"

	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
)

// lockedCloud is AWS as the facts lock knows it. What it does not know is an
// error; a call that a render does not make ends the worker, by kops' own mock.
type lockedCloud struct {
	*awsup.MockAWSCloud
	facts *clusterfacts.Facts
}

// newLockedCloud returns the AWS of a region; it stands in for kops' own client
// wherever this process asks for one.
func newLockedCloud(facts *clusterfacts.Facts, region, cluster string) lockedCloud {
	var letters strings.Builder
	for _, zone := range facts.Zones.Names {
		letters.WriteString(strings.TrimPrefix(zone, region))
	}
	mock := awsup.InstallMockAWSCloud(region, letters.String())
	mock.MockRoute53 = lockedZone{facts: facts}
	mock.MockELBV2 = noLoadBalancers{}
	return lockedCloud{MockAWSCloud: mock, facts: facts}.tagged(map[string]string{awsup.TagClusterName: cluster})
}

func (c lockedCloud) tagged(tags map[string]string) lockedCloud {
	mock, _ := c.MockAWSCloud.WithTags(tags).(*awsup.MockAWSCloud)
	return lockedCloud{MockAWSCloud: mock, facts: c.facts}
}

// WithTags returns the same cloud, whose resources get these tags.
func (c lockedCloud) WithTags(tags map[string]string) awsup.AWSCloud { return c.tagged(tags) }

// AccountInfo returns the account's number and partition.
func (c lockedCloud) AccountInfo(context.Context) (account, partition string, err error) {
	return c.facts.Account.ID, c.facts.Account.Partition, nil
}

// DNS returns none: kops then asks no name server whether the zone is delegated.
func (lockedCloud) DNS() (dnsprovider.Interface, error) { return nil, nil } //nolint:nilnil // kops' own way to say that there is none

// ResolveImage returns what is locked of an image.
func (c lockedCloud) ResolveImage(name string) (*ec2types.Image, error) {
	image, ok := c.facts.Images[name]
	if !ok {
		return nil, fmt.Errorf("the facts lock has no image %s", name)
	}
	return &ec2types.Image{
		ImageId:        aws.String(image.ID),
		Architecture:   ec2types.ArchitectureValues(image.Architecture),
		RootDeviceName: aws.String(image.RootDevice),
	}, nil
}

// DescribeInstanceType returns what is locked of an instance type.
func (c lockedCloud) DescribeInstanceType(name string) (*ec2types.InstanceTypeInfo, error) {
	t, ok := c.facts.InstanceTypes[name]
	if !ok {
		return nil, fmt.Errorf("the facts lock has no instance type %s", name)
	}
	info := &ec2types.InstanceTypeInfo{
		InstanceType: ec2types.InstanceType(name),
		VCpuInfo:     &ec2types.VCpuInfo{DefaultVCpus: aws.Int32(t.CPUs)},
		MemoryInfo:   &ec2types.MemoryInfo{SizeInMiB: aws.Int64(t.MemoryMiB)},
		NetworkInfo: &ec2types.NetworkInfo{
			MaximumNetworkInterfaces:  aws.Int32(t.NetworkInterfaces),
			Ipv4AddressesPerInterface: aws.Int32(t.IPv4PerInterface),
		},
		ProcessorInfo: &ec2types.ProcessorInfo{},
	}
	for _, architecture := range t.Architectures {
		info.ProcessorInfo.SupportedArchitectures = append(info.ProcessorInfo.SupportedArchitectures, ec2types.ArchitectureType(architecture))
	}
	if len(t.LocalDisksGB) > 0 {
		info.InstanceStorageInfo = &ec2types.InstanceStorageInfo{}
		for _, size := range t.LocalDisksGB {
			info.InstanceStorageInfo.Disks = append(info.InstanceStorageInfo.Disks, ec2types.DiskInfo{Count: aws.Int32(1), SizeInGB: aws.Int64(size)})
		}
	}
	if t.GPU {
		info.GpuInfo = &ec2types.GpuInfo{}
	}
	return info, nil
}

// lockedZone is Route 53 with the one zone that is locked.
type lockedZone struct {
	awsinterfaces.Route53API // nil: any other call ends the worker

	facts *clusterfacts.Facts
}

// ListHostedZonesByName returns the zone.
func (z lockedZone) ListHostedZonesByName(context.Context, *route53.ListHostedZonesByNameInput, ...func(*route53.Options)) (*route53.ListHostedZonesByNameOutput, error) {
	return &route53.ListHostedZonesByNameOutput{HostedZones: []route53types.HostedZone{z.zone()}}, nil
}

// GetHostedZone returns the zone.
func (z lockedZone) GetHostedZone(context.Context, *route53.GetHostedZoneInput, ...func(*route53.Options)) (*route53.GetHostedZoneOutput, error) {
	return &route53.GetHostedZoneOutput{HostedZone: new(z.zone())}, nil
}

func (z lockedZone) zone() route53types.HostedZone {
	return route53types.HostedZone{
		Id:     aws.String("/hostedzone/" + z.facts.DNSZone.ID),
		Name:   aws.String(strings.TrimSuffix(z.facts.DNSZone.Name, ".") + "."),
		Config: &route53types.HostedZoneConfig{},
	}
}

// noLoadBalancers is Elastic Load Balancing before the cluster is there: kops
// asks for the API's load balancer, and Terraform makes or keeps it anyway.
type noLoadBalancers struct {
	awsinterfaces.ELBV2API // nil: any other call ends the worker
}

// DescribeLoadBalancers returns none.
func (noLoadBalancers) DescribeLoadBalancers(context.Context, *elasticloadbalancingv2.DescribeLoadBalancersInput, ...func(*elasticloadbalancingv2.Options)) (*elasticloadbalancingv2.DescribeLoadBalancersOutput, error) {
	return &elasticloadbalancingv2.DescribeLoadBalancersOutput{}, nil
}

// DescribeTargetGroups returns none.
func (noLoadBalancers) DescribeTargetGroups(context.Context, *elasticloadbalancingv2.DescribeTargetGroupsInput, ...func(*elasticloadbalancingv2.Options)) (*elasticloadbalancingv2.DescribeTargetGroupsOutput, error) {
	return &elasticloadbalancingv2.DescribeTargetGroupsOutput{}, nil
}
