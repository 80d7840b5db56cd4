// Package registry pushes images to an OCI registry, attaches signatures to
// them, and gathers what the registry has about one.
package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

// Options say how a registry is reached.
type Options struct {
	// Transport is nil for the default, which knows the environment's proxy.
	Transport http.RoundTripper
	// Username and Password are used where they are set; else the credentials
	// that docker's configuration names, and its credential helpers.
	Username string
	Password redact.Secret
	// Backoff is how long retries wait; nil is about 10 seconds in all.
	Backoff *remote.Backoff
}

// Client speaks to registries.
type Client struct {
	options []remote.Option
}

// New returns a client.
func New(o Options) *Client {
	c := &Client{}
	if o.Transport != nil {
		c.options = append(c.options, remote.WithTransport(o.Transport))
	}
	if o.Password.Empty() {
		c.options = append(c.options, remote.WithAuthFromKeychain(authn.DefaultKeychain))
	} else {
		c.options = append(c.options, remote.WithAuth(&authn.Basic{Username: o.Username, Password: o.Password.Reveal()}))
	}
	backoff := remote.Backoff{Duration: defaultWait, Factor: 2, Jitter: 0.2, Steps: 5}
	if o.Backoff != nil {
		backoff = *o.Backoff
	}
	c.options = append(c.options, remote.WithRetryBackoff(backoff))
	return c
}

func (c *Client) with(ctx context.Context) []remote.Option {
	return append([]remote.Option{remote.WithContext(ctx)}, c.options...)
}

// MovedError says that a tag is in use for another image.
type MovedError struct{ Image, Tag, Digest string }

func (e *MovedError) Error() string {
	return fmt.Sprintf("%s:%s is %s already, and a tag that is in use never moves: push under a new tag, or build again what the tag names", e.Image, e.Tag, e.Digest)
}

// Refused tells the error apart from others.
func (*MovedError) Refused() bool { return true }

// Push pushes an image and its bill of materials under a name, registry/
// repository, and last of all its tags, so that whatever a tag names is whole.
// What is there already is not pushed again. A tag that names another image is
// a *MovedError, unless move is set. It returns the image's digest.
func (c *Client) Push(ctx context.Context, to string, tags []string, i image.Image, move bool) (string, error) {
	repository, err := name.NewRepository(to)
	if err != nil {
		return "", fmt.Errorf("reading the image's name: %w", err)
	}
	hash, err := i.Index.Digest()
	if err != nil {
		return "", err
	}
	digest := hash.String()
	for _, tag := range tags {
		at, err := c.digestOf(ctx, repository.Tag(tag))
		if err != nil {
			return "", err
		}
		if at != "" && at != digest && !move {
			return "", &MovedError{repository.Name(), tag, at}
		}
	}
	pusher, err := remote.NewPusher(c.with(ctx)...)
	if err != nil {
		return "", err
	}
	if err := pusher.Push(ctx, repository.Digest(digest), i.Index); err != nil {
		return "", explain("pushing "+to, err)
	}
	if err := pushSBOM(ctx, pusher, repository, i); err != nil {
		return "", explain("pushing the bill of materials of "+to, err)
	}
	for _, tag := range tags {
		if err := pusher.Push(ctx, repository.Tag(tag), i.Index); err != nil {
			return "", explain(fmt.Sprintf("tagging %s as %s", to, tag), err)
		}
	}
	return digest, nil
}

// pushSBOM puts the manifest also where it is there already: a registry without
// the referrers API knows it by a tag beside, which an earlier push may not have
// come to.
func pushSBOM(ctx context.Context, pusher *remote.Pusher, repository name.Repository, i image.Image) error {
	hash, err := i.SBOM.Digest()
	if err != nil {
		return err
	}
	if err := pusher.Push(ctx, repository.Digest(hash.String()), i.SBOM); err != nil {
		return err
	}
	return pusher.Put(ctx, repository.Digest(hash.String()), i.SBOM)
}

// digestOf returns where a tag or digest points to, or nothing if it is not
// there.
func (c *Client) digestOf(ctx context.Context, ref name.Reference) (string, error) {
	d, err := remote.Get(ref, c.with(ctx)...)
	if isMissing(err) {
		return "", nil
	}
	if err != nil {
		return "", explain("looking for "+ref.Name(), err)
	}
	return d.Digest.String(), nil
}

// isMissing tells "not there" from every other answer.
func isMissing(err error) bool {
	answer, ok := errors.AsType[*transport.Error](err)
	return ok && answer.StatusCode == http.StatusNotFound
}

// explain names the fix where the registry wants other credentials.
func explain(doing string, err error) error {
	answer, ok := errors.AsType[*transport.Error](err)
	if ok && (answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden) {
		return fmt.Errorf("%s: %w\nthe registry wants credentials that may do this: --username with --password-stdin, or docker's configuration (see --help)", doing, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
