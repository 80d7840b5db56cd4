package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/ocilayout"
	"github.com/groundwork-dev/groundwork/internal/receiver"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

// receiverTokenVariable of the environment holds the token of the Receivers that
// are told of a push.
const receiverTokenVariable = "GROUNDWORK_RECEIVER_TOKEN"

type imagePushOptions struct {
	dir, app, layout, image string
	tags                    []string
	untagged, dryRun        bool
	notify                  []string
	registry                registryFlags
	output                  string
}

// imagePushed is the result, as --output json prints it.
type imagePushed struct {
	Image  string   `json:"image"`
	Digest string   `json:"digest"`
	Tags   []string `json:"tags"`
	DryRun bool     `json:"dryRun,omitempty"`
}

func newImagePushCommand(streams Streams) *cobra.Command {
	var o imagePushOptions
	cmd := &cobra.Command{
		Use:   "push",
		Short: "Push a built image and its bill of materials to the app's registry",
		Long: `push brings a layout of 'bootstrap image build' to the registry of the app's image in
platform.yaml, or to --image, and prints image@digest. The tags come last, so what a
tag names is whole: after an error, push again. What is there is not sent twice. A tag
that names another image is never moved (exit 4).

With --untagged no tag is set. Sign the digest then, and push again for the tags:
nothing that follows tags sees an image before its signature.

With --notify, clusters whose image automation follows the app look for the tags at
once: each address is a Receiver's, its token is in GROUNDWORK_RECEIVER_TOKEN. A cluster
that cannot be told is a warning; it looks by itself within a minute.`,
		Example: `  bootstrap image push
  bootstrap image push --untagged --image 123456789012.dkr.ecr.eu-central-1.amazonaws.com/sampleapp
  aws ecr get-login-password | bootstrap image push --username AWS --password-stdin
  bootstrap image push --notify https://flux.dev.example.com/hook/8f3c…`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	f := cmd.Flags()
	AddDirFlag(cmd, &o.dir)
	addAppFlag(cmd, &o.app)
	f.StringVar(&o.layout, "layout", "", "what 'bootstrap image build --out' wrote (default dist/APP)")
	f.StringVar(&o.image, "image", "", "registry/repository to push to (default the app's in platform.yaml)")
	f.StringArrayVar(&o.tags, "tag", nil, "a tag to set, in place of those of the build; may be repeated")
	f.BoolVar(&o.untagged, "untagged", false, "set no tag")
	f.BoolVar(&o.dryRun, "dry-run", false, "push nothing; print what would be pushed")
	f.StringArrayVar(&o.notify, "notify", nil, "a Receiver's address, to tell it of the tags; may be repeated")
	cmd.MarkFlagsMutuallyExclusive("tag", "untagged")
	cmd.MarkFlagsMutuallyExclusive("notify", "untagged")
	o.registry.add(cmd)
	addOutputFlag(cmd, &o.output)
	return cmd
}

func (o imagePushOptions) run(ctx context.Context, streams Streams) error {
	token, err := o.receiverToken()
	if err != nil {
		return err
	}
	to, err := o.target()
	if err != nil {
		return err
	}
	if o.layout == "" {
		o.layout = filepath.Join(o.dir, "dist", o.app)
	}
	kept, done, err := ocilayout.Read(o.layout)
	if err != nil {
		return usageError{err}
	}
	defer done()
	tags := kept.Tags
	if len(o.tags) > 0 {
		tags = o.tags
	}
	if err := image.CheckTags(tags, ""); err != nil {
		return usageError{err}
	}
	if o.untagged {
		tags = nil
	}
	digest, err := kept.Image.Index.Digest()
	if err != nil {
		return err
	}
	if !o.dryRun {
		client, err := o.registry.client(streams)
		if err != nil {
			return err
		}
		if _, err := client.Push(ctx, to.Name, tags, kept.Image, false); err != nil {
			return err
		}
	}
	pushed := image.Reference{Name: to.Name, Digest: digest.String()}
	for _, tag := range tags {
		fmt.Fprintf(streams.Err, "tag %s\n", tag)
	}
	if !o.dryRun {
		o.tell(ctx, streams, token)
	}
	if o.output == outputJSON {
		return PrintJSON(streams.Out, imagePushed{pushed.Pinned(), pushed.Digest, append([]string{}, tags...), o.dryRun})
	}
	_, err = fmt.Fprintln(streams.Out, pushed.Pinned())
	return err
}

// receiverToken reads the token of the Receivers, if any are to be told, and
// checks their addresses, before anything is pushed.
func (o imagePushOptions) receiverToken() (redact.Secret, error) {
	if len(o.notify) == 0 {
		return "", nil
	}
	for _, address := range o.notify {
		if err := receiver.Check(address); err != nil {
			return "", usageError{fmt.Errorf("--notify %s: %w", address, err)}
		}
	}
	token := redact.Secret(os.Getenv(receiverTokenVariable))
	if token.Empty() {
		return "", usageError{fmt.Errorf("--notify needs the Receiver's token in %s", receiverTokenVariable)}
	}
	return token, nil
}

// tell has the clusters look for the tags now.
func (o imagePushOptions) tell(ctx context.Context, streams Streams, token redact.Secret) {
	for _, address := range o.notify {
		if err := receiver.Notify(ctx, nil, address, token); err != nil {
			fmt.Fprintf(streams.Err, "warning: the image is pushed, but %s was not told of it: %v\n", address, err)
		}
	}
}

func (o imagePushOptions) target() (image.Reference, error) {
	if o.image == "" {
		return imageOf(o.dir, o.app)
	}
	to, err := image.ParseReference(o.image)
	if err != nil {
		return to, usageError{err}
	}
	if to.Tag != "" || to.Digest != "" {
		return to, usageError{fmt.Errorf("--image %s: want registry/repository; tags are --tag", o.image)}
	}
	return to, nil
}
