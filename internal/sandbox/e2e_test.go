//go:build e2e && linux

package sandbox_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/remotecommand"

	"github.com/groundwork-dev/groundwork/internal/sandbox"
	"github.com/groundwork-dev/groundwork/internal/sandbox/build"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "sandbox" {
		if ok, err := sandbox.Main(os.Args[2:]); ok {
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
	if dir := os.Getenv("GROUNDWORK_TEST_PARENT"); dir != "" {
		parent(dir)
	}
	os.Exit(m.Run())
}

// parent holds a sandbox until it is killed.
func parent(dir string) {
	artifacts, err := artifactsAt(dir)
	if err == nil {
		_, err = sandbox.Sandboxes{Dir: runDir}.Up(context.Background(), options("parent", artifacts), func(sandbox.Event) {})
	}
	fmt.Println("up:", err)
	if err != nil {
		os.Exit(1)
	}
	select {}
}

const (
	runDir   = "/run/groundwork-test"
	repoRoot = "../.."
)

func options(name string, a sandbox.Artifacts) sandbox.Options {
	return sandbox.Options{
		Name: name, RealNode: true, Artifacts: a, Region: "eu-west-1", Zones: []string{"eu-west-1a", "eu-west-1b", "eu-west-1c"},
		DieWithParent: true,
	}
}

const webImage, pauseImage, absentImage = "ghcr.io/example/web:v1", "registry.k8s.io/pause:3.10", "ghcr.io/example/absent:v1"

// artifactsAt takes the programs from the cache, building what is not there,
// and packs two images.
func artifactsAt(dir string) (sandbox.Artifacts, error) {
	cache, err := build.CacheDir()
	if err != nil {
		return sandbox.Artifacts{}, err
	}
	targets, err := build.Targets()
	if err != nil {
		return sandbox.Artifacts{}, err
	}
	programs, err := build.Ensure(context.Background(), repoRoot, cache, targets, func(build.Event) {})
	if err != nil {
		return sandbox.Artifacts{}, err
	}
	static, err := build.ModuleDir(context.Background(), repoRoot, "gitea")
	if err != nil {
		return sandbox.Artifacts{}, err
	}
	a := sandbox.Artifacts{Bin: programs, CNI: filepath.Dir(programs["ptp"]), ForgeStatic: static, Pause: pauseImage, Simulated: []string{absentImage}}
	for ref, args := range map[string][]string{webImage: {"/web"}, pauseImage: {"/web", "pause"}} {
		at := filepath.Join(dir, strings.NewReplacer("/", "-", ":", "-").Replace(ref))
		a.Images = append(a.Images, sandbox.Image{BuiltFrom: "testdata/web"})
		a.Images[len(a.Images)-1].Ref, a.Images[len(a.Images)-1].Layout = ref, at
		if _, err := os.Stat(at); err == nil {
			continue
		}
		if err := pack(filepath.Join(dir, "web"), at, args); err != nil {
			return a, err
		}
	}
	return a, nil
}

func pack(program, at string, args []string) error {
	data, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "web", Mode: 0o755, Size: int64(len(data))}); err != nil {
		return err
	}
	_, err = w.Write(data)
	if err := errors.Join(err, w.Close()); err != nil {
		return err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
	if err != nil {
		return err
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return err
	}
	image, err = mutate.ConfigFile(image, &v1.ConfigFile{Architecture: "amd64", OS: "linux", RootFS: must(image.ConfigFile()).RootFS, Config: v1.Config{Entrypoint: args, User: "65532:65532"}})
	if err != nil {
		return err
	}
	l, err := layout.Write(at, empty.Index)
	if err != nil {
		return err
	}
	return l.AppendImage(image)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func prepare(t *testing.T) (dir string, a sandbox.Artifacts) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("a sandbox needs root")
	}
	dir = t.TempDir()
	compile := exec.Command("go", "build", "-o", filepath.Join(dir, "web"), "./testdata/web")
	compile.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("building the test's pod: %v\n%s", err, out)
	}
	return dir, must(artifactsAt(dir))
}

