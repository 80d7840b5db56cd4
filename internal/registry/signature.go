package registry

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/groundwork-dev/groundwork/internal/image"
)

const (
	defaultWait = 300 * time.Millisecond
	// maxAttached bounds how many signatures and referrers of an image are read.
	maxAttached = 100
	// attempts is how often a signature is added that another signer's write of
	// the same tag replaced.
	attempts = 3
)

// MissingError says that there is no such image.
type MissingError struct{ Image string }

func (e *MissingError) Error() string {
	return fmt.Sprintf("the registry has no %s: push it first, or correct the digest", e.Image)
}

// Refused tells the error apart from others.
func (*MissingError) Refused() bool { return true }

// Attach adds a signature to those of an image, where cosign looks for them. It
// reports whether it did: one that has accepts is enough. Registries have no
// way to change a tag only if it is still the same, so it looks again afterwards.
func (c *Client) Attach(ctx context.Context, r image.Reference, s image.Signature, has func(image.Signature) bool) (bool, error) {
	repository, err := name.NewRepository(r.Name)
	if err != nil {
		return false, err
	}
	at, err := c.digestOf(ctx, repository.Digest(r.Digest))
	if err != nil {
		return false, err
	}
	if at == "" {
		return false, &MissingError{r.Pinned()}
	}
	tag := repository.Tag(image.SignatureTag(r.Digest))
	for attempt := range attempts {
		old, signatures, err := c.signatures(ctx, tag)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(signatures, has) {
			return attempt > 0, nil
		}
		added, err := mutate.Append(old, mutate.Addendum{
			Layer:       static.NewLayer(s.Payload, image.SignatureType),
			Annotations: map[string]string{image.AnnotationSignature: s.Base64},
		})
		if err != nil {
			return false, err
		}
		if err := remote.Write(tag, added, c.with(ctx)...); err != nil {
			return false, explain("writing the signature of "+r.Pinned(), err)
		}
	}
	_, signatures, err := c.signatures(ctx, tag)
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(signatures, has) {
		return true, nil
	}
	return false, fmt.Errorf("writing the signature of %s: another signer replaced it %d times; sign again", r.Pinned(), attempts)
}

// Unsigned reports whether an image has no signature that has accepts, so that
// Attach would add one.
func (c *Client) Unsigned(ctx context.Context, r image.Reference, has func(image.Signature) bool) (bool, error) {
	e, err := c.Look(ctx, image.Reference{Name: r.Name, Digest: r.Digest})
	if err != nil {
		return false, err
	}
	if !e.Found {
		return false, &MissingError{r.Pinned()}
	}
	return !slices.ContainsFunc(e.Signatures, has), nil
}

// signatures reads the signatures under a tag, and what holds them.
func (c *Client) signatures(ctx context.Context, tag name.Tag) (v1.Image, []image.Signature, error) {
	fresh := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	held, err := remote.Image(tag, c.with(ctx)...)
	if isMissing(err) {
		return fresh, nil, nil
	}
	if err != nil {
		return nil, nil, explain("reading the signatures of "+tag.Context().Name(), err)
	}
	m, err := held.Manifest()
	if err != nil {
		return nil, nil, fmt.Errorf("reading the signatures of %s: %w", tag.Context(), err)
	}
	if len(m.Layers) > maxAttached {
		return nil, nil, fmt.Errorf("reading the signatures of %s: there are more than %d", tag.Context(), maxAttached)
	}
	var all []image.Signature
	for _, l := range m.Layers {
		if l.MediaType != image.SignatureType || l.Annotations[image.AnnotationSignature] == "" {
			continue
		}
		data, err := content(held, l, image.MaxPayload)
		if err != nil {
			return nil, nil, explain("reading a signature of "+tag.Context().Name(), err)
		}
		all = append(all, image.Signature{Payload: data, Base64: l.Annotations[image.AnnotationSignature]})
	}
	return held, all, nil
}

// content reads a layer, checked against its digest.
func content(of v1.Image, d v1.Descriptor, limit int64) ([]byte, error) {
	if d.Size > limit {
		return nil, fmt.Errorf("%s has %d bytes, more than the %d that are read", d.Digest, d.Size, limit)
	}
	l, err := of.LayerByDigest(d.Digest)
	if err != nil {
		return nil, err
	}
	r, err := l.Compressed()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if got, _, err := v1.SHA256(bytes.NewReader(data)); err != nil || got != d.Digest {
		return nil, fmt.Errorf("%s is %s", d.Digest, got)
	}
	return data, nil
}
