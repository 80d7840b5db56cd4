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

// TestGitHubStops at what is refused, with what was done so far: the rest is for
// the next run.
func TestGitHubStops(t *testing.T) {
	t.Parallel()
	fake, f, want := onGitHub(t) // without its team
	report, err := govern.Run(t.Context(), f, want, false)
	if err == nil || !strings.Contains(err.Error(), "environment prod: GitHub knows no @team/platform") || len(report.Changes) == 0 {
		t.Fatalf("got %+v, %v", report, err)
	}
	fake.AddTeam("platform")
	rest, err := govern.Run(t.Context(), f, want, false)
	if err != nil || rest.Changes[0].Part.Kind != governance.PartEnvironment {
		t.Errorf("the next run: %+v, %v", rest, err)
	}
	fake.Refuse(http.StatusForbidden)
	var refused *forge.APIError
	if _, err := govern.Run(t.Context(), f, want, false); !errors.As(err, &refused) || !refused.Unauthorized() {
		t.Errorf("without rights: %v", err)
	}
}
