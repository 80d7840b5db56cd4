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
// failed; what could be done all the same is done, but for variables.
func TestRunTellsTheTruth(t *testing.T) {
	t.Parallel()
	h := weak()
	h.deaf = governance.NoForcePush
	var not *govern.NotHeldError
	if _, err := govern.Run(t.Context(), h, declared(), false); !errors.As(err, &not) || len(not.Changes) != 2 || !strings.Contains(err.Error(), "branch main: noForcePush is none, not yes") {
		t.Errorf("got %v", err)
	}
	h = weak()
	h.fails = governance.Part{Kind: governance.PartBranch, Name: "main"}
	report, err := govern.Run(t.Context(), h, declared(), false)
	if err == nil || !strings.Contains(err.Error(), "branch main: no") || !strings.Contains(err.Error(), "variable AWS_REGION: left as it is") || errors.As(err, &not) {
		t.Errorf("got %v", err)
	}
	told := map[string]bool{}
	for _, c := range report.Changes {
		told[c.Part.String()] = true
	}
	if len(h.order) != 2 || len(told) != 2 || !told["branch release/*"] || !told["actions"] {
		t.Errorf("changed %v, told %v", h.order, told)
	}
}

func TestRunStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := weak()
	if report, err := govern.Run(ctx, h, declared(), false); !errors.Is(err, context.Canceled) || len(report.Changes)+len(h.order) > 0 {
		t.Errorf("changed %v, %v", h.order, err)
	}
}

// absent is a forge whose plan lacks a setting.
type absent struct{ *held }

func (a absent) ChangeSettings(ctx context.Context, want governance.State, part governance.Part, to map[string]governance.Value) error {
	delete(to, governance.SignedCommits)
	if err := a.held.ChangeSettings(ctx, want, part, to); err != nil || part.Name != "main" {
		return err
	}
	return lacking{}
}

type lacking struct{}

func (lacking) Error() string         { return "not in this plan" }
func (lacking) Unavailable() []string { return []string{governance.SignedCommits} }

func TestRunTellsWhatAPlanLacks(t *testing.T) {
	t.Parallel()
	want := declared()
	want.Branches[0].SignedCommits = true
	h := weak()
	main := governance.Part{Kind: governance.PartBranch, Name: "main"}
	h.SetFlag(main, governance.SignedCommits, false)
	for range 2 { // it is told each time
		report, err := govern.Run(t.Context(), absent{h}, want, false)
		if last := report.Unable[len(report.Unable)-1]; err != nil || last != (governance.Unable{Part: main, Setting: governance.SignedCommits, Why: "not in this plan"}) {
			t.Errorf("unable %+v, %v", report.Unable, err)
		}
		for _, c := range report.Changes {
			if c.Setting == governance.SignedCommits {
				t.Error("it is told as changed")
			}
		}
	}
}
