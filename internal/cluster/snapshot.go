package cluster

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/groundwork-dev/groundwork/internal/explain"
)

// maximumLog bounds how much of a log is read, in bytes.
const maximumLog = 16 << 10

// explained are the kinds that a diagnosis is made from.
func explained() []schema.GroupVersionKind {
	kind := func(group, version string, kinds ...string) []schema.GroupVersionKind {
		var all []schema.GroupVersionKind
		for _, k := range kinds {
			all = append(all, schema.GroupVersionKind{Group: group, Version: version, Kind: k})
		}
		return all
	}
	var all []schema.GroupVersionKind
	for _, some := range [][]schema.GroupVersionKind{
		kind("kustomize.toolkit.fluxcd.io", "v1", "Kustomization"),
		kind("helm.toolkit.fluxcd.io", "v2", "HelmRelease"),
		kind("source.toolkit.fluxcd.io", "v1", "GitRepository", "OCIRepository", "HelmRepository", "HelmChart"),
		kind("apps", "v1", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"),
		kind("batch", "v1", "Job"),
		kind("", "v1", "Pod", "Event", "Node", "PersistentVolumeClaim", "ResourceQuota"),
		kind("discovery.k8s.io", "v1", "EndpointSlice"),
		kind("admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"),
	} {
		all = append(all, some...)
	}
	return all
}

// Snapshot lists what a diagnosis is made from. What cannot be read is left
// out: a part of the picture is better than none.
func (c *Cluster) Snapshot(ctx context.Context) (explain.Snapshot, error) {
	var mu sync.Mutex
	snapshot := explain.Snapshot{Logs: map[string]string{}}
	var last error
	group := errgroup.Group{}
	group.SetLimit(parallel)
	for _, kind := range explained() {
		group.Go(func() error {
			objects, err := c.list(ctx, kind)
			mu.Lock()
			defer mu.Unlock()
			snapshot.Objects = append(snapshot.Objects, objects...)
			if err != nil {
				last = err
			}
			return nil
		})
	}
	_ = group.Wait()
	if len(snapshot.Objects) == 0 {
		return snapshot, last
	}
	for _, pod := range snapshot.Objects {
		for _, container := range explain.Crashing(pod) {
			key := pod.GetNamespace() + "/" + pod.GetName() + "/" + container
			if log, err := c.log(ctx, pod.GetNamespace(), pod.GetName(), container); err == nil {
				snapshot.Logs[key] = log
			}
		}
	}
	return snapshot, nil
}

func (c *Cluster) list(ctx context.Context, kind schema.GroupVersionKind) ([]*unstructured.Unstructured, error) {
	resource, err := c.resource(kind, "")
	if err != nil {
		return nil, err
	}
	list, err := resource.List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", kind.Kind, err)
	}
	objects := make([]*unstructured.Unstructured, len(list.Items))
	for i := range list.Items {
		objects[i] = &list.Items[i]
	}
	return objects, nil
}

// log returns the last lines that a container wrote before it ended.
func (c *Cluster) log(ctx context.Context, namespace, pod, container string) (string, error) {
	base, _, err := rest.DefaultServerUrlFor(c.config)
	if err != nil {
		return "", err
	}
	address := base.JoinPath("api/v1/namespaces", namespace, "pods", pod, "log")
	address.RawQuery = url.Values{"container": {container}, "previous": {"true"}, "tailLines": {"20"}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return "", err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("reading the log of %s/%s: %s", namespace, pod, response.Status)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, maximumLog))
	return string(data), err
}
