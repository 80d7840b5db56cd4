package promote_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/imagepin"
	"github.com/groundwork-dev/groundwork/internal/promote"
	"github.com/groundwork-dev/groundwork/internal/pullrequest"
)

const (
	webName = "registry.example.com/acme/web"
	oldTag  = "main-16-aaaaaaa"
	newTag  = "main-17-bbbbbbb"
)

func digestOf(tag string) string {
	sum := sha256.Sum256([]byte(tag))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// world is the repository, forge, registry and cluster of a test, in memory.
type world struct {
	t  *testing.T
	mu sync.Mutex
	// branches lead to commits, commits have files and parents.
	branches map[string]string
	commits  map[string]commit
	requests []pullrequest.Request
	comments []string
	statuses map[string]pullrequest.Status
	images   map[string]image.Evidence
	objects  []*unstructured.Unstructured
	pushes   int
	// before is called at each push, without the lock, after at each status, with it.
	before func(branch string)
	after  func()
	key    *ecdsa.PrivateKey
	now    time.Time
}

type commit struct {
	files   map[string]string
	parents []string
}

// pinFile is a cluster's file; without a digest where that is empty.
func pinFile(tag, digest string) string {
	text := "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages:\n  # kept\n  - name: " + webName + "\n    newName: " + webName + "\n    newTag: " + tag + "\n"
	if digest != "" {
		text += "    digest: " + digest + "\n"
	}
	return text
}

func path(cluster string) string { return imagepin.Path(cluster, "web") }

func newWorld(t *testing.T) *world {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, branches: map[string]string{}, commits: map[string]commit{}, statuses: map[string]pullrequest.Status{},
		images: map[string]image.Evidence{}, key: key, now: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC),
	}
	w.commit("main", map[string]string{
		path("dev"): pinFile(newTag, digestOf(newTag)), path("prod"): pinFile(oldTag, digestOf(oldTag)), "other": "1",
	})
	w.publish(oldTag, "example.com/lib v1.0.0", "example.com/gone v1.0.0")
	w.publish(newTag, "example.com/lib v1.1.0", "example.com/new v0.1.0")
	w.objects = healthyObjects(w.now.Add(-time.Hour), digestOf(newTag))
	return w
}

// commit puts files on top of a branch.
func (w *world) commit(branch string, files map[string]string) string {
	all, parents := map[string]string{}, []string(nil)
	if at := w.branches[branch]; at != "" {
		maps.Copy(all, w.commits[at].files)
		parents = []string{at}
	}
	maps.Copy(all, files)
	w.branches[branch] = w.store(commit{all, parents})
	return w.branches[branch]
}

func (w *world) store(c commit) string {
	hash := hex.EncodeToString(fmt.Appendf(nil, "%019d%x", len(w.commits), len(w.commits)%16))[:40]
	w.commits[hash] = c
	return hash
}

// publish puts a signed image with its modules into the registry.
func (w *world) publish(tag string, modules ...string) {
	w.t.Helper()
	ref := image.Reference{Name: webName, Digest: digestOf(tag)}
	signature, err := image.Sign(w.key, ref)
	if err != nil {
		w.t.Fatal(err)
	}
	bom := cdx.NewBOM()
	var components []cdx.Component
	for _, m := range modules {
		name, version, _ := strings.Cut(m, " ")
		components = append(components, cdx.Component{Type: cdx.ComponentTypeLibrary, Name: name, Version: version})
	}
	bom.Components = &components
	var content bytes.Buffer
	if err := cdx.NewBOMEncoder(&content, cdx.BOMFileFormatJSON).Encode(bom); err != nil {
		w.t.Fatal(err)
	}
	sum := sha256.Sum256(content.Bytes())
	w.images[tag] = image.Evidence{
		Reference: ref, Found: true, TagDigest: ref.Digest, Signatures: []image.Signature{signature},
		StatedSBOM: "sha256:" + hex.EncodeToString(sum[:]), SBOMs: []image.SBOM{{Type: image.TypeCycloneDX, Content: content.Bytes()}},
	}
}

func (w *world) Look(_ context.Context, r image.Reference) (image.Evidence, error) {
	e := w.images[r.Tag]
	e.Reference = r
	return e, nil
}

func (w *world) Fetch(_ context.Context, branch string) (string, fs.FS, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	files := fstest.MapFS{}
	for name, data := range w.commits[w.branches[branch]].files {
		files[name] = &fstest.MapFile{Data: []byte(data)}
	}
	return w.branches[branch], files, nil
}

func (w *world) Propose(_ context.Context, base, onto string, edits map[string][]byte, _ string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	files := maps.Clone(w.commits[base].files)
	for name, data := range edits {
		files[name] = string(data)
	}
	parents := []string{base}
	if onto != "" {
		last := w.commits[onto]
		if maps.Equal(last.files, files) && slices.Contains(last.parents, base) {
			return onto, nil
		}
		parents = []string{onto, base}
	}
	return w.store(commit{files, parents}), nil
}

func (w *world) Proposes(hash, base string) (bool, []string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a, b := w.commits[base].files, w.commits[hash].files
	var paths []string
	for name := range b {
		if a[name] != b[name] {
			paths = append(paths, name)
		}
	}
	slices.Sort(paths)
	return slices.Contains(w.commits[hash].parents, base), paths, nil
}

