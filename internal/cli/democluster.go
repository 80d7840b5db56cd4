package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/groundwork-dev/groundwork/internal/sandbox"
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
type demoCluster struct{ client dynamic.Interface }

func newDemoCluster(kubeconfig string) (*demoCluster, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	client, err := dynamic.NewForConfig(config)
	return &demoCluster{client}, err
}

// unready names the Kustomizations that are not Ready. None at all is an
// error.
func (c *demoCluster) unready(ctx context.Context) ([]string, error) {
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

// setImage does what `kubectl set image` does.
func (c *demoCluster) setImage(ctx context.Context, image string) error {
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{
		"containers": []any{map[string]any{"name": demoApp, "image": image}},
	}}}})
	if err != nil {
		return err
	}
	_, err = c.client.Resource(deployments()).Namespace(demoApp).Patch(ctx, demoApp, types.StrategicMergePatchType, patch,
		metav1.PatchOptions{FieldManager: "kubectl-set"})
	return err
}

// awaitImage waits until the application's Deployment has the image.
func (c *demoCluster) awaitImage(ctx context.Context, image string) error {
	w, err := c.client.Resource(deployments()).Namespace(demoApp).Watch(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("metadata.name", demoApp).String(),
	})
	if err != nil {
		return err
	}
	defer w.Stop()
	for e := range w.ResultChan() {
		o, ok := e.Object.(*unstructured.Unstructured)
		if !ok || e.Type == watch.Deleted {
			continue
		}
		containers, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
		for _, container := range containers {
			if m, ok := container.(map[string]any); ok && m["image"] == image {
				return nil
			}
		}
	}
	return fmt.Errorf("waiting for image %s: %w", image, context.Cause(ctx))
}

// reconcile does what `flux reconcile kustomization --with-source` does, for
// all of them.
func (c *demoCluster) reconcile(ctx context.Context) error {
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

// appClient asks the application through its Service.
type appClient struct {
	http *http.Client
	url  string
}

func newAppClient(state *sandbox.State) (*appClient, error) {
	client, err := sandbox.HTTPClient(state)
	if err != nil {
		return nil, err
	}
	client.Timeout = 10 * time.Second
	return &appClient{client, "http://" + strings.Join([]string{demoApp, demoApp, "svc.cluster.local"}, ".") + "/"}, nil
}

func (a *appClient) version(ctx context.Context) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url, nil)
	if err != nil {
		return "", err
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", a.url, resp.Status)
	}
	var answer struct {
		Version string `json:"version"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return "", fmt.Errorf("reading the application's answer: %w", err)
	}
	return answer.Version, nil
}
