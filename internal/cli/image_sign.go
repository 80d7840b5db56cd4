package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/image"
)

// passwordVariable is cosign's own.
const passwordVariable = "COSIGN_PASSWORD"

type imageSignOptions struct {
	key      string
	dryRun   bool
	registry registryFlags
	output   string
}

// imageSigned is the result, as --output json prints it.
type imageSigned struct {
	Image string `json:"image"`
	// Added is false where the image had a signature by the key already.
	Added  bool `json:"added"`
	DryRun bool `json:"dryRun,omitempty"`
}

func newImageSignCommand(streams Streams) *cobra.Command {
	var o imageSignOptions
	cmd := &cobra.Command{
		Use:   "sign NAME@DIGEST",
		Short: "Sign an image in the registry, as cosign does",
		Long: `sign adds a signature by a P-256 key to an image in the registry, in cosign's format:
'cosign verify --key' and 'bootstrap image verify' accept it. It signs a digest,
never a tag. Signing again with the same key adds nothing.

The key is one in KMS, awskms:///alias/NAME, which never leaves AWS and which CI uses by
a role; or a PEM file: PKCS #8, SEC 1, or of 'cosign generate-key-pair' with its password
in ` + passwordVariable + `.

What it does not do: keyless signing, which needs sigstore's services Fulcio and Rekor
(in GitHub Actions: 'cosign sign' with permissions id-token: write), and the
transparency log, so cosign wants --insecure-ignore-tlog to verify.`,
		Example: `  bootstrap image sign --key cosign.key ghcr.io/acme/web@sha256:…
  bootstrap image sign --key awskms:///alias/images "$(bootstrap image push --untagged)"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), streams, args[0]) },
	}
	cmd.Flags().StringVar(&o.key, "key", "", "file of the private key, or awskms:///…")
	Must(cmd.MarkFlagRequired("key"))
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "write nothing; say whether a signature would be added")
	o.registry.add(cmd)
	addOutputFlag(cmd, &o.output)
	return cmd
}

func (o imageSignOptions) run(ctx context.Context, streams Streams, ref string) error {
	r, err := image.ParseReference(ref)
	if err != nil {
		return usageError{err}
	}
	if r.Digest == "" {
		return usageError{fmt.Errorf("%s has no digest: sign what `bootstrap image push` prints, since a tag may have moved in between", ref)}
	}
	key, public, err := signingKey(ctx, o.key)
	if err != nil {
		return err
	}
	client, err := o.registry.client(streams)
	if err != nil {
		return err
	}
	has := func(s image.Signature) bool { return s.Check(public, r) == nil }
	added := false
	if o.dryRun {
		added, err = client.Unsigned(ctx, r, has)
	} else {
		var signature image.Signature
		if signature, err = image.Sign(key, r); err != nil {
			return err
		}
		added, err = client.Attach(ctx, r, signature, has)
	}
	if err != nil {
		return err
	}
	if o.output == outputJSON {
		return PrintJSON(streams.Out, imageSigned{r.Pinned(), added, o.dryRun})
	}
	if !added {
		fmt.Fprintln(streams.Err, "It has a signature by this key already.")
	}
	_, err = fmt.Fprintln(streams.Out, r.Pinned())
	return err
}
