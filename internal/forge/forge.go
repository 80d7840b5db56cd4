// Package forge talks to the API of the place that holds the repository:
// deploy keys, pull requests, webhooks and settings on GitHub and Gitea. A plain Git
// server has no such API: there, every request is an error that says what a
// person is to do.
package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/governance"
	"github.com/groundwork-dev/groundwork/internal/pullrequest"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

// The states of a pull request, as GitHub has them.
const (
	stateOpen   = "open"
	stateClosed = "closed"
)

// pageSize is how many entries of a list are asked for at once.
const pageSize = 50

// Options says which repository, as whom.
type Options struct {
	Provider config.Provider
	// URL is the repository's, as in platform.yaml.
	URL string
	// Token is asked for at each request, so that one that was renewed counts
	// at once; nil for none.
	Token func() redact.Secret
	// API is the address of the forge's API where the repository's host does
	// not tell it; mostly for tests.
	API string
	// HTTP is nil for the default client, which knows the proxy of the
	// environment.
	HTTP *http.Client
}

// Forge is one repository's forge.
type Forge interface {
	EnsureDeployKey(ctx context.Context, title, publicKey string, readOnly bool) (created bool, err error)
	EnsureWebhook(ctx context.Context, address string, secret redact.Secret) (created bool, err error)

	// Requests are the open ones from a branch of this repository into another.
	Requests(ctx context.Context, branch, base string) ([]pullrequest.Request, error)
	Request(ctx context.Context, number int) (pullrequest.Request, error)
	// Merged is the last one of the branches that was merged, nil without.
	Merged(ctx context.Context, branch, base string) (*pullrequest.Request, error)
	// CreateRequest opens one, or returns the open one of the two branches: a
	// forge has one at most.
	CreateRequest(ctx context.Context, branch, base, title, body string) (pullrequest.Request, error)
	UpdateRequest(ctx context.Context, number int, title, body string) error
	CloseRequest(ctx context.Context, number int) error
	// Merge merges a request whose last commit is head, by the forge's own rules:
	// nothing is forced. That they are not met is no error.
	Merge(ctx context.Context, number int, head string) (pullrequest.Merge, error)
	Comment(ctx context.Context, number int, body string) error
	SetStatus(ctx context.Context, s pullrequest.Status) error

	// Settings says of each setting that want declares what it is, or why this
	// forge does not know it.
	Settings(ctx context.Context, want governance.State) (governance.Found, error)
	// ChangeSettings gives the settings of one part their values, by name; others
	// of the part are left as they are.
	ChangeSettings(ctx context.Context, want governance.State, part governance.Part, to map[string]governance.Value) error
}

// Open returns the forge of a repository; it does not connect yet.
func Open(opts Options) (Forge, error) {
	if opts.HTTP == nil {
		opts.HTTP = http.DefaultClient
	}
	if opts.Token == nil {
		opts.Token = func() redact.Secret { return "" }
	}
	if opts.Provider != config.ProviderGitHub && opts.Provider != config.ProviderGitea {
		return plain{opts.URL}, nil
	}
	r, err := locate(opts.URL)
	if err != nil {
		return nil, err
	}
	if opts.API == "" {
		opts.API = "https://" + r.host
	}
	if opts.Provider == config.ProviderGitHub {
		return &gitHub{opts, r}, nil
	}
	return &gitea{opts, r}, nil
}

// repository is where a forge keeps a repository.
type repository struct{ host, owner, name string }

// locate reads the address of a repository: https://host/owner/name(.git),
// ssh://git@host:port/owner/name or git@host:owner/name.
func locate(address string) (repository, error) {
	if !strings.Contains(address, "://") {
		if user, rest, ok := strings.Cut(address, ":"); ok {
			address = "ssh://" + user + "/" + rest
		}
	}
	u, err := url.Parse(address)
	if err != nil {
		return repository{}, fmt.Errorf("reading the repository's address: %w", err)
	}
	host := u.Host
	if u.Scheme == "ssh" {
		host = u.Hostname() // the port is SSH's, not the API's
	}
	owner, name, ok := strings.Cut(strings.Trim(u.Path, "/"), "/")
	name = strings.TrimSuffix(name, ".git")
	if !ok || name == "" || strings.Contains(name, "/") {
		return repository{}, fmt.Errorf("the repository's address %s has no owner and name at its end", address)
	}
	return repository{host, owner, name}, nil
}

// APIError is a request that the forge refused.
type APIError struct {
	Doing  string
	Status int
	Hint   string
	Cause  error
}

func (e *APIError) Error() string {
	text := fmt.Sprintf("%s: the forge answers %d %s", e.Doing, e.Status, http.StatusText(e.Status))
	if e.Hint != "" {
		text += ": " + e.Hint
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

func (e *APIError) Unwrap() error { return e.Cause }

// Unauthorized reports, to those who cannot import this package, that another
// token may do.
func (e *APIError) Unauthorized() bool {
	return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
}

// fail wraps what an SDK returned, with what to do where the status tells.
func fail(doing string, status int, err error, token redact.Secret) error {
	if status == 0 {
		return fmt.Errorf("%s: %w", doing, masked{redact.Text(err.Error(), token), err})
	}
	hint := ""
	switch status {
	case http.StatusUnauthorized:
		hint = "the token is not valid or has expired"
	case http.StatusForbidden:
		hint = "the token may not do this; it needs write access to the repository's contents, pull requests and administration (deploy keys, webhooks)"
	case http.StatusNotFound:
		hint = "there is no such repository, or the token may not see it"
	}
	return &APIError{doing, status, hint, masked{redact.Text(err.Error(), token), err}}
}

type masked struct {
	text  string
	cause error
}

func (m masked) Error() string { return m.text }
func (m masked) Unwrap() error { return m.cause }

// sameKey compares public keys without their comments.
func sameKey(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	return len(x) >= 2 && len(y) >= 2 && x[0] == y[0] && x[1] == y[1]
}

// ReadOnlyError says that a cluster's key is registered, but may not push.
type ReadOnlyError struct{ Title string }

func (e *ReadOnlyError) Error() string {
	return fmt.Sprintf("deploy key %q is registered as read-only, but the cluster is to push: delete it at the forge and run again", e.Title)
}

// mergeStyle is the first that the repository takes.
func mergeStyle(merge, squash, rebase bool) string {
	switch {
	case merge:
		return "merge"
	case squash:
		return "squash"
	case rebase:
		return "rebase"
	}
	return "merge" // and the forge says what it takes
}

// lastMerged is the one with the highest number of those that were merged.
func lastMerged(all []pullrequest.Request) *pullrequest.Request {
	var last *pullrequest.Request
	for i, one := range all {
		if one.State == pullrequest.Merged && (last == nil || one.Number > last.Number) {
			last = &all[i]
		}
	}
	return last
}
