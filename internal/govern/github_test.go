package govern_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/forge"
	"github.com/groundwork-dev/groundwork/internal/forge/githubfake"
	"github.com/groundwork-dev/groundwork/internal/govern"
	"github.com/groundwork-dev/groundwork/internal/governance"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

// onGitHub is a repository on a GitHub that holds every request to GitHub's own
// description of its API, and what is declared of it.
func onGitHub(t *testing.T) (*githubfake.GitHub, forge.Forge, governance.State) {
	t.Helper()
	fake := githubfake.New(t)
	f, err := forge.Open(forge.Options{
		Provider: config.ProviderGitHub, URL: "https://github.com/" + githubfake.Repository, API: fake.API, Token: func() redact.Secret { return githubfake.Token },
	})
	if err != nil {
		t.Fatal(err)
	}
	want := declared()
	want.Environments = []governance.Environment{{Name: "prod", Reviewers: []string{"@team/platform"}, Branches: []string{"main"}}}
	want.Actions = governance.Actions{Allowed: []string{"aws-actions/*"}, PinnedBySHA: true}
	want.Security = governance.Security{SecretScanning: true, PushProtection: true, VulnerabilityAlert: true}
	return fake, f, want
}

// TestGitHub: a dry run changes nothing, one run is enough, what is done by hand
// is mended.
func TestGitHub(t *testing.T) {
	t.Parallel()
	fake, f, want := onGitHub(t)
	fake.AddTeam("platform")
	dry, err := govern.Run(t.Context(), f, want, true)
	if err != nil || len(dry.Changes) == 0 || len(dry.Unable) > 0 || len(fake.Calls()) > 0 {
		t.Fatalf("a dry run: %+v by %q, %v", dry, fake.Calls(), err)
	}
	first, err := govern.Run(t.Context(), f, want, false)
	if err != nil || len(first.Changes) != len(dry.Changes) {
		t.Fatalf("the first run: %+v, %v", first, err)
	}
	made := len(fake.Calls())
	if second, err := govern.Run(t.Context(), f, want, false); err != nil || len(second.Changes) > 0 || len(fake.Calls()) > made {
		t.Errorf("the second run: %+v by %q, %v", second, fake.Calls()[made:], err)
	}
	if status, answer, err := fake.Do(t.Context(), http.MethodPatch, "/actions/variables/AWS_REGION", `{"value":"us-east-1"}`); err != nil || status != http.StatusNoContent {
		t.Fatalf("%d %s, %v", status, answer, err)
	}
	third, err := govern.Run(t.Context(), f, want, false)
	if err != nil || len(third.Changes) != 1 || third.Changes[0].From.String() != "us-east-1" {
		t.Errorf("after a change by hand: %+v, %v", third, err)
	}
}

// TestGitHubRefuses: what is refused is left to the next run, with the variables;
// the rest is done.
func TestGitHubRefuses(t *testing.T) {
	t.Parallel()
	fake, f, want := onGitHub(t) // without its team
	report, err := govern.Run(t.Context(), f, want, false)
	if err == nil || !strings.Contains(err.Error(), "environment prod: GitHub knows no @team/platform") || len(report.Changes) == 0 {
		t.Fatalf("got %+v, %v", report, err)
	}
	fake.AddTeam("platform")
	rest, err := govern.Run(t.Context(), f, want, false)
	if last := rest.Changes[len(rest.Changes)-1]; err != nil || rest.Changes[0].Part.Kind != governance.PartEnvironment || last.Part.Kind != governance.PartVariable {
		t.Errorf("the next run: %+v, %v", rest, err)
	}
	fake.Refuse(http.StatusForbidden)
	var refused *forge.APIError
	if _, err := govern.Run(t.Context(), f, want, false); !errors.As(err, &refused) || !refused.Unauthorized() {
		t.Errorf("without rights: %v", err)
	}
}

// TestGitHubPlans: what the plan of a private repository does not include is told
// and never passes for done; all else is.
func TestGitHubPlans(t *testing.T) {
	t.Parallel()
	prod, security := governance.Part{Kind: governance.PartEnvironment, Name: "prod"}, governance.Part{Kind: governance.PartSecurity}
	for name, tc := range map[string]struct {
		lacks []githubfake.Feature
		want  map[governance.Key]string
	}{
		"team": {[]githubfake.Feature{githubfake.SecretScanning, githubfake.Reviewers}, map[governance.Key]string{
			{Part: prod, Name: governance.Reviewers}:          "required reviewers",
			{Part: security, Name: governance.SecretScanning}: "not available",
			{Part: security, Name: governance.PushProtection}: "not available",
		}},
		"free": {[]githubfake.Feature{githubfake.EnvironmentRules}, map[governance.Key]string{
			{Part: prod, Name: governance.Reviewers}: "billing plan",
			{Part: prod, Name: governance.Deploying}: "billing plan",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake, f, want := onGitHub(t)
			fake.AddTeam("platform")
			fake.Lack(tc.lacks...)
			for run := range 2 {
				report, err := govern.Run(t.Context(), f, want, false)
				if err != nil || len(report.Unable) != len(tc.want) || (run == 0) != (len(report.Changes) > 0) {
					t.Fatalf("run %d: %+v, %v", run, report, err)
				}
				for _, u := range report.Unable {
					if why := tc.want[governance.Key{Part: u.Part, Name: u.Setting}]; why == "" || !strings.Contains(u.Why, why) {
						t.Errorf("run %d: %s of %s: %s", run, u.Setting, u.Part, u.Why)
					}
				}
			}
			fake.Lack()
			if report, err := govern.Run(t.Context(), f, want, false); err != nil || len(report.Changes) != len(tc.want) || len(report.Unable) > 0 {
				t.Errorf("with another plan: %+v, %v", report, err)
			}
		})
	}
}
