package forge

import (
	"context"
	"net/http"
	"strings"

	"github.com/google/go-github/v88/github"

	"github.com/groundwork-dev/groundwork/internal/redact"
)

// gitHub is a repository on GitHub.
type gitHub struct {
	opts Options
	repo repository
}

// client is made for each request: the SDK binds a token to a client.
func (g *gitHub) client() (*github.Client, error) {
	options := []github.ClientOptionsFunc{github.WithHTTPClient(g.opts.HTTP)}
	if token := g.opts.Token(); !token.Empty() {
		options = append(options, github.WithAuthToken(token.Reveal()))
	}
	if api := strings.TrimSuffix(g.opts.API, "/"); api != "https://github.com" {
		options = append(options, github.WithEnterpriseURLs(api, api))
	}
	client, err := github.NewClient(options...)
	if err != nil {
		return nil, fail("preparing the GitHub client", 0, err, g.opts.Token())
	}
	return client, nil
}

func (g *gitHub) EnsureDeployKey(ctx context.Context, title, publicKey string, readOnly bool) (bool, error) {
	client, err := g.client()
	if err != nil {
		return false, err
	}
	page := &github.ListOptions{PerPage: pageSize}
	for {
		keys, response, err := client.Repositories.ListKeys(ctx, g.repo.owner, g.repo.name, page)
		if err != nil {
			return false, g.fail("listing the deploy keys", response, err)
		}
		for _, key := range keys {
			if !sameKey(key.GetKey(), publicKey) {
				continue
			}
			if key.GetReadOnly() && !readOnly {
				return false, &ReadOnlyError{key.GetTitle()}
			}
			return false, nil
		}
		if page.Page = response.NextPage; page.Page == 0 {
			break
		}
	}
	_, response, err := client.Repositories.CreateKey(ctx, g.repo.owner, g.repo.name,
		&github.Key{Title: &title, Key: &publicKey, ReadOnly: &readOnly})
	if err != nil {
		return false, g.fail("adding the deploy key", response, err)
	}
	return true, nil
}

func (g *gitHub) EnsureWebhook(ctx context.Context, address string, secret redact.Secret) (bool, error) {
	client, err := g.client()
	if err != nil {
		return false, err
	}
	page := &github.ListOptions{PerPage: pageSize}
	for {
		hooks, response, err := client.Repositories.ListHooks(ctx, g.repo.owner, g.repo.name, page)
		if err != nil {
			return false, g.fail("listing the webhooks", response, err)
		}
		for _, hook := range hooks {
			if hook.GetConfig().GetURL() == address {
				return false, nil
			}
		}
		if page.Page = response.NextPage; page.Page == 0 {
			break
		}
	}
	form, token, active := "json", secret.Reveal(), true
	_, response, err := client.Repositories.CreateHook(ctx, g.repo.owner, g.repo.name, &github.Hook{
		Active: &active, Events: []string{"push"},
		Config: &github.HookConfig{URL: &address, ContentType: &form, Secret: &token},
	})
	if err != nil {
		return false, g.fail("adding the webhook", response, err)
	}
	return true, nil
}

func (g *gitHub) fail(doing string, response *github.Response, err error) error {
	status := 0
	if response != nil && response.Response != nil && response.StatusCode != http.StatusOK {
		status = response.StatusCode
	}
	return fail(doing, status, err, g.opts.Token())
}
