//go:build aws

// Package state_test makes the state's buckets and keys in a simulation of AWS,
// through the command line.
package state_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/groundwork-dev/groundwork/internal/cli"
	"github.com/groundwork-dev/groundwork/test/aws/awstest"
)

const repository = "../../.."

// run runs `bootstrap cluster state` on this repository's platform.yaml.
func run(t *testing.T, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code := cli.Main(cli.Streams{In: strings.NewReader(""), Out: &out, Err: &err}, append([]string{"cluster", "state", "-C", repository}, args...))
	if code != want {
		t.Fatalf("exit %d, want %d\n%s%s", code, want, out.String(), err.String())
	}
	return out.String(), err.String()
}

// simulate has the process ask a simulation of AWS.
func simulate(t *testing.T, environ ...string) {
	t.Helper()
	moto := awstest.StartMoto(t, environ...)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": moto.URL, "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
}

// TestState is not parallel: the command reads the process's environment.
func TestState(t *testing.T) {
	simulate(t)
	c, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("eu-central-1"))
	if err != nil {
		t.Fatal(err)
	}
	buckets, keys := s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true }), kms.NewFromConfig(c)

	// A run that was killed between a key and its name.
	left, err := keys.CreateKey(t.Context(), &kms.CreateKeyInput{Description: aws.String("alias/groundwork-dev-kops")})
	if err != nil {
		t.Fatal(err)
	}

	const made = `A key alias/groundwork-terraform-state
A bucket groundwork-terraform-state-123456789012
A key alias/groundwork-dev-kops
A bucket groundwork-dev-kops-123456789012
A bucket groundwork-dev-oidc-123456789012
`
	if out, _ := run(t, 0, "--cluster", "dev", "--dry-run"); out != made {
		t.Errorf("a dry run says\n%s", out)
	}
	if found, err := buckets.ListBuckets(t.Context(), &s3.ListBucketsInput{}); err != nil || len(found.Buckets) > 0 {
		t.Errorf("a dry run made %d buckets; error %v", len(found.Buckets), err)
	}
	if out, _ := run(t, 0, "--cluster", "dev"); out != made {
		t.Errorf("it says\n%s", out)
	}
	if key, err := keys.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String("alias/groundwork-dev-kops")}); err != nil || *key.KeyMetadata.KeyId != *left.KeyMetadata.KeyId {
		t.Errorf("the key that was left behind is not taken: %v", err)
	}
	if out, err := run(t, 0, "--cluster", "dev"); out != "" || !strings.Contains(err, "as it should be") {
		t.Errorf("once more it says\n%s%s", out, err)
	}

	const state = "groundwork-dev-kops-123456789012"
	if _, err := buckets.DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: aws.String(state)}); err != nil {
		t.Fatal(err)
	}
	if _, err := buckets.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: aws.String(state)}); err != nil {
		t.Fatal(err)
	}
	if out, _ := run(t, 0, "--cluster", "dev"); out != "M bucket "+state+": public access block, policy\n" {
		t.Errorf("after changes by hand it says\n%s", out)
	}
	// What is left are the other cluster's.
	if out, _ := run(t, 0); out != "A key alias/groundwork-prod-kops\nA bucket groundwork-prod-kops-123456789012\nA bucket groundwork-prod-oidc-123456789012\n" {
		t.Errorf("for all clusters it says\n%s", out)
	}
	if out, _ := run(t, 0); out != "" {
		t.Errorf("once more for all it says\n%s", out)
	}
	if _, err := run(t, 3, "--cluster", "stage"); !strings.Contains(err, `has no cluster "stage"; it has dev, prod`) {
		t.Errorf("of a cluster that there is not it says %s", err)
	}
}

// TestOtherAccount refuses the credentials of another account.
func TestOtherAccount(t *testing.T) {
	simulate(t, "MOTO_ACCOUNT_ID=999999999999")
	if _, err := run(t, 4); !strings.Contains(err, "account 999999999999, and platform.yaml says 123456789012") || !strings.Contains(err, "nothing was changed") {
		t.Errorf("it says %s", err)
	}
}
