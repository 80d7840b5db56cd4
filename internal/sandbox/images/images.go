// Package images puts static executables into container images without a
// container engine: a base of a few files, the executable on top, the same
// digest every time.
package images

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/groundwork-dev/groundwork/internal/sandbox/artifact"
)

// Program is what goes into an image.
type Program struct {
	// Path is the executable on this machine, Inside where it lies in the image.
	Path, Inside string
	// User is uid:gid.
	User string
	// Links are further paths at which the executable is found.
	Links []string
}

// Pack returns an OCI layout below dir that holds the image, made unless it is
// there already. bundle are the certificates to trust, PEM.
func Pack(dir string, p Program, bundle []byte) (string, error) {
	key, err := keyOf(p, bundle)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", p.Path, err)
	}
	return artifact.Keep(filepath.Join(dir, key), func() (v1.Image, error) {
		image, err := build(p, bundle)
		if err != nil {
			return nil, fmt.Errorf("packing %s: %w", p.Path, err)
		}
		return image, nil
	})
}

func keyOf(p Program, bundle []byte) (string, error) {
	h := sha256.New()
	f, err := os.Open(p.Path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	fmt.Fprintf(h, "2\x00%s\x00%s\x00%q\x00", p.Inside, p.User, p.Links)
	h.Write(bundle)
	return hex.EncodeToString(h.Sum(nil))[:24], nil
}

func build(p Program, bundle []byte) (v1.Image, error) {
	base, err := layer(func(w *tar.Writer) error { return baseFiles(w, bundle) })
	if err != nil {
		return nil, err
	}
	program, err := layer(func(w *tar.Writer) error { return programFiles(w, p) })
	if err != nil {
		return nil, err
	}
	image := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	image = mutate.ConfigMediaType(image, types.OCIConfigJSON)
	image, err = mutate.AppendLayers(image, base, program)
	if err != nil {
		return nil, err
	}
	return mutate.Config(image, v1.Config{
		Entrypoint: []string{p.Inside}, User: p.User, WorkingDir: "/",
		Env: []string{"PATH=/usr/local/bin:/usr/bin:/bin", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"},
	})
}

// layer makes an uncompressed layer: on one machine, compressing costs more
// than it saves.
func layer(fill func(*tar.Writer) error) (v1.Layer, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := errors.Join(fill(w), w.Close()); err != nil {
		return nil, err
	}
	return static.NewLayer(b.Bytes(), types.OCIUncompressedLayer), nil
}

func baseFiles(w *tar.Writer, bundle []byte) error {
	for _, dir := range []struct {
		name string
		mode int64
	}{{"etc/", 0o755}, {"etc/ssl/", 0o755}, {"etc/ssl/certs/", 0o755}, {"home/", 0o755}, {"home/nonroot/", 0o777}, {"tmp/", 0o1777}} {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir.name, Mode: dir.mode}); err != nil {
			return err
		}
	}
	for _, f := range []struct{ name, content string }{
		{"etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"},
		{"etc/group", "root:x:0:\nnogroup:x:65534:\nnonroot:x:65532:\n"},
		{"etc/nsswitch.conf", "hosts: files dns\n"},
		{"etc/ssl/certs/ca-certificates.crt", string(bundle)},
	} {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: 0o644, Size: int64(len(f.content))}); err != nil {
			return err
		}
		if _, err := io.WriteString(w, f.content); err != nil {
			return err
		}
	}
	return nil
}

func programFiles(w *tar.Writer, p Program) error {
	f, err := os.Open(p.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	inside := strings.TrimPrefix(p.Inside, "/")
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: inside, Mode: 0o755, Size: info.Size()}); err != nil {
		return err
	}
	if _, err := io.Copy(w, f); err != nil {
		return err
	}
	for _, link := range p.Links {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeLink, Name: strings.TrimPrefix(link, "/"), Linkname: inside, Mode: 0o755}); err != nil {
			return err
		}
	}
	return nil
}
