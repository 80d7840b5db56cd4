package forge

import (
	"testing"

	"github.com/groundwork-dev/groundwork/internal/governance"
)

// TestGiteaRuleOrder: a rule counts where none of others comes before it, and no
// pattern before the name of a branch. Lists are as Gitea tells them: by
// priority, names before patterns.
func TestGiteaRuleOrder(t *testing.T) {
	t.Parallel()
	declared := []governance.Branch{{Name: "main"}, {Name: "hotfix/*"}, {Name: "release/*"}}
	rule := func(name string, priority int64) *giteaRule { return &giteaRule{Name: name, Priority: priority} }
	for name, tc := range map[string]struct {
		rules  giteaRules
		of     string
		first  bool
		before int64
	}{
		"none":                        {giteaRules{}, "main", false, -1},
		"alone":                       {giteaRules{rule("main", 1)}, "main", true, -1},
		"behind one of others":        {giteaRules{rule("**", 1), rule("main", 2)}, "main", false, -1},
		"behind another branch's":     {giteaRules{rule("other", 1), rule("main", 2)}, "main", false, -1},
		"behind one far before":       {giteaRules{rule("**", -5), rule("main", -1)}, "main", false, -6},
		"before one of others":        {giteaRules{rule("main", 1), rule("**", 2)}, "main", true, -1},
		"behind a declared pattern":   {giteaRules{rule("release/*", -3), rule("main", -2)}, "main", false, -4},
		"a pattern behind a branch":   {giteaRules{rule("main", -3), rule("release/*", -2)}, "release/*", true, -1},
		"a pattern behind another":    {giteaRules{rule("hotfix/*", 1), rule("release/*", 2)}, "release/*", true, -1},
		"a pattern behind others":     {giteaRules{rule("main", -6), rule("**", -5), rule("release/*", 2)}, "release/*", false, -6},
		"a pattern that is not there": {giteaRules{rule("main", -6), rule("**", -5)}, "release/*", false, -6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tc.rules.first(tc.of, declared); got != tc.first {
				t.Errorf("first is %t", got)
			}
			if got := tc.rules.before(tc.of, declared); got != tc.before {
				t.Errorf("before is %d, want %d", got, tc.before)
			}
		})
	}
}

func TestGiteaApprovers(t *testing.T) {
	t.Parallel()
	g := &gitea{repo: repository{"forge.test", "Acme", "platform"}}
	a, err := g.approvers([]string{"@zoe", "@acme/web", "@Jane"})
	if err != nil || !a.same([]string{"jane", "ZOE"}, []string{"Web"}) || a.same([]string{"jane"}, []string{"web"}) || a.same([]string{"jane", "zoe", "eve"}, []string{"web"}) {
		t.Errorf("got %+v, %v", a, err)
	}
	if _, err := g.approvers([]string{"@other/web"}); err == nil {
		t.Error("another organisation's team may approve")
	}
}

func TestGiteaBypassIsSpelledAsDeclared(t *testing.T) {
	t.Parallel()
	r := giteaRule{Push: true, PushListed: true, PushUsers: []string{"Flux", "eve"}, PushTeams: []string{"Owners"}, PushDeployKeys: true}
	if got := r.bypass([]governance.Actor{{Kind: governance.ActorUser, Name: "flux"}}).String(); got != "deploy keys, team Owners, user eve, user flux" {
		t.Errorf("got %s", got)
	}
}
