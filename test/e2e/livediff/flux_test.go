//go:build e2e

package livediff

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/cluster"
	"github.com/groundwork-dev/groundwork/internal/livediff"
	"github.com/groundwork-dev/groundwork/internal/objectdiff"
)

// flux is Flux's own kustomize-controller at work on the cluster, with a source
// that the test serves.
type flux struct {
	t       *testing.T
	cluster *cluster.Cluster
	server  *httptest.Server
	mu      sync.Mutex
	archive []byte
}

// TestPredictsFlux compares what is said to become of a tree with what Flux
// makes of it: as it is, after changes by hand, and with changes of its own.
func TestPredictsFlux(t *testing.T) {
	data, err := os.ReadFile("testdata/tree.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f := startFlux(t)
	first := string(data)
	f.apply(first)
	if result, _ := f.diff(first, livediff.Options{}); !result.Empty() {
		t.Errorf("what Flux has just applied differs: %s\n%s", result.Summary, result.Text(nil))
	}
	if result, _ := f.diff(first, livediff.Options{Everything: true}); !result.Empty() {
		t.Errorf("what Flux has just applied differs, by the server: %s\n%s", result.Summary, result.Text(nil))
	}
	for _, hand := range []string{
		`patch deployment plain --type strategic --patch {"metadata":{"labels":{"hand":"x"}},"spec":{"paused":true,"template":{"metadata":{"annotations":{"x":"y"}},"spec":{"containers":[{"name":"web","env":[{"name":"DEBUG","value":"1"}]},{"name":"side","image":"x"}]}}}}`,
		`scale deployment plain --replicas 2`,
		`patch configmap web --type merge --patch {"data":{"extra":"1","a":"changed"}}`,
		`annotate serviceaccount s foo=bar`,
		`label namespace livediff-flux-2 foo=bar`,
		`patch networkpolicy np --type merge --patch {"spec":{"policyTypes":["Ingress","Egress"]}}`,
		`patch secret s --type merge --patch {"stringData":{"b":"secret-two-2"}}`,
		`create configmap by-hand --from-literal=a=b --from-literal=c=d`,
	} {
		f.kubectl(strings.Fields(hand)...)
	}
	second := strings.NewReplacer("maxReplicas: 3", "maxReplicas: 4", "image: nginx:1\n", "image: nginx:2\n",
		"apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: livediff-flux}\nvalue: 1000\n---\n",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: by-hand, namespace: livediff-flux}\ndata: {a: b}\n---\n"+
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new, namespace: livediff-flux}\ndata: {a: b}\n---\n").Replace(first)
	result, attempts := f.diff(second, livediff.Options{})
	t.Log(result.Text(nil))
	if s := result.Summary; s.Created != 1 || s.Changed != 9 || s.Deleted != 1 || s.Failed != 0 {
		t.Errorf("summary: %s", s)
	}
	f.apply(second)
	for _, a := range attempts {
		live, err := f.cluster.Read(t.Context(), []*unstructured.Unstructured{a.After})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []*unstructured.Unstructured{live[0], a.After} {
			if o != nil { // the Deployment controller's own count, and not Flux's
				unstructured.RemoveNestedField(o.Object, "metadata", "annotations", "deployment.kubernetes.io/revision")
			}
		}
		if !objectdiff.Equal(live[0], a.After) {
			wrong := objectdiff.Of([]objectdiff.Attempt{{ID: a.ID, Action: objectdiff.Changed, Before: a.After, After: live[0]}})
			t.Errorf("said to be %s, but Flux makes of it:\n%s", a.Action, wrong.Text(nil))
		}
	}
	if result, _ := f.diff(second, livediff.Options{}); !result.Empty() {
		t.Errorf("Flux is not done: %s\n%s", result.Summary, result.Text(nil))
	}
}

