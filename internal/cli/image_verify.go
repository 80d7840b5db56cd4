package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/image"
)

type imageVerifyOptions struct {
	dir, app, key string
	registry      registryFlags
	output        string
}

func newImageVerifyCommand(streams Streams) *cobra.Command {
	var o imageVerifyOptions
	cmd := &cobra.Command{
		Use:   "verify [NAME[:TAG][@DIGEST]]",
		Short: "Check an image's digest, signature, tag and bill of materials in the registry",
		Long: `verify asks the registry about an image, by default the app's in platform.yaml: the
digest is there; a signature by the key is over this digest and this name; the tag, if
one is named, still points to the digest; a bill of materials refers to it, and is the
one that the image states. Each check that fails is told with what to do (exit 4). A
registry that does not answer is a failure of verify (exit 1), not of the image.

An image named by its tag alone is the one that the tag points to now: nothing can be
said about whether the tag was moved.`,
		Example: `  bootstrap image verify --key cosign.pub ghcr.io/acme/web:1.2.3@sha256:…
  bootstrap image verify --key cosign.pub --app sampleapp --output json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), streams, args) },
	}
	AddDirFlag(cmd, &o.dir)
	addAppFlag(cmd, &o.app)
	cmd.Flags().StringVar(&o.key, "key", "", "file of the public key, or awskms:///…")
	Must(cmd.MarkFlagRequired("key"))
	o.registry.add(cmd)
	addOutputFlag(cmd, &o.output)
	return cmd
}

func (o imageVerifyOptions) run(ctx context.Context, streams Streams, args []string) error {
	r, err := o.subject(args)
	if err != nil {
		return err
	}
	key, err := publicKey(ctx, o.key)
	if err != nil {
		return err
	}
	client, err := o.registry.client(streams)
	if err != nil {
		return err
	}
	evidence, err := client.Look(ctx, r)
	if err != nil {
		return err
	}
	verdict := evidence.Judge(key)
	if o.output == outputJSON {
		if err := PrintJSON(streams.Out, verdict); err != nil {
			return err
		}
		return verdict.Err()
	}
	for _, c := range verdict.Checks {
		if c.Result == image.Refused {
			continue // the error tells it, with its fix
		}
		if _, err := fmt.Fprintf(streams.Out, "%s: %s: %s\n", c.Name, c.Result, c.Detail); err != nil {
			return err
		}
	}
	return verdict.Err()
}

func (o imageVerifyOptions) subject(args []string) (image.Reference, error) {
	if len(args) == 0 {
		return imageOf(o.dir, o.app)
	}
	r, err := image.ParseReference(args[0])
	if err != nil {
		return r, usageError{err}
	}
	if r.Tag == "" && r.Digest == "" {
		return r, usageError{fmt.Errorf("%s has neither tag nor digest", args[0])}
	}
	return r, nil
}