func TestSandbox(t *testing.T) {
	_, artifacts := prepare(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	all := sandbox.Sandboxes{Dir: runDir}
	before := mounts(t)
	begin := time.Now()
	state, err := all.Up(ctx, options("test", artifacts), func(e sandbox.Event) {
		t.Logf("%6.2fs %s done=%v (%s) %s", time.Since(begin).Seconds(), e.Step, e.Done, e.Elapsed.Round(time.Millisecond), e.Error)
	})
	if err != nil {
		keep(t, filepath.Join(runDir, "test"))
		t.Fatal(err)
	}
	t.Logf("up after %.2fs", state.Seconds)
	t.Cleanup(func() {
		if t.Failed() {
			keep(t, state.Run)
		}
		if err := all.Down(context.Background(), "test"); err != nil {
			t.Error(err)
		}
		nothingLeft(t, "test", before)
	})
	config := must(clientcmd.BuildConfigFromFlags("", state.Kubeconfig()))
	client := must(kubernetes.NewForConfig(config))
	web := createPod(ctx, t, client, "web", webImage)
	absent := createPod(ctx, t, client, "absent", absentImage)
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: corev1.ServiceSpec{
		Selector: map[string]string{"app": "web"}, Ports: []corev1.ServicePort{{Port: 80, TargetPort: web.Spec.Containers[0].ReadinessProbe.HTTPGet.Port}},
	}}
	if _, err := client.CoreV1().Services("default").Create(ctx, service, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	begin = time.Now()
	if node := awaitReady(ctx, t, client, web); node != "real-1" {
		t.Errorf("the web pod is on %s", node)
	}
	t.Logf("pod ready after %s", time.Since(begin))
	if node := awaitReady(ctx, t, client, absent); !strings.HasPrefix(node, "simulated-") {
		t.Errorf("the simulated pod is on %s", node)
	}
	t.Run("service by proxy", func(t *testing.T) {
		body := ""
		for deadline := time.Now().Add(10 * time.Second); body != "hello from a real pod" && time.Now().Before(deadline); {
			body = get(ctx, t, state, "http://web.default.svc.cluster.local/") // kube-proxy takes a moment
		}
		if body != "hello from a real pod" {
			t.Errorf("answer %q", body)
		}
	})
	t.Run("logs", func(t *testing.T) {
		out, err := client.CoreV1().Pods("default").GetLogs("web", &corev1.PodLogOptions{}).DoRaw(ctx)
		if err != nil || string(out) != "serving\n" {
			t.Errorf("logs %q, %v", out, err)
		}
	})
	for _, tc := range []struct {
		name, want string
		command    []string
	}{
		{"exec and cluster DNS", "[10.96.0.1] <nil>", []string{"/web", "lookup", "kubernetes.default"}},
		{"the internet's DNS", "[10.89.0.1] <nil>", []string{"/web", "lookup", "ghcr.io"}},
		{"a pod trusts the internet", "200 OK", []string{"/web", "get", "https://ghcr.io/v2/"}},
		{"service from a pod", "200 OK", []string{"/web", "get", "http://web.default.svc/"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			request := client.CoreV1().RESTClient().Post().Resource("pods").Namespace("default").Name("web").SubResource("exec").
				VersionedParams(&corev1.PodExecOptions{Command: tc.command, Stdout: true, Stderr: true}, scheme.ParameterCodec)
			run := must(remotecommand.NewWebSocketExecutor(config, "GET", request.URL().String()))
			var out, errors bytes.Buffer
			err := run.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: &out, Stderr: &errors})
			if got := strings.TrimSpace(out.String() + errors.String()); err != nil || got != tc.want {
				t.Errorf("%v: %q, %v, want %q", tc.command, got, err, tc.want)
			}
		})
	}
	t.Run("forge", func(t *testing.T) {
		token := must(state.Token())
		req := must(http.NewRequestWithContext(ctx, http.MethodGet, "https://"+sandbox.ForgeHost+"/api/v1/repos/platform/fleet", nil))
		req.Header.Set("Authorization", "token "+token)
		answer, err := must(sandbox.HTTPClient(state)).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Error(answer.Status)
		}
	})
	t.Run("push by proxy", func(t *testing.T) {
		image := must(mutate.Config(empty.Image, v1.Config{User: "1"}))
		ref := must(name.ParseReference("ghcr.io/example/pushed:v1"))
		transport := must(state.Transport())
		if err := remote.Write(ref, image, remote.WithTransport(transport), remote.WithContext(ctx)); err != nil {
			t.Fatal(err)
		}
		if got := must(remote.Image(ref, remote.WithTransport(transport))); must(got.Digest()) != must(image.Digest()) {
			t.Error("another digest came back")
		}
	})
	t.Run("status", func(t *testing.T) {
		status := must(all.Status(ctx, "test"))
		if len(status.Processes) < 9 || len(status.Nodes) != 4 || len(status.Pods.BuiltHere) != 1 || len(status.Pods.Simulated) != 1 || len(status.NotHere) == 0 || status.Problem != "" {
			t.Errorf("status %+v", status)
		}
	})
}

