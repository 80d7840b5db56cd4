// Package ocilayout keeps an image and its bill of materials on this machine,
// as an OCI layout (the OCI image specification's image-layout.md): a folder,
// or a tar archive of one. Either is whole or not there.
package ocilayout

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	spec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/groundwork-dev/groundwork/internal/image"
)

// maxArchive bounds what an archive may unpack to, in bytes.
const maxArchive = 4 << 30

// Kept is an image that was written or read.
type Kept struct {
	Image image.Image
	// Tags are those that the layout names for the image.
	Tags []string
}

// Write writes an image in place of what is at path: an archive where it ends
// in .tar, else a folder.
func Write(path string, k Kept) error {
	parent := filepath.Dir(filepath.Clean(path))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(parent, ".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	folder := filepath.Join(tmp, "layout")
	if err := fill(folder, k); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	made := folder
	if isArchive(path) {
		made = filepath.Join(tmp, "archive")
		if err := pack(folder, made); err != nil {
			return fmt.Errorf("writing %s: %w", path, err)
		}
	} else if err := removeLayout(path); err != nil {
		return err
	}
	return os.Rename(made, path)
}

func isArchive(path string) bool { return strings.HasSuffix(path, ".tar") }

// removeLayout takes away an older layout, and nothing else that a user may
// have named by mistake.
func removeLayout(path string) error {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return os.RemoveAll(path)
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(path, spec.ImageLayoutFile)); err != nil {
		return fmt.Errorf("writing %s: it is there and is no OCI layout; name another folder", path)
	}
	return os.RemoveAll(path)
}

func fill(folder string, k Kept) error {
	l, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	if len(k.Tags) == 0 {
		if err := l.AppendIndex(k.Image.Index); err != nil {
			return err
		}
	}
	for _, tag := range k.Tags {
		if err := l.AppendIndex(k.Image.Index, layout.WithAnnotations(map[string]string{spec.AnnotationRefName: tag})); err != nil {
			return err
		}
	}
	return l.AppendImage(k.Image.SBOM)
}

// Read reads what Write wrote. The image is read from the files as it is used,
// until the returned function is called.
func Read(path string) (Kept, func(), error) {
	done := func() {}
	folder := path
	if isArchive(path) {
		tmp, err := os.MkdirTemp("", "groundwork-image-")
		if err != nil {
			return Kept{}, nil, err
		}
		done = func() { _ = os.RemoveAll(tmp) } // the system clears its folder of temporary files as well
		if err := unpack(path, tmp); err != nil {
			done()
			return Kept{}, nil, fmt.Errorf("unpacking %s: %w", path, err)
		}
		folder = tmp
	}
	k, err := read(folder)
	if err != nil {
		done()
		return Kept{}, nil, fmt.Errorf("reading the image in %s: %w", path, err)
	}
	return k, done, nil
}

func read(folder string) (Kept, error) {
	index, err := layout.ImageIndexFromPath(folder)
	if err != nil {
		return Kept{}, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return Kept{}, err
	}
	var k Kept
	var seen v1.Hash
	for _, m := range manifest.Manifests {
		switch {
		case m.MediaType.IsIndex() && (k.Image.Index == nil || m.Digest == seen):
			if tag := m.Annotations[spec.AnnotationRefName]; tag != "" {
				k.Tags = append(k.Tags, tag)
			}
			seen = m.Digest
			k.Image.Index, err = index.ImageIndex(m.Digest)
		case m.MediaType.IsImage() && k.Image.SBOM == nil:
			k.Image.SBOM, err = index.Image(m.Digest)
		default:
			err = fmt.Errorf("%s is one too many; it is not what `bootstrap image build` wrote", m.Digest)
		}
		if err != nil {
			return Kept{}, err
		}
	}
	if k.Image.Index == nil || k.Image.SBOM == nil {
		return Kept{}, errors.New("it lacks the image's index or its bill of materials; make it with `bootstrap image build`")
	}
	return k, belongs(k.Image, seen)
}

// belongs holds the bill of materials to its image.
func belongs(i image.Image, index v1.Hash) error {
	m, err := i.SBOM.Manifest()
	if err != nil {
		return err
	}
	if m.Subject == nil || m.Subject.Digest != index {
		return errors.New("its bill of materials is about another image; build it again")
	}
	return nil
}

// pack writes a folder's files in the order of their names, without times.
func pack(folder, archive string) error {
	f, err := os.Create(archive)
	if err != nil {
		return err
	}
	w, from := tar.NewWriter(f), os.DirFS(folder)
	err = fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(data))}); err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	})
	return errors.Join(err, w.Close(), f.Close())
}

// member are the files that a layout's archive may hold.
func member() *regexp.Regexp {
	return regexp.MustCompile(`^(oci-layout|index\.json|blobs/sha256/[0-9a-f]{64})$`)
}

func unpack(archive, folder string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	allowed, left := member(), int64(maxArchive)
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag == tar.TypeDir {
			continue
		}
		if h.Typeflag != tar.TypeReg || !allowed.MatchString(h.Name) {
			return fmt.Errorf("%.80q is no file of an OCI layout", h.Name)
		}
		if left -= h.Size; left < 0 {
			return fmt.Errorf("it unpacks to more than %d bytes", int64(maxArchive))
		}
		if err := unpackFile(root, h, r); err != nil {
			return err
		}
	}
}

func unpackFile(root *os.Root, h *tar.Header, r io.Reader) error {
	if err := root.MkdirAll(filepath.Dir(h.Name), 0o755); err != nil {
		return err
	}
	f, err := root.OpenFile(h.Name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, r, h.Size)
	return errors.Join(err, f.Close())
}
