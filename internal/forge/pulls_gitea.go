package forge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	sdk "code.gitea.io/sdk/gitea"

	"github.com/groundwork-dev/groundwork/internal/pullrequest"
)

func (g *gitea) Requests(ctx context.Context, branch, base string) ([]pullrequest.Request, error) {
	return g.requests(ctx, sdk.StateOpen, branch, base)
}

func (g *gitea) Merged(ctx context.Context, branch, base string) (*pullrequest.Request, error) {
	closed, err := g.requests(ctx, sdk.StateClosed, branch, base)
	return lastMerged(closed), err
}

func (g *gitea) requests(ctx context.Context, state sdk.StateType, branch, base string) ([]pullrequest.Request, error) {
	client, err := g.client(ctx)
	if err != nil {
		return nil, err
	}
	var found []pullrequest.Request
	for page := 1; ; page++ {
		open, response, err := client.ListRepoPullRequests(g.repo.owner, g.repo.name, sdk.ListPullRequestsOptions{
			ListOptions: sdk.ListOptions{Page: page, PageSize: pageSize}, State: state,
		})
		if err != nil {
			return nil, g.fail("listing the pull requests", response, err)
		}
		for _, one := range open {
			if r := request(one); !r.Foreign && r.Branch == branch && r.Base == base {
				found = append(found, r)
			}
		}
		if len(open) < pageSize {
			return found, nil
		}
	}
}

func (g *gitea) Request(ctx context.Context, number int) (pullrequest.Request, error) {
	client, err := g.client(ctx)
	if err != nil {
		return pullrequest.Request{}, err
	}
	one, response, err := client.GetPullRequest(g.repo.owner, g.repo.name, int64(number))
	if err != nil {
		return pullrequest.Request{}, g.fail("reading the pull request", response, err)
	}
	return request(one), nil
}

func (g *gitea) CreateRequest(ctx context.Context, branch, base, title, body string) (pullrequest.Request, error) {
	client, err := g.client(ctx)
	if err != nil {
		return pullrequest.Request{}, err
	}
	one, response, err := client.CreatePullRequest(g.repo.owner, g.repo.name,
		sdk.CreatePullRequestOption{Head: branch, Base: base, Title: title, Body: body})
	if err == nil {
		return request(one), nil
	}
	if response != nil && response.Response != nil && response.StatusCode == http.StatusConflict {
		// Gitea has one open request a branch and base: somebody was faster.
		if open, listErr := g.Requests(ctx, branch, base); listErr == nil && len(open) > 0 {
			return open[0], nil
		}
	}
	return pullrequest.Request{}, g.fail("opening a pull request", response, err)
}

func (g *gitea) UpdateRequest(ctx context.Context, number int, title, body string) error {
	return g.edit(ctx, "updating the pull request", number, sdk.EditPullRequestOption{Title: title, Body: &body})
}

func (g *gitea) CloseRequest(ctx context.Context, number int) error {
	state := sdk.StateClosed
	return g.edit(ctx, "closing the pull request", number, sdk.EditPullRequestOption{State: &state})
}

// Merge is a call of its own, since the SDK throws away why a request is not
// merged. Gitea's merge_when_checks_succeed would merge commits too that nobody
// looked at, so it is not used.
func (g *gitea) Merge(ctx context.Context, number int, head string) (pullrequest.Merge, error) {
	client, err := g.client(ctx)
	if err != nil {
		return pullrequest.Merge{}, err
	}
	about, told, err := client.GetRepo(g.repo.owner, g.repo.name)
	if err != nil {
		return pullrequest.Merge{}, g.fail("reading how the repository merges", told, err)
	}
	err = g.call(ctx, "merging the pull request", http.MethodPost, fmt.Sprintf("/pulls/%d/merge", number), sdk.MergePullRequestOption{
		Style: sdk.MergeStyle(mergeStyle(about.AllowMerge, about.AllowSquash, about.AllowRebase)), HeadCommitId: head,
	}, nil)
	refused, is := errors.AsType[*APIError](err)
	if !is || refused.Status != http.StatusMethodNotAllowed && refused.Status != http.StatusConflict {
		return pullrequest.Merge{Done: err == nil}, err
	}
	why := refused.Cause.Error()
	// Gitea looks for conflicts after it has answered who opened the request.
	return pullrequest.Merge{Busy: strings.Contains(why, "try again later"), Why: why}, nil
}

func (g *gitea) edit(ctx context.Context, doing string, number int, change sdk.EditPullRequestOption) error {
	client, err := g.client(ctx)
	if err != nil {
		return err
	}
	if _, response, err := client.EditPullRequest(g.repo.owner, g.repo.name, int64(number), change); err != nil {
		return g.fail(doing, response, err)
	}
	return nil
}

func (g *gitea) Comment(ctx context.Context, number int, body string) error {
	client, err := g.client(ctx)
	if err != nil {
		return err
	}
	_, response, err := client.CreateIssueComment(g.repo.owner, g.repo.name, int64(number), sdk.CreateIssueCommentOption{Body: body})
	if err != nil {
		return g.fail("commenting on the pull request", response, err)
	}
	return nil
}

func (g *gitea) SetStatus(ctx context.Context, s pullrequest.Status) error {
	client, err := g.client(ctx)
	if err != nil {
		return err
	}
	state := sdk.StatusFailure
	if s.Passed {
		state = sdk.StatusSuccess
	}
	_, response, err := client.CreateStatus(g.repo.owner, g.repo.name, s.Commit,
		sdk.CreateStatusOption{State: state, Context: s.Name, Description: s.Description})
	if err != nil {
		return g.fail("setting the status "+s.Name, response, err)
	}
	return nil
}

func request(one *sdk.PullRequest) pullrequest.Request {
	r := pullrequest.Request{Number: int(one.Index), URL: one.HTMLURL, State: pullrequest.Open, Title: one.Title, Body: one.Body, Foreign: true}
	switch {
	case one.HasMerged:
		r.State = pullrequest.Merged
	case one.State == sdk.StateClosed:
		r.State = pullrequest.Closed
	}
	if one.Head != nil && one.Base != nil {
		r.Branch, r.Head, r.Base = one.Head.Ref, one.Head.Sha, one.Base.Ref
		r.Foreign = one.Head.RepoID != one.Base.RepoID
	}
	return r
}