func (w *world) ProposedOn(_ context.Context, branch, base string) (fs.FS, []string, error) {
	head := w.branches[branch]
	for at := w.branches[base]; at != ""; {
		if slices.Contains(w.commits[head].parents, at) {
			_, paths, err := w.Proposes(head, at)
			w.branches["then"] = at
			_, files, _ := w.Fetch(context.Background(), "then")
			return files, paths, err
		}
		c := w.commits[at]
		if at = ""; len(c.parents) > 0 {
			at = c.parents[0]
		}
	}
	return nil, nil, nil
}

type movedError struct{}

func (movedError) Error() string        { return "moved" }
func (movedError) NotFastForward() bool { return true }

func (w *world) Push(_ context.Context, branch, from, _, to string) error {
	if w.before != nil {
		w.before(branch)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.branches[branch] != from {
		return movedError{}
	}
	w.pushes++
	w.branches[branch] = to
	return nil
}

func (w *world) Log(_ context.Context, _, from, to string) ([]string, error) {
	if from != "aaaaaaa" || to != "bbbbbbb" {
		return nil, errors.New("not below one another")
	}
	return []string{"bbbbbbbbbbbb fix ~~~ @somebody"}, nil
}

func (w *world) Past(_ context.Context, branch, name string) ([][]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var past [][]byte
	for at := w.branches[branch]; at != ""; {
		c := w.commits[at]
		if at = ""; len(c.parents) > 0 {
			at = c.parents[0]
		}
		past = append(past, []byte(c.files[name]))
	}
	return past, nil
}

// open are the open requests, with their heads as they are now.
func (w *world) open() []pullrequest.Request {
	var open []pullrequest.Request
	for _, r := range w.requests {
		if r.State == pullrequest.Open {
			r.Head = w.branches[r.Branch]
			open = append(open, r)
		}
	}
	return open
}

func (w *world) Requests(_ context.Context, branch, base string) ([]pullrequest.Request, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(w.open(), func(r pullrequest.Request) bool { return r.Branch != branch || r.Base != base }), nil
}

// CreateRequest makes a second one where a first is open, as a forge may that
// two ask at once.
func (w *world) Merged(_ context.Context, branch, base string) (*pullrequest.Request, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range slices.Backward(w.requests) {
		if r.State == pullrequest.Merged && r.Branch == branch && r.Base == base {
			return &r, nil
		}
	}
	return nil, nil
}

func (w *world) CreateRequest(_ context.Context, branch, base, title, body string) (pullrequest.Request, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := pullrequest.Request{Number: len(w.requests) + 1, State: pullrequest.Open, Branch: branch, Base: base, Title: title, Body: body, URL: fmt.Sprintf("https://forge/%d", len(w.requests)+1)}
	w.requests = append(w.requests, r)
	return r, nil
}

func (w *world) UpdateRequest(_ context.Context, number int, title, body string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests[number-1].Title, w.requests[number-1].Body = title, body
	return nil
}

func (w *world) CloseRequest(_ context.Context, number int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests[number-1].State = pullrequest.Closed
	return nil
}

func (w *world) Comment(_ context.Context, number int, body string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.comments = append(w.comments, fmt.Sprintf("#%d %s", number, body))
	return nil
}

func (w *world) SetStatus(_ context.Context, s pullrequest.Status) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(s.Description) > pullrequest.MaxDescription {
		w.t.Errorf("a status says too much: %s", s.Description)
	}
	w.statuses[s.Commit] = s
	if w.after != nil {
		w.after()
	}
	return nil
}

func (w *world) Time(context.Context) (time.Time, error) { return w.now, nil }

func (w *world) Get(_ context.Context, kind schema.GroupVersionKind, namespace, name string) (*unstructured.Unstructured, error) {
	for _, o := range w.objects {
		if o.GroupVersionKind() == kind && o.GetNamespace() == namespace && o.GetName() == name {
			return o, nil
		}
	}
	return nil, nil
}

func (w *world) Await(_ context.Context, kinds []schema.GroupVersionKind, namespace string, done func([]*unstructured.Unstructured) (bool, error)) error {
	var found []*unstructured.Unstructured
	for _, o := range w.objects {
		if slices.Contains(kinds, o.GroupVersionKind()) && o.GetNamespace() == namespace {
			found = append(found, o)
		}
	}
	if ok, err := done(found); ok || err != nil {
		return err
	}
	return context.DeadlineExceeded
}

func (w *world) deps() promote.Deps {
	return promote.Deps{
		Repository: w, Forge: w, Registry: w, Key: &w.key.PublicKey,
		Connect: func(context.Context) (promote.Cluster, error) { return w, nil },
		Pause:   func(_ context.Context, d time.Duration) { w.now = w.now.Add(d) },
		Render: func(context.Context, string, string) (string, error) {
			return "-  image: old\n+  image: new\n~~~\n", nil
		},
	}
}

func options() promote.Options {
	return promote.Options{App: "web", From: "dev", To: "prod", Base: "main", Namespace: "shop", HealthyFor: 10 * time.Minute}
}

func (w *world) run(o promote.Options) (*promote.Report, error) {
	return promote.Run(w.t.Context(), o, w.deps(), func(promote.Event) {})
}
