package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

func kustomizations() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Resource: "kustomizations"}
}

func gitRepositories() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "source.toolkit.fluxcd.io", Version: "v1", Resource: "gitrepositories"}
}

func deployments() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
}

const fluxNamespace = "flux-system"

// demoCluster is what the demo sees and does in the cluster, as kubectl would.
type demoCluster struct {
	client dynamic.Interface
	// namespace and name are those of the application's Deployment; its first
	// container has the same name.
	namespace, name string
}

// kubeconfigOf reads a context of a kubeconfig file, and nothing else: no
// default file, no variable. Without a name it is the current context.
func kubeconfigOf(path, name string) (*rest.Config, error) {
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(
		&clientcmd.ClientConfigLoadingRules{ExplicitPath: path},
		&clientcmd.ConfigOverrides{CurrentContext: name}).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("reading kubeconfig %s: %w", path, err)
	}
	// The server has flow control of its own and says when it is too much.
	config.QPS = -1
	config.UserAgent = userAgent()
	return config, nil
}

func newDemoCluster(config *rest.Config, namespace, name string) (*demoCluster, error) {
	client, err := dynamic.NewForConfig(config)
	return &demoCluster{client, namespace, name}, err
}

// Unready names the Kustomizations that are not Ready. None at all is an
// error.
func (c *demoCluster) Unready(ctx context.Context) ([]string, error) {
	list, err := c.client.Resource(kustomizations()).Namespace(fluxNamespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing Kustomizations: %w", err)
	}
	if len(list.Items) == 0 {
		return nil, fmt.Errorf("the cluster has no Kustomizations")
	}
	var unready []string
	for _, k := range list.Items {
		if ok, message := ready(&k); !ok {
			unready = append(unready, k.GetName()+": "+message)
		}
	}
	return unready, nil
}

func ready(o *unstructured.Unstructured) (bool, string) {
	conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, c := range conditions {
		condition, ok := c.(map[string]any)
		if ok && condition["type"] == "Ready" {
			message, _ := condition["message"].(string)
			return condition["status"] == "True", message
		}
	}
	return false, "no status yet"
}

// Drift does what `kubectl set image` does; without an image, it changes how
// many old ReplicaSets are kept, which starts no pod.
func (c *demoCluster) Drift(ctx context.Context, image string) (string, func(context.Context) error, error) {
	read, what := historyOf, "its revisionHistoryLimit was raised"
	if image != "" {
		read, what = c.imageOf, "its image was set to "+image
	}
	before, err := c.deployments().Get(ctx, c.name, metav1.GetOptions{})
	if err != nil {
		return "", nil, fmt.Errorf("reading Deployment %s/%s: %w", c.namespace, c.name, err)
	}
	spec := map[string]any{"revisionHistoryLimit": historyLimit(before) + 1}
	if image != "" {
		spec = map[string]any{"template": map[string]any{"spec": map[string]any{
			"containers": []any{map[string]any{"name": c.name, "image": image}},
		}}}
	}
	patch, err := json.Marshal(map[string]any{"spec": spec})
	if err != nil {
		return "", nil, err
	}
	changed, err := c.deployments().Patch(ctx, c.name, types.StrategicMergePatchType, patch, metav1.PatchOptions{FieldManager: "kubectl-set"})
	if err != nil {
		return "", nil, fmt.Errorf("changing Deployment %s/%s: %w", c.namespace, c.name, err)
	}
	want := read(before)
	if read(changed) == want {
		return "", nil, fmt.Errorf("changing Deployment %s/%s: it stayed at %s", c.namespace, c.name, want)
	}
	return what, func(ctx context.Context) error {
		return c.await(ctx, "the change to be undone, back to "+want, func(o *unstructured.Unstructured) (bool, error) {
			return read(o) == want, nil
		})
	}, nil
}

func (c *demoCluster) deployments() dynamic.ResourceInterface {
	return c.client.Resource(deployments()).Namespace(c.namespace)
}

