package bootstrap_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/bootstrap"
	"github.com/groundwork-dev/groundwork/internal/cluster"
	"github.com/groundwork-dev/groundwork/internal/cluster/apitest"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/forge"
	"github.com/groundwork-dev/groundwork/internal/gitrepo"
	"github.com/groundwork-dev/groundwork/internal/gitrepo/gittest"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

const clusterUID = "0c0ffee0-0000-4000-8000-000000000001"

// files is a compiled tree.
type files map[string]string

func (f files) Paths() []string { return slices.Sorted(maps.Keys(f)) }

func (f files) Get(path string) ([]byte, bool) {
	text, ok := f[path]
	return []byte(text), ok
}

func (f files) Hash() string {
	h := sha256.New()
	for _, p := range f.Paths() {
		fmt.Fprintf(h, "%s\n%s\n", p, f[p])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// compare is a stand-in for the tree package: generated files begin with a
// mark that holds their hash.
func (f files) compare(have fs.FS) (*bootstrap.Changes, error) {
	changes := &bootstrap.Changes{}
	for path, want := range f {
		data, err := fs.ReadFile(have, path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			changes.Create = append(changes.Create, path)
		case err != nil:
			return nil, err
		case string(data) == want:
		case !strings.HasPrefix(string(data), "# Generated"):
			changes.Foreign = append(changes.Foreign, path)
		case !genuine(string(data)):
			changes.HandEdited = append(changes.HandEdited, path)
		default:
			changes.Update = append(changes.Update, path)
		}
	}
	return changes, nil
}

func generated(body string) string {
	sum := sha256.Sum256([]byte(body))
	return "# Generated " + hex.EncodeToString(sum[:]) + "\n" + body
}

func genuine(text string) bool {
	_, body, _ := strings.Cut(text, "\n")
	return generated(body) == text
}

// platformTree is a small but whole tree for cluster dev.
func platformTree(repositoryURL string) files {
	var components strings.Builder
	components.WriteString("apiVersion: v1\nkind: Namespace\nmetadata: {name: flux-system}\n")
	for _, k := range [][3]string{
		{"source.toolkit.fluxcd.io", "gitrepositories", "GitRepository"},
		{"kustomize.toolkit.fluxcd.io", "kustomizations", "Kustomization"},
		{"notification.toolkit.fluxcd.io", "receivers", "Receiver"},
	} {
		fmt.Fprintf(&components, `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %[2]s.%[1]s}
spec: {group: %[1]s, scope: Namespaced, names: {plural: %[2]s, kind: %[3]s}, versions: [{name: v1}]}
`, k[0], k[1], k[2])
	}
	for _, name := range []string{"source-controller", "kustomize-controller", "notification-controller"} {
		fmt.Fprintf(&components, `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: %[1]s, namespace: flux-system}
spec: {replicas: 1, template: {spec: {containers: [{name: manager, image: "ghcr.io/fluxcd/%[1]s:v1"}]}}}
`, name)
	}
	sync := fmt.Sprintf(`apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {url: %q, ref: {branch: main}, secretRef: {name: flux-system}, interval: 1m}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec: {path: ./clusters/dev, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}
---
apiVersion: notification.toolkit.fluxcd.io/v1
kind: Receiver
metadata: {name: flux-system, namespace: flux-system}
spec: {type: gitea, secretRef: {name: flux-receiver-token}}
`, repositoryURL)
	return files{
		"clusters/dev/flux-system/gotk-components.yaml": generated(components.String()),
		"clusters/dev/flux-system/gotk-sync.yaml":       generated(sync),
		"clusters/dev/flux-system/kustomization.yaml":   generated("resources: [gotk-components.yaml, gotk-sync.yaml]\n"),
		"clusters/dev/apps.yaml": generated(`apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec: {path: ./apps/dev, dependsOn: [], sourceRef: {kind: GitRepository, name: flux-system}}
`),
		"apps/dev/kustomization.yaml": generated("resources: []\n"),
	}
}

// world is a Git server and an API server with a pretended Flux.
type world struct {
	git *gittest.Server
	api *apitest.Server
	// ready says whether the pretended Flux makes a Kustomization Ready.
	ready func(name string) bool
	// broken names a Kustomization that does not build, "" for none.
	broken atomic.Value
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{git: gittest.New(t), api: apitest.New(t, clusterUID), ready: func(string) bool { return true }}
	w.api.Changed(w.controllers)
	return w
}

// controllers does what controllers do after an object was written.
func (w *world) controllers(o apitest.Object) {
	metadata := o["metadata"].(apitest.Object)
	status := apitest.Object{}
	switch o["kind"] {
	case "CustomResourceDefinition":
		status["conditions"] = []any{apitest.Object{"type": "Established", "status": "True"}}
	case "Deployment":
		status["observedGeneration"], status["updatedReplicas"], status["availableReplicas"] = metadata["generation"], 1, 1
	case "Receiver":
		status["webhookPath"] = "/hook/abc"
	case "GitRepository", "Kustomization":
		w.reconcile()
		return
	default:
		return
	}
	w.api.Put(apitest.Object{
		"apiVersion": o["apiVersion"], "kind": o["kind"],
		"metadata": apitest.Object{"name": metadata["name"], "namespace": metadata["namespace"]}, "status": status,
	})
}

// reconcile is Flux at work: it fetches the branch and applies the
// Kustomizations that it holds.
func (w *world) reconcile() {
	const objects = "/namespaces/flux-system/"
	out, err := exec.Command("git", "-C", w.git.Dir, "rev-parse", "main").Output()
	if err != nil || w.api.Get("/apis/source.toolkit.fluxcd.io/v1"+objects+"gitrepositories/flux-system") == nil {
		return
	}
	revision := "main@sha1:" + strings.TrimSpace(string(out))
	w.api.Put(apitest.Object{
		"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
		"metadata": apitest.Object{"name": "flux-system", "namespace": "flux-system"},
		"status":   apitest.Object{"observedGeneration": 1, "artifact": apitest.Object{"revision": revision}},
	})
	if w.api.Get("/apis/kustomize.toolkit.fluxcd.io/v1"+objects+"kustomizations/flux-system") == nil {
		return
	}
	for _, name := range []string{"flux-system", "apps"} {
		status := apitest.Object{"observedGeneration": 99, "conditions": []any{apitest.Object{
			"type": "Ready", "status": "False", "reason": "HealthCheckFailed", "message": "Deployment/app not ready",
		}}}
		if w.ready(name) {
			status["lastAppliedRevision"] = revision
			status["conditions"] = []any{apitest.Object{"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded"}}
		}
		if w.broken.Load() == name {
			status = apitest.Object{"lastAttemptedRevision": revision, "conditions": []any{apitest.Object{
				"type": "Ready", "status": "False", "reason": "BuildFailed", "message": "no such file",
			}}}
		}
		w.api.Put(apitest.Object{
			"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
			"metadata": apitest.Object{"name": name, "namespace": "flux-system"}, "status": status,
		})
	}
}

// address is where a run finds its world, also from another process.
type address struct{ Git, API string }

func (w *world) address() address { return address{w.git.URL, w.api.URL} }

// options and deps are those of a run on a world.
func (a address) options() bootstrap.Options {
	return bootstrap.Options{
		Cluster: "dev", Platform: "demo", Version: "test", Holder: "test",
		Repository: config.Repository{URL: a.Git, Branch: "main", Provider: config.ProviderGit, Auth: config.AuthToken},
		Tree:       platformTree(a.Git),
		Inputs:     map[string][]byte{"platform.yaml": []byte("kind: Platform\n")},
		Timeout:    time.Minute,
	}
}

func (a address) deps(options bootstrap.Options) (bootstrap.Deps, error) {
	token := &token{now: gittest.Token}
	repository, err := gitrepo.Open(gitrepo.Options{
		URL: a.Git, Auth: gitrepo.TokenAuth(gittest.Username, token.Current), Author: author(),
	})
	if err != nil {
		return bootstrap.Deps{}, err
	}
	api, err := cluster.New(apitest.Config(a.API))
	if err != nil {
		return bootstrap.Deps{}, err
	}
	api.LockDuration = 5 * time.Second
	api.RetryWithin(100 * time.Millisecond)
	host, err := forge.Open(forge.Options{Provider: options.Repository.Provider, URL: a.Git})
	if err != nil {
		return bootstrap.Deps{}, err
	}
	return bootstrap.Deps{
		Repository: repository, Cluster: api, Forge: host, Token: token,
		Compare: options.Tree.(files).compare, Now: time.Now, Random: rand.Reader,
	}, nil
}

func author() gitrepo.Identity {
	return gitrepo.Identity{Name: "bootstrap", Email: "bootstrap@example.com"}
}

// token is a token, and the one that takes its place when it is read again.
type token struct {
	mu        sync.Mutex
	now, next redact.Secret
}

func (t *token) Current() redact.Secret {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now
}

func (t *token) Renew() (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	changed := t.next != "" && t.next != t.now
	if changed {
		t.now = t.next
	}
	return changed, nil
}

func (t *token) Source() string { return "the token file" }

// put is what is read the next time.
func (t *token) put(next redact.Secret) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next = next
}

// run runs bootstrap on the world, after change had a look at how.
func (w *world) run(t *testing.T, change func(*bootstrap.Options, *bootstrap.Deps)) (*bootstrap.Report, error) {
	t.Helper()
	options := w.address().options()
	deps, err := w.address().deps(options)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&options, &deps)
	}
	return bootstrap.Run(t.Context(), options, deps, func(e bootstrap.Event) {
		t.Logf("%s %s: %s", e.State, e.Step, e.Detail)
	})
}

// treeHash is git's own hash of everything on main.
func (w *world) treeHash() string { return w.git.Git(w.git.Dir, "rev-parse", "main^{tree}") }

func (w *world) commits() string { return w.git.Git(w.git.Dir, "rev-list", "--count", "main") }

// mutations are the writes that a user would notice: not the lock's.
func (w *world) mutations() []string {
	return slices.DeleteFunc(w.api.Writes(), func(s string) bool { return strings.Contains(s, "/leases") })
}

var _ http.Handler = (*apitest.Server)(nil)

func yamlOf(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}
