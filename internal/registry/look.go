package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/groundwork-dev/groundwork/internal/image"
)

// Look gathers what the registry has about an image. A reference without a
// digest is about the one that its tag points to now. What is not there is part
// of the evidence; a registry that does not answer is an error.
func (c *Client) Look(ctx context.Context, r image.Reference) (image.Evidence, error) {
	e := image.Evidence{Reference: r}
	repository, err := name.NewRepository(r.Name)
	if err != nil {
		return e, err
	}
	if r.Tag != "" {
		if e.TagDigest, err = c.digestOf(ctx, repository.Tag(r.Tag)); err != nil {
			return e, err
		}
	}
	if r.Digest == "" {
		e.Reference.Digest = e.TagDigest
	}
	if e.Reference.Digest == "" {
		return e, &MissingError{r.String()}
	}
	digest := repository.Digest(e.Reference.Digest)
	got, err := remote.Get(digest, c.with(ctx)...)
	if isMissing(err) {
		return e, nil
	}
	if err != nil {
		return e, explain("looking for "+digest.Name(), err)
	}
	e.Found = true
	var stated struct {
		Annotations map[string]string `json:"annotations"`
	}
	if err := json.Unmarshal(got.Manifest, &stated); err != nil {
		return e, fmt.Errorf("reading the manifest of %s: %w", digest, err)
	}
	e.StatedSBOM = stated.Annotations[image.AnnotationSBOM]
	if _, e.Signatures, err = c.signatures(ctx, repository.Tag(image.SignatureTag(e.Reference.Digest))); err != nil {
		return e, err
	}
	e.SBOMs, err = c.sboms(ctx, digest)
	return e, err
}

// sboms reads the bills of materials that refer to an image.
func (c *Client) sboms(ctx context.Context, digest name.Digest) ([]image.SBOM, error) {
	doing := "reading what refers to " + digest.Name()
	index, err := remote.Referrers(digest, c.with(ctx)...)
	if err != nil {
		return nil, explain(doing, err)
	}
	m, err := index.IndexManifest()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	if len(m.Manifests) > maxAttached {
		return nil, fmt.Errorf("%s: there are more than %d", doing, maxAttached)
	}
	var all []image.SBOM
	for _, d := range m.Manifests {
		if !slices.Contains([]string{image.TypeCycloneDX, image.TypeSPDX}, d.ArtifactType) {
			continue
		}
		one, err := remote.Image(digest.Digest(d.Digest.String()), c.with(ctx)...)
		if err != nil {
			return nil, explain(doing, err)
		}
		about, err := one.Manifest()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", doing, err)
		}
		if about.Subject == nil || about.Subject.Digest.String() != digest.DigestStr() || len(about.Layers) != 1 {
			continue
		}
		data, err := content(one, about.Layers[0], image.MaxSBOM)
		if err != nil {
			return nil, explain(doing, err)
		}
		all = append(all, image.SBOM{Type: d.ArtifactType, Content: data})
	}
	return all, nil
}
