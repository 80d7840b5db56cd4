package supervisor

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/groundwork-dev/groundwork/internal/sandbox/node"
	"github.com/groundwork-dev/groundwork/internal/sandbox/upstream"
)

const (
	// tokenSeconds is how long the token of a pod's service account lasts: as
	// long as the sandbox's certificates.
	tokenSeconds = 30 * 24 * 60 * 60
	// restartAfter is how long a process that ended stays so.
	restartAfter = time.Second
)

// pods gives simulated pods a process where there is one for their image: the
// program that is in the image, with the pod's own arguments, as the pod's own
// service account.
type pods struct {
	s      *supervisor
	client kubernetes.Interface

	mu  sync.Mutex
	all map[types.UID]*podProcess
}

type podProcess struct {
	end     context.CancelFunc
	listens map[int32]string // container's port to address
}

// newPods asks nothing yet: the API server need not be there.
func newPods(s *supervisor) (*pods, error) {
	config, err := clientcmd.BuildConfigFromFlags("", s.paths.Kubeconfig("admin"))
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	return &pods{s: s, client: client, all: map[types.UID]*podProcess{}}, err
}

// watch gives pods their processes until ctx ends; starting bounds the wait
// for the first answer.
func (p *pods) watch(ctx, starting context.Context) error {
	see := func(o any) {
		if pod, ok := o.(*corev1.Pod); ok {
			p.see(ctx, pod)
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    see,
		UpdateFunc: func(_, o any) { see(o) },
		DeleteFunc: func(o any) {
			if gone, ok := o.(cache.DeletedFinalStateUnknown); ok {
				o = gone.Obj
			}
			if pod, ok := o.(*corev1.Pod); ok {
				p.end(pod.UID)
			}
		},
	}
	_, informer := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: cache.NewListWatchFromClient(p.client.CoreV1().RESTClient(), "pods", "", fields.Everything()),
		ObjectType:    &corev1.Pod{}, Handler: handler,
	})
	go informer.RunWithContext(ctx)
	if !cache.WaitForCacheSync(starting.Done(), informer.HasSynced) {
		return fmt.Errorf("watching pods: %w", starting.Err())
	}
	return nil
}

// see starts or ends a pod's process.
func (p *pods) see(ctx context.Context, pod *corev1.Pod) {
	if pod.DeletionTimestamp != nil {
		p.end(pod.UID)
		return
	}
	process := p.processFor(pod)
	if process == nil || pod.Spec.NodeName == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all[pod.UID] != nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	mine := &podProcess{end: cancel}
	p.all[pod.UID] = mine
	go func() {
		for ctx.Err() == nil {
			err := p.act(ctx, pod, process, mine)
			if ctx.Err() == nil {
				fmt.Fprintf(os.Stderr, "pod %s/%s: %v\n", pod.Namespace, pod.Name, err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(restartAfter):
			}
		}
	}()
}

func (p *pods) end(uid types.UID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if mine := p.all[uid]; mine != nil {
		mine.end()
		delete(p.all, uid)
	}
}

func (p *pods) processFor(pod *corev1.Pod) *Process {
	if len(pod.Spec.Containers) != 1 {
		return nil
	}
	for _, i := range p.s.Images {
		if i.Process != nil && upstream.Same(pod.Spec.Containers[0].Image, i.Ref) {
			return i.Process
		}
	}
	return nil
}

// listening returns where the process of a pod listens instead of a port of
// its container.
func (p *pods) listening(uid types.UID, port int32) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if mine := p.all[uid]; mine != nil && mine.listens[port] != "" {
		return mine.listens[port], true
	}
	return "", false
}

func (p *pods) listens(process *podProcess, at map[int32]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	process.listens = at
}

// act runs the process of a pod once, until it ends.
func (p *pods) act(ctx context.Context, pod *corev1.Pod, process *Process, mine *podProcess) error {
	dir := filepath.Join(p.s.Run, "pods", string(pod.UID))
	a := acted{
		pod: pod, container: &pod.Spec.Containers[0], process: process, port: p.s.ports.next,
		dir: dir, kubeconfig: filepath.Join(dir, "kubeconfig"),
		env: []string{
			"KUBECONFIG=" + filepath.Join(dir, "kubeconfig"), "HOME=" + dir, "TMPDIR=" + dir,
			"SSL_CERT_FILE=" + filepath.Join(p.s.Run, "ca-bundle.pem"),
			"HTTP_PROXY=http://" + p.s.Proxy, "HTTPS_PROXY=http://" + p.s.Proxy, "NO_PROXY=", "no_proxy=",
		},
	}
	if a.excepted() {
		err := p.annotate(ctx, pod, processNone)
		if err == nil {
			<-ctx.Done()
		}
		return err
	}
	if err := p.identify(ctx, a); err != nil {
		return err
	}
	program, listens, err := a.program()
	if err != nil {
		return err
	}
	proc, err := p.s.start(ctx, program)
	if err != nil {
		return err
	}
	p.s.list(proc)
	defer p.s.list(nil)
	if err := proc.await(ctx); err == nil {
		p.listens(mine, listens)
		defer p.listens(mine, nil)
		if err := p.annotate(ctx, pod, ProcessReady); err != nil && ctx.Err() == nil {
			fmt.Fprintf(os.Stderr, "pod %s/%s: %v\n", pod.Namespace, pod.Name, err)
		}
	}
	<-proc.done
	return proc.ended()
}

// identify writes the kubeconfig of a pod's service account.
func (p *pods) identify(ctx context.Context, a acted) error {
	if err := os.MkdirAll(a.dir, 0o700); err != nil {
		return err
	}
	seconds := int64(tokenSeconds)
	ask := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}
	account := a.pod.Spec.ServiceAccountName
	if account == "" {
		account = "default"
	}
	token, err := p.client.CoreV1().ServiceAccounts(a.pod.Namespace).CreateToken(ctx, account, ask, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("asking for the token of service account %s/%s: %w", a.pod.Namespace, account, err)
	}
	pair, err := p.s.ca.Pair()
	if err != nil {
		return err
	}
	config, err := p.s.paths.KubeconfigFor(account, pair.Cert, node.Credentials{Token: token.Status.Token}, "")
	if err != nil {
		return err
	}
	return os.WriteFile(a.kubeconfig, config, 0o600)
}

func (p *pods) annotate(ctx context.Context, pod *corev1.Pod, value string) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]string{ProcessAnnotation: value}}})
	if err != nil {
		return err
	}
	_, err = p.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: "sandbox"})
	if err != nil {
		return fmt.Errorf("annotating: %w", err)
	}
	return nil
}
