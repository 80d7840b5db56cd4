// Package govern brings a repository's forge to what platform.yaml declares of
// it: who may change which branch, what workflows may do. It looks first and
// changes only what is weaker than declared, so it may be run again at any time;
// what people made stricter stays. What it changed, it reads again.
package govern

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/governance"
)

// Forge holds the settings of one repository.
type Forge interface {
	// Settings says of each setting that want declares what it is, or why this
	// forge does not know it.
	Settings(ctx context.Context, want governance.State) (governance.Found, error)
	// ChangeSettings gives the settings of one part their values, by name. Others
	// of the part are left as they are. An error with Unavailable() []string names
	// the settings that the forge does not offer for this repository; the others
	// are set then.
	ChangeSettings(ctx context.Context, want governance.State, part governance.Part, to map[string]governance.Value) error
}

// Report is what was changed, or would be.
type Report struct {
	DryRun  bool                `json:"dryRun"`
	Changes []governance.Change `json:"changes"`
	// Unable is what is declared and the forge cannot hold.
	Unable []governance.Unable `json:"unable"`
}

// Run brings the forge to what is declared. With dry, it only tells. A part that
// fails does not keep the others from being set, but for variables: a workflow
// that they set going is to find the rules in place. The changes that were made
// are returned with an error, too.
func Run(ctx context.Context, forge Forge, want governance.State, dry bool) (Report, error) {
	report := Report{DryRun: dry, Changes: []governance.Change{}, Unable: []governance.Unable{}}
	steps, unable, err := look(ctx, forge, want)
	if err != nil {
		return report, err
	}
	report.Unable = append(report.Unable, unable...)
	var failed []error
	for _, step := range steps {
		if !dry {
			if err := ctx.Err(); err != nil {
				return report, errors.Join(append(failed, err)...)
			}
			err := errors.New("left as it is, since not all before it could be set")
			if len(failed) == 0 || step.Part.Kind != governance.PartVariable {
				err = forge.ChangeSettings(ctx, want, step.Part, step.To)
			}
			if err = report.refused(&step, err); err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", step.Part, err))
				continue
			}
		}
		report.Changes = append(report.Changes, step.Changes...)
	}
	if !dry && len(steps) > 0 {
		failed = append(failed, verify(ctx, forge, want, report.Changes))
	}
	return report, errors.Join(failed...)
}

// refused moves the changes of a step that the forge does not offer here, by its
// plan, to what it is unable to do; any other error stays one.
func (r *Report) refused(step *governance.Step, err error) error {
	var unavailable interface{ Unavailable() []string }
	if !errors.As(err, &unavailable) {
		return err
	}
	step.Changes = slices.DeleteFunc(step.Changes, func(c governance.Change) bool {
		is := slices.Contains(unavailable.Unavailable(), c.Setting)
		if is {
			r.Unable = append(r.Unable, governance.Unable{Part: c.Part, Setting: c.Setting, Why: err.Error()})
		}
		return is
	})
	return nil
}

// verify reads the settings again, and finds changes that did not come about.
func verify(ctx context.Context, forge Forge, want governance.State, changes []governance.Change) error {
	left, _, err := look(ctx, forge, want)
	if err != nil {
		return fmt.Errorf("looking at what was changed: %w", err)
	}
	e := &NotHeldError{}
	for _, step := range left {
		for _, c := range step.Changes {
			if slices.ContainsFunc(changes, func(made governance.Change) bool { return made.Part == c.Part && made.Setting == c.Setting }) {
				e.Changes = append(e.Changes, c)
			}
		}
	}
	if len(e.Changes) == 0 {
		return nil
	}
	return e
}

func look(ctx context.Context, forge Forge, want governance.State) ([]governance.Step, []governance.Unable, error) {
	found, err := forge.Settings(ctx, want)
	if err != nil {
		return nil, nil, err
	}
	return governance.Compare(want, found)
}

// NotHeldError says that a forge took changes, and is not what they say.
type NotHeldError struct{ Changes []governance.Change }

func (e *NotHeldError) Error() string {
	lines := make([]string, 0, len(e.Changes))
	for _, c := range e.Changes {
		lines = append(lines, fmt.Sprintf("%s: %s is %s, not %s", c.Part, c.Setting, c.From, c.To))
	}
	return "the forge accepted the changes, but not all came about: " + strings.Join(lines, "; ") +
		". A forge leaves out users and teams that may not write to the repository, and what its plan does not include"
}
