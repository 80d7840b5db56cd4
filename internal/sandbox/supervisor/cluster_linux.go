package supervisor

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/base64"
	"fmt"
	"text/template"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/groundwork-dev/groundwork/internal/sandbox/node"
)

//go:embed cluster.yaml
var clusterYAML string

// resources of the objects in cluster.yaml.
//
//nolint:gochecknoglobals // a table that nobody changes
var resources = map[string]schema.GroupVersionResource{
	"Node":                         {Version: "v1", Resource: "nodes"},
	"Service":                      {Version: "v1", Resource: "services"},
	"EndpointSlice":                {Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices"},
	"StorageClass":                 {Group: "storage.k8s.io", Version: "v1", Resource: "storageclasses"},
	"MutatingWebhookConfiguration": {Group: "admissionregistration.k8s.io", Version: "v1", Resource: "mutatingwebhookconfigurations"},
}

// cluster applies what a fresh cluster has before anybody uses it, and waits
// for its nodes. What it starts lives until ctx ends; starting bounds the waits.
func (s *supervisor) cluster(ctx, starting context.Context) error {
	config, err := clientcmd.BuildConfigFromFlags("", s.paths.Kubeconfig("admin"))
	if err != nil {
		return err
	}
	config.QPS = -1 // nobody else is there yet
	typed, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	objects, err := s.objects()
	if err != nil {
		return err
	}
	for _, o := range objects {
		gvr, ok := resources[o.GetKind()]
		if !ok {
			return fmt.Errorf("no resource for kind %s", o.GetKind())
		}
		var to dynamic.ResourceInterface = client.Resource(gvr)
		if ns := o.GetNamespace(); ns != "" {
			to = client.Resource(gvr).Namespace(ns)
		}
		if _, err := to.Apply(starting, o.GetName(), o, metav1.ApplyOptions{FieldManager: "sandbox", Force: true}); err != nil {
			return fmt.Errorf("applying %s %s: %w", o.GetKind(), o.GetName(), err)
		}
	}
	for _, zone := range s.Zones {
		if err := awaitNode(starting, typed, "simulated-"+zone); err != nil {
			return err
		}
	}
	if !s.RealNode {
		return s.pods.watch(ctx, starting)
	}
	return awaitNode(starting, typed, node.Name)
}

func awaitNode(ctx context.Context, client kubernetes.Interface, name string) error {
	w, err := client.CoreV1().Nodes().Watch(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", name).String()})
	if err != nil {
		return err
	}
	defer w.Stop()
	for event := range w.ResultChan() {
		n, ok := event.Object.(*corev1.Node)
		if !ok || event.Type == watch.Deleted {
			continue
		}
		for _, c := range n.Status.Conditions {
			if c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue {
				return nil
			}
		}
	}
	return fmt.Errorf("waiting for node %s: %w", name, ctx.Err())
}

func (s *supervisor) objects() ([]*unstructured.Unstructured, error) {
	t, err := template.New("cluster.yaml").Parse(clusterYAML)
	if err != nil {
		return nil, err
	}
	pair, err := s.ca.Pair()
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	data := map[string]any{"RealNode": s.RealNode, "Zones": s.Zones, "Region": s.Region, "CA": base64.StdEncoding.EncodeToString(pair.Cert), "HostIP": node.HostIP, "DNSIP": node.DNSIP}
	if err := t.Execute(&text, data); err != nil {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	for decoder := yaml.NewYAMLOrJSONDecoder(&text, 4096); ; {
		o := &unstructured.Unstructured{}
		if err := decoder.Decode(&o.Object); err != nil {
			return objects, nil //nolint:nilerr // the end of our own file
		}
		if len(o.Object) > 0 {
			objects = append(objects, o)
		}
	}
}