func (c *demoCluster) imageOf(o *unstructured.Unstructured) string {
	containers, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
	for _, container := range containers {
		if m, ok := container.(map[string]any); ok && m["name"] == c.name {
			image, _ := m["image"].(string)
			return image
		}
	}
	return ""
}

func historyLimit(o *unstructured.Unstructured) int64 {
	n, _, _ := unstructured.NestedInt64(o.Object, "spec", "revisionHistoryLimit")
	return n
}

func historyOf(o *unstructured.Unstructured) string {
	return fmt.Sprintf("revisionHistoryLimit %d", historyLimit(o))
}

// AwaitRollout waits until every replica of the application runs the image and
// is available, and none runs another.
func (c *demoCluster) AwaitRollout(ctx context.Context, image string) error {
	return c.await(ctx, "every replica to run "+image, func(o *unstructured.Unstructured) (bool, error) {
		if c.imageOf(o) != image {
			return false, nil
		}
		var d appsv1.Deployment
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &d); err != nil {
			return false, err
		}
		return rolledOut(&d)
	})
}

// rolledOut is what `kubectl rollout status` goes by.
func rolledOut(d *appsv1.Deployment) (bool, error) {
	s := d.Status
	if s.ObservedGeneration < d.Generation || d.Spec.Replicas == nil {
		return false, nil
	}
	for _, condition := range s.Conditions {
		if condition.Type == appsv1.DeploymentProgressing && condition.Reason == "ProgressDeadlineExceeded" {
			return false, fmt.Errorf("the rollout of Deployment %s/%s does not come to an end: %s", d.Namespace, d.Name, condition.Message)
		}
	}
	want := *d.Spec.Replicas
	return s.UpdatedReplicas == want && s.Replicas == want && s.AvailableReplicas == want, nil
}

// await waits until the application's Deployment satisfies done.
func (c *demoCluster) await(ctx context.Context, what string, done func(*unstructured.Unstructured) (bool, error)) error {
	w, err := c.deployments().Watch(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("metadata.name", c.name).String(),
	})
	if err != nil {
		return fmt.Errorf("watching Deployment %s/%s: %w", c.namespace, c.name, err)
	}
	defer w.Stop()
	for e := range w.ResultChan() {
		o, ok := e.Object.(*unstructured.Unstructured)
		if !ok || e.Type == watch.Deleted {
			continue
		}
		if ok, err := done(o); ok || err != nil {
			return err
		}
	}
	if ctx.Err() == nil {
		return fmt.Errorf("waiting for %s: the API server ended the watch", what)
	}
	return fmt.Errorf("waiting for %s: %w", what, context.Cause(ctx))
}

// Reconcile does what `flux reconcile kustomization --with-source` does, for
// all of them.
func (c *demoCluster) Reconcile(ctx context.Context) error {
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{"reconcile.fluxcd.io/requestedAt":%q}}}`, time.Now().Format(time.RFC3339Nano))
	for _, gvr := range []schema.GroupVersionResource{gitRepositories(), kustomizations()} {
		list, err := c.client.Resource(gvr).Namespace(fluxNamespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, o := range list.Items {
			if _, err := c.client.Resource(gvr).Namespace(fluxNamespace).Patch(ctx, o.GetName(), types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
				return err
			}
		}
	}
	return nil
}

// appClient asks an application.
type appClient struct {
	http *http.Client
	url  string
}

// answerLimit bounds what is read of an answer.
const answerLimit = 1 << 20

// Version asks the application for its version, which is empty when it answers
// anything else.
func (a *appClient) Version(ctx context.Context) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url, nil)
	if err != nil {
		return "", err
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	if err != nil {
		return "", fmt.Errorf("reading the application's answer: %w", err)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return "", fmt.Errorf("%s: %s", a.url, resp.Status)
	}
	var answer struct {
		Version string `json:"version"`
	}
	_ = json.Unmarshal(body, &answer) // most applications answer something else
	return answer.Version, nil
}
