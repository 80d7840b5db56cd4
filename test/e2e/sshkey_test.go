//go:build e2e

package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	apiwatch "k8s.io/apimachinery/pkg/watch"

	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

const (
	fluxSystem = "flux-system" // the namespace, and what is named like it
	sshHost    = "forge.sandbox.test"
)

func gitRepositories() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "source.toolkit.fluxcd.io", Version: "v1", Resource: "gitrepositories"}
}

func secrets() schema.GroupVersionResource {
	return schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
}

// TestSSHDeployKey hands the cluster to a repository over SSH: the run makes
// the cluster a key of its own, and everybody trusts the forge by known_hosts
// alone. Files are played by name, this one after most: it moves the cluster away
// from the repository of the others, and back to none.
func TestSSHDeployKey(t *testing.T) {
	s := newSSHCluster(t)
	t.Run("first run", s.firstRun)
	t.Run("second run", s.secondRun)
	t.Run("host key that the cluster does not know", s.clusterDistrusts)
	t.Run("host key that the user does not know", s.userDistrusts)
}

// sshCluster is the shared cluster with a repository that is reached by SSH.
type sshCluster struct {
	dir, url, api string
	key, hosts    string // files
	// changed and retyped know the host by another key than its own, of the same
	// type and of another.
	changed, retyped string
}

// deployKey is what the forge says of one.
type deployKey struct {
	ID       int64  `json:"id"`
	Title    string `json:"title"`
	Key      string `json:"key"`
	ReadOnly bool   `json:"read_only"`
}

func newSSHCluster(t *testing.T) *sshCluster {
	t.Helper()
	s := &sshCluster{
		url: "ssh://git@" + sshHost + "/platform/sshkey.git", api: "/repos/platform/sshkey/keys",
		hosts: filepath.Join(filepath.Dir(shared.Env["SSL_CERT_FILE"]), "known_hosts"),
	}
	s.dir = shared.checkout(t, shared.newRepository(t, "sshkey"))
	p := shared.good()
	p.URL, p.Auth = s.url, "ssh"
	p.write(t, s.dir)
	files := t.TempDir()
	var public string
	s.key, public = newKey(t, files)
	if err := shared.AskForge(t.Context(), http.MethodPost, "/user/keys", map[string]any{"title": "e2e", "key": public}, nil); err != nil {
		t.Fatal(err)
	}
	// The forge's own is of P-256.
	s.changed, s.retyped = filepath.Join(files, "changed"), filepath.Join(files, "retyped")
	for file, curve := range map[string]elliptic.Curve{s.changed: elliptic.P256(), s.retyped: elliptic.P384()} {
		other, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		key, err := ssh.NewPublicKey(&other.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		sandboxed.Write(t, files, map[string]string{filepath.Base(file): knownhosts.Line([]string{sshHost}, key) + "\n"})
	}
	shared.leave(t.Context(), t)
	t.Cleanup(func() { shared.leave(context.WithoutCancel(t.Context()), t) })
	return s
}

// newKey writes a private key to a folder and returns its file and its public
// half.
func newKey(t *testing.T, dir string) (file, public string) {
	t.Helper()
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, "id_ed25519")
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

func (s *sshCluster) reach(hosts string) []string {
	return []string{"--ssh-key", s.key, "--known-hosts", hosts}
}

func (s *sshCluster) firstRun(t *testing.T) {
	got := shared.succeed(t, s.dir, s.reach(s.hosts)...)
	t.Log(strings.TrimSpace(got.Stderr))
	key, data := s.registered(t), secretData(t)
	if !key.ReadOnly || key.Title != "groundwork e2e/dev" {
		t.Errorf("the forge has key %q, read-only: %t", key.Title, key.ReadOnly)
	}
	names := make([]string, 0, len(data))
	for name := range data {
		names = append(names, name)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"identity", "identity.pub", "known_hosts"}) {
		t.Errorf("the Secret holds %q", names)
	}
	if data["known_hosts"] != s.read(t, s.hosts) {
		t.Errorf("the cluster trusts %q", data["known_hosts"])
	}
	signer, err := ssh.ParsePrivateKey([]byte(data["identity"]))
	if err != nil {
		t.Fatal(err)
	}
	if public := string(ssh.MarshalAuthorizedKey(signer.PublicKey())); !strings.HasPrefix(key.Key, strings.TrimSpace(public)) {
		t.Errorf("the forge has %s, the cluster %s", key.Key, public)
	}
	untold(t, data["identity"], got)
	source := awaitSource(t, func(status, _ string) bool { return status == "True" })
	address, _, _ := unstructured.NestedString(source.Object, "spec", "url")
	revision, _, _ := unstructured.NestedString(source.Object, "status", "artifact", "revision")
	if head := shared.head(t, sandboxed.Forge+"/platform/sshkey.git"); address != s.url || head == "" || !strings.HasSuffix(revision, head) {
		t.Errorf("Flux has %s of %s, main is at %s", revision, address, head)
	}
}

