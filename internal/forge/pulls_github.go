package forge

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/google/go-github/v88/github"

	"github.com/groundwork-dev/groundwork/internal/pullrequest"
)

func (g *gitHub) Requests(ctx context.Context, branch, base string) ([]pullrequest.Request, error) {
	return g.requests(ctx, stateOpen, branch, base)
}

// Merged looks at the fifty requests of the branches that were opened last.
func (g *gitHub) Merged(ctx context.Context, branch, base string) (*pullrequest.Request, error) {
	closed, err := g.requests(ctx, stateClosed, branch, base)
	return lastMerged(closed), err
}

func (g *gitHub) requests(ctx context.Context, state, branch, base string) ([]pullrequest.Request, error) {
	client, err := g.client()
	if err != nil {
		return nil, err
	}
	open, response, err := client.PullRequests.List(ctx, g.repo.owner, g.repo.name, &github.PullRequestListOptions{
		State: state, Head: g.repo.owner + ":" + branch, Base: base, ListOptions: github.ListOptions{PerPage: pageSize},
	})
	if err != nil {
		return nil, g.fail("listing the pull requests", response, err)
	}
	var found []pullrequest.Request
	for _, one := range open {
		if r := g.request(one); !r.Foreign && r.Branch == branch {
			found = append(found, r)
		}
	}
	return found, nil
}

func (g *gitHub) Request(ctx context.Context, number int) (pullrequest.Request, error) {
	client, err := g.client()
	if err != nil {
		return pullrequest.Request{}, err
	}
	one, response, err := client.PullRequests.Get(ctx, g.repo.owner, g.repo.name, number)
	if err != nil {
		return pullrequest.Request{}, g.fail("reading the pull request", response, err)
	}
	return g.request(one), nil
}

func (g *gitHub) CreateRequest(ctx context.Context, branch, base, title, body string) (pullrequest.Request, error) {
	client, err := g.client()
	if err != nil {
		return pullrequest.Request{}, err
	}
	one, response, err := client.PullRequests.Create(ctx, g.repo.owner, g.repo.name,
		&github.NewPullRequest{Title: &title, Head: &branch, Base: &base, Body: &body})
	if err == nil {
		return g.request(one), nil
	}
	if response != nil && response.Response != nil && response.StatusCode == http.StatusUnprocessableEntity {
		// GitHub has one open request a branch and base: somebody was faster.
		if open, listErr := g.Requests(ctx, branch, base); listErr == nil && len(open) > 0 {
			return open[0], nil
		}
	}
	return pullrequest.Request{}, g.fail("opening a pull request", response, err)
}

func (g *gitHub) UpdateRequest(ctx context.Context, number int, title, body string) error {
	return g.edit(ctx, "updating the pull request", number, &github.PullRequest{Title: &title, Body: &body})
}

func (g *gitHub) CloseRequest(ctx context.Context, number int) error {
	state := stateClosed
	return g.edit(ctx, "closing the pull request", number, &github.PullRequest{State: &state})
}

// Merge counts on the rules alone: the API cannot be told to let a bypass be that
// the token may have.
func (g *gitHub) Merge(ctx context.Context, number int, head string) (pullrequest.Merge, error) {
	client, err := g.client()
	if err != nil {
		return pullrequest.Merge{}, err
	}
	about, response, err := client.Repositories.Get(ctx, g.repo.owner, g.repo.name)
	if err != nil {
		return pullrequest.Merge{}, g.fail("reading how the repository merges", response, err)
	}
	_, response, err = client.PullRequests.Merge(ctx, g.repo.owner, g.repo.name, number, "", &github.PullRequestOptions{
		SHA: head, MergeMethod: mergeStyle(about.GetAllowMergeCommit(), about.GetAllowSquashMerge(), about.GetAllowRebaseMerge()),
	})
	if err == nil {
		return pullrequest.Merge{Done: true}, nil
	}
	if why, refused := unmergeable(response, err); refused {
		return pullrequest.Merge{Why: why}, nil
	}
	return pullrequest.Merge{}, g.fail("merging the pull request", response, err)
}

// unmergeable is why GitHub does not merge a request yet: rules that are not met
// are 405, another head than the one that was named is 409.
func unmergeable(response *github.Response, err error) (why string, refused bool) {
	if response == nil || response.Response == nil ||
		response.StatusCode != http.StatusMethodNotAllowed && response.StatusCode != http.StatusConflict {
		return "", false
	}
	if said, ok := errors.AsType[*github.ErrorResponse](err); ok {
		return said.Message, true
	}
	return http.StatusText(response.StatusCode), true
}

func (g *gitHub) edit(ctx context.Context, doing string, number int, change *github.PullRequest) error {
	client, err := g.client()
	if err != nil {
		return err
	}
	if _, response, err := client.PullRequests.Edit(ctx, g.repo.owner, g.repo.name, number, change); err != nil {
		return g.fail(doing, response, err)
	}
	return nil
}

func (g *gitHub) Comment(ctx context.Context, number int, body string) error {
	client, err := g.client()
	if err != nil {
		return err
	}
	_, response, err := client.Issues.CreateComment(ctx, g.repo.owner, g.repo.name, number, &github.IssueComment{Body: &body})
	if err != nil {
		return g.fail("commenting on the pull request", response, err)
	}
	return nil
}

func (g *gitHub) SetStatus(ctx context.Context, s pullrequest.Status) error {
	client, err := g.client()
	if err != nil {
		return err
	}
	state := "failure"
	if s.Passed {
		state = "success"
	}
	_, response, err := client.Repositories.CreateStatus(ctx, g.repo.owner, g.repo.name, s.Commit,
		github.RepoStatus{State: &state, Context: &s.Name, Description: &s.Description})
	if err != nil {
		return g.fail("setting the status "+s.Name, response, err)
	}
	return nil
}

func (g *gitHub) request(one *github.PullRequest) pullrequest.Request {
	state := pullrequest.Open
	switch {
	case one.GetMerged(), one.MergedAt != nil: // a list tells the time alone
		state = pullrequest.Merged
	case one.GetState() == stateClosed:
		state = pullrequest.Closed
	}
	return pullrequest.Request{
		Number: one.GetNumber(), URL: one.GetHTMLURL(), State: state,
		Branch: one.GetHead().GetRef(), Base: one.GetBase().GetRef(), Head: one.GetHead().GetSHA(),
		Title: one.GetTitle(), Body: one.GetBody(),
		Foreign: !strings.EqualFold(one.GetHead().GetRepo().GetFullName(), g.repo.owner+"/"+g.repo.name),
	}
}
