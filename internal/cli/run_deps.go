package cli

import (
	"context"
	"crypto/rand"
	"io/fs"
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

// openRepository opens the repository by token or by SSH key.
func (o runOptions) openRepository(deps *bootstrap.Deps, repository config.Repository, token *tokenSource) error {
	auth := gitrepo.TokenAuth(o.username, token.Current)
	if repository.Auth == config.AuthSSH {
		hosts, err := gitrepo.KnownHosts(repository.URL, o.knownHosts)
		if err != nil {
			return err
		}
		if auth, err = gitrepo.SSHAuth(repository.URL, o.sshKey, hosts); err != nil {
			return err
		}
		deps.HostKeys = func(context.Context) ([]byte, []string, error) { return hosts.Lines, hosts.Fingerprints, nil }
	}
	remote, err := gitrepo.Open(gitrepo.Options{URL: repository.URL, Auth: auth, Author: o.identity(), Secrets: token.secrets})
	deps.Repository, deps.KeyReader = remote, remote
	return err
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
