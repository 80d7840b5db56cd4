//go:build aws

package stack

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/hardening"
	"github.com/groundwork-dev/groundwork/test/aws/awstest"
)

// TestMutations takes each resource of each hardening item out of a plan, and
// finds the item's policy, and no other row's, to fail. Then it spoils what
// the general policies look at, one after the other.
func TestMutations(t *testing.T) {
	proven := map[string]bool{} // items, by the stack they were proven in
	for _, name := range []string{
		"vpn terraform/account", "vpn terraform/platform/prod", "direct-connect terraform/account", "direct-connect terraform/platform/dev",
	} {
		s := find(t, name)
		p := planOf(s, awstest.New(t, s.files, awstest.Offline).Plan(t, s.variables()))
		t.Run(name, func(t *testing.T) {
			before := faulty(rows(), p)
			for _, item := range hardening.Items() {
				if !item.In(p.stack) || !s.p.Spec.AWS.Hardened(item.Name) {
					continue
				}
				for _, b := range awstest.Resources(t, item.Name, s.files[item.Name+".tf"]) {
					less := p.without(b[0], b[1])
					if len(less.resources) == len(p.resources) {
						if b[0] == "aws_sns_topic_subscription" && s.p.Spec.AWS.Notifications == nil {
							continue // for nobody
						}
						t.Errorf("%s: the plan has no %s.%s", item.Name, b[0], b[1])
						continue
					}
					if got := faulty(rows(), less); !slices.Equal(added(before, got), []string{item.Name}) {
						t.Errorf("without %s.%s fail %q, want %s alone", b[0], b[1], added(before, got), item.Name)
					}
					proven[item.Name+" "+string(p.stack)] = true
				}
			}
			spoil(t, p)
		})
	}
	for _, item := range hardening.Items() {
		for _, stack := range item.Stacks {
			if !proven[item.Name+" "+string(stack)] {
				t.Errorf("no plan has shown what %s is in the stack %s", item.Name, stack)
			}
		}
	}
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func added(before, after []string) []string {
	return slices.DeleteFunc(slices.Clone(after), func(name string) bool { return slices.Contains(before, name) })
}

// spoils are changes of a plan that a general policy must see.
func spoils() []struct {
	policy, kind string
	change       func(values map[string]any)
} {
	put := func(key string, value any) func(map[string]any) {
		return func(values map[string]any) { values[key] = value }
	}
	replace := func(key, old, with string) func(map[string]any) {
		return func(values map[string]any) { values[key] = strings.Replace(values[key].(string), old, with, 1) }
	}
	return []struct {
		policy, kind string
		change       func(values map[string]any)
	}{
		{"no ingress from everywhere", "aws_vpc_security_group_ingress_rule", put("cidr_ipv4", everywhere)},
		{"no ingress from everywhere", "aws_default_security_group", put("ingress", []any{map[string]any{"cidr_blocks": []any{everywhere}}})},
		{"no ingress from everywhere", "aws_network_acl", func(values map[string]any) {
			values["ingress"] = []any{map[string]any{"action": "allow", "protocol": "tcp", "from_port": 22.0, "to_port": 22.0, "cidr_block": everywhere}}
		}},
		{"everything is encrypted", "aws_kms_key", put("enable_key_rotation", false)},
		{"everything is encrypted", "aws_sns_topic", put("kms_master_key_id", "")},
		{"everything is encrypted", "aws_cloudwatch_log_group", put("kms_key_id", "")},
		{"everything is encrypted", "aws_cloudtrail", put("kms_key_id", "")},
		{"everything is encrypted", "aws_s3_bucket_server_side_encryption_configuration", put("rule", []any{})},
		{"everything is encrypted", "aws_ecr_repository", put("encryption_configuration", []any{})},
		{"tags of the sweep", "aws_kms_key", put("tags_all", map[string]any{})},
		{"tags of the sweep", "aws_vpc_endpoint", put("tags_all", map[string]any{"Name": "x"})},
		{"no public bucket", "aws_s3_bucket_public_access_block", put("block_public_policy", false)},
		{"no public bucket", "aws_s3_bucket_versioning", put("versioning_configuration", []any{})},
		{"no public bucket", "aws_s3_bucket_ownership_controls", put("rule", []any{})},
		{"no public bucket", "aws_s3_bucket_policy", replace("policy", "aws:SecureTransport", "aws:Other")},
		{"no public bucket", "aws_s3_bucket_lifecycle_configuration", put("rule", []any{})},
		{"no wildcard in what is allowed", "aws_iam_role_policy", replace("policy", "logs:CreateLogStream", "logs:*")},
		{"no wildcard in what is allowed", "aws_iam_role_policy", replace("policy", "arn:aws:logs", "*\",\"arn:aws:logs")},
		{"no wildcard in what is allowed", "aws_kms_key", replace("policy", "kms:CancelKeyDeletion", "kms:*")},
		{"no wildcard in what is allowed", "aws_iam_role", replace("assume_role_policy", "Condition", "Remark")},
		{"no wildcard in what is allowed", "aws_kms_key", replace("policy", "\"Condition\"", "\"Remark\"")},
		{"no wildcard in what is allowed", "aws_sns_topic_policy", put("policy", "not a document")},
		{"images do not move, and are scanned", "aws_ecr_repository", put("image_tag_mutability", "MUTABLE")},
		{"images do not move, and are scanned", "aws_ecr_lifecycle_policy", put("repository", "another")},
	}
}

// spoil applies each change to the resources of its type, and finds its policy
// and no other general one to fail.
func spoil(t *testing.T, p plan) {
	t.Helper()
	before := faulty(general(), p)
	if len(before) > 0 {
		t.Errorf("before anything is spoilt fail %q", before)
	}
	done := map[string]bool{}
	for _, s := range spoils() {
		spoilt, changed := p.clone(), false
		for _, r := range spoilt.resources {
			if r.kind != s.kind {
				continue
			}
			was := encode(t, r.values)
			s.change(r.values)
			if bytes.Equal(was, encode(t, r.values)) {
				continue
			}
			for key := range r.later { // what is spoilt is not to come any more
				if _, now := r.values[key]; now {
					delete(r.later, key)
				}
			}
			changed = true
		}
		if !changed {
			continue
		}
		done[s.policy] = true
		if got := faulty(general(), spoilt); !slices.Equal(got, []string{s.policy}) {
			t.Errorf("after spoiling %s fail %q, want %q alone", s.kind, got, s.policy)
		}
	}
	if len(done) < 3 {
		t.Errorf("only %q were put to the test", slices.Sorted(maps.Keys(done)))
	}
}
