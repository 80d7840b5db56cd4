package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"net/url"
	"time"

	"github.com/groundwork-dev/groundwork/internal/bootstrap"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/forge"
	"github.com/groundwork-dev/groundwork/internal/gitrepo"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

// deps wires the adapters of a run, but for the cluster.
func (o runOptions) deps(want *tree.Tree, repository config.Repository) (bootstrap.Deps, error) {
	token, err := o.token()
	if err != nil {
		return bootstrap.Deps{}, err
	}
	deps := bootstrap.Deps{Token: token, Compare: comparison(want), Now: time.Now, Random: rand.Reader}
	if err := o.openRepository(&deps, repository, token); err != nil {
		return deps, err
	}
	if deps.Forge, err = forge.Open(forge.Options{Provider: repository.Provider, URL: repository.URL, Token: token.Current}); err != nil {
		return deps, err
	}
	checkout, err := gitrepo.OpenCheckout(o.dir)
	if checkout != nil {
		deps.Checkout = checkout
	}
	return deps, err
}

// comparison compares the wanted tree with the files of a repository.
func comparison(want *tree.Tree) func(fs.FS) (*bootstrap.Changes, error) {
	return func(have fs.FS) (*bootstrap.Changes, error) {
		changes, err := tree.Compare(want, have)
		if err != nil {
			return nil, err
		}
		return &bootstrap.Changes{
			Create: changes.Create, Update: changes.Update, Delete: changes.Delete,
			HandEdited: changes.HandEdited, Foreign: changes.Foreign, Conflicts: changes.Conflicts(),
		}, nil
	}
}

// openRepository gives a run the repository, and the keys of its host.
func (o runOptions) openRepository(deps *bootstrap.Deps, repository config.Repository, token *tokenSource) error {
	remote, hosts, err := o.openRemote(repository, token)
	if hosts != nil {
		deps.HostKeys = func(context.Context) ([]byte, []string, error) { return hosts.Lines, hosts.Fingerprints, nil }
	}
	deps.Repository, deps.KeyReader = remote, remote
	return err
}

// openRemote opens the repository by token, or by SSH key, where its host is
// known by the keys that are returned.
func (o runOptions) openRemote(repository config.Repository, token *tokenSource) (*gitrepo.Remote, *gitrepo.Hosts, error) {
	auth := gitrepo.TokenAuth(o.username, token.Current)
	var hosts *gitrepo.Hosts
	if repository.Auth == config.AuthSSH {
		var err error
		if hosts, err = gitrepo.KnownHosts(repository.URL, o.knownHosts); err != nil {
			return nil, nil, err
		}
		if auth, err = gitrepo.SSHAuth(repository.URL, o.sshKey, hosts); err != nil {
			return nil, nil, err
		}
	}
	remote, err := gitrepo.Open(gitrepo.Options{URL: repository.URL, Auth: auth, Author: o.identity(), Secrets: token.secrets})
	return remote, hosts, err
}

// tokenRemote opens the repository by token where that will do: on GitHub, what is
// reached by SSH is reached by HTTPS too, and a workflow has no key.
func (o runOptions) tokenRemote(repository config.Repository, token *tokenSource) (*gitrepo.Remote, error) {
	if repository.Provider == config.ProviderGitHub && repository.Auth == config.AuthSSH && o.sshKey == "" && !token.Current().Empty() {
		u, err := url.Parse(repository.URL)
		if err != nil {
			return nil, usageError{errors.New("spec.repository.url in platform.yaml is no address")}
		}
		repository.URL, repository.Auth = "https://"+u.Hostname()+u.Path, config.AuthToken
	}
	remote, _, err := o.openRemote(repository, token)
	return remote, err
}

func (o runOptions) identity() gitrepo.Identity {
	id := gitrepo.UserIdentity()
	if o.authorName != "" {
		id.Name = o.authorName
	}
	if o.author != "" {
		id.Email = o.author
	}
	if id.Name == "" {
		id.Name = "bootstrap"
	}
	if id.Email == "" {
		id.Email = "bootstrap@localhost"
	}
	return id
}
