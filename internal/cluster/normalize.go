package cluster

import (
	"encoding/base64"
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
)

// normalized is the object as Flux's kustomize-controller sends it: built-in
// kinds through their Go types and back, which adds and drops empty fields;
// ports with a protocol; Secrets with data alone; no status but of a
// CustomResourceDefinition. What Flux applied last can only be compared with
// this. The object itself is not changed.
func normalized(o *unstructured.Unstructured) *unstructured.Unstructured {
	n := &unstructured.Unstructured{Object: maps.Clone(o.Object)}
	kind := o.GroupVersionKind()
	definition := kind.Group == "apiextensions.k8s.io" && kind.Kind == "CustomResourceDefinition"
	rbac := kind.Group == "rbac.authorization.k8s.io" && (kind.Kind == "Role" || kind.Kind == "ClusterRole")
	if rbac || o.Object["sops"] != nil {
		return n // Flux leaves the former as they are, and the latter are not what it sends
	}
	if typed, err := scheme.Scheme.New(kind); err == nil && runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, typed) == nil {
		if tree, err := runtime.DefaultUnstructuredConverter.ToUnstructured(typed); err == nil {
			n.Object = tree // a copy: what follows may write into it
			fillIn(n)
		}
	}
	if !definition {
		delete(n.Object, "status")
	}
	return n
}

// fillIn does what the Go types leave open.
func fillIn(o *unstructured.Unstructured) {
	spec, _ := o.Object["spec"].(map[string]any)
	switch o.GroupVersionKind().GroupKind().String() {
	case "Secret":
		plain, _, _ := unstructured.NestedStringMap(o.Object, "stringData")
		for key, value := range plain {
			_ = unstructured.SetNestedField(o.Object, base64.StdEncoding.EncodeToString([]byte(value)), "data", key)
		}
		delete(o.Object, "stringData")
	case "Service":
		protocols(spec)
	case "Pod":
		podProtocols(spec)
	case "Deployment.apps", "StatefulSet.apps", "DaemonSet.apps", "ReplicaSet.apps", "Job.batch":
		podProtocols(inside(spec, "template", "spec"))
	case "CronJob.batch":
		podProtocols(inside(spec, "jobTemplate", "spec", "template", "spec"))
	}
}

// inside follows the path without a copy, nil where it ends.
func inside(tree map[string]any, path ...string) map[string]any {
	for _, key := range path {
		tree, _ = tree[key].(map[string]any)
	}
	return tree
}

func podProtocols(spec map[string]any) {
	containers, _ := spec["containers"].([]any)
	for _, c := range containers {
		container, _ := c.(map[string]any)
		protocols(container)
	}
}

func protocols(holder map[string]any) {
	ports, _ := holder["ports"].([]any)
	for _, p := range ports {
		if port, ok := p.(map[string]any); ok && (port["protocol"] == nil || port["protocol"] == "") {
			port["protocol"] = "TCP"
		}
	}
}
