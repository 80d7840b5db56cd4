// Package awsname gives what a platform has in AWS its names. They follow from
// platform.yaml alone, so trees and policies can name things before they exist.
package awsname

import (
	"encoding/base32"
	"hash/fnv"
	"strings"
)

const (
	// MaxBucket is the longest name of an S3 bucket.
	MaxBucket = 63
	// maxRole is the longest name of an IAM role.
	maxRole = 64
)

// Partition is the part of AWS that a region belongs to, the second field of
// every ARN in it.
func Partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// Role is the ARN of a service account's role on a cluster, whose name is that
// which kops knows it by. kops makes the role, so the name is as kops makes it:
// <account>.<namespace>.sa.<cluster>, and where that is too long, its beginning
// and a hash (k8s.io/kops/pkg/truncate).
func Role(region, accountID, cluster, namespace, serviceAccount string) string {
	name := cutRole(serviceAccount + "." + namespace + ".sa." + cluster)
	return "arn:" + Partition(region) + ":iam::" + accountID + ":role/" + name
}

// StackRole is the name of a role that a cluster's Terraform makes for a
// service of AWS.
func StackRole(cluster, purpose string) string { return cutRole(cluster + "-" + purpose) }

func cutRole(name string) string {
	if len(name) <= maxRole {
		return name
	}
	h := fnv.New32a()
	h.Write([]byte(name))
	sum := strings.ToLower(base32.HexEncoding.EncodeToString(h.Sum(nil)))[:6]
	return name[:maxRole-1-len(sum)] + "-" + sum
}

// Bucket is the name of a cluster's S3 bucket for a purpose. The account makes
// it one of its kind in the world. It can be longer than MaxBucket, which S3
// refuses.
func Bucket(accountID, cluster, purpose string) string {
	return cluster + "-" + purpose + "-" + accountID
}

// KeyAlias is the alias of a cluster's KMS key for a purpose.
func KeyAlias(cluster, purpose string) string { return "alias/" + cluster + "-" + purpose }

// AccountBucket is the name of a bucket that the whole platform has for a
// purpose, whichever clusters there are.
func AccountBucket(accountID, platform, purpose string) string {
	return platform + "-" + purpose + "-" + accountID
}

// AccountKeyAlias is the alias of a KMS key that the whole platform has.
func AccountKeyAlias(platform, purpose string) string { return "alias/" + platform + "-" + purpose }

// The purposes of what belongs to the platform, or to a cluster's stack rather
// than to a component of it.
const (
	// TerraformState is a bucket of the platform, made before any stack.
	TerraformState = "terraform-state"
	// Logs is a bucket and a key of the platform, and a key of each cluster.
	Logs = "stack-logs"
	// Volumes is the key that the account encrypts volumes with by default.
	Volumes = "volumes"
)

// The tags by which what the tool makes is found again.
const (
	TagPlatform = "groundwork.dev/platform"
	// TagCluster is kops' own; its value is the cluster's domain.
	TagCluster = "KubernetesCluster"
)

// WebACL is the name of the web ACL in front of a cluster's load balancers.
func WebACL(cluster string) string { return cluster + "-ingress" }
