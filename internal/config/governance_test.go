package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/diag"
)

// governed is the good file with rules for its repository, which begin on its
// line 30.
func governed(rules string) []byte { return []byte(good + "  governance:\n" + rules) }

const fullGovernance = `    owners:
      platform: ["@acme/platform"]
      clusters: {dev: ["@acme/developers", "@jane"]}
      paths:
        - {path: docs/, owners: ["@acme/writers"]}
        - {path: apps/dev/web/, owners: ["@acme/web"]}
    branches:
      - {name: main, reviews: 0, checks: [test], signedCommits: true}
      - {name: release/*, reviews: 2}
    automation: {appID: 123456, deployKeys: true}
    environments:
      prod: {reviewers: ["@acme/platform"], branches: [main, release/*]}
    actions: [aws-actions/*, hashicorp/setup-terraform]
    planRole: acme-plan
`

func TestGovernance(t *testing.T) {
	t.Parallel()
	p, err := config.Parse("platform.yaml", governed(fullGovernance))
	if err != nil {
		t.Fatal(err)
	}
	g := p.Spec.Governance
	if len(g.Owners.Paths) != 2 || *g.Branches[0].Reviews != 0 || g.Branches[1].Reviews == nil || g.PlanRole != "acme-plan" {
		t.Errorf("read %+v", g)
	}
}

func TestGovernanceRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ old, new, want string }{
		"no platform owner":     {`platform: ["@acme/platform"]`, `platform: []`, "spec.governance.owners.platform: has 0 items, want at least 1"},
		"missing platform":      {`      platform: ["@acme/platform"]` + "\n", "", "spec.governance.owners.platform: is missing"},
		"owner without @":       {`"@acme/platform"`, "acme", `spec.governance.owners.platform[0]: "acme" is neither a user nor a team (want @user or @org/team`},
		"owner with a space":    {`"@jane"`, `"@jane doe"`, `spec.governance.owners.clusters.dev[1]: "@jane doe" is neither`},
		"owner with a line":     {`"@jane"`, `"@jane\n* @eve"`, "is neither a user nor a team"},
		"nested team":           {`"@jane"`, `"@a/b/c"`, `"@a/b/c" is neither`},
		"unknown cluster":       {"{dev:", "{dve:", `spec.governance.owners.clusters.dve: there is no cluster "dve" (did you mean "dev"?)`},
		"nobody":                {`["@acme/developers", "@jane"]`, "[]", "spec.governance.owners.clusters.dev: names nobody"},
		"unclean path":          {"docs/", "docs/../apps/", `spec.governance.owners.paths[0].path: "docs/../apps/" is not a path`},
		"path outside":          {"docs/", "../x/", "is not a path in the repository"},
		"absolute path":         {"docs/", "/docs/", "is not a path in the repository"},
		"glob":                  {"docs/", `"docs/*"`, "want a path of letters digits"},
		"guarded file":          {"docs/", "platform.yaml", "belongs to the platform's owners alone"},
		"guarded folder":        {"docs/", ".github", "belongs to the platform's owners alone"},
		"in a guarded folder":   {"docs/", ".github/workflows/", "(whoever owns .github/ decides who owns the rest)"},
		"CODEOWNERS elsewhere":  {"docs/", "docs/CODEOWNERS", "belongs to the platform's owners alone"},
		"a cluster's folder":    {"docs/", "terraform/k8s/prod/", "is a folder of cluster prod (name its owners under owners.clusters"},
		"a path twice":          {"apps/dev/web/", "docs", `spec.governance.owners.paths[1].path: "docs" is there twice`},
		"path without owners":   {`["@acme/web"]`, "[]", "spec.governance.owners.paths[1].owners: has 0 items"},
		"branch":                {"release/*", "release/..", `spec.governance.branches[1].name: "release/.." cannot be`},
		"branch twice":          {"release/*, reviews", "main, reviews", `spec.governance.branches[1].name: "main" is there twice`},
		"reviews":               {"reviews: 2", "reviews: 7", "spec.governance.branches[1].reviews"},
		"check":                 {"checks: [test]", `checks: ["test "]`, `spec.governance.branches[0].checks[0]: "test " is not the name`},
		"no automation":         {"{appID: 123456, deployKeys: true}", "{}", "spec.governance.automation: names nobody"},
		"user on GitHub":        {"{appID: 123456, deployKeys: true}", "{user: flux}", "spec.governance.automation.user: cannot be let past"},
		"environment":           {"  prod: {reviewers: [\"@", "  prod: {reviewers: [\"", "spec.governance.environments.prod.reviewers[0]"},
		"environment's branch":  {"branches: [main, release/*]", "branches: [-x]", "spec.governance.environments.prod.branches[0]"},
		"action":                {"[aws-actions/*,", "[aws-actions/x@v6,", `spec.governance.actions[0]: "aws-actions/x@v6" is not an action`},
		"action of anybody":     {"[aws-actions/*,", `["*",`, "is not an action"},
		"role":                  {"planRole: acme-plan", "planRole: arn:aws:iam::1:role/x", "spec.governance.planRole"},
		"unknown key":           {"planRole:", "planRol:", `unknown key (did you mean "planRole"?)`},
		"owners on plain git":   {"    owners:", "    owners:", ""},
		"position of the owner": {`"@acme/writers"`, "writers", "platform.yaml:34:34: spec.governance.owners.paths[0].owners[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(fullGovernance, tc.old) {
				t.Fatalf("%q is not in the file", tc.old)
			}
			file := governed(strings.Replace(fullGovernance, tc.old, tc.new, 1))
			if name == "owners on plain git" {
				file = []byte(strings.Replace(string(file), "https://github.com", "https://git.example.com", 1))
				tc.want = "spec.governance.owners: nobody would be asked: the repository is on a plain Git server"
			}
			_, err := config.Parse("platform.yaml", file)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is\n%v\nwant it to hold\n%s", err, tc.want)
			}
			if _, ok := errors.AsType[diag.Problems](err); !ok {
				t.Errorf("%T is no list of problems", err)
			}
		})
	}
}
