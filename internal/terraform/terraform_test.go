package terraform_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/stackplan"
	"github.com/groundwork-dev/groundwork/internal/terraform"
)

const folder = "terraform/platform/dev"

// open writes a stack of Terraform's own resource, which needs no provider, and
// connects it with its state. Without Terraform the test is skipped; with CI set
// it fails.
func open(t *testing.T, text string) (*terraform.Stack, string) {
	t.Helper()
	if _, err := exec.LookPath("terraform"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("terraform is not on this machine, and CI is set: nothing may be skipped")
		}
		t.Skip("SKIPPED: terraform is not on this machine")
	}
	root := t.TempDir()
	dir := filepath.Join(root, folder)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, dir, text)
	program, err := terraform.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stack, err := program.Open(root, folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := stack.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	return stack, dir
}

func write(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func plan(t *testing.T, s *terraform.Stack, variables map[string]any, destroy bool) *stackplan.Plan {
	t.Helper()
	p, err := s.Plan(t.Context(), variables, destroy)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const two = `
variable "zones" { type = map(string) }

resource "terraform_data" "zone" {
  for_each = var.zones
  input    = each.value
}

resource "terraform_data" "one" {
  count = 1
}

output "zones" { value = { for k, v in terraform_data.zone : k => v.output } }
`

func TestLife(t *testing.T) {
	t.Parallel()
	s, _ := open(t, two)
	if outputs, err := s.Outputs(t.Context()); err != nil || len(outputs) > 0 {
		t.Errorf("before anything was applied, the outputs are %v (%v)", outputs, err)
	}
	if all, err := s.Resources(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("before anything was applied, there are %v (%v)", all, err)
	}
	variables := map[string]any{"zones": map[string]string{"a": "10.0.0.0", "b": "10.0.1.0"}}
	p := plan(t, s, variables, false)
	if got := p.Summary(); got != "3 to create" || len(p.Before) > 0 || len(p.After) != 3 {
		t.Errorf("the plan is %q, of %d resources before and %d after", got, len(p.Before), len(p.After))
	}
	if saved, err := s.Saved(t.Context(), variables); err != nil || saved.Summary() != "3 to create" {
		t.Errorf("the saved plan is %v (%v)", saved, err)
	}
	var begun, done []string
	if err := s.Apply(t.Context(), func(e stackplan.Event) {
		if e.Done {
			done = append(done, string(e.Action)+" "+e.Address)
		} else {
			begun = append(begun, e.Address)
		}
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(done)
	if want := []string{`create terraform_data.one[0]`, `create terraform_data.zone["a"]`, `create terraform_data.zone["b"]`}; !slices.Equal(done, want) || len(begun) != 3 {
		t.Errorf("told of %q, having begun %q", done, begun)
	}
	if saved, err := s.Saved(t.Context(), variables); err != nil || saved != nil {
		t.Errorf("after it was applied, a plan is saved: %v (%v)", saved, err)
	}
	if again := plan(t, s, variables, false); !again.Empty() {
		t.Errorf("a second plan is %q", again.Summary())
	}
	if outputs, err := s.Outputs(t.Context()); err != nil || outputs["zones"].(map[string]any)["b"] != "10.0.1.0" {
		t.Errorf("the outputs are %v (%v)", outputs, err)
	}

	if err := s.Forget(t.Context(), `terraform_data.zone["a"]`); err != nil {
		t.Fatal(err)
	}
	if all, err := s.Resources(t.Context()); err != nil || !slices.Equal(all, []string{`terraform_data.one[0]`, `terraform_data.zone["b"]`}) {
		t.Errorf("after one was forgotten, there are %v (%v)", all, err)
	}
	if p := plan(t, s, variables, true); p.Summary() != "2 to delete" {
		t.Errorf("the plan of the end is %q", p.Summary())
	}
	if err := s.Apply(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if all, err := s.Resources(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("after the end, there are %v (%v)", all, err)
	}
}

// TestStale: what was looked at is what is applied, or nothing is.
func TestStale(t *testing.T) {
	t.Parallel()
	s, dir := open(t, two)
	variables := map[string]any{"zones": map[string]string{"a": "x"}}
	plan(t, s, variables, false)
	stale := func(of string, err error) {
		t.Helper()
		if e, ok := errors.AsType[stackplan.StaleError](err); !ok || e.Dir != folder || e.Of != of {
			t.Errorf("the error is %v, want another %s", err, of)
		}
	}
	_, err := s.Saved(t.Context(), map[string]any{"zones": map[string]string{"a": "y"}})
	stale("set of variables", err)
	write(t, dir, two+"# changed\n")
	_, err = s.Saved(t.Context(), variables)
	stale("set of files", err)

	// Somebody else applies, from a folder of his own with the same state.
	write(t, dir, two)
	plan(t, s, variables, false)
	var kept [2][]byte
	for i, name := range []string{"bootstrap.tfplan", "bootstrap.json"} {
		if kept[i], err = os.ReadFile(filepath.Join(dir, ".terraform", name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Apply(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"bootstrap.tfplan", "bootstrap.json"} {
		if err := os.WriteFile(filepath.Join(dir, ".terraform", name), kept[i], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stale("state", s.Apply(t.Context(), nil))
}

// TestLocked: the second of two is told who the first is, and its plan is as
// good as before.
func TestLocked(t *testing.T) {
	t.Parallel()
	gate := filepath.Join(t.TempDir(), "gate")
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	s, dir := open(t, `
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "cat '`+gate+`'" }
}`)
	plan(t, s, nil, false)
	program, err := terraform.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := program.Open(strings.TrimSuffix(dir, "/"+folder), folder)
	if err != nil {
		t.Fatal(err)
	}
	begun, ended := make(chan struct{}), make(chan error)
	go func() {
		ended <- s.Apply(t.Context(), func(e stackplan.Event) {
			if !e.Done {
				close(begun)
			}
		})
	}()
	<-begun
	_, err = second.Plan(t.Context(), nil, false)
	if e, ok := errors.AsType[stackplan.LockedError](err); !ok || e.Lock.Who == "" || e.Lock.Who == "unknown" || len(e.Lock.ID) < 30 || !strings.Contains(err.Error(), "force-unlock "+e.Lock.ID) {
		t.Errorf("the error is %v", err)
	}
	if err := os.WriteFile(gate, nil, 0o600); err != nil { // opens the gate
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestFails: an error says which resource, and what was made is not forgotten.
func TestFails(t *testing.T) {
	t.Parallel()
	s, dir := open(t, `
resource "terraform_data" "good" {}

resource "terraform_data" "bad" {
  depends_on = [terraform_data.good]
  provisioner "local-exec" { command = "exit 7" }
}`)
	plan(t, s, nil, false)
	var told []string
	err := s.Apply(t.Context(), func(e stackplan.Event) {
		if e.Error != "" {
			told = append(told, e.Address)
		}
	})
	if err == nil || !strings.Contains(err.Error(), "terraform apply in "+folder) || !strings.Contains(err.Error(), "exit status 7") {
		t.Errorf("the error is %v", err)
	}
	if all, err := s.Resources(t.Context()); err != nil || len(all) != 2 { // the bad one is tainted
		t.Errorf("there are %v (%v)", all, err)
	}
	write(t, dir, `resource "terraform_data" "x" { nonsense = 1 }`)
	if _, err := s.Plan(t.Context(), nil, false); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("the error of a plan is %v", err)
	}
	if !slices.Equal(told, []string{"terraform_data.bad"}) {
		t.Errorf("told of the failure of %q", told)
	}
}
