//go:build aws

package stack

import (
	"fmt"
	"slices"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/hardening"
)

// want is one resource that a row needs, and what must be true of it. fits may
// be nil where being there is all there is to say.
type want struct {
	stack      hardening.Stack
	kind, name string
	// at least so many
	count int
	fits  func(r resource) bool
}

// is compares values with what they must be: path=value.
func is(pairs ...string) func(r resource) bool {
	return func(r resource) bool {
		for _, pair := range pairs {
			path, value, _ := strings.Cut(pair, "=")
			if r.text(path) != value {
				return false
			}
		}
		return true
	}
}

// row makes a policy of what an item of the hardening list needs.
func row(item string, wants ...want) policy {
	return policy{item, func(p plan) (faults []string) {
		found := 0
		for _, w := range wants {
			if w.stack != p.stack {
				continue
			}
			found++
			all := p.of(w.kind, w.name)
			if len(all) < max(w.count, 1) {
				faults = append(faults, fmt.Sprintf("%d of %s.%s, want %d", len(all), w.kind, w.name, max(w.count, 1)))
			}
			for _, r := range all {
				if w.fits != nil && !w.fits(r) {
					faults = append(faults, r.address+" is not as it should be")
				}
			}
		}
		if found == 0 {
			faults = append(faults, "nothing is asked of the stack "+string(p.stack))
		}
		return faults
	}}
}

// rows are the policies of the hardening list, one an item.
func rows() []policy {
	return append(networkRows(), accountRows()...)
}

func networkRows() []policy {
	const platform, account = hardening.Platform, hardening.Account
	inVPC := func(r resource) bool {
		for _, b := range r.blocks("ingress") {
			if b["cidr_block"] == everywhere || b["from_port"] != 443.0 {
				return false
			}
		}
		return len(r.blocks("ingress")) == 1
	}
	noRoute := func(r resource) bool { return len(r.blocks("route")) == 0 }
	closed := func(r resource) bool { return len(r.blocks("ingress"))+len(r.blocks("egress")) == 0 }
	around := func(r resource) bool { return len(r.strings("subnet_ids")) > 0 && len(r.blocks("ingress")) >= 4 }
	endpoints := func(r resource) bool {
		return r.values["private_dns_enabled"] == true && r.text("vpc_endpoint_type") == "Interface"
	}
	events := func(r resource) bool {
		return len(r.strings("notifications")) == 4 && len(r.strings("group_names")) == 2
	}
	firewall := func(r resource) bool {
		limit, groups := false, 0
		for _, rule := range r.blocks("rule") {
			text := fmt.Sprint(rule["statement"])
			if strings.Contains(text, "AWSManagedRules") {
				groups++
			}
			limit = limit || strings.Contains(text, "limit:2000") && strings.Contains(fmt.Sprint(rule["action"]), "block")
		}
		return limit && groups == 3 && r.text("scope") == "REGIONAL"
	}
	return []policy{
		row("network-segmentation",
			want{platform, "aws_subnet", "isolated", 1, is("map_public_ip_on_launch=false")},
			want{platform, "aws_route_table", "isolated", 1, noRoute},
			want{platform, "aws_route_table_association", "isolated", 1, nil},
			want{platform, "aws_network_acl", "isolated", 1, inVPC}),
		row("security-groups", want{platform, "aws_default_security_group", "closed", 1, closed}),
		row("network-acls", want{platform, "aws_network_acl", "nodes", 1, around}),
		{hardening.Connection, connection},
		row("vpc-endpoints",
			want{platform, "aws_security_group", "endpoints", 1, nil},
			want{platform, "aws_vpc_security_group_ingress_rule", "endpoints", 1, is("from_port=443", "to_port=443", "ip_protocol=tcp")},
			want{platform, "aws_vpc_endpoint", "interface", 5, endpoints},
			want{platform, "aws_vpc_endpoint", "s3", 1, is("vpc_endpoint_type=Gateway")}),
		row("flow-logs",
			want{platform, "aws_flow_log", "vpc", 1, is("traffic_type=ALL")},
			want{platform, "aws_cloudwatch_log_group", "flow", 1, is("retention_in_days=90")},
			want{platform, "aws_iam_role", "flow", 1, nil},
			want{platform, "aws_iam_role_policy", "flow", 1, nil}),
		row("waf", want{platform, "aws_wafv2_web_acl", "ingress", 1, firewall}),
		row("scaling-notifications",
			want{platform, "aws_sns_topic", "scaling", 1, nil},
			want{platform, "aws_sns_topic_policy", "scaling", 1, nil},
			want{platform, "aws_autoscaling_notification", "nodes", 1, events}),
		row("guard-duty",
			want{account, "aws_guardduty_detector", "account", 1, is("enable=true")},
			want{account, "aws_guardduty_detector_feature", "account", 2, is("status=ENABLED")}),
	}
}

