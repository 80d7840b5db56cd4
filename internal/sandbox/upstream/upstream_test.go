package upstream_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/groundwork-dev/groundwork/internal/sandbox/upstream"
)

func serve(t *testing.T) (*upstream.Registry, http.RoundTripper) {
	t.Helper()
	forge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "forge "+r.Host+r.URL.Path+" "+r.Header.Get("X-Forwarded-Host"))
	}))
	t.Cleanup(forge.Close)
	at, err := url.Parse(forge.URL)
	if err != nil {
		t.Fatal(err)
	}
	images, err := upstream.NewRegistry(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer((&upstream.Server{
		Registry: images, ForgeHost: "forge.test", Forge: at,
		Charts: fstest.MapFS{"charts.example.com/stable/index.yaml": {Data: []byte("index")}},
	}).Handler())
	t.Cleanup(server.Close)
	return images, redirect(strings.TrimPrefix(server.URL, "http://"))
}

// redirect sends every request to one address, with the host it was meant for.
type redirect string

func (to redirect) RoundTrip(r *http.Request) (*http.Response, error) {
	out := r.Clone(r.Context())
	if out.Host == "" {
		out.Host = r.URL.Host
	}
	out.URL.Scheme, out.URL.Host = "http", string(to)
	return http.DefaultTransport.RoundTrip(out)
}

func TestHosts(t *testing.T) {
	t.Parallel()
	_, transport := serve(t)
	for _, tc := range []struct {
		url, want string
		code      int
	}{
		{"https://forge.test/a/b.git/info/refs", "forge forge.test/a/b.git/info/refs forge.test", 200},
		{"https://charts.example.com/stable/index.yaml", "index", 200},
		{"https://charts.example.com/stable/../../x", "the sandbox has nothing at", 404},
		{"https://charts.example.com/stable", "the sandbox has nothing at", 404},
		{"https://example.com/", "the sandbox has nothing at https://example.com/", 404},
		{"https://ghcr.io/v2/", "", 200},
	} {
		t.Run(tc.url, func(t *testing.T) {
			t.Parallel()
			answer, err := (&http.Client{Transport: transport}).Get(tc.url)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			if err != nil || answer.StatusCode != tc.code || !strings.HasPrefix(string(body), tc.want) {
				t.Errorf("%d %q, %v; want %d %q", answer.StatusCode, body, err, tc.code, tc.want)
			}
		})
	}
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	images, transport := serve(t)
	image, err := random.Image(1000, 2)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "image")
	l, err := layout.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.AppendImage(image); err != nil {
		t.Fatal(err)
	}
	if err := images.AddImage("grafana/grafana:1", dir); err != nil {
		t.Fatal(err)
	}
	pushed, err := name.ParseReference("ghcr.io/x/y:v1")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(pushed, image, remote.WithTransport(transport)); err != nil {
		t.Fatalf("pushing: %v", err)
	}
	for ref, want := range map[string]bool{
		"docker.io/grafana/grafana:1": true, "index.docker.io/grafana/grafana:1": true, "grafana/grafana:2": false,
		"ghcr.io/x/y:v1": true, "quay.io/x/y:v1": false, "not a reference": false,
	} {
		if images.Has(ref) != want {
			t.Errorf("has %s: want %v", ref, want)
		}
		parsed, err := name.ParseReference(ref)
		if !want || err != nil {
			continue
		}
		got, err := remote.Image(parsed, remote.WithTransport(transport))
		if err != nil {
			t.Errorf("pulling %s: %v", ref, err)
			continue
		}
		layers, err := got.Layers()
		if err != nil || len(layers) != 2 {
			t.Errorf("layers of %s: %v %v", ref, layers, err)
			continue
		}
		content, err := layers[0].Compressed()
		if err != nil {
			t.Errorf("pulling a layer of %s: %v", ref, err)
			continue
		}
		if _, err := io.Copy(io.Discard, content); err != nil {
			t.Errorf("pulling a layer of %s: %v", ref, err)
		}
		_ = content.Close()
	}
}

// TestNeighbourKeepsTheScheme: who asks through another sandbox asked by HTTPS,
// and is told addresses of HTTPS.
func TestNeighbourKeepsTheScheme(t *testing.T) {
	t.Parallel()
	forge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("X-Forwarded-Proto"))
	}))
	t.Cleanup(forge.Close)
	at, err := url.Parse(forge.URL)
	if err != nil {
		t.Fatal(err)
	}
	server := &upstream.Server{ForgeHost: "forge.test", Forge: at}
	for sent, want := range map[string]string{"https": "https", "": "http"} {
		r := httptest.NewRequest(http.MethodGet, "http://forge.test/", nil)
		if sent != "" {
			r.Header.Set("X-Forwarded-Proto", sent)
		}
		w := httptest.NewRecorder()
		server.Handler().ServeHTTP(w, r)
		if got := w.Body.String(); got != want {
			t.Errorf("sent %q, the forge sees %q, want %q", sent, got, want)
		}
	}
}
