//go:build aws

// Package awstest runs Terraform in tests: with the provider of the machine's
// mirror, with made-up credentials, and with no way to the internet.
package awstest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"
	tfjson "github.com/hashicorp/terraform-json"
)

// Override is the file by which a test changes a stack: Terraform merges it over
// the others.
const Override = "test_override.tf"

// Offline keeps the state beside the files, and the provider from asking AWS
// who it is. It is what every stack is overridden by.
const Offline = `terraform {
  backend "local" {}
}

provider "aws" {
  access_key                  = "test"
  secret_key                  = "test"
  allowed_account_ids         = null
  max_retries                 = 2
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}
`

// Terraform is a folder of Terraform files, ready to be planned.
type Terraform struct {
	Dir string

	tf  *tfexec.Terraform
	env map[string]string
}

// New writes a stack to a folder of its own, with an override, and initialises
// it. Where Terraform or its provider is not on the machine, the test is
// skipped; with CI set it fails.
func New(t testing.TB, files map[string][]byte, override string) *Terraform {
	t.Helper()
	bin, err := exec.LookPath("terraform")
	if err != nil {
		missing(t, "terraform")
	}
	dir := t.TempDir()
	for name, data := range files {
		write(t, filepath.Join(dir, name), data)
	}
	write(t, filepath.Join(dir, Override), []byte(override))
	tf, err := tfexec.NewTerraform(dir, bin)
	if err != nil {
		t.Fatal(err)
	}
	w := &Terraform{Dir: dir, tf: tf, env: map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": t.TempDir(), "TMPDIR": os.TempDir(),
		"TF_CLI_CONFIG_FILE":        MirrorConfig(t),
		"AWS_EC2_METADATA_DISABLED": "true",
		// Nobody answers there: a call to the internet fails, whatever it is for.
		"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1",
	}}
	if err := tf.SetEnv(w.env); err != nil {
		t.Fatal(err)
	}
	if err := tf.Init(t.Context()); err != nil {
		t.Fatalf("terraform init: %v", err)
	}
	return w
}

// Validate runs terraform validate.
func (w *Terraform) Validate(t testing.TB) {
	t.Helper()
	defer turn(t)()
	v, err := w.tf.Validate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range v.Diagnostics {
		t.Errorf("terraform validate: %s: %s", d.Summary, d.Detail)
	}
}

// Plan plans the stack with its variables.
func (w *Terraform) Plan(t testing.TB, variables map[string]any) *tfjson.Plan {
	t.Helper()
	defer turn(t)()
	w.variables(t, variables)
	const file = "test.tfplan"
	if _, err := w.tf.Plan(t.Context(), tfexec.Out(file)); err != nil {
		t.Fatalf("terraform plan: %v", err)
	}
	plan, err := w.tf.ShowPlanFile(t.Context(), file)
	if err != nil {
		t.Fatalf("terraform show: %v", err)
	}
	return plan
}

// Apply applies the stack and returns what there is then.
func (w *Terraform) Apply(t testing.TB, variables map[string]any) *tfjson.State {
	t.Helper()
	defer turn(t)()
	w.variables(t, variables)
	if err := w.tf.Apply(t.Context()); err != nil {
		t.Fatalf("terraform apply: %v", err)
	}
	return w.show(t)
}

// Destroy destroys the stack and returns what there is then.
func (w *Terraform) Destroy(t testing.TB) *tfjson.State {
	t.Helper()
	defer turn(t)()
	if err := w.tf.Destroy(t.Context()); err != nil {
		t.Fatalf("terraform destroy: %v", err)
	}
	return w.show(t)
}

func (w *Terraform) show(t testing.TB) *tfjson.State {
	t.Helper()
	state, err := w.tf.Show(t.Context())
	if err != nil {
		t.Fatalf("terraform show: %v", err)
	}
	return state
}

// Test runs terraform test on a test file.
func (w *Terraform) Test(t testing.TB, testFile string, variables map[string]any) {
	t.Helper()
	defer turn(t)()
	w.variables(t, variables)
	write(t, filepath.Join(w.Dir, "stack.tftest.hcl"), []byte(testFile))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := exec.CommandContext(ctx, w.tf.ExecPath(), "test", "-no-color")
	cmd.Dir = w.Dir
	for name, value := range w.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("terraform test: %v\n%s", err, out)
	}
	if !strings.Contains(string(out), " passed, 0 failed.") {
		t.Fatalf("terraform test says nothing of what passed:\n%s", out)
	}
}

func (w *Terraform) variables(t testing.TB, variables map[string]any) {
	t.Helper()
	if variables == nil {
		variables = map[string]any{}
	}
	data, err := json.Marshal(variables)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(w.Dir, "terraform.tfvars.json"), data)
}

// turn waits until fewer than two others run Terraform, those of other packages
// too, and holds the place until it is undone: the provider takes 600 MB for each
// run, and there may be two cores.
func turn(t testing.TB) func() {
	t.Helper()
	const places = 2
	for how := syscall.LOCK_EX | syscall.LOCK_NB; ; how = syscall.LOCK_EX {
		for i := range places {
			place := (os.Getpid() + i) % places
			f, err := os.OpenFile(filepath.Join(os.TempDir(), fmt.Sprintf("groundwork-aws-test-%d.lock", place)), os.O_CREATE|os.O_RDWR, 0o600)
			if err != nil {
				t.Fatal(err)
			}
			err = syscall.Flock(int(f.Fd()), how)
			if err == nil {
				return func() { f.Close() }
			}
			f.Close()
			if !errors.Is(err, syscall.EWOULDBLOCK) {
				t.Fatal(err)
			}
		}
	}
}

// missing ends a test that needs what is not there.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not on this machine, and CI is set: nothing may be skipped", what)
	}
	t.Skipf("SKIPPED: %s is not on this machine", what)
}

func write(t testing.TB, file string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
