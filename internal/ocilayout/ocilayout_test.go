package ocilayout_test

import (
	"archive/tar"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/ocilayout"
)

// TestHostileArchives: an archive of somebody else's is refused, and nothing is
// written outside of a folder that goes with it.
func TestHostileArchives(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	blob := "blobs/sha256/" + strings.Repeat("a", 64)
	for name, c := range map[string]struct {
		headers []tar.Header
		want    string
	}{
		"climbs":    {[]tar.Header{{Typeflag: tar.TypeReg, Name: "../evil", Mode: 0o644}}, `"../evil" is no file of an OCI layout`},
		"absolute":  {[]tar.Header{{Typeflag: tar.TypeReg, Name: "/etc/evil", Mode: 0o644}}, "is no file of an OCI layout"},
		"link":      {[]tar.Header{{Typeflag: tar.TypeSymlink, Name: "index.json", Linkname: "/etc/passwd"}}, "is no file of an OCI layout"},
		"hard link": {[]tar.Header{{Typeflag: tar.TypeLink, Name: blob, Linkname: "/etc/passwd"}}, "is no file of an OCI layout"},
		"twice":     {[]tar.Header{{Typeflag: tar.TypeReg, Name: blob, Mode: 0o644}, {Typeflag: tar.TypeReg, Name: blob, Mode: 0o644}}, "exists"},
		"bomb":      {[]tar.Header{{Typeflag: tar.TypeReg, Name: blob, Mode: 0o644, Size: 5 << 30}}, "unpacks to more than 4294967296 bytes"},
		"empty":     {nil, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			archive := filepath.Join(t.TempDir(), "image.tar")
			f, err := os.Create(archive)
			if err != nil {
				t.Fatal(err)
			}
			w := tar.NewWriter(f)
			for _, h := range c.headers {
				if err := w.WriteHeader(&h); err != nil {
					t.Fatal(err)
				}
			}
			_ = w.Flush() // a bomb's body is never written
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			_, _, err = ocilayout.Read(archive)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), archive) {
				t.Errorf("the error is %v, want %q", err, c.want)
			}
			if left, err := filepath.Glob(filepath.Join(tmp, "groundwork-image-*")); err != nil || len(left) > 0 {
				t.Errorf("left behind is %v (%v)", left, err)
			}
		})
	}
}

// TestNoLayout: a folder that holds something else is told by what it lacks.
func TestNoLayout(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, _, err := ocilayout.Read(dir); err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "index.json") {
		t.Errorf("reading a folder that is no layout: %v", err)
	}
}
