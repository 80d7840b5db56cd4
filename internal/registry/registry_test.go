package registry_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	inmemory "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/redact"
	"github.com/groundwork-dev/groundwork/internal/registry"
)

func made(t *testing.T, version string) image.Image {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	i, err := image.New(image.Spec{
		App: "web", Version: version, Created: time.Unix(0, 0),
		Binaries: []image.Binary{{Platform: v1.Platform{OS: "linux", Architecture: "amd64"}, Path: self}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// world is a registry over TLS that wants a password, and what each request
// has to pass first.
type world struct {
	*registry.Client
	name   string
	server *httptest.Server
	puts   atomic.Int64
}

func newWorld(t *testing.T, referrers bool, gate func(*http.Request) int) *world {
	t.Helper()
	inner := inmemory.New(inmemory.WithReferrersSupport(referrers), inmemory.Logger(log.New(io.Discard, "", 0)))
	w := &world{}
	w.server = httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != "pass" {
			rw.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		if code := gate(r); code != 0 {
			rw.WriteHeader(code)
			return
		}
		if r.Method == http.MethodPut || r.Method == http.MethodPatch {
			w.puts.Add(1)
		}
		inner.ServeHTTP(rw, r)
	}))
	t.Cleanup(w.server.Close)
	w.name = strings.TrimPrefix(w.server.URL, "https://") + "/acme/web"
	w.Client = w.client("pass")
	return w
}

func (w *world) client(password string) *registry.Client {
	return registry.New(registry.Options{
		Transport: w.server.Client().Transport, Username: "u", Password: redact.Secret(password),
		Backoff: &remote.Backoff{Duration: time.Microsecond, Steps: 3},
	})
}

func open(*http.Request) int { return 0 }

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// push pushes version 1.0.0 and returns its reference with tag and digest.
func (w *world) push(t *testing.T) image.Reference {
	t.Helper()
	digest, err := w.Push(t.Context(), w.name, []string{"1.0.0"}, made(t, "1.0.0"), false)
	if err != nil {
		t.Fatal(err)
	}
	return image.Reference{Name: w.name, Tag: "1.0.0", Digest: digest}
}

func (w *world) sign(t *testing.T, key *ecdsa.PrivateKey, r, about image.Reference) bool {
	t.Helper()
	s, err := image.Sign(key, about)
	if err != nil {
		t.Fatal(err)
	}
	added, err := w.Attach(t.Context(), r, s, func(s image.Signature) bool { return s.Check(&key.PublicKey, about) == nil })
	if err != nil {
		t.Fatal(err)
	}
	return added
}

// refusals are the names of the checks that refused an image.
func (w *world) refusals(t *testing.T, key *ecdsa.PrivateKey, r image.Reference) string {
	t.Helper()
	e, err := w.Look(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	refused, ok := errors.AsType[*image.RefusedError](e.Judge(&key.PublicKey).Err())
	if !ok {
		return ""
	}
	var names []string
	for _, c := range refused.Checks {
		if c.Fix == "" {
			t.Errorf("%s: no fix", c.Name)
		}
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}

func TestWholeWay(t *testing.T) {
	t.Parallel()
	for _, referrers := range []bool{true, false} {
		w, key, other := newWorld(t, referrers, open), newKey(t), newKey(t)
		r := w.push(t)
		if got := w.refusals(t, key, r); got != "signature" {
			t.Errorf("unsigned: %q", got)
		}
		if !w.sign(t, key, r, r) || w.sign(t, key, r, r) {
			t.Error("signing is not adding exactly once")
		}
		if got := w.refusals(t, key, r); got != "" {
			t.Errorf("signed: %q", got)
		}
		if got := w.refusals(t, other, r); got != "signature" {
			t.Errorf("by another key: %q", got)
		}
		if !w.sign(t, other, r, r) {
			t.Error("a second key's signature was not added")
		}
		if w.refusals(t, key, r) != "" || w.refusals(t, other, r) != "" {
			t.Error("of two signatures one was lost")
		}
		e, err := w.Look(t.Context(), r)
		if err != nil || len(e.Judge(&key.PublicKey).Modules) == 0 {
			t.Errorf("no modules in the verdict (%v)", err)
		}
		before := w.puts.Load()
		w.push(t)
		if sent := w.puts.Load() - before; sent > 1 { // the manifest of the bill of materials
			t.Errorf("pushed again, %d things were sent", sent)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	w, key := newWorld(t, true, open), newKey(t)
	r := w.push(t)
	gone := r
	gone.Digest = "sha256:" + strings.Repeat("0", 64)
	if got := w.refusals(t, key, gone); got != "digest" {
		t.Errorf("missing digest: %q", got)
	}
	elsewhere := r
	elsewhere.Name = "ghcr.io/other/web"
	w.sign(t, key, r, elsewhere)
	if got := w.refusals(t, key, r); got != "signature" {
		t.Errorf("signed for another name: %q", got)
	}
	w.sign(t, key, r, r)
	_, err := w.Push(t.Context(), w.name, []string{"1.0.0"}, made(t, "2.0.0"), false)
	if _, moved := errors.AsType[*registry.MovedError](err); !moved {
		t.Fatalf("a tag in use was moved: %v", err)
	}
	if _, err := w.Push(t.Context(), w.name, []string{"1.0.0"}, made(t, "2.0.0"), true); err != nil {
		t.Fatal(err)
	}
	if got := w.refusals(t, key, r); got != "tag" {
		t.Errorf("moved tag: %q", got)
	}
	if _, err := w.Attach(t.Context(), gone, image.Signature{}, func(image.Signature) bool { return false }); err == nil {
		t.Error("an image that is not there was signed")
	}
}

// The bill of materials is missing, and another one is in its place.
func TestSBOM(t *testing.T) {
	t.Parallel()
	w, key := newWorld(t, true, open), newKey(t)
	mine, foreign := made(t, "1.0.0"), made(t, "2.0.0")
	hash, err := mine.Index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	r := image.Reference{Name: w.name, Digest: hash.String()}
	repository, err := name.NewRepository(w.name)
	if err != nil {
		t.Fatal(err)
	}
	options := []remote.Option{remote.WithTransport(bearer{w.server.Client().Transport})}
	if err := remote.WriteIndex(repository.Digest(r.Digest), mine.Index, options...); err != nil {
		t.Fatal(err)
	}
	w.sign(t, key, r, r)
	if got := w.refusals(t, key, r); got != "sbom" {
		t.Errorf("without a bill of materials: %q", got)
	}
	e, err := w.Look(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	m, err := foreign.SBOM.Layers()
	if err != nil {
		t.Fatal(err)
	}
	content, err := m[0].Compressed()
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(content)
	if err != nil {
		t.Fatal(err)
	}
	e.SBOMs = []image.SBOM{{Type: image.TypeCycloneDX, Content: data}}
	if err := e.Judge(&key.PublicKey).Err(); err == nil || !strings.Contains(err.Error(), "is not the bill of materials that the image states") {
		t.Errorf("exchanged bill of materials: %v", err)
	}
	w.push(t)
	if got := w.refusals(t, key, r); got != "" {
		t.Errorf("pushed again: %q", got)
	}
}

// bearer adds the password to each request.
type bearer struct{ http.RoundTripper }

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r.SetBasicAuth("u", "pass")
	return b.RoundTripper.RoundTrip(r)
}

// A registry that fails at each of its writes in turn: no tag names what is not
// whole, and another push finishes it.
func TestFailsHalfWay(t *testing.T) {
	t.Parallel()
	for n := int64(1); n <= 12; n++ {
		var writes atomic.Int64
		var repaired atomic.Bool
		w := newWorld(t, n%2 == 0, func(r *http.Request) int {
			if r.Method != http.MethodPut || repaired.Load() || writes.Add(1) < n {
				return 0
			}
			return http.StatusServiceUnavailable
		})
		key := newKey(t)
		_, err := w.Push(t.Context(), w.name, []string{"1.0.0"}, made(t, "1.0.0"), false)
		_, unfinished := w.Look(t.Context(), image.Reference{Name: w.name, Tag: "1.0.0"})
		if (err == nil) != (unfinished == nil) {
			t.Errorf("write %d fails: push says %v, and its tag %v", n, err, unfinished)
		}
		repaired.Store(true)
		r := w.push(t)
		w.sign(t, key, r, r)
		if got := w.refusals(t, key, r); got != "" {
			t.Errorf("write %d failed, and pushed again it is refused: %s", n, got)
		}
	}
}

func TestRetriesAndCredentials(t *testing.T) {
	t.Parallel()
	var failed atomic.Bool
	w := newWorld(t, true, func(r *http.Request) int {
		if r.Method == http.MethodPut && failed.CompareAndSwap(false, true) {
			return http.StatusBadGateway
		}
		return 0
	})
	r := w.push(t)
	if !failed.Load() {
		t.Error("nothing failed")
	}
	_, err := w.client("wrong").Look(t.Context(), r)
	if err == nil || !strings.Contains(err.Error(), "--password-stdin") || strings.Contains(err.Error(), "wrong") {
		t.Errorf("wrong password: %v", err)
	}
}
