package apitest

import (
	"encoding/json"
	"net/http"
	"strings"
)

func builtin() []kind {
	var kinds []kind
	add := func(group string, namespaced bool, pairs ...string) {
		for i := 0; i < len(pairs); i += 2 {
			kinds = append(kinds, kind{group, "v1", pairs[i], pairs[i+1], namespaced})
		}
	}
	add("", false, "namespaces", "Namespace", "nodes", "Node", "persistentvolumes", "PersistentVolume")
	add("storage.k8s.io", false, "storageclasses", "StorageClass")
	add("", true, "configmaps", "ConfigMap", "secrets", "Secret", "serviceaccounts", "ServiceAccount", "services", "Service",
		"pods", "Pod", "events", "Event", "resourcequotas", "ResourceQuota", "persistentvolumeclaims", "PersistentVolumeClaim")
	add("apps", true, "deployments", "Deployment", "statefulsets", "StatefulSet", "daemonsets", "DaemonSet", "replicasets", "ReplicaSet")
	add("batch", true, "jobs", "Job")
	add("apiextensions.k8s.io", false, "customresourcedefinitions", "CustomResourceDefinition")
	add("rbac.authorization.k8s.io", false, "clusterroles", "ClusterRole", "clusterrolebindings", "ClusterRoleBinding")
	add("rbac.authorization.k8s.io", true, "roles", "Role", "rolebindings", "RoleBinding")
	add("networking.k8s.io", true, "networkpolicies", "NetworkPolicy", "ingresses", "Ingress")
	add("coordination.k8s.io", true, "leases", "Lease")
	add("discovery.k8s.io", true, "endpointslices", "EndpointSlice")
	add("admissionregistration.k8s.io", false, "validatingwebhookconfigurations", "ValidatingWebhookConfiguration",
		"mutatingwebhookconfigurations", "MutatingWebhookConfiguration")
	return kinds
}

// Define adds the kinds of a CustomResourceDefinition past the API.
func (s *Server) Define(crd Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.define(crd)
}

// define adds the kinds of a CustomResourceDefinition.
func (s *Server) define(crd Object) {
	spec := crd["spec"].(Object)
	names := spec["names"].(Object)
	for _, v := range spec["versions"].([]any) {
		k := kind{
			spec["group"].(string), v.(Object)["name"].(string), names["plural"].(string), names["kind"].(string),
			spec["scope"] == "Namespaced",
		}
		known := false
		for _, other := range s.kinds {
			known = known || other == k
		}
		if !known {
			s.kinds = append(s.kinds, k)
		}
	}
}

// discover answers what kinds there are, and the version.
func (s *Server) discover(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := strings.TrimSuffix(r.URL.Path, "/")
	switch path {
	case "/version":
		reply(w, http.StatusOK, Object{"major": "1", "minor": "36", "gitVersion": "v1.36.2"})
		return true
	case "/api":
		reply(w, http.StatusOK, Object{"kind": "APIVersions", "versions": []string{"v1"}})
		return true
	case "/apis":
		s.groups(w)
		return true
	}
	var resources []any
	for _, k := range s.kinds {
		if strings.TrimSuffix(k.path(""), "/"+k.resource) == path {
			resources = append(resources, Object{
				"name": k.resource, "kind": k.name, "namespaced": k.namespaced, "singularName": strings.ToLower(k.name),
				"verbs": []string{"get", "list", "watch", "create", "update", "patch", "delete"},
			})
		}
	}
	if resources == nil {
		return false
	}
	version := strings.TrimPrefix(strings.TrimPrefix(path, "/apis/"), "/api/")
	reply(w, http.StatusOK, Object{"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources})
	return true
}

func (s *Server) groups(w http.ResponseWriter) {
	var order []string
	versions := map[string][]any{}
	seen := map[string]bool{}
	for _, k := range s.kinds {
		id := k.group + "/" + k.version
		if k.group == "" || seen[id] {
			continue
		}
		seen[id] = true
		if versions[k.group] == nil {
			order = append(order, k.group)
		}
		versions[k.group] = append(versions[k.group], Object{"groupVersion": id, "version": k.version})
	}
	var groups []any
	for _, group := range order {
		groups = append(groups, Object{"name": group, "versions": versions[group], "preferredVersion": versions[group][0]})
	}
	reply(w, http.StatusOK, Object{"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

// review answers questions about permissions.
func (s *Server) review(w http.ResponseWriter, r *http.Request) bool {
	if !strings.HasSuffix(r.URL.Path, "/selfsubjectaccessreviews") {
		return false
	}
	var review struct {
		Spec struct {
			ResourceAttributes struct{ Verb, Resource string } `json:"resourceAttributes"`
		} `json:"spec"`
	}
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
		Fail(w, http.StatusUnsupportedMediaType, "UnsupportedMediaType", err.Error())
		return true
	}
	s.mu.Lock()
	denied := s.denied[review.Spec.ResourceAttributes.Verb+" "+review.Spec.ResourceAttributes.Resource]
	s.mu.Unlock()
	reply(w, http.StatusCreated, Object{
		"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "status": Object{"allowed": !denied},
	})
	return true
}
