package hardening

import "slices"

// Items returns the list: the network first, then what watches, then what is
// set once for the account.
func Items() []Item { return slices.Concat(network(), watching(), settings()) }

// network are the items around a cluster's VPC.
func network() []Item {
	platform := []Stack{Platform}
	return []Item{
		{
			Name:   NetworkSegmentation,
			Title:  "Subnets without a way to the internet, one a zone, with network ACLs that let in the VPC alone. The VPC's own endpoints to AWS live there.",
			Stacks: platform, Default: On,
			Resources: []string{"aws_network_acl", "aws_route_table", "aws_route_table_association", "aws_subnet"},
		},
		{
			Name:   "security-groups",
			Title:  "The VPC's default security group is closed: what names no group of its own reaches nothing. kops makes the groups of nodes, API and control plane.",
			Stacks: platform, Default: On,
			Resources: []string{"aws_default_security_group"},
		},
		{
			Name:   "network-acls",
			Title:  "Network ACLs around the nodes' subnets: from outside the VPC only the API's port, node ports and answers get in.",
			Stacks: platform, Default: On,
			Resources: []string{"aws_network_acl"},
		},
		{
			Name:   Connection,
			Title:  "A private way to your own network: a VPN, or Direct Connect.",
			Stacks: []Stack{Account, Platform}, Default: "off until `spec.aws.connection` is set",
			Resources: []string{
				"aws_customer_gateway", "aws_dx_gateway", "aws_dx_gateway_association", "aws_dx_private_virtual_interface",
				"aws_vpn_connection", "aws_vpn_connection_route", "aws_vpn_gateway", "aws_vpn_gateway_route_propagation",
			},
		},
		{
			Name:   "vpc-endpoints",
			Title:  "Traffic to AWS itself (S3, EC2, STS, KMS, load balancers, scaling; ECR where an app is there) stays inside the VPC.",
			Stacks: platform, Default: On,
			Resources: []string{"aws_security_group", "aws_vpc_endpoint", "aws_vpc_security_group_ingress_rule"},
		},
		{
			Name:   "flow-logs",
			Title:  "Every connection of the VPC is recorded, encrypted, for 90 days.",
			Stacks: platform, Default: On,
			Resources: []string{"aws_cloudwatch_log_group", "aws_flow_log", "aws_iam_role", "aws_iam_role_policy"},
		},
		{
			Name:   "waf",
			Title:  "A web ACL with the rules that AWS maintains and a limit of requests per address. The load balancer controller puts it on each ALB by its name.",
			Stacks: platform, Default: On,
			Resources: []string{"aws_wafv2_web_acl"},
		},
		{
			Name:   "scaling-notifications",
			Title:  "An encrypted topic hears of each node that is started, stopped or fails to start.",
			Stacks: platform, Default: On,
			Resources: []string{"aws_autoscaling_notification", "aws_sns_topic", "aws_sns_topic_policy"},
		},
	}
}

// watching are the items that see what happens, and tell.
func watching() []Item {
	account := []Stack{Account}
	return []Item{
		{
			Name:   "guard-duty",
			Title:  "GuardDuty looks for attacks in the account's API calls, flow logs and DNS queries, in S3 data events and on volumes.",
			Stacks: account, Default: On,
			Resources: []string{"aws_guardduty_detector", "aws_guardduty_detector_feature"},
		},
		{
			Name:   "security-hub",
			Title:  "Security Hub holds the account to the CIS AWS Foundations Benchmark and to AWS Foundational Security Best Practices.",
			Stacks: account, Default: On, Requires: []string{"config-recorder"},
			Resources: []string{"aws_securityhub_account", "aws_securityhub_standards_subscription"},
		},
		{
			Name:   "config-recorder",
			Title:  "AWS Config records how each resource was and is.",
			Stacks: account, Default: On,
			Resources: []string{
				"aws_config_configuration_recorder", "aws_config_configuration_recorder_status", "aws_config_delivery_channel",
				"aws_iam_role", "aws_iam_role_policy", "aws_iam_role_policy_attachment",
			},
		},
		{
			Name:   "access-analyzer",
			Title:  "IAM Access Analyzer reports what is shared with anybody outside the account.",
			Stacks: account, Default: On,
			Resources: []string{"aws_accessanalyzer_analyzer"},
		},
		{
			Name:   "cloud-trail",
			Title:  "CloudTrail keeps every API call in all regions, encrypted, with digests that show whether a file was changed.",
			Stacks: account, Default: On,
			Resources: []string{"aws_cloudtrail", "aws_cloudwatch_log_group", "aws_iam_role", "aws_iam_role_policy"},
		},
		{
			Name:   "alarms",
			Title:  "Alarms of the CIS benchmark on the trail: root's use, sign-in without MFA, refused calls, changes of IAM, keys, trail and network.",
			Stacks: account, Default: On, Requires: []string{"cloud-trail", "notifications"},
			Resources: []string{"aws_cloudwatch_log_metric_filter", "aws_cloudwatch_metric_alarm"},
		},
		{
			Name:   "notifications",
			Title:  "An encrypted topic for alarms, which writes to `spec.aws.notifications.email`.",
			Stacks: account, Default: On,
			Resources: []string{"aws_sns_topic", "aws_sns_topic_policy", "aws_sns_topic_subscription"},
		},
	}
}

// settings are the defaults of the account.
func settings() []Item {
	account := []Stack{Account}
	return []Item{
		{
			Name:   "encryption",
			Title:  "Every new volume of the region is encrypted, by default with a key of the account's own.",
			Stacks: account, Default: On,
			Resources: []string{"aws_ebs_default_kms_key", "aws_ebs_encryption_by_default", "aws_kms_alias", "aws_kms_key"},
		},
		{
			Name:   "instance-metadata",
			Title:  "Instances answer for their role only to who fetched a session token first (IMDSv2), one network hop away.",
			Stacks: account, Default: On,
			Resources: []string{"aws_ec2_instance_metadata_defaults"},
		},
		{
			Name:   "public-access-block",
			Title:  "S3 refuses public ACLs in the whole account, and snapshots of volumes cannot be shared with everybody.",
			Stacks: account, Default: On,
			Resources: []string{"aws_ebs_snapshot_block_public_access", "aws_s3_account_public_access_block"},
		},
		{
			Name:   "password-policy",
			Title:  "Passwords of IAM users are long, and none of the last 24.",
			Stacks: account, Default: On,
			Resources: []string{"aws_iam_account_password_policy"},
		},
	}
}
