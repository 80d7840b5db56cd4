//go:build aws

package kops_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/groundwork-dev/groundwork/internal/clusterfolder"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/test/aws/awstest"
)

// mirrorVariable names a filesystem mirror of Terraform's providers, in which
// hashicorp/aws is; defaultMirror is where the project's own machines have one.
const (
	mirrorVariable = "GROUNDWORK_TERRAFORM_MIRROR"
	defaultMirror  = "/opt/tf-plugins"
)

// offline lets the provider plan without AWS: it believes the credentials and
// asks for nothing.
const offline = `provider "aws" {
  region                      = %[1]q
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

provider "aws" {
  alias                       = "files"
  region                      = %[1]q
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}
`

// terraform runs Terraform in a folder, with providers of the mirror alone.
type terraform struct{ dir, config string }

func newTerraform(t *testing.T, files map[string]string, region string) terraform {
	t.Helper()
	mirror := os.Getenv(mirrorVariable)
	if mirror == "" {
		mirror = defaultMirror
	}
	if _, err := os.Stat(filepath.Join(mirror, "registry.terraform.io", "hashicorp", "aws")); err != nil {
		t.Skipf("no mirror of Terraform's providers: %v (set %s)", err, mirrorVariable)
	}
	if _, err := exec.LookPath("terraform"); err != nil {
		t.Skip("terraform is not on PATH")
	}
	tf := terraform{dir: t.TempDir(), config: filepath.Join(t.TempDir(), "terraformrc")}
	text := fmt.Sprintf("disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror)
	if err := os.WriteFile(tf.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		tf.write(t, name, text)
	}
	tf.write(t, "offline_override.tf", fmt.Sprintf(offline, region))
	return tf
}

func (tf terraform) write(t *testing.T, name, text string) {
	t.Helper()
	at := filepath.Join(tf.dir, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (tf terraform) run(ctx context.Context, t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(ctx, "terraform", args...)
	cmd.Dir = tf.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + tf.dir, "TF_CLI_CONFIG_FILE=" + tf.config, "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1"}
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("terraform %v: %v\n%s", args, err, output)
	}
	return output
}

// folder reads a committed render.
func folder(t *testing.T, root, cluster string) map[string]string {
	t.Helper()
	dir := filepath.Join(root, clusterfolder.Dir(cluster))
	files := map[string]string{}
	for _, pattern := range []string{"kubernetes.tf", "data/*"} {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			at, err := filepath.Rel(dir, name)
			if err != nil {
				t.Fatal(err)
			}
			files[at] = string(text)
		}
	}
	return files
}

// TestTerraformAccepts lets Terraform and the real provider check and plan every
// render, and holds the plan to what was promised of it and to what `bootstrap
// cluster cost` says. Not in parallel: a plan takes 600 MB.
func TestTerraformAccepts(t *testing.T) {
	type render struct {
		name, region string
		files        map[string]string
		root         string // of platform.yaml
		cluster      string
	}
	var renders []render
	for _, of := range committed() {
		renders = append(renders, render{of.cluster, "eu-central-1", folder(t, of.root, of.cluster), of.root, of.cluster})
	}
	renders[2].name, renders[2].region = "seed", "us-east-1"
	for _, name := range cases() {
		root := t.TempDir()
		text, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
		if err == nil {
			err = os.WriteFile(filepath.Join(root, config.FileName), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		renders = append(renders, render{name, "eu-west-1", renderCase(t, name), root, "example"})
	}
	for _, of := range renders {
		t.Run(of.name, func(t *testing.T) {
			tf := newTerraform(t, of.files, of.region)
			tf.run(t.Context(), t, "init", "-backend=false", "-input=false", "-no-color")
			tf.run(t.Context(), t, "validate", "-no-color")
			tf.run(t.Context(), t, "plan", "-input=false", "-no-color", "-refresh=false", "-out=plan.bin")
			shown := tf.run(t.Context(), t, "show", "-json", "plan.bin")
			hold(t, of.name, shown, of.name != "seed")
			var plan tfjson.Plan
			if err := json.Unmarshal(shown, &plan); err != nil {
				t.Fatal(err)
			}
			awstest.HoldCost(t, of.root, of.region, of.cluster, awstest.Kubernetes, &plan)
		})
	}
}

// planned is the part of a plan that is looked at.
type planned struct {
	Changes []struct {
		Address string `json:"address"`
		Type    string `json:"type"`
		Change  struct {
			Actions []string       `json:"actions"`
			After   map[string]any `json:"after"`
		} `json:"change"`
	} `json:"resource_changes"`
}

// hold holds a plan to what the request promised.
func hold(t *testing.T, name string, data []byte, hard bool) {
	t.Helper()
	var plan planned
	if err := json.Unmarshal(data, &plan); err != nil {
		t.Fatal(err)
	}
	templates, groups := 0, 0
	for _, c := range plan.Changes {
		if len(c.Change.Actions) != 1 || c.Change.Actions[0] != "create" && c.Change.Actions[0] != "read" {
			t.Errorf("%s: a first plan would %v %s", name, c.Change.Actions, c.Address)
		}
		after := c.Change.After
		switch c.Type {
		case "aws_launch_template":
			templates++
			holdTemplate(t, c.Address, after, hard)
		case "aws_autoscaling_group":
			groups++
		case "aws_ebs_volume":
			if after["encrypted"] != true {
				t.Errorf("%s is not encrypted", c.Address)
			}
		case "aws_security_group_rule":
			port, open := after["from_port"], fmt.Sprint(after["cidr_blocks"], after["ipv6_cidr_blocks"])
			if hard && after["type"] == "ingress" && (open == "[0.0.0.0/0] <nil>" || open == "<nil> [::/0]") && port != float64(-1) && port != float64(3) {
				t.Errorf("%s opens port %v to any address", c.Address, port)
			}
			if hard && port == float64(22) {
				t.Errorf("%s opens SSH", c.Address)
			}
		}
		if tags, ok := after["tags"].(map[string]any); ok && c.Type != "aws_s3_object" && len(tags) > 0 {
			if _, ok := tags["KubernetesCluster"]; !ok {
				t.Errorf("%s has no tag KubernetesCluster, by which a cluster's end finds it", c.Address)
			}
		}
	}
	if len(plan.Changes) < 80 || groups < 2 || templates != groups {
		t.Errorf("%s plans %d resources, with %d groups and %d launch templates", name, len(plan.Changes), groups, templates)
	}
}

func holdTemplate(t *testing.T, address string, after map[string]any, hard bool) {
	t.Helper()
	options := fmt.Sprint(after["metadata_options"])
	if want := "http_put_response_hop_limit:1"; hard && !strings.Contains(options, want) || !strings.Contains(options, "http_tokens:required") {
		t.Errorf("%s has metadata options %s", address, options)
	}
	if disks := fmt.Sprint(after["block_device_mappings"]); !strings.Contains(disks, "encrypted:true") {
		t.Errorf("%s has a volume that is not encrypted: %s", address, disks)
	}
}