// untold looks for the private key in what a run said, and in what it pushed.
func untold(t *testing.T, private string, got sandboxed.Result) {
	t.Helper()
	everything := got.Stdout + got.Stderr
	for _, data := range files(t, shared.checkout(t, sandboxed.Forge+"/platform/sshkey.git")) {
		everything += data
	}
	lines := 0
	for line := range strings.Lines(private) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "-----") || len(line) < 20 {
			continue
		}
		lines++
		if strings.Contains(everything, line) {
			t.Error("the private key is in the output or the repository")
		}
	}
	if lines == 0 || strings.Contains(everything, base64.StdEncoding.EncodeToString([]byte(private))) {
		t.Errorf("the private key has %d lines, or is in the output as base64", lines)
	}
}

func (s *sshCluster) secondRun(t *testing.T) {
	key, head, before, secret := s.registered(t), shared.head(t, sandboxed.Forge+"/platform/sshkey.git"), shared.stamps(t), getSecret(t)
	got := shared.succeed(t, s.dir, append(s.reach(s.hosts), "--output", "json")...)
	untold(t, secretData(t)["identity"], got)
	if !strings.Contains(got.Stdout, "was registered already") {
		t.Errorf("the report does not say that the key was there:\n%s", got.Stdout)
	}
	if again := s.registered(t); again != key {
		t.Errorf("the forge had %+v, has %+v", key, again)
	}
	if now := shared.head(t, sandboxed.Forge+"/platform/sshkey.git"); now != head {
		t.Errorf("main was at %s, is at %s", head, now)
	}
	if now := getSecret(t); now.GetResourceVersion() != secret.GetResourceVersion() {
		t.Error("the Secret was written again")
	}
	sameStamps(t, before, shared.stamps(t))
}

// clusterDistrusts has the cluster know another key of the host than the one
// that the forge shows, as after a change of that.
func (s *sshCluster) clusterDistrusts(t *testing.T) {
	key := s.registered(t)
	patch(t.Context(), t, secrets(), map[string]any{"data": map[string]any{
		"known_hosts": base64.StdEncoding.EncodeToString([]byte(s.read(t, s.changed))),
	}})
	patch(t.Context(), t, gitRepositories(), map[string]any{"metadata": map[string]any{"annotations": map[string]any{
		"reconcile.fluxcd.io/requestedAt": time.Now().Format(time.RFC3339Nano),
	}}})
	awaitSource(t, func(status, message string) bool {
		if status == "False" {
			t.Log(message)
		}
		return status == "False" && strings.Contains(message, "key mismatch")
	})
	repaired := shared.succeed(t, s.dir, s.reach(s.hosts)...)
	t.Log(strings.TrimSpace(repaired.Stderr))
	if data := secretData(t); data["known_hosts"] != s.read(t, s.hosts) {
		t.Errorf("after a run, the cluster trusts %q", data["known_hosts"])
	}
	if again := s.registered(t); again != key {
		t.Errorf("the forge had %+v, has %+v", key, again)
	}
	awaitSource(t, func(status, _ string) bool { return status == "True" })
}

func (s *sshCluster) userDistrusts(t *testing.T) {
	before, secret := shared.stamps(t), getSecret(t)
	for _, hosts := range []string{s.changed, s.retyped} {
		shared.run(t, s.dir, runArgs(s.dir, s.reach(hosts)...)...).Want(t, exitRefused, "known_hosts", "fingerprint")
	}
	if now := getSecret(t); now.GetResourceVersion() != secret.GetResourceVersion() {
		t.Error("the Secret was written")
	}
	sameStamps(t, before, shared.stamps(t))
}

