package cluster_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/cluster"
	"github.com/groundwork-dev/groundwork/internal/cluster/apitest"
)

func serve(t *testing.T) (*apitest.Server, *cluster.Cluster) {
	t.Helper()
	api := apitest.New(t, "uid")
	c, err := cluster.New(api.Config())
	if err != nil {
		t.Fatal(err)
	}
	return api, c
}

func service(name, uid string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: apitest.Object{
		"apiVersion": "v1", "kind": "Service", "spec": apitest.Object{"type": "LoadBalancer"},
		"metadata": apitest.Object{"name": name, "namespace": "shop", "uid": uid, "labels": apitest.Object{"app": name}},
	}}
}

const services = "/api/v1/namespaces/shop/services/"

// TestServes: kinds come at the server's version, those that it does not have
// are left out, and those that came since are seen.
func TestServes(t *testing.T) {
	t.Parallel()
	_, c := serve(t)
	gateway := schema.GroupKind{Group: "gateway.networking.k8s.io", Kind: "Gateway"}
	asked := []schema.GroupKind{{Kind: "Service"}, gateway}
	want := []schema.GroupVersionKind{{Version: "v1", Kind: "Service"}}
	got, err := c.Serves(t.Context(), asked...)
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("%v, %v", got, err)
	}
	crd := &unstructured.Unstructured{Object: apitest.Object{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": apitest.Object{"name": "gateways.gateway.networking.k8s.io"},
		"spec": apitest.Object{
			"group": gateway.Group, "scope": "Namespaced", "names": apitest.Object{"plural": "gateways", "kind": gateway.Kind},
			"versions": []any{apitest.Object{"name": "v1beta1"}},
		},
	}}
	if err := c.Apply(t.Context(), "test", crd); err != nil {
		t.Fatal(err)
	}
	got, err = c.Serves(t.Context(), asked...)
	if want = append(want, gateway.WithVersion("v1beta1")); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	api, c := serve(t)
	api.Put(service("a", "1").Object)
	api.Put(service("b", "2").Object)
	got, err := c.List(t.Context(), schema.GroupVersionKind{Version: "v1", Kind: "Service"})
	if err != nil || len(got) != 2 || got[1].GetName() != "b" {
		t.Errorf("%v, %v", got, err)
	}
}

// TestMerge: what is not named stays, and the manager is told.
func TestMerge(t *testing.T) {
	t.Parallel()
	api, c := serve(t)
	api.Put(service("a", "1").Object)
	asked := make(chan string, 1)
	api.Before(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPatch {
			asked <- r.Header.Get("Content-Type") + " " + r.URL.Query().Get("fieldManager")
		}
		return false
	})
	if err := c.Merge(t.Context(), "me", service("a", "1"), map[string]any{"spec": map[string]any{"suspend": true}}); err != nil {
		t.Fatal(err)
	}
	if got := <-asked; got != "application/merge-patch+json me" {
		t.Error(got)
	}
	spec := api.Get(services + "a")["spec"].(apitest.Object)
	if spec["suspend"] != true || spec["type"] != "LoadBalancer" {
		t.Errorf("%v", spec)
	}
}

// TestDelete: this object is meant and no other of its name; what is gone is no
// error.
func TestDelete(t *testing.T) {
	t.Parallel()
	api, c := serve(t)
	api.Put(service("a", "1").Object)
	asked := make(chan string, 3)
	status := 0
	api.Before(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodDelete {
			return false
		}
		var options struct {
			Preconditions struct{ UID string }
		}
		_ = json.NewDecoder(r.Body).Decode(&options)
		asked <- options.Preconditions.UID
		if status == http.StatusConflict {
			apitest.Fail(w, status, "Conflict", "the UID in the precondition (1) does not match")
			return true
		}
		api.Delete(r.URL.Path)
		apitest.Fail(w, http.StatusNotFound, "NotFound", "gone")
		return true
	})
	if err := c.Delete(t.Context(), service("a", "1")); err != nil || api.Get(services+"a") != nil {
		t.Fatal(err)
	}
	status = http.StatusConflict
	if err := c.Delete(t.Context(), service("a", "1")); err != nil {
		t.Fatal(err)
	}
	if first, second := <-asked, <-asked; first != "1" || second != "1" {
		t.Errorf("asked for %q, %q", first, second)
	}
	unknown := service("a", "1")
	unknown.SetAPIVersion("example.com/v1")
	if err := c.Delete(t.Context(), unknown); err != nil {
		t.Errorf("of a kind that is gone: %v", err)
	}
}

// TestDeleteRefused: a webhook that says no is named.
func TestDeleteRefused(t *testing.T) {
	t.Parallel()
	api, c := serve(t)
	api.Put(service("a", "1").Object)
	api.Before(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodDelete {
			apitest.Fail(w, http.StatusForbidden, "Forbidden", `admission webhook "guard.example.com" denied the request: not on Fridays`)
		}
		return r.Method == http.MethodDelete
	})
	err := c.Delete(t.Context(), service("a", "1"))
	var refusal *cluster.RefusalError
	if !errors.As(err, &refusal) || refusal.Webhook != "guard.example.com" {
		t.Fatal(err)
	}
	for _, want := range []string{"deleting Service/shop/a", "guard.example.com refuses it", "not on Fridays"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}
