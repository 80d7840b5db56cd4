package image

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	spec "github.com/opencontainers/image-spec/specs-go/v1"
)

// The media types of bills of materials, as IANA has them.
const (
	TypeCycloneDX = "application/vnd.cyclonedx+json"
	TypeSPDX      = "application/spdx+json"
)

// MaxSBOM bounds a bill of materials that somebody sent, in bytes.
const MaxSBOM = 32 << 20

// Module is something that an image is made of.
type Module struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// bill is a bill of materials.
type bill struct {
	data   []byte
	digest v1.Hash
}

// newSBOM lists, in CycloneDX 1.6, the executables with their checksums, the Go
// modules that each says it was built from, and the standard library. It does
// not name the image, so that the image can name it.
func newSBOM(s Spec) (bill, error) {
	modules := map[string]cdx.Component{}
	var files []cdx.Component
	var links []cdx.Dependency
	for _, b := range s.Binaries {
		info, err := buildinfo.ReadFile(b.Path)
		if err != nil {
			return bill{}, err
		}
		sum, err := sumOf(b.Path)
		if err != nil {
			return bill{}, err
		}
		ref := "file:" + s.App + "?platform=" + b.Platform.String()
		files = append(files, cdx.Component{
			BOMRef: ref, Type: cdx.ComponentTypeFile, Name: s.App, Version: s.Version,
			Hashes:     &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: sum}},
			Properties: &[]cdx.Property{{Name: "dev.groundwork:platform", Value: b.Platform.String()}},
		})
		var uses []string
		for _, m := range modulesOf(info) {
			c := library(m)
			modules[c.BOMRef] = c
			uses = append(uses, c.BOMRef)
		}
		slices.Sort(uses)
		uses = slices.Compact(uses)
		links = append(links, cdx.Dependency{Ref: ref, Dependencies: &uses})
	}
	bom := cdx.NewBOM()
	subject := cdx.Component{BOMRef: "app:" + s.App, Type: cdx.ComponentTypeContainer, Name: s.App, Version: s.Version}
	if s.Source != "" {
		subject.ExternalReferences = &[]cdx.ExternalReference{{Type: cdx.ERTypeVCS, URL: s.Source, Comment: s.Revision}}
	}
	bom.Metadata = &cdx.Metadata{Timestamp: s.Created.UTC().Format(time.RFC3339), Component: &subject}
	bom.Components = new(append(files, sorted(modules)...))
	bom.Dependencies = &links
	var b bytes.Buffer
	if err := cdx.NewBOMEncoder(&b, cdx.BOMFileFormatJSON).SetEscapeHTML(false).EncodeVersion(bom, cdx.SpecVersion1_6); err != nil {
		return bill{}, err
	}
	digest, _, err := v1.SHA256(bytes.NewReader(b.Bytes()))
	return bill{b.Bytes(), digest}, err
}

// modulesOf are the modules in an executable, as they were really built: a
// replacement in place of what it replaces. What was replaced by a folder keeps
// its own name.
func modulesOf(info *debug.BuildInfo) []Module {
	all := []Module{{"std", strings.TrimPrefix(info.GoVersion, "go")}}
	if info.Main.Path != "" {
		all = append(all, Module{info.Main.Path, info.Main.Version})
	}
	for _, m := range info.Deps {
		if m.Replace != nil && m.Replace.Version != "" {
			m = m.Replace
		}
		all = append(all, Module{m.Path, m.Version})
	}
	return all
}

// library is a module as the package-url specification names it.
func library(m Module) cdx.Component {
	purl := "pkg:golang/" + m.Name
	if m.Version != "" {
		purl += "@" + url.PathEscape(m.Version)
	}
	return cdx.Component{BOMRef: purl, Type: cdx.ComponentTypeLibrary, Name: m.Name, Version: m.Version, PackageURL: purl}
}

func sorted(modules map[string]cdx.Component) []cdx.Component {
	return slices.SortedFunc(maps.Values(modules), func(a, b cdx.Component) int { return cmp.Compare(a.BOMRef, b.BOMRef) })
}

func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// artifact packs the bill for a registry. Its configuration's media type is the
// artifact's, which is what the OCI image specification's manifest.md falls back
// to where a manifest says nothing else, and what older registries know.
func (b bill) artifact(subject v1.ImageIndex, created time.Time) (v1.Image, error) {
	about, err := partial.Descriptor(subject)
	if err != nil {
		return nil, err
	}
	image := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	image, err = mutate.AppendLayers(image, static.NewLayer(b.data, TypeCycloneDX))
	if err != nil {
		return nil, err
	}
	image = mutate.ConfigMediaType(image, TypeCycloneDX)
	annotated, ok := mutate.Annotations(image, map[string]string{
		spec.AnnotationCreated: created.UTC().Format(time.RFC3339),
	}).(v1.Image)
	if !ok {
		return nil, fmt.Errorf("annotating it: it is no image any more")
	}
	related, ok := mutate.Subject(annotated, v1.Descriptor{MediaType: about.MediaType, Size: about.Size, Digest: about.Digest}).(v1.Image)
	if !ok {
		return nil, fmt.Errorf("giving it its subject: it is no image any more")
	}
	return related, nil
}

// ReadSBOM returns what a CycloneDX bill of materials lists as libraries, in
// its order. It reads what somebody sent.
func ReadSBOM(data []byte) ([]Module, error) {
	if len(data) > MaxSBOM {
		return nil, fmt.Errorf("reading the bill of materials: it has more than %d bytes", MaxSBOM)
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(data), cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		return nil, fmt.Errorf("reading the bill of materials: %w", err)
	}
	if bom.BOMFormat != cdx.BOMFormat {
		return nil, fmt.Errorf("reading the bill of materials: its format is %q, want %s", bom.BOMFormat, cdx.BOMFormat)
	}
	var all []Module
	if bom.Components != nil {
		for _, c := range *bom.Components {
			if c.Type == cdx.ComponentTypeLibrary {
				all = append(all, Module{c.Name, c.Version})
			}
		}
	}
	return all, nil
}
