package govern_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/govern"
	"github.com/groundwork-dev/groundwork/internal/governance"
)

// held is a forge in memory.
type held struct {
	governance.Found
	deaf  string // a setting that it takes and forgets
	fails governance.Part
	order []governance.Part
}

func (h *held) Settings(context.Context, governance.State) (governance.Found, error) {
	return h.Found, nil
}

func (h *held) ChangeSettings(_ context.Context, _ governance.State, part governance.Part, to map[string]governance.Value) error {
	if part == h.fails {
		return errors.New("no")
	}
	h.order = append(h.order, part)
	for name, v := range to {
		if name != h.deaf {
			h.Set(part, name, v)
		}
	}
	return nil
}

func declared() governance.State {
	return governance.State{
		Branches:  []governance.Branch{{Name: "main", Reviews: 1}, {Name: "release/*", Reviews: 2}},
		Variables: map[string]string{"AWS_REGION": "eu-central-1"},
	}
}

// weak is a forge that holds nothing, and does not know one setting.
func weak() *held {
	h := &held{Found: governance.NewFound()}
	for _, s := range governance.Settings(declared()) {
		h.Set(s.Part, s.Name, nil)
		if s.Name == governance.LastPusher {
			h.SetCannot(s.Part, "it does not look", s.Name)
		}
	}
	return h
}

func TestRun(t *testing.T) {
	t.Parallel()
	h := weak()
	dry, err := govern.Run(t.Context(), h, declared(), true)
	if err != nil || len(dry.Changes) == 0 || len(h.order) > 0 {
		t.Fatalf("a dry run: %d changes, %v changed, %v", len(dry.Changes), h.order, err)
	}
	first, err := govern.Run(t.Context(), h, declared(), false)
	if err != nil || len(first.Changes) != len(dry.Changes) || len(first.Unable) != 2 {
		t.Fatalf("the first run: %+v, %v", first, err)
	}
	if last := h.order[len(h.order)-1]; h.order[0].Name != "main" || last.Kind != governance.PartVariable {
		t.Errorf("changed in the order %v", h.order)
	}
	h.order = nil
	if again, err := govern.Run(t.Context(), h, declared(), false); err != nil || len(again.Changes) > 0 || len(h.order) > 0 {
		t.Errorf("the second run: %+v, %v", again, err)
	}
}

// TestRunTellsTheTruth: what a forge took and forgot is an error, and so is what
// failed; what was done before is told with it.
func TestRunTellsTheTruth(t *testing.T) {
	t.Parallel()
	h := weak()
	h.deaf = governance.NoForcePush
	var not *govern.NotHeldError
	if _, err := govern.Run(t.Context(), h, declared(), false); !errors.As(err, &not) || !strings.Contains(err.Error(), "branch main: noForcePush is none, not yes") {
		t.Errorf("got %v", err)
	}
	h = weak()
	h.fails = governance.Part{Kind: governance.PartBranch, Name: "release/*"}
	report, err := govern.Run(t.Context(), h, declared(), false)
	if err == nil || !strings.Contains(err.Error(), "branch release/*: no") || len(report.Changes) == 0 {
		t.Errorf("got %+v, %v", report, err)
	}
	for _, c := range report.Changes {
		if c.Part.Name != "main" {
			t.Errorf("%s is told as changed", c.Part)
		}
	}
}
