package clusterstate

import (
	"strings"

	"github.com/groundwork-dev/groundwork/internal/awsname"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

// tagCluster has a cluster's name in platform.yaml.
const tagCluster = "groundwork.dev/cluster"

// OfPlatform is the bucket that holds the state of every Terraform stack of a
// platform.
func OfPlatform(platform, account string) Bucket {
	return Bucket{
		Name:     awsname.AccountBucket(account, platform, awsname.TerraformState),
		KeyAlias: awsname.AccountKeyAlias(platform, awsname.TerraformState),
		Tags:     map[string]string{awsname.TagPlatform: platform},
	}
}

// OfCluster are the buckets of a cluster, whose full name is
// <platform>-<cluster>: kops' state, and what AWS reads of the cluster's keys,
// where it trusts them.
func OfCluster(platform, cluster string, r *clusterspec.Request) []Bucket {
	full := platform + "-" + cluster
	tags := map[string]string{awsname.TagPlatform: platform, tagCluster: cluster}
	buckets := []Bucket{{Name: bucketOf(r.StateStore), KeyAlias: awsname.KeyAlias(full, clusterspec.StatePurpose), Tags: tags}}
	if r.DiscoveryStore != "" {
		buckets = append(buckets, Bucket{Name: bucketOf(r.DiscoveryStore), ReadByAnybody: true, Tags: tags})
	}
	return buckets
}

// bucketOf is the bucket of s3://bucket/path.
func bucketOf(store string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(store, "s3://"), "/")
	return name
}
