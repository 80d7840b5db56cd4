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
	name := serviceAccount + "." + namespace + ".sa." + cluster
	if len(name) > maxRole {
		h := fnv.New32a()
		h.Write([]byte(name))
		sum := strings.ToLower(base32.HexEncoding.EncodeToString(h.Sum(nil)))[:6]
		name = name[:maxRole-1-len(sum)] + "-" + sum
	}
	return "arn:" + Partition(region) + ":iam::" + accountID + ":role/" + name
}

// Bucket is the name of a cluster's S3 bucket for a purpose. The account makes
// it one of its kind in the world. It can be longer than MaxBucket, which S3
// refuses.
func Bucket(accountID, cluster, purpose string) string {
	return cluster + "-" + purpose + "-" + accountID
}

// KeyAlias is the alias of a cluster's KMS key for a purpose.
func KeyAlias(cluster, purpose string) string { return "alias/" + cluster + "-" + purpose }
