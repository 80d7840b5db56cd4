package awsname_test

import (
	"testing"

	"github.com/groundwork-dev/groundwork/internal/awsname"
)

func TestECRRepository(t *testing.T) {
	t.Parallel()
	for image, want := range map[string]string{
		"123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:1.0.0":             "arn:aws:ecr:eu-central-1:123456789012:repository/shop",
		"123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/shop@sha256:abc":   "arn:aws:ecr:eu-central-1:123456789012:repository/team/shop",
		"210987654321.dkr.ecr.cn-north-1.amazonaws.com.cn/shop":                  "arn:aws-cn:ecr:cn-north-1:210987654321:repository/shop",
		"210987654321.dkr.ecr.us-gov-west-1.amazonaws.com/shop:1.0.0@sha256:abc": "arn:aws-us-gov:ecr:us-gov-west-1:210987654321:repository/shop",
		"ghcr.io/acme/shop:1.0.0":                                           "",
		"public.ecr.aws/acme/shop:1.0.0":                                    "",
		"12345.dkr.ecr.eu-central-1.amazonaws.com/shop":                     "",
		"x.io/123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop":         "",
		"123456789012.dkr.ecr.eu-central-1.amazonaws.com":                   "",
		"123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil.example/shop": "",
		"123456789012.dkr.ecr.eu-central-1.example.com/shop":                "",
	} {
		if got, ok := awsname.ECRRepository(image); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %t, want %q", image, got, ok, want)
		}
	}
}
