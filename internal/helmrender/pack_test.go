package helmrender_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groundwork-dev/groundwork/internal/chartarchive"
	"github.com/groundwork-dev/groundwork/internal/helmrender"
)

// worker is set in the environment of the test binary where it is a worker.
const worker = "HELMRENDER_WORKER=1"

func TestMain(m *testing.M) {
	if name, value, _ := strings.Cut(worker, "="); os.Getenv(name) == value {
		if helmrender.Serve(os.Stdin, os.Stdout) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// renderer returns one whose worker is this test binary.
func renderer(t testing.TB, limits helmrender.Limits) *helmrender.Renderer {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := helmrender.New(helmrender.Options{Command: []string{exe}, Env: []string{worker}, Limits: limits})
	t.Cleanup(r.Close)
	return r
}

const meta = "apiVersion: v2\nname: web\nversion: 1.2.3\n"

// pack makes an archive of files below web/, with the Chart.yaml of meta unless
// one is given.
func pack(t testing.TB, files map[string]string) []byte {
	t.Helper()
	all := map[string]string{"Chart.yaml": meta}
	maps.Copy(all, files)
	var entries []tar.Header
	for _, name := range slices.Sorted(maps.Keys(all)) {
		entries = append(entries, tar.Header{Typeflag: tar.TypeReg, Name: "web/" + name, Mode: 0o644, Size: int64(len(all[name]))})
	}
	return archive(t, entries, func(h tar.Header) string { return all[strings.TrimPrefix(h.Name, "web/")] })
}

// archive packs entries as they are.
func archive(t testing.TB, entries []tar.Header, content func(tar.Header) string) []byte {
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

func load(t testing.TB, files map[string]string) *chartarchive.Chart {
	t.Helper()
	c, err := chartarchive.Load(pack(t, files))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
