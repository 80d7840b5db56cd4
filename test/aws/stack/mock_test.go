//go:build aws

package stack

import (
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/test/aws/awstest"
)

// mock answers in the provider's place. What it makes up by itself is no ARN
// and no id, where the provider asks for one.
const mock = `
mock_provider "aws" {
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-east-1:123456789012:key/00000000-1111-2222-3333-444444444444" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:mock" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:mock" }
  }
}

run "apply" {
  command = apply
`

// assertions are what must be true of a stack that has been applied, by what
// moto cannot show.
func assertions() map[string][]string {
	return map[string][]string{
		"vpn terraform/account": {
			`aws_cloudtrail.account.cloud_watch_logs_group_arn == "${aws_cloudwatch_log_group.trail.arn}:*"`,
			`aws_cloudtrail.account.kms_key_id == aws_kms_key.logs.arn`,
			`aws_accessanalyzer_analyzer.account.type == "ACCOUNT"`,
			`length(aws_securityhub_standards_subscription.account) == 2 && !aws_securityhub_account.account.enable_default_standards`,
			`alltrue([for f in aws_guardduty_detector_feature.account : f.detector_id == aws_guardduty_detector.account.id])`,
			`aws_ebs_default_kms_key.account.key_arn == aws_kms_key.volumes.arn`,
			`aws_ec2_instance_metadata_defaults.account.http_tokens == "required"`,
			`aws_ebs_snapshot_block_public_access.account.state == "block-all-sharing"`,
			`aws_s3_account_public_access_block.account.ignore_public_acls`,
			`alltrue([for a in aws_cloudwatch_metric_alarm.alarm : contains(a.alarm_actions, aws_sns_topic.alerts.arn)])`,
			`output.customer_gateway_id == aws_customer_gateway.network.id`,
		},
		"vpn terraform/platform/prod": {
			`toset(aws_autoscaling_notification.nodes.group_names) == toset(["nodes.prod", "control-plane.prod"])`,
			`aws_autoscaling_notification.nodes.topic_arn == aws_sns_topic.scaling.arn`,
			`toset([for r in aws_vpn_connection_route.network : r.destination_cidr_block]) == toset(["10.20.0.0/16", "10.30.0.0/16"])`,
			`length(aws_vpn_gateway_route_propagation.network) == 2`,
			`{ for zone, s in aws_subnet.isolated : zone => s.cidr_block } == { us-east-1a = "172.20.56.0/24", us-east-1b = "172.20.57.0/24", us-east-1c = "172.20.58.0/24" }`,
			`aws_s3_bucket_server_side_encryption_configuration.component["backups"].rule != null`,
		},
		"direct-connect terraform/account": {
			`aws_dx_private_virtual_interface.network.dx_gateway_id == aws_dx_gateway.network.id && output.dx_gateway_id == aws_dx_gateway.network.id`,
		},
		"direct-connect terraform/platform/dev": {
			`aws_dx_gateway_association.network.associated_gateway_id == aws_vpn_gateway.network.id`,
			`aws_dx_gateway_association.network.allowed_prefixes == toset(["172.20.0.0/16"])`,
			`length(aws_vpn_gateway_route_propagation.network) == 2`,
		},
	}
}

// TestWithMocks applies the stacks by terraform test with a mock of the
// provider, which knows what moto does not.
func TestWithMocks(t *testing.T) {
	for name, asserted := range assertions() {
		t.Run(name, func(t *testing.T) {
			s := find(t, name)
			guarded := kept(`"aws_s3_bucket" "component"`, `"aws_kms_key" "component"`)
			if s.cluster == "" {
				guarded = kept(`"aws_s3_bucket" "logs"`)
			} else if len(s.files["components-buckets.tf"]) == 0 {
				guarded = ""
			}
			if s.files["logs.tf"] == nil {
				t.Fatal("the stack has no key for its logs")
			}
			var b strings.Builder
			b.WriteString(mock)
			for _, condition := range asserted {
				b.WriteString("  assert {\n    condition     = " + condition + "\n    error_message = \"not so\"\n  }\n")
			}
			b.WriteString("}\n")
			awstest.New(t, s.files, awstest.Offline+guarded).Test(t, b.String(), s.variables())
		})
	}
}
