// Package image makes container images out of static executables, and judges
// those that a registry holds. An image is a function of its executables, its
// certificates and a few words: the same input gives the same digest on every
// machine. Beside it stands its bill of materials, whose digest the image
// states itself, so that a signature of the image covers both.
package image

import (
	"fmt"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
	spec "github.com/opencontainers/image-spec/specs-go/v1"
)

// User is the uid:gid that an app's image runs as; base has its name.
const User = "65532:65532"

// AnnotationSBOM is the annotation of an image's index with the digest of its
// bill of materials, sha256:….
const AnnotationSBOM = "dev.groundwork.sbom.digest"

// Binary is an app's static executable for one platform.
type Binary struct {
	Platform v1.Platform
	// Path is the executable on this machine.
	Path string
}

// Spec is what an app's image is made from.
type Spec struct {
	// App is the executable's name, in the image too.
	App      string
	Binaries []Binary
	// CACertificates are the authorities to trust, PEM; without any, the image
	// has no file for them.
	CACertificates []byte
	// Created is the time that the image states.
	Created time.Time
	// Source is the repository's address, Revision its commit, Version what the
	// image is called. Each may be empty.
	Source, Revision, Version string
}

// Image is an index with an image a platform, and its bill of materials: an OCI
// artifact whose subject is the index.
type Image struct {
	Index v1.ImageIndex
	SBOM  v1.Image
}

// New makes an image. The order of the binaries is the index's order.
func New(s Spec) (Image, error) {
	sbom, err := newSBOM(s)
	if err != nil {
		return Image{}, fmt.Errorf("listing what %s is made of: %w", s.App, err)
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, b := range s.Binaries {
		one, err := forPlatform(s, b)
		if err != nil {
			return Image{}, fmt.Errorf("packing %s for %s: %w", s.App, b.Platform, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: one, Descriptor: v1.Descriptor{Platform: &b.Platform}})
	}
	annotations := s.annotations()
	annotations[AnnotationSBOM] = sbom.digest.String()
	annotated, ok := mutate.Annotations(index, annotations).(v1.ImageIndex)
	if !ok {
		return Image{}, fmt.Errorf("annotating the index of %s: it is none any more", s.App)
	}
	artifact, err := sbom.artifact(annotated, s.Created)
	if err != nil {
		return Image{}, fmt.Errorf("packing the bill of materials of %s: %w", s.App, err)
	}
	return Image{Index: annotated, SBOM: artifact}, nil
}

// annotations are those of the OCI image specification's annotations.md.
func (s Spec) annotations() map[string]string {
	all := map[string]string{spec.AnnotationTitle: s.App, spec.AnnotationCreated: s.Created.UTC().Format(time.RFC3339)}
	for key, value := range map[string]string{
		spec.AnnotationSource: s.Source, spec.AnnotationRevision: s.Revision, spec.AnnotationVersion: s.Version,
	} {
		if value != "" {
			all[key] = value
		}
	}
	return all
}

func forPlatform(s Spec, b Binary) (v1.Image, error) {
	one, err := Pack(Program{Path: b.Path, Inside: "/" + s.App, User: User}, s.CACertificates, Gzip)
	if err != nil {
		return nil, err
	}
	file, err := one.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Variant = b.Platform.OS, b.Platform.Architecture, b.Platform.Variant
	file.Created = v1.Time{Time: s.Created.UTC()}
	file.Config.Labels = s.annotations()
	one, err = mutate.ConfigFile(one, file)
	if err != nil {
		return nil, err
	}
	annotated, ok := mutate.Annotations(one, s.annotations()).(v1.Image)
	if !ok {
		return nil, fmt.Errorf("annotating the image: it is none any more")
	}
	return annotated, nil
}

// ParsePlatform reads os/architecture, such as linux/arm64. The error says what
// was wanted.
func ParsePlatform(s string) (v1.Platform, error) {
	os, arch, ok := strings.Cut(s, "/")
	if !ok || os != "linux" || arch == "" || strings.Trim(arch, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return v1.Platform{}, fmt.Errorf("platform %q: want linux/ARCHITECTURE, such as linux/arm64", s)
	}
	return v1.Platform{OS: os, Architecture: arch}, nil
}
