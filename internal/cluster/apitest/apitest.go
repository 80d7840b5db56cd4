// Package apitest plays a Kubernetes API server to tests, over real HTTP:
// discovery, get, list, watch, create, update, server-side apply and delete of
// any kind. It is not one: apply merges maps and replaces lists, owns no
// fields, validates nothing and admits everything. What depends on those is
// tested on the sandbox.
package apitest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

// Object is an object as JSON has it.
type Object = map[string]any

// kind is an entry of the server's discovery.
type kind struct {
	group, version, resource, name string
	namespaced                     bool
}

// Server is the API server.
type Server struct {
	*httptest.Server
	t testing.TB

	mu       sync.Mutex
	kinds    []kind
	objects  map[string]Object // by path of the resource and name
	version  int
	watchers map[chan event]string
	intercept
}

type intercept struct {
	// before sees each request first and may answer it.
	before func(http.ResponseWriter, *http.Request) bool
	// changed is called after each write, without the lock.
	changed func(Object)
	writes  []string
	// Denied are "verb resource" pairs that access reviews deny.
	denied map[string]bool
}

type event struct {
	path, kind string
	object     Object
}

// New starts a server that knows the kinds a run needs and holds a kube-system
// namespace with the given UID.
func New(t testing.TB, uid string) *Server {
	t.Helper()
	s := &Server{t: t, objects: map[string]Object{}, watchers: map[chan event]string{}, kinds: builtin()}
	s.Server = httptest.NewServer(s)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	s.Put(Object{"apiVersion": "v1", "kind": "Namespace", "metadata": Object{"name": "kube-system", "uid": uid}})
	return s
}

// Config is how to reach the server.
func (s *Server) Config() *rest.Config { return Config(s.URL) }

// Config is how to reach the server at an address; it speaks JSON alone.
func Config(address string) *rest.Config {
	return &rest.Config{Host: address, ContentConfig: rest.ContentConfig{ContentType: "application/json"}}
}

// Before has f see each request first; it answers those that it returns true
// for.
func (s *Server) Before(f func(http.ResponseWriter, *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

// Changed has f called after each write by a client, as a controller would be.
func (s *Server) Changed(f func(Object)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = f
}

// Deny makes access reviews for "verb resource" say no.
func (s *Server) Deny(access ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied = map[string]bool{"* *": true}
	for _, a := range access {
		s.denied[a] = true
	}
}

// Writes lists what clients changed since the last call, as METHOD path.
// Writes that changed nothing are not in it.
func (s *Server) Writes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	writes := s.writes
	s.writes = nil
	return writes
}

// Put stores an object past the API, as a controller would.
func (s *Server) Put(o Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store(s.pathOf(o), merge(s.objects[s.pathOf(o)], clone(o)))
}

// Get returns a copy of an object, nil when it is not there.
func (s *Server) Get(path string) Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.objects[path]; o != nil {
		return clone(o)
	}
	return nil
}

// Delete removes an object past the API.
func (s *Server) Delete(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(path)
}

func (s *Server) pathOf(o Object) string {
	apiVersion, _ := o["apiVersion"].(string)
	group, version, ok := strings.Cut(apiVersion, "/")
	if !ok {
		group, version = "", apiVersion
	}
	metadata := o["metadata"].(Object)
	for _, k := range s.kinds {
		if k.group == group && k.version == version && k.name == o["kind"] {
			namespace, _ := metadata["namespace"].(string)
			return k.path(namespace) + "/" + metadata["name"].(string)
		}
	}
	panic(fmt.Sprintf("apitest knows no kind %v %v", o["apiVersion"], o["kind"]))
}

func (k kind) path(namespace string) string {
	p := "/apis/" + k.group + "/" + k.version
	if k.group == "" {
		p = "/api/" + k.version
	}
	if k.namespaced && namespace != "" {
		p += "/namespaces/" + namespace
	}
	return p + "/" + k.resource
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	before := s.before
	s.mu.Unlock()
	if before != nil && before(w, r) {
		return
	}
	if s.discover(w, r) || s.review(w, r) {
		return
	}
	k, namespace, name, ok := s.parse(r.URL.Path)
	if !ok {
		Fail(w, http.StatusNotFound, "NotFound", "no such path")
		return
	}
	switch {
	case r.Method == http.MethodGet && name == "" && r.URL.Query().Get("watch") != "":
		s.watch(w, r, k, namespace)
	case r.Method == http.MethodGet && name == "":
		s.list(w, r, k, namespace)
	case r.Method == http.MethodGet:
		s.get(w, r)
	default:
		s.write(w, r, k)
	}
}

func (s *Server) parse(path string) (k kind, namespace, name string, ok bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) < 3 {
		return
	}
	group, version, rest := "", parts[1], parts[2:]
	if parts[0] == "apis" {
		group, version, rest = parts[1], parts[2], parts[3:]
	}
	if len(rest) >= 3 && rest[0] == "namespaces" {
		namespace, rest = rest[1], rest[2:]
	}
	if len(rest) == 0 || len(rest) > 2 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.kinds {
		if k.group == group && k.version == version && k.resource == rest[0] {
			if len(rest) == 2 {
				name = rest[1]
			}
			return k, namespace, name, true
		}
	}
	return
}

