//go:build e2e

package e2e

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/groundwork-dev/groundwork/internal/imagepin"
	"github.com/groundwork-dev/groundwork/internal/testsupport"
	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

const (
	appImage   = "ghcr.io/groundwork-dev/sampleapp"
	appURL     = "http://sampleapp.sampleapp.svc.cluster.local/"
	self       = "../.." // this repository
	imageGroup = "image.toolkit.fluxcd.io"
)

// TestBuildsReachDev pushes one build after another and looks on: dev has to run
// each of them, and nothing else that comes to the registry. It asserts nothing
// about the time: that depends on the machine. 'make e2e' plays it last and alone.
func TestBuildsReachDev(t *testing.T) {
	const builds = 10
	dir := shared.checkout(t, shared.url)
	p := shared.good()
	p.Automated = true
	p.write(t, dir)
	// No build is there yet, only the release that platform.yaml names.
	shared.succeed(t, dir)
	began := shared.head(t, shared.url)
	d := newDeliverer(t)
	took := make([]time.Duration, 0, builds)
	var last string
	for i := range builds {
		last = fmt.Sprintf("main-%d-%s", 8+i, d.commit) // from one digit to two
		d.build(t, last)
		pushed := d.push(t)
		shared.serves(t, last)
		took = append(took, time.Since(pushed))
	}
	slices.Sort(took)
	t.Logf("%d builds served after the push of their tag: p50 %s, p95 %s, slowest %s", builds,
		took[builds/2].Round(time.Millisecond), took[builds*95/100].Round(time.Millisecond), took[builds-1].Round(time.Millisecond))

	// A release, and a build that was older, are for nobody here. Other tests have
	// pushed tags of their own.
	seen := tagCount(fluxObject(t, imageGroup, "imagerepositories", "sampleapp"))
	for i, tag := range []string{"8.8.8", "main-5-" + d.commit} {
		d.build(t, tag)
		d.push(t)
		awaitTags(t, seen+int64(i)+1)
	}
	if got := shared.policyTag(t); got != last {
		t.Errorf("the policy has %s, want %s", got, last)
	}
	dir = shared.checkout(t, shared.url)
	pin, err := imagepin.Read(imagepin.Path("dev", "sampleapp"), []byte(files(t, dir)[imagepin.Path("dev", "sampleapp")]))
	if err != nil || pin.Tag != last || !strings.HasPrefix(pin.Digest, "sha256:") {
		t.Errorf("dev has %+v, %v, want %s with its digest", pin, err, last)
	}
	onlyThePin(t, dir, began, builds)
	// A run afterwards, and the check of generated files, find all as it should be.
	before := shared.stamps(t)
	shared.succeed(t, dir)
	shared.Must(t, dir, shared.Bootstrap, "generate", "--check")
	sameStamps(t, before, shared.stamps(t))
}

// onlyThePin has the automation's commits touch one file.
func onlyThePin(t *testing.T, dir, began string, builds int) {
	t.Helper()
	changed := shared.Must(t, dir, "git", "diff", "--name-only", began, "HEAD")
	if changed != imagepin.Path("dev", "sampleapp") {
		t.Errorf("the automation changed:\n%s", changed)
	}
	authors := strings.Fields(shared.Must(t, dir, "git", "log", "--format=%ae", began+"..HEAD"))
	if len(authors) != builds || slices.ContainsFunc(authors, func(a string) bool { return a != "flux@dev.e2e.test" }) {
		t.Errorf("%d builds came by commits of %q", builds, authors)
	}
}

// deliverer is a CI that builds, signs and pushes the app.
type deliverer struct {
	commit string // of this repository, short
	layout string
	key    string // a file
	hook   string // where the cluster is told
}

func newDeliverer(t *testing.T) *deliverer {
	t.Helper()
	d := &deliverer{
		commit: shared.Must(t, self, "git", "rev-parse", "--short=12", "HEAD"),
		layout: filepath.Join(t.TempDir(), "layout"),
	}
	d.key, _ = testsupport.WriteKey(t, t.TempDir(), "cosign")
	path := awaitHook(t)
	d.hook = webhookURL + path
	encoded, _, _ := unstructured.NestedString(fluxObject(t, "", "secrets", "flux-receiver-token").Object, "data", "token")
	token, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || path == "" || len(token) == 0 {
		t.Fatalf("the receiver has the path %q and a token of %d bytes: %v", path, len(token), err)
	}
	shared.Env["GROUNDWORK_RECEIVER_TOKEN"] = string(token)
	t.Cleanup(func() { delete(shared.Env, "GROUNDWORK_RECEIVER_TOKEN") })
	return d
}

