package cli

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/terraform"
)

// The stacks of a cluster as Terraform's own resource, which needs no provider.
// What stays may not be destroyed, the platform's stack needs what the others
// tell, and the network cannot be destroyed while a file is there.
const (
	kubernetesStack = `
resource "terraform_data" "network" {
  input = "blocked"
  provisioner "local-exec" {
    when    = destroy
    command = "test ! -e ${self.input}"
  }
}
resource "terraform_data" "machine" {
  input = terraform_data.network.id
}
output "vpc_id" { value = "vpc-1" }
output "route_table_public_id" { value = "rtb-1" }
`
	platformStack = `
variable "vpc_id" { type = string }
variable "customer_gateway_id" { type = string }
variable "route_table_ids" { type = map(string) }
resource "terraform_data" "component" {
  for_each = { backups = 1, unseal = 2 }
  lifecycle { prevent_destroy = true }
}
resource "terraform_data" "settings" {
  input = [for c in terraform_data.component : c.id]
}
resource "terraform_data" "routes" {
  for_each = var.route_table_ids
  input    = "${var.vpc_id} ${var.customer_gateway_id}"
}
`
	accountStack = `output "customer_gateway_id" { value = "cgw-1" }`
)

// TestDestroyByTerraform ends stacks that Terraform has really applied. A run
// that fails amid the last of them is continued by another.
func TestDestroyByTerraform(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("terraform"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("terraform is not on this machine, and CI is set: nothing may be skipped")
		}
		t.Skip("SKIPPED: terraform is not on this machine")
	}
	program, err := terraform.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d := newDestroyed(t)
	d.o.dir, d.o.yes = t.TempDir(), true
	applied := func(name, text string, variables map[string]any) *terraform.Stack {
		t.Helper()
		s := writeStack(t, program, d.o.dir, name, text)
		if _, err := s.Plan(t.Context(), variables, false); err != nil {
			t.Fatal(err)
		}
		if err := s.Apply(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		return s
	}
	applied("terraform/account", accountStack, nil)
	kubernetes := applied(d.options.KubernetesDir, kubernetesStack, nil)
	variables, err := d.o.variables(t.Context(), program, map[string]any{"vpc_id": "vpc-1", "route_table_public_id": "rtb-1"})
	if err != nil {
		t.Fatal(err)
	}
	beside := applied(d.options.PlatformDir, platformStack, variables)
	d.deps.Kubernetes, d.deps.Platform = kubernetes, beside
	d.deps.Variables = func(outputs map[string]any) (map[string]any, error) {
		return d.o.variables(t.Context(), program, outputs)
	}
	d.options.Keep = func(a string) bool { return strings.HasPrefix(a, "terraform_data.component[") }
	d.options.SkipBackup, d.options.SkipDrain = true, true

	blocked := filepath.Join(d.o.dir, filepath.FromSlash(d.options.KubernetesDir), "blocked")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, said, err := d.play(t, "")
	if err == nil || !strings.Contains(err.Error(), "kubernetes: ") || !strings.Contains(said, "2 resources of buckets and keys stay") {
		t.Fatalf("the network cannot be destroyed: %v\n%s", err, said)
	}
	left := func(s *terraform.Stack) []string {
		addresses, err := s.Resources(context.WithoutCancel(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		return addresses
	}
	if got := left(kubernetes); !slices.Equal(got, []string{"terraform_data.network"}) || len(left(beside)) > 0 {
		t.Fatalf("left: %v, %v", got, left(beside))
	}
	if err := os.Remove(blocked); err != nil {
		t.Fatal(err)
	}
	out, said, err := d.play(t, "")
	if err != nil || len(left(kubernetes)) > 0 || !strings.Contains(out, "Cluster dev is destroyed") {
		t.Fatalf("%v\n%s%s", err, said, out)
	}
}

// writeStack writes a stack and connects it with its state.
func writeStack(t *testing.T, program terraform.Program, root, name, text string) *terraform.Stack {
	t.Helper()
	dir := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := program.Open(root, name)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}
