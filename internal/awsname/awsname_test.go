package awsname_test

import (
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/awsname"
)

func TestNames(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ got, want string }{
		"role":           {awsname.Role("eu-central-1", "123456789012", "dev.example.com", "velero", "velero"), "arn:aws:iam::123456789012:role/velero.velero.sa.dev.example.com"},
		"china":          {awsname.Role("cn-north-1", "123456789012", "dev.example.com", "a", "b"), "arn:aws-cn:iam::123456789012:role/b.a.sa.dev.example.com"},
		"bucket":         {awsname.Bucket("123456789012", "acme-dev", "backups"), "acme-dev-backups-123456789012"},
		"key":            {awsname.KeyAlias("acme-dev", "unseal"), "alias/acme-dev-unseal"},
		"account bucket": {awsname.AccountBucket("123456789012", "acme", awsname.TerraformState), "acme-terraform-state-123456789012"},
		"account key":    {awsname.AccountKeyAlias("acme", awsname.Logs), "alias/acme-stack-logs"},
		"web acl":        {awsname.WebACL("acme-dev"), "acme-dev-ingress"},
		"stack role":     {awsname.StackRole("acme-dev", "flow-logs"), "acme-dev-flow-logs"},
		"long stack role": {
			awsname.StackRole(strings.Repeat("a", 30)+"-"+strings.Repeat("b", 30), "flow-logs"),
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbbbbbbbbbbbb-104jtj",
		},
		// What kops v1.36.2 makes of it.
		"long role": {
			awsname.Role("eu-central-1", "123456789012", "prod.groundwork.example.com", "aws-load-balancer-controller", "aws-load-balancer-controller"),
			"arn:aws:iam::123456789012:role/aws-load-balancer-controller.aws-load-balancer-controller-lqbr1i",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.got != c.want {
				t.Errorf("got %s, want %s", c.got, c.want)
			}
		})
	}
}