// awaitHook waits until the cluster has given its Receiver of images a path.
func awaitHook(t *testing.T) string {
	t.Helper()
	var path string
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		receiver := fluxObject(t, "notification.toolkit.fluxcd.io", "receivers", "images")
		path, _, _ = unstructured.NestedString(receiver.Object, "status", "webhookPath")
		return path != "", nil
	})
	if err != nil {
		t.Fatalf("the Receiver of images has no path: %v", err)
	}
	return path
}

// build makes the app's image with a tag.
func (d *deliverer) build(t *testing.T, tag string) {
	t.Helper()
	if err := os.RemoveAll(d.layout); err != nil {
		t.Fatal(err)
	}
	shared.Must(t, self, shared.Bootstrap, "image", "build", "--tag", tag, "--platform", "linux/amd64", "--out", d.layout)
}

// push brings the image to the registry, as docs/delivery.md has it, and returns
// when its tag began to be pushed.
func (d *deliverer) push(t *testing.T) time.Time {
	t.Helper()
	push := []string{"image", "push", "--layout", d.layout, "--image", appImage}
	image := shared.Must(t, self, shared.Bootstrap, append(push, "--untagged")...)
	shared.Must(t, self, shared.Bootstrap, "image", "sign", "--key", d.key, image)
	began := time.Now()
	got := sandboxed.Finish(t, shared.Command(t.Context(), self, shared.Bootstrap, append(push, "--notify", d.hook)...))
	if got.Code != 0 || strings.Contains(got.Stderr, "warning") {
		t.Fatalf("push: exit %d\n%s%s", got.Code, got.Stdout, got.Stderr)
	}
	return began
}

// fluxObject is one object of Flux's namespace.
func fluxObject(t *testing.T, group, resource, name string) *unstructured.Unstructured {
	t.Helper()
	o, err := shared.client.Resource(schema.GroupVersionResource{Group: group, Version: "v1", Resource: resource}).Namespace(fluxSystem).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (s *sandbox) policyTag(t *testing.T) string {
	t.Helper()
	tag, _, _ := unstructured.NestedString(fluxObject(t, imageGroup, "imagepolicies", "sampleapp").Object, "status", "latestRef", "tag")
	return tag
}

// awaitTags waits until the cluster has seen as many tags in the registry;
// signatures are none.
func awaitTags(t *testing.T, want int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	watch, err := shared.client.Resource(schema.GroupVersionResource{Group: imageGroup, Version: "v1", Resource: "imagerepositories"}).
		Namespace(fluxSystem).Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=sampleapp"})
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Stop()
	var seen int64
	for event := range watch.ResultChan() {
		if o, ok := event.Object.(*unstructured.Unstructured); ok {
			if seen = tagCount(o); seen == want {
				return
			}
		}
	}
	t.Fatalf("the cluster has seen %d tags, want %d", seen, want)
}

// tagCount is how many tags of a repository of images the cluster has seen.
func tagCount(repository *unstructured.Unstructured) int64 {
	seen, _, _ := unstructured.NestedInt64(repository.Object, "status", "lastScanResult", "tagCount")
	return seen
}

// serves waits until the app says, many times in a row, that it is the version.
func (s *sandbox) serves(t *testing.T, version string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	last := ""
	for inARow := 0; inARow < 20; {
		select {
		case <-ctx.Done():
			t.Fatalf("the app still says %q, not %q", last, version)
		case <-time.After(10 * time.Millisecond):
		}
		answer, err := s.ask(ctx)
		if err != nil {
			answer = err.Error()
		}
		last = answer
		if inARow++; !strings.Contains(answer, `"`+version+`"`) {
			inARow = 0
		}
	}
}

func (s *sandbox) ask(ctx context.Context) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, appURL, nil)
	if err != nil {
		return "", err
	}
	resp, err := s.HTTP.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return string(answer), err
}
