package kops

import (
	"context"
	"fmt"

	kopsapi "k8s.io/kops/pkg/apis/kops"
	"k8s.io/kops/upup/pkg/fi/cloudup/awsup"

	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

// openAccount returns kops' own AWS, with the credentials that AWS's own tools
// would use, once it is the account of the request. The error for another one is
// an otherAccountError.
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
		return nil, otherAccountError{have: id, want: r.AccountID}
	}
	return cloud, nil
}

// otherAccountError says that the credentials are for another account.
type otherAccountError struct{ have, want string }

func (e otherAccountError) Error() string {
	return fmt.Sprintf("the credentials are for account %s, and platform.yaml says %s: use those of that account; nothing was changed", e.have, e.want)
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
