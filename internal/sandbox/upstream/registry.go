package upstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Registry is every OCI registry of the sandbox in one, namespaced by host.
type Registry struct {
	handler http.Handler
	blobs   *blobs
}

// NewRegistry keeps pushed blobs below dir.
func NewRegistry(dir string) (*Registry, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the registry's folder: %w", err)
	}
	store := &blobs{upper: registry.NewDiskBlobHandler(dir)}
	quiet := log.New(io.Discard, "", 0)
	return &Registry{
		blobs:   store,
		handler: registry.New(registry.WithBlobHandler(store), registry.WithReferrersSupport(true), registry.Logger(quiet)),
	}, nil
}

// AddImage serves the first manifest of an OCI image layout under a reference.
// The layout's blobs stay where they are.
func (r *Registry) AddImage(ref, dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		return fmt.Errorf("reading image %s: %w", ref, err)
	}
	var index v1.IndexManifest
	if err := json.Unmarshal(data, &index); err != nil {
		return fmt.Errorf("reading image %s in %s: %w", ref, dir, err)
	}
	if len(index.Manifests) == 0 {
		return fmt.Errorf("reading image %s: nothing in %s", ref, dir)
	}
	r.blobs.add(dir)
	if err := r.addManifest(dir, ref, index.Manifests[0]); err != nil {
		return fmt.Errorf("serving %s: %w", ref, err)
	}
	return nil
}

func (r *Registry) addManifest(dir, ref string, m v1.Descriptor) error {
	host, repository, tag, err := split(ref)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(dir, "blobs", m.Digest.Algorithm, m.Digest.Hex))
	if err != nil {
		return fmt.Errorf("reading its manifest: %w", err)
	}
	if m.MediaType.IsIndex() {
		var children v1.IndexManifest
		if err := json.Unmarshal(data, &children); err != nil {
			return fmt.Errorf("reading its index: %w", err)
		}
		for _, child := range children.Manifests {
			if err := r.addManifest(dir, host+"/"+repository+"@"+child.Digest.String(), child); err != nil {
				return err
			}
		}
	}
	return r.put(host, repository, tag, m.MediaType, data)
}

func (r *Registry) put(host, repository, tag string, media types.MediaType, data []byte) error {
	target := "/v2/" + repository + "/manifests/" + tag
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPut, target, bytes.NewReader(data))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", string(media))
	answer := &recorder{header: http.Header{}, code: http.StatusOK}
	r.serve(answer, request, host)
	if answer.code >= http.StatusBadRequest {
		return fmt.Errorf("the registry answered %d: %s", answer.code, strings.TrimSpace(answer.body.String()))
	}
	return nil
}

// Has says whether an image's manifest can be pulled. A reference that does
// not parse cannot.
func (r *Registry) Has(ref string) bool {
	host, repository, tag, err := split(ref)
	if err != nil {
		return false
	}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodHead, "/v2/"+repository+"/manifests/"+tag, nil)
	if err != nil {
		return false
	}
	answer := &recorder{header: http.Header{}, code: http.StatusOK}
	r.serve(answer, request, host)
	return answer.code == http.StatusOK
}

// serve answers a registry request for one host.
func (r *Registry) serve(w http.ResponseWriter, in *http.Request, host string) {
	if strings.Trim(in.URL.Path, "/") == "v2" {
		w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
		w.WriteHeader(http.StatusOK)
		return
	}
	host = canonical(host)
	out := in.Clone(in.Context())
	out.URL = &url.URL{Path: "/v2/" + host + strings.TrimPrefix(in.URL.Path, "/v2"), RawQuery: in.URL.RawQuery}
	if from := out.URL.Query().Get("from"); from != "" { // a mount names a repository of this host
		query := out.URL.Query()
		query.Set("from", host+"/"+from)
		out.URL.RawQuery = query.Encode()
	}
	// The library reads an upload with its lock held. Uploads that wait for the lock
	// fill HTTP/2's window of their connection, so that the one that has it never
	// ends: each has to be here before.
	if in.Method == http.MethodPatch || in.Method == http.MethodPut {
		body, err := io.ReadAll(in.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		out.Body = io.NopCloser(bytes.NewReader(body))
	}
	r.handler.ServeHTTP(&located{ResponseWriter: w, host: host}, out)
}

// located takes the host out of the addresses that the registry answers.
type located struct {
	http.ResponseWriter
	host string
}

func (l *located) WriteHeader(code int) {
	if at := l.Header().Get("Location"); at != "" {
		l.Header().Set("Location", strings.Replace(at, "/v2/"+l.host+"/", "/v2/", 1))
	}
	l.ResponseWriter.WriteHeader(code)
}

// canonical gives the hosts of Docker Hub one name.
func canonical(host string) string {
	switch host {
	case "index.docker.io", "registry-1.docker.io":
		return "docker.io"
	}
	return host
}

// split reads a reference as containerd does.
func split(ref string) (host, repository, tag string, err error) {
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return "", "", "", fmt.Errorf("reading image reference: %w", err)
	}
	return canonical(parsed.Context().RegistryStr()), parsed.Context().RepositoryStr(), parsed.Identifier(), nil
}

// Same says whether two references name one image: a reference without a host
// means Docker Hub's.
func Same(a, b string) bool {
	hostA, repositoryA, tagA, errA := split(a)
	hostB, repositoryB, tagB, errB := split(b)
	return errA == nil && errB == nil && hostA == hostB && repositoryA == repositoryB && tagA == tagB
}

// blobs reads from read-only stores and writes to its own.
type blobs struct {
	upper   registry.BlobHandler
	mu      sync.RWMutex
	lower   []registry.BlobHandler
	layouts []string
}

func (b *blobs) add(layout string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if slices.Contains(b.layouts, layout) {
		return
	}
	b.layouts = append(b.layouts, layout)
	b.lower = append(b.lower, registry.NewDiskBlobHandler(filepath.Join(layout, "blobs")))
}

func (b *blobs) stores() []registry.BlobHandler {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return append([]registry.BlobHandler{b.upper}, b.lower...)
}

// Get opens a blob.
func (b *blobs) Get(ctx context.Context, repo string, h v1.Hash) (io.ReadCloser, error) {
	var errs []error
	for _, store := range b.stores() {
		found, err := store.Get(ctx, repo, h)
		if err == nil {
			return found, nil
		}
		errs = append(errs, err)
	}
	return nil, errs[len(errs)-1]
}

// Stat is a blob's size in bytes.
func (b *blobs) Stat(ctx context.Context, repo string, h v1.Hash) (int64, error) {
	var last error
	for _, store := range b.stores() {
		handler, ok := store.(registry.BlobStatHandler)
		if !ok {
			return 0, errors.New("a blob store without sizes")
		}
		size, err := handler.Stat(ctx, repo, h)
		if err == nil {
			return size, nil
		}
		last = err
	}
	return 0, last
}

// Put keeps a blob that was pushed.
func (b *blobs) Put(ctx context.Context, repo string, h v1.Hash, content io.ReadCloser) error {
	return b.upper.(registry.BlobPutHandler).Put(ctx, repo, h, content)
}

// recorder keeps the answer to a request made in the same process.
type recorder struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
func (r *recorder) WriteHeader(code int)        { r.code = code }
