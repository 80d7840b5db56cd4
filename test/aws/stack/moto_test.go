//go:build aws

package stack

import (
	"fmt"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/groundwork-dev/groundwork/test/aws/awstest"
)

// kept are the resources that a stack does not let go of; a test does.
func kept(resources ...string) string {
	var b strings.Builder
	for _, r := range resources {
		fmt.Fprintf(&b, "\nresource %s {\n  lifecycle {\n    prevent_destroy = false\n  }\n}\n", r)
	}
	return b.String()
}

// beside is what kops would have made: the VPC that the stack of a cluster is
// for, and what the account's stack hands over.
const beside = `
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

resource "aws_vpc" "kops" {
  cidr_block = "172.20.0.0/16"
}

resource "aws_subnet" "kops" {
  for_each          = { us-east-1a = "172.20.64.0/18", us-east-1b = "172.20.128.0/18", us-east-1c = "172.20.192.0/18" }
  vpc_id            = aws_vpc.kops.id
  availability_zone = each.key
  cidr_block        = each.value
}

resource "aws_route_table" "kops" {
  for_each = toset(["public", "private-us-east-1a"])
  vpc_id   = aws_vpc.kops.id
}

resource "aws_customer_gateway" "account" {
  type       = "ipsec.1"
  ip_address = "203.0.113.10"
  bgp_asn    = 65000
}

output "all" {
  value = {
    vpc_id                       = aws_vpc.kops.id
    vpc_cidr_block               = aws_vpc.kops.cidr_block
    node_subnet_ids              = [for s in aws_subnet.kops : s.id]
    route_table_ids              = { for name, table in aws_route_table.kops : name => table.id }
    customer_gateway_id          = aws_customer_gateway.account.id
    node_autoscaling_group_ids   = ["nodes"]
    master_autoscaling_group_ids = ["control-plane"]
  }
}
`

// TestApplyAndDestroy applies the stacks against moto and destroys them again:
// everything is made, and everything is gone. It proves the shape of the calls,
// not what AWS would do.
func TestApplyAndDestroy(t *testing.T) {
	moto := awstest.StartMoto(t)
	around := awstest.New(t, map[string][]byte{"main.tf": []byte(beside)}, moto.Override(""))
	cluster, ok := around.Apply(t, nil).Values.Outputs["all"].Value.(map[string]any)
	if !ok {
		t.Fatal("the VPC has no outputs")
	}
	left := map[string]bool{}
	for _, s := range []stack{find(t, "vpn terraform/account"), find(t, "vpn terraform/platform/prod")} {
		t.Run(s.name, func(t *testing.T) {
			variables, guarded := cluster, kept(`"aws_s3_bucket" "component"`, `"aws_kms_key" "component"`)
			if s.cluster == "" {
				variables, guarded = nil, kept(`"aws_s3_bucket" "logs"`)
			}
			override, kinds := awstest.LeftOut(t, s.files)
			if s.cluster == "" {
				// The provider watches it for a minute; the other stack has one too.
				override += "\nresource \"aws_s3_bucket_lifecycle_configuration\" \"logs\" {\n  count = 0\n}\n"
			}
			for _, kind := range kinds {
				left[kind] = true
			}
			w := awstest.New(t, s.files, moto.Override(guarded+override))
			planned := w.Plan(t, variables)
			state := w.Apply(t, variables)
			if made := resources(state); made != len(planned.ResourceChanges) || made < 30 {
				t.Errorf("%d of %d resources were made", made, len(planned.ResourceChanges))
			}
			if again := changes(w.Plan(t, variables)); len(again) > 0 {
				t.Errorf("a second plan would change %q", again)
			}
			if gone := resources(w.Destroy(t)); gone != 0 {
				t.Errorf("%d resources are left", gone)
			}
		})
	}
	for _, kind := range awstest.Lacking() {
		if !left[kind] {
			t.Errorf("%s is said to be left out, and no stack has it", kind)
		}
	}
}

func resources(s *tfjson.State) int {
	if s.Values == nil {
		return 0
	}
	return len(s.Values.RootModule.Resources)
}

// forgetful are resources of which moto does not keep all that it is told: the
// types of ICMP of network ACLs, and that a VPN has static routes.
func forgetful(address string) bool {
	return address == "aws_network_acl.nodes" || address == "aws_vpn_connection.network"
}

// changes are the resources that a plan would touch.
func changes(p *tfjson.Plan) (all []string) {
	for _, c := range p.ResourceChanges {
		if !c.Change.Actions.NoOp() && !forgetful(c.Address) {
			all = append(all, c.Address)
		}
	}
	return all
}