// connection asks for one of two sets.
func connection(p plan) []string {
	const platform, account = hardening.Platform, hardening.Account
	if c := p.platform.Spec.AWS.Connection; c != nil && c.DirectConnect != nil {
		return row(hardening.Connection,
			want{account, "aws_dx_gateway", "network", 1, nil},
			want{account, "aws_dx_private_virtual_interface", "network", 1, is("vlan=101", "bgp_asn=65010")},
			want{platform, "aws_vpn_gateway", "network", 1, nil},
			want{platform, "aws_vpn_gateway_route_propagation", "network", 2, nil},
			want{platform, "aws_dx_gateway_association", "network", 1, nil}).check(p)
	}
	return row(hardening.Connection,
		want{account, "aws_customer_gateway", "network", 1, is("ip_address=203.0.113.10")},
		want{platform, "aws_vpn_gateway", "network", 1, nil},
		want{platform, "aws_vpn_connection", "network", 1, is("static_routes_only=true")},
		want{platform, "aws_vpn_connection_route", "network", 2, nil},
		want{platform, "aws_vpn_gateway_route_propagation", "network", 2, nil}).check(p)
}

func accountRows() []policy {
	const account = hardening.Account
	standards := func(r resource) bool {
		arn := r.text("standards_arn")
		return strings.Contains(arn, "cis-aws-foundations-benchmark") || strings.Contains(arn, "aws-foundational-security-best-practices")
	}
	loud := func(r resource) bool { return r.set("alarm_actions") }
	return []policy{
		row("security-hub",
			want{account, "aws_securityhub_account", "account", 1, nil},
			want{account, "aws_securityhub_standards_subscription", "account", 2, standards}),
		row("config-recorder",
			want{account, "aws_config_configuration_recorder", "account", 1, is("recording_group.all_supported=true", "recording_group.include_global_resource_types=true")},
			want{account, "aws_config_configuration_recorder_status", "account", 1, is("is_enabled=true")},
			want{account, "aws_config_delivery_channel", "account", 1, nil},
			want{account, "aws_iam_role", "config", 1, nil},
			want{account, "aws_iam_role_policy", "config", 1, nil},
			want{account, "aws_iam_role_policy_attachment", "config", 1, nil}),
		row("access-analyzer", want{account, "aws_accessanalyzer_analyzer", "account", 1, is("type=ACCOUNT")}),
		row("cloud-trail",
			want{account, "aws_cloudtrail", "account", 1, is("is_multi_region_trail=true", "enable_log_file_validation=true", "include_global_service_events=true")},
			want{account, "aws_cloudwatch_log_group", "trail", 1, is("retention_in_days=90")},
			want{account, "aws_iam_role", "trail", 1, nil},
			want{account, "aws_iam_role_policy", "trail", 1, nil}),
		row("alarms",
			want{account, "aws_cloudwatch_log_metric_filter", "alarm", 12, nil},
			want{account, "aws_cloudwatch_metric_alarm", "alarm", 12, loud}),
		{"notifications", notifications},
		row("encryption",
			want{account, "aws_ebs_encryption_by_default", "account", 1, is("enabled=true")},
			want{account, "aws_ebs_default_kms_key", "account", 1, nil},
			want{account, "aws_kms_key", "volumes", 1, nil},
			want{account, "aws_kms_alias", "volumes", 1, nil}),
		row("instance-metadata",
			want{account, "aws_ec2_instance_metadata_defaults", "account", 1, is("http_tokens=required", "http_put_response_hop_limit=1")}),
		row("public-access-block",
			want{account, "aws_s3_account_public_access_block", "account", 1, is("block_public_acls=true", "ignore_public_acls=true")},
			want{account, "aws_ebs_snapshot_block_public_access", "account", 1, is("state=block-all-sharing")}),
		row("password-policy",
			want{account, "aws_iam_account_password_policy", "account", 1, is("minimum_password_length=14", "password_reuse_prevention=24", "require_symbols=true")}),
	}
}

// notifications asks for a subscription where somebody is to be told.
func notifications(p plan) []string {
	const account = hardening.Account
	wants := []want{{account, "aws_sns_topic", "alerts", 1, nil}, {account, "aws_sns_topic_policy", "alerts", 1, nil}}
	if p.platform.Spec.AWS.Notifications != nil {
		wants = append(wants, want{account, "aws_sns_topic_subscription", "alerts", 1, is("protocol=email", "endpoint=platform@example.com")})
	}
	return row("notifications", wants...).check(p)
}

// faulty returns the names of the policies that find something.
func faulty(policies []policy, p plan) []string {
	var names []string
	for _, policy := range policies {
		if item, isRow := hardening.Find(policy.name); isRow && !item.In(p.stack) {
			continue
		}
		if len(policy.check(p)) > 0 {
			names = append(names, policy.name)
		}
	}
	slices.Sort(names)
	return names
}