// registered is the one deploy key of the repository.
func (s *sshCluster) registered(t *testing.T) deployKey {
	t.Helper()
	var keys []deployKey
	if err := shared.AskForge(t.Context(), http.MethodGet, s.api, nil, &keys); err != nil {
		t.Fatal(err)
	}
	if len(keys) != 1 {
		t.Fatalf("the forge has %d deploy keys: %+v", len(keys), keys)
	}
	return keys[0]
}

func (s *sshCluster) read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func getSecret(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	secret, err := shared.client.Resource(secrets()).Namespace(fluxSystem).Get(t.Context(), fluxSystem, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// secretData is what the Secret of the repository holds, decoded.
func secretData(t *testing.T) map[string]string {
	t.Helper()
	encoded, _, err := unstructured.NestedStringMap(getSecret(t).Object, "data")
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range encoded {
		data, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			t.Fatal(err)
		}
		encoded[name] = string(data)
	}
	return encoded
}

// patch merges a change into what is named flux-system.
func patch(ctx context.Context, t *testing.T, resource schema.GroupVersionResource, change map[string]any) {
	t.Helper()
	data, err := json.Marshal(change)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shared.client.Resource(resource).Namespace(fluxSystem).Patch(ctx, fluxSystem, types.MergePatchType, data, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
}

// awaitSource waits until the cluster's GitRepository is as is says of its
// Ready condition.
func awaitSource(t *testing.T, is func(status, message string) bool) *unstructured.Unstructured {
	t.Helper()
	watch, err := shared.client.Resource(gitRepositories()).Namespace(fluxSystem).Watch(t.Context(), metav1.ListOptions{FieldSelector: "metadata.name=" + fluxSystem})
	if err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(2*time.Minute, watch.Stop).Stop()
	defer watch.Stop()
	last := "not seen"
	for event := range watch.ResultChan() {
		o, ok := event.Object.(*unstructured.Unstructured)
		if !ok {
			continue
		}
		conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
		for _, c := range conditions {
			c, _ := c.(map[string]any)
			status, _ := c["status"].(string)
			message, _ := c["message"].(string)
			if c["type"] != "Ready" {
				continue
			}
			if last = status + ": " + message; is(status, message) {
				return o
			}
		}
	}
	t.Fatalf("the GitRepository did not get there; Ready is %s", last)
	return nil
}

// leave has the cluster follow no repository any more, and keeps everything
// that it runs, as a person does who moves it on purpose.
func (s *sandbox) leave(ctx context.Context, t *testing.T) {
	t.Helper()
	sync := schema.GroupVersionResource{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Resource: "kustomizations"}
	if s.has(ctx, t, sync, fluxSystem) {
		patch(ctx, t, sync, map[string]any{"spec": map[string]any{"suspend": true, "prune": false}})
	}
	s.remove(ctx, t, sync, fluxSystem)
	s.remove(ctx, t, gitRepositories(), fluxSystem)
	s.remove(ctx, t, schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}, "groundwork-identity")
}

func (s *sandbox) has(ctx context.Context, t *testing.T, resource schema.GroupVersionResource, name string) bool {
	t.Helper()
	_, err := s.client.Resource(resource).Namespace(fluxSystem).Get(ctx, name, metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
	return err == nil
}

// remove deletes an object and waits until it is gone.
func (s *sandbox) remove(ctx context.Context, t *testing.T, resource schema.GroupVersionResource, name string) {
	t.Helper()
	if !s.has(ctx, t, resource, name) {
		return
	}
	objects := s.client.Resource(resource).Namespace(fluxSystem)
	watch, err := objects.Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + name})
	if err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(2*time.Minute, watch.Stop).Stop()
	defer watch.Stop()
	if err := objects.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	for event := range watch.ResultChan() {
		if event.Type == apiwatch.Deleted {
			return
		}
	}
	t.Fatalf("%s %s is not gone", resource.Resource, name)
}
