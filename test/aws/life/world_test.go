//go:build aws

package life

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/groundwork-dev/groundwork/internal/cluster/apitest"
	"github.com/groundwork-dev/groundwork/internal/clusterup"
	"github.com/groundwork-dev/groundwork/test/aws/awstest"
)

// repository is the root of this repository.
const repository = "../../.."

// The cluster whose life it is: this repository's own.
const (
	cluster = "dev"
	zone    = "groundwork.example.com"
	region  = "eu-central-1"
)

// world is a user's machine with a repository, an account of AWS that moto
// plays, and the API server that the cluster's machines would run.
type world struct {
	dir, bin   string
	moto       awstest.Moto
	api        *apitest.Server
	kubeconfig string
	env        []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{dir: t.TempDir(), bin: t.TempDir(), moto: awstest.StartMotoWithImages(t)}
	proxy, trust := awstest.StartArtifacts(t)
	w.env = []string{
		"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(), "USER=tester",
		"HTTPS_PROXY=" + proxy, "NO_PROXY=127.0.0.1", "SSL_CERT_FILE=" + trust,
		"AWS_ENDPOINT_URL=" + w.moto.URL, "AWS_REGION=" + region, "AWS_ACCESS_KEY_ID=none", "AWS_SECRET_ACCESS_KEY=none",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true",
		"TF_CLI_CONFIG_FILE=" + awstest.MirrorConfig(t), "CHECKPOINT_DISABLE=1",
	}
	w.build(t)
	w.moto.MakeZone(t, zone)
	platform, err := os.ReadFile(filepath.Join(repository, "platform.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	w.write(t, "platform.yaml", string(platform))
	w.api = apitest.New(t, "uid-of-"+cluster)
	w.kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	config := clientcmdapi.NewConfig()
	config.Clusters["c"] = &clientcmdapi.Cluster{Server: w.api.URL}
	config.AuthInfos["u"] = &clientcmdapi.AuthInfo{}
	config.Contexts["x"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u"}
	config.CurrentContext = "x"
	if err := clientcmd.WriteToFile(*config, w.kubeconfig); err != nil {
		t.Fatal(err)
	}
	return w
}

// build builds what a user has. kops' worker is started by a script that tells
// kops where S3 is: kops would make an address of a bucket's name and moto's,
// which there is not.
func (w *world) build(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", w.bin+"/", "./cmd/bootstrap", "./cmd/bootstrap-kops")
	cmd.Dir = repository
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	worker := filepath.Join(w.bin, "bootstrap-kops")
	if err := os.Rename(worker, worker+"-itself"); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\nif [ -n \"$AWS_ENDPOINT_URL\" ]; then\n  export S3_ENDPOINT=\"$AWS_ENDPOINT_URL\" S3_REGION=%s S3_ACCESS_KEY_ID=none S3_SECRET_ACCESS_KEY=none\nfi\nexec %s-itself \"$@\"\n", region, worker)
	if err := os.WriteFile(worker, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
}

func (w *world) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// override sends the stacks' calls to moto, and leaves out what moto lacks.
func (w *world) override(t *testing.T) {
	t.Helper()
	account, kops, platform := clusterup.Folders(cluster)
	for folder, key := range map[string]string{account: "account", kops: "k8s/" + cluster, platform: "platform/" + cluster} {
		files := map[string][]byte{}
		names, err := filepath.Glob(filepath.Join(w.dir, folder, "*.tf"))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s has no files: %v", folder, err)
		}
		for _, name := range names {
			if files[filepath.Base(name)], err = os.ReadFile(name); err != nil {
				t.Fatal(err)
			}
		}
		more, _ := awstest.LeftOut(t, files)
		if folder == account {
			more += "\nresource \"aws_s3_bucket_lifecycle_configuration\" \"logs\" {\n  count = 0\n}\n" // the provider watches it for a minute
		}
		if folder == kops {
			more += w.moto.Files() + awstest.ForKops(string(files["kubernetes.tf"]))
		}
		text := w.moto.Override(more)
		backend := fmt.Sprintf(`backend "s3" {
    bucket                      = "groundwork-terraform-state-123456789012"
    key                         = %q
    region                      = %q
    access_key                  = "none"
    secret_key                  = "none"
    use_lockfile                = true
    use_path_style              = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    skip_metadata_api_check     = true
    endpoints                   = { s3 = %[3]q, sts = %[3]q, iam = %[3]q }
  }`, key+".tfstate", region, w.moto.URL)
		if text = strings.Replace(text, `backend "local" {}`, backend, 1); !strings.Contains(text, "use_lockfile") {
			t.Fatal("the override has no backend to be replaced")
		}
		w.write(t, filepath.Join(folder, awstest.Override), text)
	}
}

// withoutPolicies takes the policies off the state's buckets: they refuse what does
// not come over TLS, and moto 5.2 refuses everything by them, since it passes over
// conditions.
func (w *world) withoutPolicies(t *testing.T) {
	t.Helper()
	for _, bucket := range []string{"groundwork-terraform-state-123456789012", "groundwork-dev-kops-123456789012", "groundwork-dev-oidc-123456789012"} {
		awstest.Call(t, http.MethodDelete, w.moto.URL+"/"+bucket+"?policy", "")
	}
}

// lock holds the lock of a state, as another user's Terraform would.
func (w *world) lock(t *testing.T, state string) {
	t.Helper()
	awstest.Call(t, http.MethodPut, w.lockOf(state), `{"ID":"11111111-2222-3333-4444-555555555555","Operation":"OperationTypeApply","Info":"","Who":"somebody@elsewhere","Version":"1.11.4","Created":"2026-11-24T08:00:00Z","Path":"`+state+`.tfstate"}`, signed()...)
}

func (w *world) unlock(t *testing.T, state string) {
	t.Helper()
	awstest.Call(t, http.MethodDelete, w.lockOf(state), "", signed()...)
}

// signed are the headers of a request that moto takes for somebody's.
func signed() []string {
	return []string{"Authorization", "AWS4-HMAC-SHA256 Credential=none/20261124/" + region + "/s3/aws4_request"}
}

// lockOf is where Terraform keeps the lock of a state in S3.
func (w *world) lockOf(state string) string {
	return w.moto.URL + "/groundwork-terraform-state-123456789012/" + state + ".tfstate.tflock"
}

// said is what a command ended with.
type said struct {
	code     int
	out, err string
}

// command prepares bootstrap in the repository's folder.
func (w *world) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(w.bin, "bootstrap"), args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// run runs bootstrap, and fails the test where it ends otherwise than it should.
func (w *world) run(t *testing.T, want int, args ...string) said {
	t.Helper()
	var out, err bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := w.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, &err
	if e := cmd.Run(); e != nil && cmd.ProcessState == nil {
		t.Fatal(e)
	}
	s := said{cmd.ProcessState.ExitCode(), out.String(), err.String()}
	if s.code != want {
		t.Fatalf("bootstrap %s: exit %d, want %d\n%s%s", strings.Join(args, " "), s.code, want, s.out, s.err)
	}
	return s
}

// stop runs bootstrap and sends it a signal, some time after what it has said matches; it
// returns what it said until it ended.
func (w *world) stop(t *testing.T, signal syscall.Signal, once string, pause time.Duration, args ...string) said {
	t.Helper()
	var out bytes.Buffer
	watch := &watcher{once: regexp.MustCompile(once), seen: make(chan struct{})}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := w.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, watch
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-watch.seen:
		time.Sleep(pause) //nolint:forbidigo // a moment within a known pause is what is asked for
		// The group is its own: nobody else's process is in it.
		if err := syscall.Kill(-cmd.Process.Pid, signal); err != nil {
			t.Fatal(err)
		}
		<-ended //nolint:errcheck // it was stopped
	case err := <-ended:
		t.Fatalf("bootstrap %s ended (%v) before it said %q:\n%s", strings.Join(args, " "), err, once, watch.text.String())
	}
	return said{cmd.ProcessState.ExitCode(), out.String(), watch.text.String()}
}

// patience is how long one command may take before the test gives up on it.
const patience = 8 * time.Minute

// watcher waits for something to be said.
type watcher struct {
	text bytes.Buffer
	once *regexp.Regexp
	seen chan struct{}
	told bool
}

func (w *watcher) Write(p []byte) (int, error) {
	w.text.Write(p)
	if !w.told && w.once.Match(w.text.Bytes()) {
		w.told = true
		close(w.seen)
	}
	return len(p), nil
}

// has fails the test where a text lacks parts.
func has(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in:\n%s", part, text)
		}
	}
}

// nodes are as many as the cluster has, all ready.
func (w *world) nodes(n int) {
	for i := range n {
		w.api.Put(apitest.Object{
			"apiVersion": "v1", "kind": "Node", "metadata": apitest.Object{"name": fmt.Sprintf("i-%d", i)},
			"status": apitest.Object{"conditions": []any{apitest.Object{"type": "Ready", "status": "True"}}},
		})
	}
}

// silence has the API server answer nothing until it is ended.
func (w *world) silence() (end func()) {
	w.api.Before(func(rw http.ResponseWriter, _ *http.Request) bool {
		http.Error(rw, "not yet", http.StatusServiceUnavailable)
		return true
	})
	return func() { w.api.Before(nil) }
}
