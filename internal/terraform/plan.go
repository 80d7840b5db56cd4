package terraform

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/groundwork-dev/groundwork/internal/stackplan"
)

// Plan plans the stack, or its end, saves the plan and returns it.
func (s *Stack) Plan(ctx context.Context, variables map[string]any, destroy bool) (*stackplan.Plan, error) {
	if err := s.Discard(); err != nil {
		return nil, err
	}
	of, err := s.madeOf(variables)
	if err != nil {
		return nil, err
	}
	if err := s.write(variablesFile, of.Variables); err != nil {
		return nil, err
	}
	var said log
	_, err = s.tf.PlanJSON(ctx, &said, tfexec.Out(savedPlan), tfexec.Destroy(destroy), tfexec.VarFile(variablesFile))
	s.tf.SetStdout(io.Discard)
	if err != nil {
		return nil, s.failed("terraform plan", err, &said)
	}
	if err := os.Chmod(s.path(savedPlan), 0o600); err != nil {
		return nil, fmt.Errorf("keeping the plan of %s: %w", s.name, err)
	}
	if !destroy { // the end of a stack is planned and applied in one go
		data, err := json.Marshal(of)
		if err != nil {
			return nil, fmt.Errorf("keeping the plan of %s: %w", s.name, err)
		}
		if err := s.write(savedOf, data); err != nil {
			return nil, err
		}
	}
	return s.show(ctx)
}

// Saved returns the plan that was saved; nil where there is none. One that was
// made of other files or variables is a stackplan.StaleError.
func (s *Stack) Saved(ctx context.Context, variables map[string]any) (*stackplan.Plan, error) {
	data, err := os.ReadFile(s.path(savedOf))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the saved plan of %s: %w", s.name, err)
	}
	now, err := s.madeOf(variables)
	if err != nil {
		return nil, err
	}
	var of origin
	if err := json.Unmarshal(data, &of); err != nil || of.Files != now.Files {
		return nil, stackplan.StaleError{Dir: s.name, Of: "set of files"}
	}
	if !bytes.Equal(of.Variables, now.Variables) {
		return nil, stackplan.StaleError{Dir: s.name, Of: "set of variables"}
	}
	return s.show(ctx)
}

func (s *Stack) show(ctx context.Context) (*stackplan.Plan, error) {
	plan, err := s.tf.ShowPlanFile(ctx, savedPlan)
	if err != nil {
		return nil, s.explain("terraform show", err)
	}
	return PlanOf(plan), nil
}

// Discard throws the saved plan away.
func (s *Stack) Discard() error {
	for _, name := range []string{savedOf, savedPlan} {
		if err := os.Remove(s.path(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("throwing the saved plan of %s away: %w", s.name, err)
		}
	}
	return nil
}

// Apply applies the saved plan and shows each resource's beginning and end. The
// plan counts as used from the first moment: a run that is killed leaves none
// behind, and the next one plans what is missing. When ctx ends, Terraform is
// interrupted: it finishes what it has begun and writes its state.
func (s *Stack) Apply(ctx context.Context, show func(stackplan.Event)) error {
	of, err := os.ReadFile(s.path(savedOf))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("reading the saved plan of %s: %w", s.name, err)
	}
	if err := os.Remove(s.path(savedOf)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("taking the saved plan of %s: %w", s.name, err)
	}
	said := log{show: show}
	err = s.tf.ApplyJSON(ctx, &said, tfexec.DirOrPlan(savedPlan))
	s.tf.SetStdout(io.Discard)
	if err == nil {
		return s.Discard()
	}
	err = s.failed("terraform apply", err, &said)
	if _, locked := errors.AsType[stackplan.LockedError](err); locked && of != nil {
		return errors.Join(err, s.write(savedOf, of)) // it was not begun: the plan is as good as before
	}
	return errors.Join(err, s.Discard())
}

// origin is what a plan was made of.
type origin struct {
	// Files is a SHA-256 over the folder's files.
	Files     string          `json:"files"`
	Variables json.RawMessage `json:"variables"`
}

func (s *Stack) madeOf(variables map[string]any) (origin, error) {
	if variables == nil {
		variables = map[string]any{}
	}
	text, err := json.Marshal(variables)
	if err != nil {
		return origin{}, fmt.Errorf("writing the variables of %s: %w", s.name, err)
	}
	sum := sha256.New()
	files := os.DirFS(s.dir)
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(name, ".") && name != ".":
			return fs.SkipDir
		case !d.Type().IsRegular() || strings.HasPrefix(name, ".") || strings.Contains(name, ".tfstate"):
			return nil
		}
		data, err := fs.ReadFile(files, name)
		fmt.Fprintf(sum, "%s\x00%d\x00%s", name, len(data), data)
		return err
	})
	if err != nil {
		return origin{}, fmt.Errorf("reading the files of %s: %w", s.name, err)
	}
	return origin{Files: hex.EncodeToString(sum.Sum(nil)), Variables: text}, nil
}

// path is where a file of the folder is.
func (s *Stack) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

// write writes a file that is Terraform's and ours alone.
func (s *Stack) write(name string, data []byte) error {
	err := os.MkdirAll(filepath.Dir(s.path(name)), 0o700)
	if err == nil {
		err = os.WriteFile(s.path(name), data, 0o600)
	}
	if err != nil {
		return fmt.Errorf("preparing the plan of %s: %w", s.name, err)
	}
	return nil
}