func (s *Server) get(w http.ResponseWriter, r *http.Request) {
	if o := s.Get(r.URL.Path); o != nil {
		reply(w, http.StatusOK, o)
		return
	}
	Fail(w, http.StatusNotFound, "NotFound", r.URL.Path+" not found")
}

func (s *Server) list(w http.ResponseWriter, r *http.Request, k kind, namespace string) {
	s.mu.Lock()
	items := labelled(s.all(k, namespace), r.URL.Query().Get("labelSelector"))
	version := s.version
	s.mu.Unlock()
	reply(w, http.StatusOK, Object{
		"apiVersion": strings.TrimPrefix(k.group+"/"+k.version, "/"), "kind": k.name + "List",
		"metadata": Object{"resourceVersion": strconv.Itoa(version)}, "items": items,
	})
}

// all returns copies of a kind's objects, in the order of their paths.
func (s *Server) all(k kind, namespace string) []any {
	items := []any{}
	var paths []string
	for path := range s.objects {
		if s.matches(path, k, namespace) {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	for _, path := range paths {
		items = append(items, clone(s.objects[path]))
	}
	return items
}

func (s *Server) matches(path string, k kind, namespace string) bool {
	folder := path[:strings.LastIndex(path, "/")]
	if namespace != "" || !k.namespaced {
		return folder == k.path(namespace)
	}
	return strings.HasPrefix(path, strings.TrimSuffix(k.path("x"), "x/"+k.resource)) && strings.HasSuffix(folder, "/"+k.resource)
}

func (s *Server) write(w http.ResponseWriter, r *http.Request, k kind) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var sent Object
	if len(body) > 0 {
		if err := json.Unmarshal(body, &sent); err != nil {
			Fail(w, http.StatusBadRequest, "BadRequest", err.Error())
			return
		}
	}
	if r.URL.Query().Get("dryRun") != "" {
		s.try(w, r, sent)
		return
	}
	s.mu.Lock()
	status, object := s.change(r, sent)
	changed := s.changed
	if k.name == "CustomResourceDefinition" && status < 300 && object != nil {
		s.define(object)
	}
	s.mu.Unlock()
	switch status {
	case http.StatusNotFound:
		Fail(w, status, "NotFound", r.URL.Path+" not found")
		return
	case http.StatusConflict:
		reason := "Conflict"
		if r.Method == http.MethodPost {
			reason = "AlreadyExists"
		}
		Fail(w, status, reason, r.URL.Path+" was changed by another")
		return
	}
	reply(w, status, object)
	if changed != nil && r.Method != http.MethodDelete {
		changed(clone(object))
	}
}

// change does a write under the lock and returns the status and the object.
func (s *Server) change(r *http.Request, sent Object) (int, Object) {
	path := r.URL.Path
	if r.Method == http.MethodPost {
		path += "/" + sent["metadata"].(Object)["name"].(string)
	}
	had := s.objects[path]
	var next Object
	switch r.Method {
	case http.MethodPost:
		if had != nil {
			return http.StatusConflict, nil
		}
		next = sent
		next["metadata"].(Object)["creationTimestamp"] = time.Now().UTC().Format(time.RFC3339)
		if parts := strings.Split(path, "/"); slices.Contains(parts, "namespaces") {
			next["metadata"].(Object)["namespace"] = parts[slices.Index(parts, "namespaces")+1]
		}
	case http.MethodPut:
		if had == nil {
			return http.StatusNotFound, nil
		}
		if version, _ := sent["metadata"].(Object)["resourceVersion"].(string); version != "" && version != versionOf(had) {
			return http.StatusConflict, nil
		}
		next = sent
	case http.MethodPatch:
		next = merge(had, sent)
	case http.MethodDelete:
		if had == nil {
			return http.StatusNotFound, nil
		}
		s.writes = append(s.writes, r.Method+" "+path)
		s.remove(path)
		return http.StatusOK, had
	}
	if had != nil && reflect.DeepEqual(had, next) {
		return http.StatusOK, clone(had)
	}
	s.writes = append(s.writes, r.Method+" "+path)
	return http.StatusOK, clone(s.store(path, next))
}

func versionOf(o Object) string {
	version, _ := o["metadata"].(Object)["resourceVersion"].(string)
	return version
}

// store keeps an object, numbers it and tells the watchers.
func (s *Server) store(path string, o Object) Object {
	had := s.objects[path]
	metadata := o["metadata"].(Object)
	s.version++
	metadata["resourceVersion"] = strconv.Itoa(s.version)
	if metadata["uid"] == nil {
		metadata["uid"] = "uid-" + strconv.Itoa(s.version)
	}
	generation := float64(1)
	if had != nil {
		generation, _ = had["metadata"].(Object)["generation"].(float64)
		if !reflect.DeepEqual(had["spec"], o["spec"]) {
			generation++
		}
	}
	metadata["generation"] = generation
	what := "MODIFIED"
	if had == nil {
		what = "ADDED"
	}
	s.objects[path] = clone(o)
	s.notify(event{path, what, clone(o)})
	return o
}

func (s *Server) remove(path string) {
	o := s.objects[path]
	if o == nil {
		return
	}
	delete(s.objects, path)
	s.version++
	gone := clone(o)
	gone["metadata"].(Object)["resourceVersion"] = strconv.Itoa(s.version)
	s.notify(event{path, "DELETED", gone})
}
