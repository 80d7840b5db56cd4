package forge

import (
	"context"
	"fmt"

	"github.com/groundwork-dev/groundwork/internal/pullrequest"
)

// manual is what to do where this program speaks no API of pull requests.
func (p plain) manual() error {
	return &ManualError{
		"this program knows no API for pull requests at " + p.url,
		"on GitLab and others, gather the evidence with --dry-run, change the image file by hand on a branch, and open the request yourself with the evidence in it",
	}
}

func (p plain) Requests(context.Context, string, string) ([]pullrequest.Request, error) {
	return nil, p.manual()
}

func (p plain) Request(context.Context, int) (pullrequest.Request, error) {
	return pullrequest.Request{}, p.manual()
}

func (p plain) Merged(context.Context, string, string) (*pullrequest.Request, error) {
	return nil, p.manual()
}

func (p plain) CreateRequest(_ context.Context, branch, base, _, _ string) (pullrequest.Request, error) {
	return pullrequest.Request{}, &ManualError{
		fmt.Sprintf("the server of %s has no API to open a pull request at", p.url),
		fmt.Sprintf("merge branch %s into %s, then run again", branch, base),
	}
}

func (p plain) UpdateRequest(context.Context, int, string, string) error { return p.manual() }
func (p plain) CloseRequest(context.Context, int) error                  { return p.manual() }
func (p plain) Merge(_ context.Context, number int, _ string) (pullrequest.Merge, error) {
	return pullrequest.Merge{}, &ManualError{
		fmt.Sprintf("the server of %s has no API to merge a pull request at", p.url),
		fmt.Sprintf("merge request %d yourself", number),
	}
}

func (p plain) Comment(context.Context, int, string) error          { return p.manual() }
func (p plain) SetStatus(context.Context, pullrequest.Status) error { return p.manual() }
