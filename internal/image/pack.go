package image

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// certificates is where Go and most others look for authorities.
const certificates = "etc/ssl/certs/ca-certificates.crt"

// Program is an executable that goes into an image.
type Program struct {
	// Path is the executable on this machine, Inside where it lies in the image.
	Path, Inside string
	// User is uid:gid.
	User string
	// Links are further paths at which the executable is found.
	Links []string
	// Beside are executables that it calls.
	Beside []Executable
}

// Executable is a file on this machine and where it lies in an image.
type Executable struct{ Path, Inside string }

// Compression is what an image's layers are packed with.
type Compression bool

// The compressions: none where an image stays on one machine, on which
// compressing costs more than it saves.
const (
	Plain Compression = false
	Gzip  Compression = true
)

// Pack returns an image with a base of a few files and the executable on top.
// bundle are the certificates to trust, PEM: none at all where it is nil, an empty
// file for others to fill where it is empty. No file in it has a time.
func Pack(p Program, bundle []byte, c Compression) (v1.Image, error) {
	base, err := layer(c, func(w *tar.Writer) error { return baseFiles(w, bundle) })
	if err != nil {
		return nil, err
	}
	program, err := layer(c, func(w *tar.Writer) error { return programFiles(w, p) })
	if err != nil {
		return nil, err
	}
	image := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	image = mutate.ConfigMediaType(image, types.OCIConfigJSON)
	image, err = mutate.AppendLayers(image, base, program)
	if err != nil {
		return nil, err
	}
	env := []string{"PATH=/usr/local/bin:/usr/bin:/bin"}
	if bundle != nil {
		env = append(env, "SSL_CERT_FILE=/"+certificates)
	}
	return mutate.Config(image, v1.Config{Entrypoint: []string{p.Inside}, User: p.User, WorkingDir: "/", Env: env})
}

func layer(c Compression, fill func(*tar.Writer) error) (v1.Layer, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := errors.Join(fill(w), w.Close()); err != nil {
		return nil, err
	}
	if c == Plain {
		return static.NewLayer(b.Bytes(), types.OCIUncompressedLayer), nil
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil },
		tarball.WithMediaType(types.OCILayer), tarball.WithCompressedCaching)
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
	files := []struct{ name, content string }{
		{"etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"},
		{"etc/group", "root:x:0:\nnogroup:x:65534:\nnonroot:x:65532:\n"},
		{"etc/nsswitch.conf", "hosts: files dns\n"},
	}
	if bundle != nil {
		files = append(files, struct{ name, content string }{certificates, string(bundle)})
	}
	for _, f := range files {
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
	for _, e := range append([]Executable{{Path: p.Path, Inside: p.Inside}}, p.Beside...) {
		if err := executable(w, e); err != nil {
			return err
		}
	}
	for _, link := range p.Links {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeLink, Name: inside(link), Linkname: inside(p.Inside), Mode: 0o755}); err != nil {
			return err
		}
	}
	return nil
}

func executable(w *tar.Writer, e Executable) error {
	f, err := os.Open(e.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: inside(e.Inside), Mode: 0o755, Size: info.Size()}); err != nil {
		return err
	}
	_, err = io.Copy(w, f)
	return err
}

// inside is a path as archives have it.
func inside(path string) string { return strings.TrimPrefix(path, "/") }
