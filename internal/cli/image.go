package cli

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/aws"
	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/redact"
	"github.com/groundwork-dev/groundwork/internal/registry"
)

// defaultApp is this repository's own app.
const defaultApp = "sampleapp"

func newImageCommand(streams Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "image",
		Short: "Build, push, sign, verify and request an app's image, without docker",
		Long: `image takes an app from its Go package to a registry: the same commands on your
machine and in CI. docs/delivery.md tells the whole way.

Credentials of the registry: --username with --password-stdin, or docker's
configuration (~/.docker/config.json, or the folder in DOCKER_CONFIG) with its
credential helpers. No long-lived key is needed:
  ECR    aws ecr get-login-password | bootstrap image push --username AWS --password-stdin
         (in CI with a role by OIDC), or the helper docker-credential-ecr-login
  GHCR   the workflow's GITHUB_TOKEN with permissions packages: write, on stdin`,
		Example: `  bootstrap image build --tag main-17-3f9a2b1
  image=$(bootstrap image push)
  bootstrap image sign --key cosign.key "$image"
  bootstrap image verify --key cosign.pub "$image"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newImageBuildCommand(streams), newImagePushCommand(streams), newImageSignCommand(streams), newImageVerifyCommand(streams), newImageRequestCommand(streams))
	return cmd
}

// registryFlags are those of the commands that speak to a registry.
type registryFlags struct {
	username string
	stdin    bool
}

func (f *registryFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.username, "username", "", "the registry's user; AWS for ECR")
	cmd.Flags().BoolVar(&f.stdin, "password-stdin", false, "read the user's password or token from standard input")
	cmd.MarkFlagsRequiredTogether("username", "password-stdin")
}

func (f registryFlags) client(streams Streams) (*registry.Client, error) {
	if !f.stdin {
		return registry.New(registry.Options{}), nil
	}
	data, err := io.ReadAll(io.LimitReader(streams.In, maxToken+1))
	if err != nil {
		return nil, fmt.Errorf("reading the password: %w", err)
	}
	password := redact.Secret(strings.TrimSpace(string(data)))
	if password.Empty() || len(data) > maxToken {
		return nil, usageError{errors.New("reading the password: standard input is to hold it and nothing else")}
	}
	return registry.New(registry.Options{Username: f.username, Password: password}), nil
}

// imageOf is the image of an app in the platform.yaml of a folder.
func imageOf(dir, app string) (image.Reference, error) {
	p, _, err := LoadDir(dir)
	if err != nil {
		return image.Reference{}, err
	}
	found, ok := p.Spec.Apps[app]
	if !ok {
		return image.Reference{}, usageError{fmt.Errorf("platform.yaml has no app %q: name one with --app, or the image itself", app)}
	}
	return image.ParseReference(found.Image)
}

// readKey reads a key's file, within bounds.
func readKey(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usageError{fmt.Errorf("reading the key: %w", err)}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, image.MaxKey+1))
	if err != nil {
		return nil, fmt.Errorf("reading the key: %w", err)
	}
	return data, nil
}

// signingKey is the key of a file, or of KMS, and its public half.
func signingKey(ctx context.Context, name string) (crypto.Signer, *ecdsa.PublicKey, error) {
	if strings.HasPrefix(name, aws.SigningKeyScheme) {
		key, err := aws.OpenSigningKey(ctx, name)
		if err != nil {
			return nil, nil, err
		}
		public := key.Verifier()
		return key, public, nil
	}
	data, err := readKey(name)
	if err != nil {
		return nil, nil, err
	}
	key, err := image.ParsePrivateKey(data, redact.Secret(os.Getenv(passwordVariable)))
	if err != nil {
		return nil, nil, usageError{fmt.Errorf("reading the key %s: %w", name, err)}
	}
	return key, &key.PublicKey, nil
}

// publicKey reads the key that images are signed with, from a file or KMS.
func publicKey(ctx context.Context, path string) (*ecdsa.PublicKey, error) {
	if strings.HasPrefix(path, aws.SigningKeyScheme) {
		key, err := aws.OpenSigningKey(ctx, path)
		if err != nil {
			return nil, err
		}
		return key.Verifier(), nil
	}
	data, err := readKey(path)
	if err != nil {
		return nil, err
	}
	key, err := image.ParsePublicKey(data)
	if err != nil {
		return nil, usageError{fmt.Errorf("reading the key %s: %w", path, err)}
	}
	return key, nil
}

func addAppFlag(cmd *cobra.Command, app *string) {
	cmd.Flags().StringVar(app, "app", defaultApp, "the app, as platform.yaml names it")
	Must(cmd.RegisterFlagCompletionFunc("app", cobra.NoFileCompletions))
}
