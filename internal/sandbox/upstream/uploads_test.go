package upstream_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/groundwork-dev/groundwork/internal/sandbox/upstream"
)

// TestUploadsAtOnce pushes layers that share one connection: none may keep what
// another needs to arrive.
func TestUploadsAtOnce(t *testing.T) {
	t.Parallel()
	images, err := upstream.NewRegistry(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer((&upstream.Server{Registry: images, Forge: &url.URL{}}).Handler())
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := server.Client()
	through := roundTripper(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.Host, r.URL.Scheme, r.URL.Host = r.URL.Host, at.Scheme, at.Host
		return client.Transport.RoundTrip(r)
	})
	image, err := random.Image(1<<20, 8)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := remote.Write(name.MustParseReference("ghcr.io/acme/web:1.0.0"), image, remote.WithTransport(through), remote.WithContext(ctx), remote.WithJobs(8)); err != nil {
		t.Fatal(err)
	}
	if !images.Has("ghcr.io/acme/web:1.0.0") {
		t.Error("the image is not there")
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
