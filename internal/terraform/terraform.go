// Package terraform runs Terraform in the folder of a stack, through
// terraform-exec. A plan is saved, and what is applied is the saved plan and
// nothing else.
package terraform

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/terraform-exec/tfexec"
)

// Least is the first version that locks a state in S3 alone.
const Least = "1.11.0"

const (
	// savedPlan is where a plan is kept, in the folder that Terraform makes for
	// itself and nobody commits: a plan may hold secrets. savedOf is what it was
	// made of; without it, the plan is none to be applied.
	savedPlan = ".terraform/bootstrap.tfplan"
	savedOf   = ".terraform/bootstrap.json"
	// variablesFile has the variables of a plan.
	variablesFile = ".terraform/bootstrap.tfvars.json"
	// patience is how long Terraform may take to end after an interrupt: it waits
	// for what AWS was asked for.
	patience = 10 * time.Minute
)

// Program is an executable of Terraform.
type Program struct{ path string }

// Find finds Terraform on PATH and refuses one that is too old.
func Find(ctx context.Context) (Program, error) {
	path, err := exec.LookPath("terraform")
	if err != nil {
		return Program{}, missingError{}
	}
	tf, err := tfexec.NewTerraform(os.TempDir(), path)
	if err != nil {
		return Program{}, fmt.Errorf("preparing Terraform: %w", err)
	}
	have, _, err := tf.Version(ctx, true)
	if err != nil {
		return Program{}, fmt.Errorf("asking %s for its version: %w", path, err)
	}
	if have.LessThan(version.Must(version.NewVersion(Least))) {
		return Program{}, missingError{found: fmt.Sprintf("%s is version %s", path, have)}
	}
	return Program{path}, nil
}

// missingError says that there is no Terraform that would do.
type missingError struct{ found string }

// Refused tells the error apart from others: nothing was changed.
func (missingError) Refused() bool { return true }

func (e missingError) Error() string {
	found := e.found
	if found == "" {
		found = "terraform is not on PATH"
	}
	return found + ": install " + Least + " or later (https://developer.hashicorp.com/terraform/install)"
}

// Stack is the folder of a stack. Its methods run one at a time.
type Stack struct {
	// name is the folder in the repository, by which errors speak of it.
	name string
	dir  string
	tf   *tfexec.Terraform
}

// Open opens the stack in a folder of a repository. Terraform gets this process's
// environment, but for what would change what it does.
func (p Program) Open(repository, name string) (*Stack, error) {
	dir := filepath.Join(repository, filepath.FromSlash(name))
	tf, err := tfexec.NewTerraform(dir, p.path)
	if err != nil {
		return nil, fmt.Errorf("opening the stack %s: %w", name, err)
	}
	environment := map[string]string{}
	for _, variable := range os.Environ() {
		key, value, _ := strings.Cut(variable, "=")
		environment[key] = value
	}
	if err := tf.SetEnv(tfexec.CleanEnv(environment)); err != nil {
		return nil, fmt.Errorf("preparing Terraform's environment: %w", err)
	}
	if err := tf.SetWaitDelay(patience); err != nil {
		return nil, fmt.Errorf("preparing Terraform: %w", err)
	}
	return &Stack{name: name, dir: dir, tf: tf}, nil
}

// Init fetches the provider and connects the folder with its state. A folder
// that was connected with another state is connected with its own.
func (s *Stack) Init(ctx context.Context) error {
	return s.explain("terraform init", s.tf.Init(ctx, tfexec.Reconfigure(true), tfexec.Upgrade(false)))
}

// Outputs returns what the stack tells others; nothing for one that was never
// applied.
func (s *Stack) Outputs(ctx context.Context) (map[string]any, error) {
	outputs, err := s.tf.Output(ctx)
	if err != nil {
		return nil, s.explain("terraform output", err)
	}
	values := map[string]any{}
	for name, output := range outputs {
		var value any
		if err := json.Unmarshal(output.Value, &value); err != nil {
			return nil, fmt.Errorf("reading the output %s of %s: %w", name, s.name, err)
		}
		values[name] = value
	}
	return values, nil
}

// Resources returns the addresses of what the stack has made, sorted; none for
// a stack that was never applied, or has been destroyed.
func (s *Stack) Resources(ctx context.Context) ([]string, error) {
	text, err := s.tf.StatePull(ctx)
	if err != nil {
		return nil, s.explain("terraform state pull", err)
	}
	addresses, err := managed(text)
	if err != nil {
		return nil, fmt.Errorf("reading the state of %s: %w", s.name, err)
	}
	return addresses, nil
}

// Forget takes resources out of the state: they stay, and are nobody's.
func (s *Stack) Forget(ctx context.Context, addresses ...string) error {
	for _, address := range addresses {
		if err := s.explain("terraform state rm "+address, s.tf.StateRm(ctx, address)); err != nil {
			return err
		}
	}
	return nil
}
