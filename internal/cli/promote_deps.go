package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/forge"
	"github.com/groundwork-dev/groundwork/internal/gitrepo"
	"github.com/groundwork-dev/groundwork/internal/promote"
)

// deps wires the adapters of a promotion.
func (o promoteOptions) deps(ctx context.Context, streams Streams, repository config.Repository) (promote.Deps, error) {
	var d promote.Deps
	var err error
	if d.Key, err = publicKey(ctx, o.key); err != nil {
		return d, err
	}
	if d.Registry, err = o.registry.client(streams); err != nil {
		return d, err
	}
	token, err := o.token()
	if err != nil {
		return d, err
	}
	remote, err := o.tokenRemote(repository, token)
	if err != nil {
		return d, err
	}
	d.Repository = remote
	if d.Forge, err = forge.Open(forge.Options{Provider: repository.Provider, URL: repository.URL, Token: token.Current}); err != nil {
		return d, err
	}
	d.Render = func(ctx context.Context, commit, base string) (string, error) {
		return renderedDiff(ctx, remote, commit, base)
	}
	d.Connect = func(ctx context.Context) (promote.Cluster, error) {
		target := ClusterTarget{Dir: o.dir, Cluster: o.asked(), Kubeconfig: o.kubeconfig, Context: o.context}
		c, _, err := target.Open(ctx)
		return c, err
	}
	d.Pause = pauseFor
	return d, nil
}

// renderedDiff has the program that links Helm compare what a commit renders to
// with what its base does.
func renderedDiff(ctx context.Context, remote *gitrepo.Remote, commit, base string) (string, error) {
	program, err := beside(proofProgram, "make build")
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "groundwork-promote-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	if err := remote.Export(ctx, dir, commit, base); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, program, "diff", "--against", base, "--dir", dir)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("rendering what changes: %w: %s", err, strings.TrimSpace(errs.String()))
	}
	return out.String(), nil
}
