package governance_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/governance"
)

// main is one protected branch, and nothing else that has to be declared.
func mainBranch() governance.State {
	return governance.State{Branches: []governance.Branch{{
		Name: "main", Reviews: 2, CodeOwners: true, Checks: []string{"lint", "test"},
		Bypass: []governance.Actor{{Kind: governance.ActorApp, ID: 42}, {Kind: governance.ActorUser, Name: "flux"}},
	}}}
}

// met is what a forge says that holds exactly what is declared.
func met(s governance.State) governance.Found {
	f := governance.NewFound()
	for _, setting := range governance.Settings(s) {
		f.Set(setting.Part, setting.Name, setting.Value)
	}
	return f
}

// TestCompare changes one setting of a forge that holds everything.
func TestCompare(t *testing.T) {
	t.Parallel()
	main := governance.Part{Kind: governance.PartBranch, Name: "main"}
	prod := governance.Part{Kind: governance.PartEnvironment, Name: "prod"}
	variable := governance.Part{Kind: governance.PartVariable, Name: governance.VariableRegion}
	list := func(words ...string) governance.Value { return governance.List(words) }
	same := governance.Value{"same"}
	for name, tc := range map[string]struct {
		part    governance.Part
		setting string
		have    governance.Value
		to      governance.Value // same where it stays
	}{
		"a weaker number":         {main, governance.Approvals, governance.Number(1), governance.Number(2)},
		"a stricter number":       {main, governance.Approvals, governance.Number(3), same},
		"a flag that is off":      {main, governance.NoForcePush, governance.Flag(false), governance.Flag(true)},
		"a check too few":         {main, governance.Checks, list("mine", "test"), list("lint", "mine", "test")},
		"a check of others":       {main, governance.Checks, list("lint", "mine", "test"), same},
		"somebody more may pass":  {main, governance.Bypass, list("app 42", "user eve", "user flux"), list("app 42", "user flux")},
		"somebody less may pass":  {main, governance.Bypass, list("app 42"), list("app 42", "user flux")},
		"another reviewer":        {prod, governance.Reviewers, list("@acme/platform", "@eve"), list("@acme/platform")},
		"another branch deploys":  {prod, governance.Deploying, list("*"), list("main")},
		"a variable":              {variable, governance.VariableValue, governance.Value{"us-east-1"}, governance.Value{"eu-central-1"}},
		"a variable that is none": {variable, governance.VariableValue, nil, governance.Value{"eu-central-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mainBranch()
			s.Environments = []governance.Environment{{Name: "prod", Reviewers: []string{"@acme/platform"}, Branches: []string{"main"}}}
			s.Variables = map[string]string{governance.VariableRegion: "eu-central-1"}
			f := met(s)
			f.Set(tc.part, tc.setting, tc.have)
			steps, unable, err := governance.Compare(s, f)
			if err != nil || len(unable) > 0 {
				t.Fatalf("unable %v, %v", unable, err)
			}
			if slices.Equal(tc.to, same) {
				if len(steps) > 0 {
					t.Errorf("changes %+v", steps)
				}
				return
			}
			want := []governance.Change{{Part: tc.part, Setting: tc.setting, From: tc.have, To: tc.to}}
			if len(steps) != 1 || steps[0].Part != tc.part || !reflect.DeepEqual(steps[0].Changes, want) || !slices.Equal(steps[0].To[tc.setting], tc.to) {
				t.Errorf("got %+v, want %+v", steps, want)
			}
		})
	}
}

func TestCompareKeepsWhatIsStricter(t *testing.T) {
	t.Parallel()
	s, main := mainBranch(), governance.Part{Kind: governance.PartBranch, Name: "main"}
	f := met(s)
	f.Set(main, governance.Approvals, governance.Number(4))
	f.SetFlag(main, governance.NoDeletion, false)
	steps, _, err := governance.Compare(s, f)
	if err != nil || len(steps) != 1 || steps[0].To[governance.Approvals].Int() != 4 {
		t.Errorf("got %+v, %v", steps, err)
	}
}

func TestCompareTellsWhatAForgeCannot(t *testing.T) {
	t.Parallel()
	s, main := mainBranch(), governance.Part{Kind: governance.PartBranch, Name: "main"}
	f := met(s)
	delete(f.Values, governance.Key{Part: main, Name: governance.LastPusher})
	if _, _, err := governance.Compare(s, f); err == nil || !strings.Contains(err.Error(), "says nothing of lastPusherCannotApprove of branch main") {
		t.Errorf("got %v", err)
	}
	f.SetCannot(main, "it does not look", governance.LastPusher)
	steps, unable, err := governance.Compare(s, f)
	if want := []governance.Unable{{Part: main, Setting: governance.LastPusher, Why: "it does not look"}}; err != nil || len(steps) > 0 || !reflect.DeepEqual(unable, want) {
		t.Errorf("got %+v, %+v, %v", steps, unable, err)
	}
}

// TestSettings holds what is not declared to be nobody's business, and the
// order: rules before what lets workflows do more.
func TestSettings(t *testing.T) {
	t.Parallel()
	all := governance.Settings(governance.Declared(parse(t, file)))
	var kinds []governance.PartKind
	for _, s := range all {
		if len(kinds) == 0 || kinds[len(kinds)-1] != s.Part.Kind {
			kinds = append(kinds, s.Part.Kind)
		}
		if undeclared := []string{governance.CodeOwner, governance.SignedCommits, governance.UpToDate, governance.Reviewers}; slices.Contains(undeclared, s.Name) {
			t.Errorf("%s of %s is not declared", s.Name, s.Part)
		}
	}
	if want := []governance.PartKind{governance.PartBranch, governance.PartEnvironment, governance.PartSecurity, governance.PartActions, governance.PartVariable}; !slices.Equal(kinds, want) {
		t.Errorf("order is %v", kinds)
	}
}
