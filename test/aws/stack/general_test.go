//go:build aws

package stack

import (
	"fmt"
	"slices"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/hardening"
)

// policy finds what is wrong with a plan.
type policy struct {
	name  string
	check func(p plan) []string
}

// general are the policies that hold whatever is on or off.
func general() []policy {
	return []policy{
		{"no ingress from everywhere", ingress},
		{"everything is encrypted", encrypted},
		{"tags of the sweep", tagged},
		{"no public bucket", buckets},
		{"no wildcard in what is allowed", wildcards},
		{"images do not move, and are scanned", repositories},
	}
}

const everywhere = "0.0.0.0/0"

// ingress: nothing is open to everywhere, except what the network ACL of the
// nodes lets through to the API's load balancer, to node ports behind load
// balancers, and as answers. No security group is.
func ingress(p plan) (faults []string) {
	open := func(r resource, block map[string]any, key string) {
		if strings.Contains(fmt.Sprint(block[key]), everywhere) || strings.Contains(fmt.Sprint(block[key]), "::/0") {
			faults = append(faults, r.address+" is open to everywhere")
		}
	}
	for _, r := range p.resources {
		switch r.kind {
		case "aws_security_group", "aws_default_security_group":
			for _, b := range r.blocks("ingress") {
				open(r, b, "cidr_blocks")
				open(r, b, "ipv6_cidr_blocks")
			}
		case "aws_vpc_security_group_ingress_rule":
			open(r, r.values, "cidr_ipv4")
			open(r, r.values, "cidr_ipv6")
		case "aws_network_acl":
			for _, b := range r.blocks("ingress") {
				from, _ := b["from_port"].(float64)
				to, _ := b["to_port"].(float64)
				answers := from >= 30000 && to >= from
				api := b["protocol"] == "tcp" && from == 443 && to == 443
				tooBig := b["protocol"] == "icmp" && b["icmp_type"] == 3.0 && b["icmp_code"] == 4.0
				if b["action"] == "allow" && !answers && !api && !tooBig {
					open(r, b, "cidr_block")
				}
			}
		}
	}
	return faults
}

// encrypted: whatever can have a key has one, and keys rotate.
func encrypted(p plan) (faults []string) {
	for kind, key := range map[string]string{
		"aws_cloudwatch_log_group": "kms_key_id", "aws_sns_topic": "kms_master_key_id", "aws_cloudtrail": "kms_key_id",
		"aws_config_delivery_channel": "s3_kms_key_arn", "aws_ebs_default_kms_key": "key_arn",
	} {
		for _, r := range p.of(kind) {
			if !r.set(key) {
				faults = append(faults, r.address+" has no "+key)
			}
		}
	}
	for _, r := range p.of("aws_kms_key") {
		if r.values["enable_key_rotation"] != true {
			faults = append(faults, r.address+" does not rotate")
		}
	}
	for _, r := range p.of("aws_ecr_repository") {
		if r.text("encryption_configuration.encryption_type") != "KMS" {
			faults = append(faults, r.address+" is not encrypted by KMS")
		}
	}
	for _, b := range p.of("aws_s3_bucket") {
		if !slices.ContainsFunc(p.of("aws_s3_bucket_server_side_encryption_configuration"), func(r resource) bool {
			return r.text("bucket") == b.text("bucket") && r.text("rule.apply_server_side_encryption_by_default.sse_algorithm") == "aws:kms"
		}) {
			faults = append(faults, b.address+" is not encrypted by KMS")
		}
	}
	return faults
}

// tagged: whatever can have tags has those by which it is found again.
func tagged(p plan) (faults []string) {
	want := map[string]string{"groundwork.dev/platform": p.platform.Metadata.Name, "groundwork.dev/stack": string(p.stack)}
	if p.stack == hardening.Platform {
		want["KubernetesCluster"] = p.platform.Spec.Clusters[p.cluster].Domain
	}
	for _, r := range p.resources {
		_, can := r.values["tags_all"]
		if _, later := r.later["tags_all"]; !can && !later {
			continue
		}
		have, _ := r.values["tags_all"].(map[string]any)
		for key, value := range want {
			if have[key] != value {
				faults = append(faults, fmt.Sprintf("%s has no tag %s=%s", r.address, key, value))
			}
		}
	}
	return faults
}

