package chartrepo_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/groundwork-dev/groundwork/internal/chartrepo"
)

const archive = "an archive"

func repository(t *testing.T, index string) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/charts/index.yaml", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, index) })
	mux.HandleFunc("/charts/files/app-1.0.0.tgz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, archive) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/charts"
}

func entry(version, digest string) string {
	return fmt.Sprintf("entries:\n  app:\n    - {version: %s, digest: %q, urls: [files/app-1.0.0.tgz]}\n", version, digest)
}

func TestPullFromRepository(t *testing.T) {
	t.Parallel()
	digest := fmt.Sprintf("%x", sha256.Sum256([]byte(archive)))
	tests := []struct{ name, index, want, err string }{
		{name: "the version", index: entry("1.0.0", digest), want: archive},
		{name: "without a digest", index: entry("1.0.0", ""), want: archive},
		{name: "another version", index: entry("2.0.0", digest), err: "no version 1.0.0"},
		{name: "another digest", index: entry("1.0.0", "abc"), err: "the index says abc"},
		{name: "no index", index: "a: [", err: "reading index.yaml"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			chart := chartrepo.Chart{Name: "app", Version: "1.0.0", Repository: repository(t, tt.index)}
			got, err := chartrepo.Client{}.Pull(t.Context(), chart)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || !strings.Contains(err.Error(), "app 1.0.0") {
					t.Errorf("err = %v; want %q in it, and the chart", err, tt.err)
				}
				return
			}
			if err != nil || string(got) != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestPullFromRegistry(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(registry.New())
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	publish := func(tag string, mediaType types.MediaType) {
		image, err := mutate.AppendLayers(mutate.MediaType(empty.Image, types.OCIManifestSchema1), static.NewLayer([]byte(archive), mediaType))
		if err != nil {
			t.Fatal(err)
		}
		ref, err := name.NewTag(host + "/charts/app:" + tag)
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.Write(ref, image); err != nil {
			t.Fatal(err)
		}
	}
	publish("1.0.0_build", "application/vnd.cncf.helm.chart.content.v1.tar+gzip")
	publish("2.0.0", types.OCILayer)
	chart := chartrepo.Chart{Name: "app", Version: "1.0.0+build", Repository: "oci://" + host + "/charts"}
	got, err := chartrepo.Client{}.Pull(t.Context(), chart)
	if err != nil || string(got) != archive {
		t.Errorf("got %q, %v; want %q", got, err, archive)
	}
	chart.Version = "2.0.0"
	if _, err := (chartrepo.Client{}).Pull(t.Context(), chart); err == nil || !strings.Contains(err.Error(), "holds no chart") {
		t.Errorf("an image that is no chart: err = %v", err)
	}
}

func TestArchive(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/app-1.0.0.tgz" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, archive)
	}))
	t.Cleanup(server.Close)
	client := chartrepo.Client{Transport: server.Client().Transport}
	if got, err := client.Archive(t.Context(), server.URL+"/app-1.0.0.tgz"); err != nil || string(got) != archive {
		t.Errorf("got %q, %v", got, err)
	}
	for address, want := range map[string]string{
		server.URL + "/other.tgz":                       "404 Not Found",
		strings.Replace(server.URL, "https", "http", 1): "is no https:// address",
		"https:///app.tgz":                              "is no https:// address",
		"file:///etc/passwd":                            "is no https:// address",
	} {
		if got, err := client.Archive(t.Context(), address); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %q, %v, want %s", address, got, err, want)
		}
	}
}