func TestKilledParentLeavesNothing(t *testing.T) {
	dir, _ := prepare(t)
	before := mounts(t)
	cmd := exec.Command(must(os.Executable()))
	cmd.Env = append(os.Environ(), "GROUNDWORK_TEST_PARENT="+dir)
	out := must(cmd.StdoutPipe())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 4096)
	n, err := out.Read(line)
	if err != nil || string(line[:n]) != "up: <nil>\n" {
		t.Fatalf("%s %v", line[:n], err)
	}
	state := must(sandbox.Sandboxes{Dir: runDir}.State("parent"))
	_ = cmd.Process.Signal(syscall.SIGKILL)
	_ = cmd.Wait()
	deadline := time.Now().Add(20 * time.Second)
	for gone := false; !gone; {
		_, err := os.Stat(state.Run)
		if gone = errors.Is(err, os.ErrNotExist); !gone && time.Now().After(deadline) {
			t.Fatal("the run folder is still there")
		}
		time.Sleep(50 * time.Millisecond) //nolint:forbidigo // neither tells when it is there
	}
	nothingLeft(t, "parent", before)
}

func createPod(ctx context.Context, t *testing.T, client kubernetes.Interface, name, image string) *corev1.Pod {
	t.Helper()
	probe := &corev1.Probe{PeriodSeconds: 1}
	probe.HTTPGet = &corev1.HTTPGetAction{Path: "/"}
	probe.HTTPGet.Port.IntVal = 8080
	no, yes := false, true
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": name}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name: name, Image: image, ReadinessProbe: probe,
			SecurityContext: &corev1.SecurityContext{RunAsNonRoot: &yes, AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes, SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}, Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}},
			Resources:       corev1.ResourceRequirements{Limits: corev1.ResourceList{"memory": resource.MustParse("64Mi")}},
		}}},
	}
	// The service account of a fresh namespace takes a moment to appear.
	for {
		made, err := client.CoreV1().Pods("default").Create(ctx, pod, metav1.CreateOptions{})
		if err == nil {
			return made
		}
		if ctx.Err() != nil || !strings.Contains(err.Error(), "serviceaccount") {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond) //nolint:forbidigo // neither tells when it is there
	}
}

func awaitReady(ctx context.Context, t *testing.T, client kubernetes.Interface, pod *corev1.Pod) (node string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	w, err := client.CoreV1().Pods("default").Watch(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", pod.Name).String()})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	var last *corev1.Pod
	for event := range w.ResultChan() {
		last, _ = event.Object.(*corev1.Pod)
		for _, c := range last.Status.Conditions {
			if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue {
				return last.Spec.NodeName
			}
		}
	}
	events, _ := client.CoreV1().Events("default").List(context.WithoutCancel(ctx), metav1.ListOptions{})
	for _, e := range events.Items {
		t.Log(e.InvolvedObject.Name, e.Reason, e.Message)
	}
	t.Fatalf("pod %s is not ready: %+v", pod.Name, last.Status)
	return ""
}

func get(ctx context.Context, t *testing.T, state *sandbox.State, url string) string {
	t.Helper()
	req := must(http.NewRequestWithContext(ctx, http.MethodGet, url, nil))
	answer, err := must(sandbox.HTTPClient(state)).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return string(must(io.ReadAll(answer.Body)))
}

func mounts(t *testing.T) string {
	t.Helper()
	return string(must(os.ReadFile("/proc/self/mounts")))
}

// nothingLeft looks for processes, mounts, cgroups and files.
func nothingLeft(t *testing.T, name, before string) {
	t.Helper()
	run := filepath.Join(runDir, name)
	if _, err := os.Stat(run); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there", run)
	}
	if now := mounts(t); now != before {
		t.Errorf("mounts changed:\n%s", now)
	}
	for _, pattern := range []string{"/sys/fs/cgroup/groundwork-" + name + "-*", "/sys/fs/cgroup/*/groundwork-" + name + "-*"} {
		if left := must(filepath.Glob(pattern)); left != nil {
			t.Errorf("cgroups left: %v", left)
		}
	}
	for _, file := range must(filepath.Glob("/proc/[0-9]*/cmdline")) {
		if data, err := os.ReadFile(file); err == nil && bytes.Contains(data, []byte(run)) && !bytes.Contains(data, []byte("reap")) {
			t.Errorf("process left: %s %q", file, data)
		}
	}
}

// keep leaves the logs of a sandbox that failed where a person finds them.
func keep(t *testing.T, run string) {
	t.Helper()
	if at := os.Getenv("GROUNDWORK_TEST_LOGS"); at != "" {
		_ = os.CopyFS(filepath.Join(at, fmt.Sprint(time.Now().Unix())), os.DirFS(filepath.Join(run, "log")))
	}
}
