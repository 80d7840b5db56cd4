package image

import (
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Reference names an image in a registry.
type Reference struct {
	// Name is registry/repository, in full: docker.io is index.docker.io.
	Name string
	// Tag may be empty, and so may Digest, sha256:….
	Tag, Digest string
}

// ParseReference reads registry/repository[:tag][@sha256:digest]. Nothing is
// added: a reference without a tag has none.
func ParseReference(s string) (Reference, error) {
	bad := func(why error) (Reference, error) {
		return Reference{}, fmt.Errorf("image %q: %w; want registry/repository[:tag][@sha256:digest]", s, why)
	}
	rest, digest, pinned := strings.Cut(s, "@")
	if pinned {
		hash, err := v1.NewHash(digest)
		if err != nil {
			return bad(err)
		}
		if hash.Algorithm != "sha256" {
			return bad(fmt.Errorf("its digest is no sha256"))
		}
	}
	r := Reference{Digest: digest}
	if colon := strings.LastIndexByte(rest, ':'); colon > strings.LastIndexByte(rest, '/') {
		tag, err := name.NewTag(rest, name.StrictValidation)
		if err != nil {
			return bad(err)
		}
		r.Tag, rest = tag.TagStr(), rest[:colon]
	}
	repository, err := name.NewRepository(rest)
	if err != nil {
		return bad(err)
	}
	r.Name = repository.Name()
	return r, nil
}

// Pinned is name@digest.
func (r Reference) Pinned() string { return r.Name + "@" + r.Digest }

// String is the reference as it was read, with the name in full.
func (r Reference) String() string {
	s := r.Name
	if r.Tag != "" {
		s += ":" + r.Tag
	}
	if r.Digest != "" {
		s += "@" + r.Digest
	}
	return s
}
