//go:build e2e

package vault

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/cluster"
	"github.com/groundwork-dev/groundwork/internal/cluster/apitest"
	"github.com/groundwork-dev/groundwork/internal/escrow"
)

// forwards plays the API server's port-forwarding to a Vault: SPDY streams in
// pairs, of which the first carries errors.
func forwards(t *testing.T, vault string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		speaksJSON(t, r)
		if r.URL.Path != "/api/v1/namespaces/vault/pods/vault-0/portforward" {
			return false
		}
		if _, err := httpstream.Handshake(r, w, []string{"portforward.k8s.io"}); err != nil {
			return true
		}
		streams := make(chan httpstream.Stream, 16)
		connection := spdy.NewResponseUpgrader().UpgradeResponse(w, r, func(s httpstream.Stream, _ <-chan struct{}) error {
			streams <- s
			return nil
		})
		if connection == nil {
			return true
		}
		defer connection.Close()
		for {
			select {
			case <-connection.CloseChan():
				return true
			case s := <-streams:
				if s.Headers().Get(corev1.StreamType) == corev1.StreamTypeError {
					_ = s.Close() // no error
					continue
				}
				go pipe(s, vault)
			}
		}
	}
}

// speaksJSON turns requests of clients that write protobuf into JSON, which is
// all that the server reads.
func speaksJSON(t *testing.T, r *http.Request) {
	r.Header.Set("Accept", "application/json")
	if r.Header.Get("Content-Type") != "application/vnd.kubernetes.protobuf" {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	object, kind, err := scheme.Codecs.UniversalDeserializer().Decode(body, nil, nil)
	if err != nil {
		t.Error(err)
		return
	}
	data, err := runtime.Encode(scheme.Codecs.LegacyCodec(kind.GroupVersion()), object)
	if err != nil {
		t.Error(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
}

func pipe(s httpstream.Stream, vault string) {
	defer s.Close()
	conn, err := net.Dial("tcp", strings.TrimPrefix(vault, "https://"))
	if err != nil {
		return
	}
	defer conn.Close()
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(conn, s); _ = conn.(*net.TCPConn).CloseWrite() })
	both.Go(func() { _, _ = io.Copy(s, conn); _ = s.Close() })
	both.Wait()
}

// inCluster is a Vault behind an API server that belongs to cluster dev of a
// platform.yaml.
func inCluster(t *testing.T) (*ceremony, *apitest.Server) {
	t.Helper()
	c := newCeremony(t, startVault(t))
	api := apitest.New(t, "uid-of-dev")
	api.Before(forwards(t, c.server.address))
	ca, err := os.ReadFile(shared.ca)
	if err != nil {
		t.Fatal(err)
	}
	api.Put(apitest.Object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": apitest.Object{"name": "kube-root-ca.crt", "namespace": "kube-system"}, "data": apitest.Object{"ca.crt": string(ca)}})
	api.Put(apitest.Object{
		"apiVersion": "v1", "kind": "Secret", "metadata": apitest.Object{"name": "vault-tls", "namespace": "vault"},
		"data": apitest.Object{"ca.crt": base64.StdEncoding.EncodeToString(ca)},
	})
	connected, err := cluster.New(api.Config())
	if err != nil {
		t.Fatal(err)
	}
	uid, fingerprint, err := connected.Identity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	platform, err := os.ReadFile(filepath.Join(repoRoot, "platform.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		Spec struct{ Repository struct{ URL string } }
	}
	if err := yaml.Unmarshal(platform, &p); err != nil {
		t.Fatal(err)
	}
	api.Put(apitest.Object{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": apitest.Object{"name": "groundwork-identity", "namespace": "flux-system"},
		"data": apitest.Object{"clusterUID": uid, "clusterCA": fingerprint, "path": "clusters/dev", "repository": p.Spec.Repository.URL},
	})
	kubeconfig := fmt.Sprintf("apiVersion: v1\nkind: Config\ncurrent-context: dev\nclusters:\n- name: dev\n  cluster: {server: %q}\ncontexts:\n- name: dev\n  context: {cluster: dev, user: dev}\nusers:\n- name: dev\n  user: {}\n", api.URL)
	if err := os.WriteFile(filepath.Join(c.dir, "kubeconfig"), []byte(kubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.dir, "platform.yaml"), platform, 0o600); err != nil {
		t.Fatal(err)
	}
	c.env = []string{"KUBECONFIG=" + filepath.Join(c.dir, "kubeconfig")}
	return c, api
}

const escrowSecret = "/api/v1/namespaces/vault/secrets/vault-escrow"

func TestInCluster(t *testing.T) {
	t.Parallel()
	c, api := inCluster(t)
	args := []string{"vault", "init", "--cluster", "dev", "--age-recipients", c.recipients, "--settings", c.settings}
	// A context of another cluster must change nothing.
	if r := c.run("", append(args, "--cluster", "prod")...); r.code != 4 || !strings.Contains(r.stderr, "is not the cluster prod") || c.initialized() {
		t.Fatalf("another cluster: %s", r)
	}
	r := c.ok(c.run("", args...))
	if !strings.Contains(r.stdout, "Secret/vault/vault-escrow") {
		t.Errorf("%s", r)
	}
	secret := api.Get(escrowSecret)
	if secret == nil {
		t.Fatal("there is no Secret")
	}
	data, err := base64.StdEncoding.DecodeString(secret["data"].(apitest.Object)["escrow.json"].(string))
	if err != nil {
		t.Fatal(err)
	}
	// A copy of the escrow is all that is needed later.
	r = c.ok(c.run("", "vault", "escrow", "--cluster", "dev"))
	if r.stdout != string(data) {
		t.Errorf("bootstrap vault escrow prints something else: %s", r)
	}
	if err := os.WriteFile(c.escrow, data, 0o600); err != nil {
		t.Fatal(err)
	}
	c.finished()
	if r := c.ok(c.run("", args...)); !strings.Contains(r.stdout, "Nothing to do") {
		t.Errorf("again: %s", r)
	}
	api.Delete(escrowSecret)
	if r := c.run("", "vault", "status", "--cluster", "dev"); r.code != 1 || !strings.Contains(r.stderr, "no escrow of its keys in Secret/vault/vault-escrow") || !strings.Contains(r.stderr, "kubectl --namespace vault delete persistentvolumeclaim") {
		t.Errorf("without the Secret: %s", r)
	}
	if r := c.run("", "doctor", "--cluster", "dev"); r.code != 1 || !strings.Contains(r.stdout, "✗ Vault's keys: the Vault at pod vault/vault-0 is initialised, but there is no escrow of its keys") {
		t.Errorf("doctor without the Secret: %s", r)
	}
	// From the copy, the Secret comes back.
	c.ok(c.run("", append(args, "--escrow-file", c.escrow)...))
	if api.Get(escrowSecret) == nil {
		t.Error("the Secret is not made from the file")
	}
	c.ok(c.run("", "vault", "status", "--cluster", "dev"))
	if r := c.run("", "doctor", "--cluster", "dev"); !strings.Contains(r.stdout, "✓ Vault's keys: are in escrow") {
		t.Errorf("doctor: %s", r)
	}
}

// TestSecretRefusedAfterAnswer: the API server takes the placeholder, and then
// no longer anything.
func TestSecretRefusedAfterAnswer(t *testing.T) {
	t.Parallel()
	c, api := inCluster(t)
	forward := forwards(t, c.server.address)
	var mu sync.Mutex
	refusing := true
	api.Before(func(w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		refuse := refusing && r.Method == http.MethodPut && r.URL.Path == escrowSecret
		mu.Unlock()
		if refuse {
			w.WriteHeader(http.StatusForbidden)
			return true
		}
		return forward(w, r)
	})
	args := []string{"vault", "init", "--cluster", "dev", "--age-recipients", c.recipients, "--settings", c.settings}
	r := c.run("", args...)
	files, err := filepath.Glob(filepath.Join(c.dir, "vault-escrow-*.json"))
	if err != nil || len(files) != 1 || r.code != 1 || !strings.Contains(r.stderr, "--escrow-file ./"+filepath.Base(files[0])) {
		t.Fatalf("%v, %s", files, r)
	}
	c.escrow = files[0]
	if c.record().Phase != escrow.Stored || !c.initialized() {
		t.Fatalf("phase %s", c.record().Phase)
	}
	mu.Lock()
	refusing = false
	mu.Unlock()
	// The commands that the next run prints hold everything that they need.
	r = c.run("", append(args, "--escrow-file", c.escrow)...)
	if r.code != 4 || !strings.Contains(r.stderr, "vault escrow --root-token --cluster dev --escrow-file") {
		t.Fatalf("the next run: %s", r)
	}
	c.ok(c.run(c.rootToken(2), append(args, "--escrow-file", c.escrow, "--root-token-file", "-")...))
	c.finished()
	c.ok(c.run("", "vault", "status", "--cluster", "dev"))
}
