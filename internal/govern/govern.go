// Package govern brings a repository's forge to what platform.yaml declares of
// it: who may change which branch, what workflows may do. It looks first and
// changes only what is weaker than declared, so it may be run again at any time;
// what people made stricter stays. What it changed, it reads again.
package govern

import (
	"context"
	"fmt"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/governance"
)

// Forge holds the settings of one repository.
type Forge interface {
	// Settings says of each setting that want declares what it is, or why this
	// forge does not know it.
	Settings(ctx context.Context, want governance.State) (governance.Found, error)
	// ChangeSettings gives the settings of one part their values, by name. Others
	// of the part are left as they are.
	ChangeSettings(ctx context.Context, want governance.State, part governance.Part, to map[string]governance.Value) error
}

// Report is what was changed, or would be.
type Report struct {
	DryRun  bool                `json:"dryRun"`
	Changes []governance.Change `json:"changes"`
	// Unable is what is declared and the forge cannot hold.
	Unable []governance.Unable `json:"unable"`
}

// Run brings the forge to what is declared. With dry, it only tells. The changes
// that were made are returned with an error, too.
func Run(ctx context.Context, forge Forge, want governance.State, dry bool) (Report, error) {
	report := Report{DryRun: dry, Changes: []governance.Change{}, Unable: []governance.Unable{}}
	steps, unable, err := look(ctx, forge, want)
	if err != nil {
		return report, err
	}
	report.Unable = append(report.Unable, unable...)
	for _, step := range steps {
		if !dry {
			if err := forge.ChangeSettings(ctx, want, step.Part, step.To); err != nil {
				return report, fmt.Errorf("%s: %w", step.Part, err)
			}
		}
		report.Changes = append(report.Changes, step.Changes...)
	}
	if dry || len(steps) == 0 {
		return report, nil
	}
	left, _, err := look(ctx, forge, want)
	if err != nil {
		return report, fmt.Errorf("looking at what was changed: %w", err)
	}
	if len(left) > 0 {
		return report, notHeld(left)
	}
	return report, nil
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

func notHeld(steps []governance.Step) *NotHeldError {
	e := &NotHeldError{}
	for _, step := range steps {
		e.Changes = append(e.Changes, step.Changes...)
	}
	return e
}

func (e *NotHeldError) Error() string {
	lines := make([]string, 0, len(e.Changes))
	for _, c := range e.Changes {
		lines = append(lines, fmt.Sprintf("%s: %s is %s, not %s", c.Part, c.Setting, c.From, c.To))
	}
	return "the forge accepted the changes, but not all came about: " + strings.Join(lines, "; ") +
		". A forge leaves out users and teams that may not write to the repository, and what its plan does not include"
}