// startFlux installs Flux's definitions, and runs the controller here until the
// test ends.
func startFlux(t *testing.T) *flux {
	t.Helper()
	cache := os.Getenv("GROUNDWORK_CACHE")
	if cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		cache = filepath.Join(dir, "groundwork")
	}
	programs, _ := filepath.Glob(filepath.Join(cache, "bin", "kustomize-controller", "*", "kustomize-controller"))
	if len(programs) == 0 {
		t.Fatal("no kustomize-controller is built: bootstrap sandbox build")
	}
	f := &flux{t: t, cluster: connect(t)}
	f.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		_, _ = w.Write(f.archive)
	}))
	t.Cleanup(f.server.Close)
	data, err := os.ReadFile("../../../clusters/dev/flux-system/gotk-components.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var definitions []*unstructured.Unstructured
	for _, o := range parse(t, string(data)) {
		if o.GetKind() == "CustomResourceDefinition" {
			definitions = append(definitions, o)
		}
	}
	objects := parse(t, `
apiVersion: v1
kind: Namespace
metadata: {name: livediff-flux}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: livediff, namespace: livediff-flux}
spec: {interval: 1h, url: "https://git.example.com/x"}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: livediff, namespace: livediff-flux}
spec: {interval: 1h, prune: true, path: ./, sourceRef: {kind: GitRepository, name: livediff}}
`)
	for _, some := range [][]*unstructured.Unstructured{definitions, objects[:1], objects[1:]} {
		if err := f.cluster.Apply(t.Context(), "livediff-e2e", some...); err != nil {
			t.Fatal(err)
		}
	}
	// What an earlier test served is gone with its server: the controller would
	// ask for it again and again, for longer than anybody waits here.
	f.kubectl("patch", "gitrepository", "livediff", "--subresource=status", "--type=merge", "--patch", `{"status":{"artifact":null}}`)
	cmd := exec.CommandContext(t.Context(), programs[0], "--metrics-addr=127.0.0.1:0", "--health-addr=127.0.0.1:0", "--watch-all-namespaces")
	cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "RUNTIME_NAMESPACE=livediff-flux")
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	return f
}

// apply gives Flux a tree and waits until it has applied it.
func (f *flux) apply(tree string) {
	f.t.Helper()
	var archive bytes.Buffer
	zipped := gzip.NewWriter(&archive)
	tarred := tar.NewWriter(zipped)
	for name, text := range map[string]string{
		"tree.yaml": tree, "kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [tree.yaml]\n",
	} {
		if err := tarred.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			f.t.Fatal(err)
		}
		if _, err := tarred.Write([]byte(text)); err != nil {
			f.t.Fatal(err)
		}
	}
	if err := tarred.Close(); err != nil {
		f.t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		f.t.Fatal(err)
	}
	f.mu.Lock()
	f.archive = archive.Bytes()
	f.mu.Unlock()
	sum := fmt.Sprintf("%x", sha256.Sum256(archive.Bytes()))
	status, err := json.Marshal(map[string]any{"status": map[string]any{
		"observedGeneration": 1,
		"conditions":         []any{map[string]any{"type": "Ready", "status": "True", "reason": "Succeeded", "message": "ok", "lastTransitionTime": "2026-01-01T00:00:00Z"}},
		"artifact": map[string]any{
			"path": "x", "url": f.server.URL + "/" + sum + ".tar.gz", "revision": "main@sha1:" + sum, "digest": "sha256:" + sum,
			"lastUpdateTime": "2026-01-01T00:00:00Z",
		},
	}})
	if err != nil {
		f.t.Fatal(err)
	}
	f.kubectl("patch", "gitrepository", "livediff", "--subresource=status", "--type=merge", "--patch", string(status))
	f.kubectl("wait", "kustomization/livediff", "--timeout=2m", "--for=jsonpath={.status.lastAppliedRevision}=main@sha1:"+sum)
}

// diff is what is said to become of a tree.
func (f *flux) diff(tree string, opts livediff.Options) (livediff.Result, []objectdiff.Attempt) {
	f.t.Helper()
	seen := &seen{Cluster: f.cluster}
	began := time.Now()
	result, err := livediff.Diff(f.t.Context(), seen, []livediff.Kustomization{{
		Namespace: "livediff-flux", Name: "livediff", Prune: true, Objects: parse(f.t, tree),
	}}, opts)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Logf("%s, of %d objects proven unchanged %d, in %s", result.Summary, len(seen.attempts), seen.proven(), time.Since(began).Round(time.Millisecond))
	return result, seen.attempts
}

func (f *flux) kubectl(args ...string) {
	f.t.Helper()
	cmd := exec.CommandContext(f.t.Context(), "kubectl", append([]string{"--kubeconfig", kubeconfig, "--namespace", "livediff-flux"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		f.t.Fatalf("kubectl %v: %v\n%s", args, err, out)
	}
}

// seen keeps the server's answers.
type seen struct {
	*cluster.Cluster
	attempts []objectdiff.Attempt
}

// DryRun is the cluster's.
func (s *seen) DryRun(ctx context.Context, trial objectdiff.Trial, objects []objectdiff.Wanted) (attempts []objectdiff.Attempt, err error) {
	s.attempts, err = s.Cluster.DryRun(ctx, trial, objects)
	return s.attempts, err
}

func (s *seen) proven() (n int) {
	for _, a := range s.attempts {
		if a.Proven {
			n++
		}
	}
	return n
}

func parse(t *testing.T, text string) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for document := range strings.SplitSeq(text, "\n---\n") {
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &o.Object); err != nil {
			t.Fatal(err)
		}
		if len(o.Object) > 0 {
			all = append(all, o)
		}
	}
	return all
}
