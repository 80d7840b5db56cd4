package forge_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/forge"
	"github.com/groundwork-dev/groundwork/internal/pullrequest"
)

const (
	commitHash = "0123456789012345678901234567890123456789"
	openPull   = `{"number":7,"state":"open","html_url":"https://f/7","title":"t","body":"b",
		"head":{"ref":"promote/web-prod","sha":"` + commitHash + `","repo_id":1,"repo":{"full_name":"team/platform"}},
		"base":{"ref":"main","repo_id":1}}`
	forkPull = `{"number":8,"state":"open","head":{"ref":"promote/web-prod","sha":"x","repo_id":2,"repo":{"full_name":"evil/platform"}},"base":{"ref":"main","repo_id":1}}`
)

// mergedPull is a request that was merged.
func mergedPull(number int) string {
	return fmt.Sprintf(`{"number":%d,"state":"closed","merged":true,"head":{"ref":"promote/web-prod","sha":"x","repo_id":1},"base":{"ref":"main","repo_id":1}}`, number)
}

func wantPull() pullrequest.Request {
	return pullrequest.Request{
		Number: 7, URL: "https://f/7", State: pullrequest.Open, Branch: "promote/web-prod", Base: "main", Head: commitHash, Title: "t", Body: "b",
	}
}

// TestPullRequests: a request is found, opened once though another run was
// faster, changed, commented on, given a status and closed.
func TestPullRequests(t *testing.T) {
	t.Parallel()
	const pulls = "/repos/team/platform/pulls"
	for provider, prefix := range forges() {
		t.Run(string(provider), func(t *testing.T) {
			t.Parallel()
			f := server(t, provider, prefix,
				exchange{"GET " + pulls, nil, 200, "[" + forkPull + "]"},
				exchange{"POST " + pulls, map[string]any{"head": "promote/web-prod", "base": "main", "title": "t", "body": "b"}, 409, `{"message":"exists"}`},
				exchange{"GET " + pulls, nil, 200, "[" + forkPull + "," + openPull + "]"},
				exchange{"GET " + pulls + "/7", nil, 200, openPull},
				exchange{"GET " + pulls + "/7", nil, 200, `{"number":7,"state":"closed","merged":true}`},
				exchange{"GET " + pulls + "/7", nil, 200, `{"number":7,"state":"closed","merged":false}`},
				exchange{"PATCH " + pulls + "/7", map[string]any{"title": "t2", "body": "b2"}, 201, openPull},
				exchange{"POST /repos/team/platform/issues/7/comments", map[string]any{"body": "superseded"}, 201, `{"id":1}`},
				exchange{"POST /repos/team/platform/statuses/" + commitHash, map[string]any{"state": "failure", "context": "promotion/evidence", "description": "stale"}, 201, `{"id":1}`},
				exchange{"PATCH " + pulls + "/7", map[string]any{"state": "closed"}, 201, openPull},
				exchange{"GET " + pulls, nil, 200, "[" + mergedPull(5) + "," + openPull + "," + mergedPull(6) + "]"},
			)
			ctx := t.Context()
			if found, err := f.Requests(ctx, "promote/web-prod", "main"); err != nil || len(found) != 0 {
				t.Errorf("a fork's request counts: %+v, %v", found, err)
			}
			if got, err := f.CreateRequest(ctx, "promote/web-prod", "main", "t", "b"); err != nil || got != wantPull() {
				t.Errorf("got %+v, %v", got, err)
			}
			if got, err := f.Request(ctx, 7); err != nil || got != wantPull() {
				t.Errorf("got %+v, %v", got, err)
			}
			for _, want := range []pullrequest.State{pullrequest.Merged, pullrequest.Closed} {
				if got, err := f.Request(ctx, 7); err != nil || got.State != want {
					t.Errorf("got %+v, %v, want %s", got, err, want)
				}
			}
			for _, err := range []error{
				f.UpdateRequest(ctx, 7, "t2", "b2"),
				f.Comment(ctx, 7, "superseded"),
				f.SetStatus(ctx, pullrequest.Status{Commit: commitHash, Name: "promotion/evidence", Description: "stale"}),
				f.CloseRequest(ctx, 7),
			} {
				if err != nil {
					t.Error(err)
				}
			}
			if last, err := f.Merged(ctx, "promote/web-prod", "main"); err != nil || last == nil || last.Number != 6 {
				t.Errorf("the last merged one is %+v, %v", last, err)
			}
		})
	}
}

// TestGiteaMerge: Gitea's own words say why it does not merge, and whether it has
// not looked yet. No merge is by force, and none of a commit that is not named.
func TestGiteaMerge(t *testing.T) {
	t.Parallel()
	const repo, merge = "GET /repos/team/platform", "POST /repos/team/platform/pulls/7/merge"
	body := map[string]any{"Do": "squash", "head_commit_id": commitHash, "force_merge": false, "merge_when_checks_succeed": false}
	about := exchange{repo, nil, 200, `{"allow_merge_commits":false,"allow_squash_merge":true}`}
	for _, tc := range []struct {
		status int
		answer string
		want   pullrequest.Merge
		err    string
	}{
		{200, "", pullrequest.Merge{Done: true}, ""},
		{405, `{"message":"Please try again later"}`, pullrequest.Merge{Busy: true, Why: "Please try again later"}, ""},
		{405, `{"message":"Does not have enough approvals"}`, pullrequest.Merge{Why: "Does not have enough approvals"}, ""},
		{409, `{"message":"head out of date"}`, pullrequest.Merge{Why: "head out of date"}, ""},
		{403, `{"message":"no ` + token + `"}`, pullrequest.Merge{}, "may not do this"},
	} {
		t.Run(tc.want.Why+tc.err, func(t *testing.T) {
			t.Parallel()
			f := server(t, config.ProviderGitea, "/api/v1", about, exchange{merge, body, tc.status, tc.answer})
			got, err := f.Merge(t.Context(), 7, commitHash)
			if got != tc.want || (err == nil) != (tc.err == "") {
				t.Fatalf("got %+v, %v", got, err)
			}
			if err != nil && (!strings.Contains(err.Error(), tc.err) || strings.Contains(err.Error(), token)) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestPullRequestsByHand(t *testing.T) {
	t.Parallel()
	f, err := forge.Open(forge.Options{Provider: config.ProviderGitLab, URL: "https://gitlab.example.com/team/platform"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Requests(t.Context(), "a", "main")
	_, mergeErr := f.Merge(t.Context(), 7, commitHash)
	for _, err := range []error{err, mergeErr} {
		if manual, ok := err.(interface{ Manual() bool }); !ok || !manual.Manual() {
			t.Errorf("got %v, want what to do by hand", err)
		}
	}
}
