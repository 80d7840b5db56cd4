// Package charttest packs charts for tests.
package charttest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// Meta is the Chart.yaml of a chart that names none.
const Meta = "apiVersion: v2\nname: web\nversion: 1.2.3\n"

// Pack makes an archive of files below web/, with the Chart.yaml of Meta unless
// one is given.
func Pack(t testing.TB, files map[string]string) []byte {
	t.Helper()
	all := map[string]string{"Chart.yaml": Meta}
	maps.Copy(all, files)
	var entries []tar.Header
	for _, name := range slices.Sorted(maps.Keys(all)) {
		entries = append(entries, tar.Header{Typeflag: tar.TypeReg, Name: "web/" + name, Mode: 0o644, Size: int64(len(all[name]))})
	}
	return Archive(t, entries, func(h tar.Header) string { return all[strings.TrimPrefix(h.Name, "web/")] })
}

// Archive packs entries as they are.
func Archive(t testing.TB, entries []tar.Header, content func(tar.Header) string) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	for _, h := range entries {
		h.ModTime = time.Unix(0, 0)
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte(content(h))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