// buckets: each is private in every way there is, keeps old versions, and is
// spoken to over TLS alone.
func buckets(p plan) (faults []string) {
	has := func(b resource, kind string, fits func(r resource) bool) {
		if !slices.ContainsFunc(p.of(kind), func(r resource) bool { return r.text("bucket") == b.text("bucket") && fits(r) }) {
			faults = append(faults, b.address+" has no fitting "+kind)
		}
	}
	for _, b := range p.of("aws_s3_bucket") {
		has(b, "aws_s3_bucket_public_access_block", func(r resource) bool {
			return r.values["block_public_acls"] == true && r.values["block_public_policy"] == true &&
				r.values["ignore_public_acls"] == true && r.values["restrict_public_buckets"] == true
		})
		has(b, "aws_s3_bucket_ownership_controls", func(r resource) bool { return r.text("rule.object_ownership") == "BucketOwnerEnforced" })
		has(b, "aws_s3_bucket_versioning", func(r resource) bool { return r.text("versioning_configuration.status") == "Enabled" })
		has(b, "aws_s3_bucket_lifecycle_configuration", func(r resource) bool { return r.text("rule.status") == "Enabled" })
		has(b, "aws_s3_bucket_policy", func(r resource) bool {
			list, _ := statements(r.text("policy"))
			return slices.ContainsFunc(list, func(s statement) bool {
				return s.Effect == "Deny" && s.Condition["Bool"]["aws:SecureTransport"] == "false" && slices.Contains(s.Action, "s3:*")
			})
		})
	}
	return faults
}

// wildcards: what is allowed is allowed by name. A key's policy says "*" for
// the key itself; keys of others are named by their alias.
func wildcards(p plan) (faults []string) {
	for _, r := range p.resources {
		for _, key := range []string{"policy", "assume_role_policy", "inline_policy"} {
			if _, has := r.values[key]; !has && r.later[key] == nil || r.kind == "aws_ecr_lifecycle_policy" || r.kind == "aws_vpc_endpoint" {
				continue
			}
			if key == "inline_policy" && len(r.blocks(key)) == 0 {
				continue
			}
			list, ok := statements(r.text(key))
			if !ok {
				if r.kind != "aws_s3_bucket" && r.kind != "aws_sns_topic" { // theirs are resources of their own
					faults = append(faults, r.address+" has a "+key+" that cannot be read before it is there")
				}
				continue
			}
			for _, s := range list {
				faults = append(faults, tooWide(r, s)...)
			}
		}
	}
	return faults
}

func tooWide(r resource, s statement) (faults []string) {
	if s.Effect != "Allow" {
		return nil
	}
	for _, action := range s.Action {
		if strings.Contains(action, "*") {
			faults = append(faults, fmt.Sprintf("%s allows %s", r.address, action))
		}
	}
	for _, on := range s.Resource {
		named := s.Condition["ForAnyValue:StringEquals"]["kms:ResourceAliases"] != nil
		if on == "*" && r.kind != "aws_kms_key" || strings.HasSuffix(on, ":key/*") && !named {
			faults = append(faults, fmt.Sprintf("%s allows something on %s", r.address, on))
		}
	}
	if to, _ := s.Principal.(map[string]any); to["Service"] != nil && len(s.Condition) == 0 {
		// AWS would do it for whoever asks the service to.
		faults = append(faults, r.address+" trusts a service whoever uses it")
	}
	anybody := s.Principal == "*" || fmt.Sprint(s.Principal) == "map[AWS:*]"
	if anybody && s.Condition["StringEquals"]["kms:CallerAccount"] == nil {
		faults = append(faults, r.address+" allows something to anybody")
	}
	return faults
}

func repositories(p plan) (faults []string) {
	for _, r := range p.of("aws_ecr_repository") {
		if r.text("image_tag_mutability") != "IMMUTABLE" || r.text("image_scanning_configuration.scan_on_push") != "true" {
			faults = append(faults, r.address+" lets tags move, or does not scan")
		}
		if !slices.ContainsFunc(p.of("aws_ecr_lifecycle_policy"), func(l resource) bool { return l.text("repository") == r.text("name") }) {
			faults = append(faults, r.address+" keeps everything for ever")
		}
	}
	return faults
}
