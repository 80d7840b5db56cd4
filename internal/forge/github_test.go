package forge_test

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/forge"
	"github.com/groundwork-dev/groundwork/internal/forge/githubfake"
	"github.com/groundwork-dev/groundwork/internal/pullrequest"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

// gitHub starts a fake, whose every request and answer is held to GitHub's
// description, and opens its repository.
func gitHub(t *testing.T) (*githubfake.GitHub, forge.Forge) {
	t.Helper()
	fake := githubfake.New(t)
	f, err := forge.Open(forge.Options{
		Provider: config.ProviderGitHub, URL: "https://github.com/" + githubfake.Repository + ".git",
		Token: func() redact.Secret { return githubfake.Token }, API: fake.API,
	})
	if err != nil {
		t.Fatal(err)
	}
	return fake, f
}

// TestGitHubDeployKey: the key of a cluster is found beyond the first page, and
// added once.
func TestGitHubDeployKey(t *testing.T) {
	t.Parallel()
	_, f := gitHub(t)
	for i := range 60 {
		if created, err := f.EnsureDeployKey(t.Context(), "other", "ssh-ed25519 "+strconv.Itoa(i), true); !created || err != nil {
			t.Fatalf("key %d: %t, %v", i, created, err)
		}
	}
	for i, public := range []string{key, strings.Join(strings.Fields(key)[:2], " ")} {
		if created, err := f.EnsureDeployKey(t.Context(), "groundwork demo/dev", public, true); created != (i == 0) || err != nil {
			t.Fatalf("%d: %t, %v", i, created, err)
		}
	}
	var readOnly *forge.ReadOnlyError
	if _, err := f.EnsureDeployKey(t.Context(), "groundwork demo/dev", key, false); !errors.As(err, &readOnly) {
		t.Fatalf("to push with a read-only key: %v", err)
	}
}

func TestGitHubWebhook(t *testing.T) {
	t.Parallel()
	fake, f := gitHub(t)
	for i := range 2 {
		if created, err := f.EnsureWebhook(t.Context(), "https://hook/1", "a-secret"); created != (i == 0) || err != nil {
			t.Fatalf("%d: %v, %v", i, created, err)
		}
	}
	if calls := fake.Calls(); !slices.Equal(calls, []string{"POST /hooks"}) {
		t.Errorf("calls are %q", calls)
	}
}

// TestGitHubPullRequests: a request is opened once, found beside a fork's,
// changed, commented on, given a status, merged or closed.
func TestGitHubPullRequests(t *testing.T) {
	t.Parallel()
	fake, f := gitHub(t)
	ctx, branch := t.Context(), "promote/web-prod"
	fake.Fork("evil", branch, "main")
	fake.Push(branch, commitHash)
	if found, err := f.Requests(ctx, branch, "main"); err != nil || len(found) != 0 {
		t.Errorf("a fork's request counts: %+v, %v", found, err)
	}
	want := pullrequest.Request{
		Number: 2, URL: "https://github.com/team/platform/pull/2", State: pullrequest.Open, Branch: branch, Base: "main", Head: commitHash, Title: "t", Body: "b",
	}
	for range 2 { // the second is told that there is one
		if got, err := f.CreateRequest(ctx, branch, "main", "t", "b"); err != nil || got != want {
			t.Fatalf("got %+v, %v, want %+v", got, err, want)
		}
	}
	for _, err := range []error{
		f.UpdateRequest(ctx, 2, "t2", "b2"),
		f.Comment(ctx, 2, "superseded"),
		f.SetStatus(ctx, pullrequest.Status{Commit: commitHash, Name: "promotion/evidence", Description: "stale"}),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	want.Title, want.Body = "t2", "b2"
	if found, err := f.Requests(ctx, branch, "main"); err != nil || !slices.Equal(found, []pullrequest.Request{want}) {
		t.Errorf("found %+v, %v", found, err)
	}
	if comments := fake.Comments(2); !slices.Equal(comments, []string{"superseded"}) {
		t.Errorf("comments are %q", comments)
	}
	if said := fake.Statuses(commitHash); len(said) != 1 || said[0].(map[string]any)["state"] != "failure" {
		t.Errorf("statuses are %v", said)
	}
	if none, err := f.Merged(ctx, branch, "main"); err != nil || none != nil {
		t.Errorf("merged before it was: %+v, %v", none, err)
	}
	fake.Merge(2)
	if last, err := f.Merged(ctx, branch, "main"); err != nil || last == nil || last.Number != 2 || last.State != pullrequest.Merged {
		t.Errorf("the last merged one is %+v, %v", last, err)
	}
	if got, err := f.Request(ctx, 2); err != nil || got.State != pullrequest.Merged {
		t.Errorf("got %+v, %v", got, err)
	}
	another, err := f.CreateRequest(ctx, branch, "main", "t", "b")
	if err != nil || another.Number != 3 {
		t.Fatalf("after a merge: %+v, %v", another, err)
	}
	if err := f.CloseRequest(ctx, 3); err != nil {
		t.Error(err)
	}
	if got, err := f.Request(ctx, 3); err != nil || got.State != pullrequest.Closed {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := f.CreateRequest(ctx, "nowhere", "main", "t", "b"); err == nil {
		t.Error("a request of a branch that is not there is opened")
	}
}

// TestGitHubMerge: a request is merged at the commit that was judged, as the
// repository merges, and not before its rules are met.
func TestGitHubMerge(t *testing.T) {
	t.Parallel()
	fake, f := gitHub(t)
	ctx, branch := t.Context(), "flux/dev-web"
	fake.Push(branch, commitHash)
	one, err := f.CreateRequest(ctx, branch, "main", "t", "b")
	if err != nil {
		t.Fatal(err)
	}
	const unmet = "Repository rule violations found\n\n2 of 4 required status checks are expected."
	fake.Hold(unmet)
	if got, err := f.Merge(ctx, one.Number, commitHash); err != nil || got.Done || got.Why != unmet {
		t.Errorf("with rules that are not met: %+v, %v", got, err)
	}
	fake.Hold("")
	if got, err := f.Merge(ctx, one.Number, strings.Repeat("e", 40)); err != nil || got.Done || !strings.Contains(got.Why, "was modified") {
		t.Errorf("another head: %+v, %v", got, err)
	}
	if got, err := f.Request(ctx, one.Number); err != nil || got.State != pullrequest.Open {
		t.Fatalf("the request is %+v, %v", got, err)
	}
	if got, err := f.Merge(ctx, one.Number, commitHash); err != nil || !got.Done {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := f.Request(ctx, one.Number); err != nil || got.State != pullrequest.Merged {
		t.Errorf("the request is %+v, %v", got, err)
	}
	if _, err := f.Merge(ctx, 99, commitHash); err == nil {
		t.Error("a request that is not there is merged")
	}
	fake.Refuse(http.StatusForbidden)
	if _, err := f.Merge(ctx, one.Number, commitHash); err == nil || strings.Contains(err.Error(), githubfake.Token) {
		t.Errorf("a token that may not: %v", err)
	}
}

func TestGitHubRefusalsNameTheRemedy(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{http.StatusUnauthorized: "expired", http.StatusForbidden: "needs write access", http.StatusNotFound: "no such repository"} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			fake, f := gitHub(t)
			fake.Refuse(status)
			_, err := f.EnsureDeployKey(t.Context(), "x", key, true)
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), githubfake.Token) {
				t.Fatalf("got %v", err)
			}
		})
	}
}
