//go:build aws

package awstest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Lacking are the resources that moto 5.2 does not know: docs/hardening.md names
// them. They are planned, and applied with a mock of the provider.
func Lacking() []string {
	return []string{
		"aws_accessanalyzer_analyzer", "aws_autoscaling_notification", "aws_cloudtrail", "aws_ebs_default_kms_key",
		"aws_ebs_snapshot_block_public_access", "aws_ec2_instance_metadata_defaults", "aws_guardduty_detector_feature",
		"aws_s3_account_public_access_block", "aws_securityhub_account", "aws_securityhub_standards_subscription",
		"aws_vpn_connection_route", "aws_vpn_gateway_route_propagation",
	}
}

// LeftOut overrides the resources that moto lacks with none of them.
func LeftOut(t testing.TB, files map[string][]byte) (override string, kinds []string) {
	t.Helper()
	for name, data := range files {
		for _, b := range Resources(t, name, data) {
			if !slices.Contains(Lacking(), b[0]) {
				continue
			}
			none := "count = 0"
			if strings.Contains(block(string(data), b), "for_each") {
				none = "for_each = {}"
			}
			override += fmt.Sprintf("\nresource %q %q {\n  %s\n}\n", b[0], b[1], none)
			kinds = append(kinds, b[0])
		}
	}
	return override, kinds
}

// block is the text of a resource.
func block(text string, b [2]string) string {
	_, text, _ = strings.Cut(text, fmt.Sprintf("resource %q %q {", b[0], b[1]))
	text, _, _ = strings.Cut(text, "\n}\n")
	return text
}

// Resources returns the resources of a file, as type and name.
func Resources(t testing.TB, name string, data []byte) [][2]string {
	t.Helper()
	f, problems := hclsyntax.ParseConfig(data, name, hcl.InitialPos)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	var all [][2]string
	for _, b := range f.Body.(*hclsyntax.Body).Blocks {
		if b.Type == "resource" {
			all = append(all, [2]string{b.Labels[0], b.Labels[1]})
		}
	}
	return all
}
