package kops

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	kopsapi "k8s.io/kops/pkg/apis/kops"
	"k8s.io/kops/upup/pkg/fi/cloudup/awsup"
	"k8s.io/kops/util/pkg/awsinterfaces"

	"github.com/groundwork-dev/groundwork/internal/clusterspec"
	"github.com/groundwork-dev/groundwork/internal/clusterstate"
)

// openAccount returns kops' own AWS, with the credentials that AWS's own tools
// would use, once it is the account of the request. The error for another one is
// a clusterstate.WrongAccountError.
func openAccount(ctx context.Context, r *clusterspec.Request) (awsup.AWSCloud, error) {
	cloud, err := awsup.NewAWSCloud(r.Region, map[string]string{awsup.TagClusterName: r.Name})
	if err != nil {
		return nil, fmt.Errorf("opening AWS: %w", err)
	}
	id, _, err := cloud.AccountInfo(ctx)
	if err != nil {
		return nil, fmt.Errorf("asking AWS whose the credentials are: %w", err)
	}
	if id != r.AccountID {
		return nil, clusterstate.WrongAccountError{Have: id, Want: r.AccountID}
	}
	return cloud, nil
}

// forgiving is AWS without an error where an address is asked for that is gone.
// kops looks up the addresses of a NAT gateway to list them; AWS tells of a
// deleted gateway for an hour, and the address is released before: a sweep that
// was killed in between could not be begun again.
type forgiving struct{ awsup.AWSCloud }

// EC2 returns the client that forgives.
func (f forgiving) EC2() awsinterfaces.EC2API { return forgivingEC2{f.AWSCloud.EC2()} }

type forgivingEC2 struct{ awsinterfaces.EC2API }

// DescribeAddresses returns none where one of those that are asked for is gone.
func (f forgivingEC2) DescribeAddresses(ctx context.Context, in *ec2.DescribeAddressesInput, options ...func(*ec2.Options)) (*ec2.DescribeAddressesOutput, error) {
	out, err := f.EC2API.DescribeAddresses(ctx, in, options...)
	if awsup.AWSErrorCode(err) == "InvalidAllocationID.NotFound" {
		return &ec2.DescribeAddressesOutput{}, nil
	}
	return out, err
}

// named is as much of the cluster as finds it in AWS and in the state store:
// its name, where its keys are, and how its API is reached, as kops' own
// setupAPI decides it.
func named(r *clusterspec.Request) *kopsapi.Cluster {
	cluster := &kopsapi.Cluster{}
	cluster.Name = r.Name
	cluster.Spec.ConfigStore.Base = r.StateStore + "/" + r.Name
	if r.DNSZone == "" {
		cluster.Spec.Networking.Topology = &kopsapi.TopologySpec{DNS: kopsapi.DNSTypeNone}
	}
	if r.Private || r.LoadBalancedAPI || r.DNSZone == "" {
		cluster.Spec.API.LoadBalancer = &kopsapi.LoadBalancerAccessSpec{Class: kopsapi.LoadBalancerClassNetwork}
	}
	return cluster
}
