package forge

import (
	"context"
	"net/http"

	sdk "code.gitea.io/sdk/gitea"

	"github.com/groundwork-dev/groundwork/internal/redact"
)

// gitea is a repository on a Gitea.
type gitea struct {
	opts Options
	repo repository
}

// client is made for each request: the SDK binds a context to a client.
func (g *gitea) client(ctx context.Context) (*sdk.Client, error) {
	client, err := sdk.NewClient(g.opts.API, sdk.SetContext(ctx), sdk.SetHTTPClient(g.opts.HTTP),
		sdk.SetToken(g.opts.Token().Reveal()), sdk.SetGiteaVersion(""))
	if err != nil {
		return nil, fail("preparing the Gitea client", 0, err, g.opts.Token())
	}
	return client, nil
}

func (g *gitea) EnsureDeployKey(ctx context.Context, title, publicKey string, readOnly bool) (bool, error) {
	client, err := g.client(ctx)
	if err != nil {
		return false, err
	}
	for page := 1; ; page++ {
		keys, response, err := client.ListDeployKeys(g.repo.owner, g.repo.name,
			sdk.ListDeployKeysOptions{ListOptions: sdk.ListOptions{Page: page, PageSize: pageSize}})
		if err != nil {
			return false, g.fail("listing the deploy keys", response, err)
		}
		for _, key := range keys {
			if !sameKey(key.Key, publicKey) {
				continue
			}
			if key.ReadOnly && !readOnly {
				return false, &ReadOnlyError{key.Title}
			}
			return false, nil
		}
		if len(keys) < pageSize {
			break
		}
	}
	_, response, err := client.CreateDeployKey(g.repo.owner, g.repo.name, sdk.CreateKeyOption{Title: title, Key: publicKey, ReadOnly: readOnly})
	if err != nil {
		return false, g.fail("adding the deploy key", response, err)
	}
	return true, nil
}

func (g *gitea) EnsureWebhook(ctx context.Context, address string, secret redact.Secret) (bool, error) {
	client, err := g.client(ctx)
	if err != nil {
		return false, err
	}
	for page := 1; ; page++ {
		hooks, response, err := client.ListRepoHooks(g.repo.owner, g.repo.name,
			sdk.ListHooksOptions{ListOptions: sdk.ListOptions{Page: page, PageSize: pageSize}})
		if err != nil {
			return false, g.fail("listing the webhooks", response, err)
		}
		for _, hook := range hooks {
			if hook.Config["url"] == address {
				return false, nil
			}
		}
		if len(hooks) < pageSize {
			break
		}
	}
	_, response, err := client.CreateRepoHook(g.repo.owner, g.repo.name, sdk.CreateHookOption{
		Type: sdk.HookTypeGitea, Events: []string{"push"}, Active: true,
		Config: map[string]string{"url": address, "content_type": "json", "secret": secret.Reveal()},
	})
	if err != nil {
		return false, g.fail("adding the webhook", response, err)
	}
	return true, nil
}

func (g *gitea) fail(doing string, response *sdk.Response, err error) error {
	status := 0
	if response != nil && response.Response != nil && response.StatusCode != http.StatusOK {
		status = response.StatusCode
	}
	return fail(doing, status, err, g.opts.Token())
}
