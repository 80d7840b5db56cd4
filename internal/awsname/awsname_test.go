package awsname_test

import (
	"testing"

	"github.com/groundwork-dev/groundwork/internal/awsname"
)

func TestNames(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ got, want string }{
		"role":   {awsname.Role("eu-central-1", "123456789012", "dev.example.com", "velero", "velero"), "arn:aws:iam::123456789012:role/velero.velero.sa.dev.example.com"},
		"china":  {awsname.Role("cn-north-1", "123456789012", "dev.example.com", "a", "b"), "arn:aws-cn:iam::123456789012:role/b.a.sa.dev.example.com"},
		"bucket": {awsname.Bucket("123456789012", "acme-dev", "backups"), "acme-dev-backups-123456789012"},
		"key":    {awsname.KeyAlias("acme-dev", "unseal"), "alias/acme-dev-unseal"},
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
