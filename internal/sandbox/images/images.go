// Package images puts static executables into container images without a
// container engine: a base of a few files, the executable on top, the same
// digest every time.
package images

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/sandbox/artifact"
)

// Pack returns an OCI layout below dir that holds the image, made unless it is
// there already. bundle are the certificates to trust, PEM.
func Pack(dir string, p image.Program, bundle []byte) (string, error) {
	if bundle == nil {
		bundle = []byte{} // a node puts its own certificates over the file
	}
	key, err := keyOf(p, bundle)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", p.Path, err)
	}
	return artifact.Keep(filepath.Join(dir, key), func() (v1.Image, error) {
		packed, err := image.Pack(p, bundle, image.Plain)
		if err != nil {
			return nil, fmt.Errorf("packing %s: %w", p.Path, err)
		}
		return packed, nil
	})
}

func keyOf(p image.Program, bundle []byte) (string, error) {
	h := sha256.New()
	if err := hashFile(h, p.Path); err != nil {
		return "", err
	}
	fmt.Fprintf(h, "2\x00%s\x00%s\x00%q\x00", p.Inside, p.User, p.Links)
	for _, e := range p.Beside {
		if err := hashFile(h, e.Path); err != nil {
			return "", err
		}
		fmt.Fprintf(h, "\x00%s\x00", e.Inside)
	}
	h.Write(bundle)
	return hex.EncodeToString(h.Sum(nil))[:24], nil
}

func hashFile(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}
