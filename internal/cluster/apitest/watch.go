package apitest

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// backlog is how many events a watcher may be behind.
const backlog = 4096

func (s *Server) notify(e event) {
	for c := range s.watchers {
		c <- e
	}
}

// watch streams a kind's events until the client goes away. It always begins
// with what is there: clients take that for events.
func (s *Server) watch(w http.ResponseWriter, r *http.Request, k kind, namespace string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	flush := w.(http.Flusher).Flush
	events := make(chan event, backlog)
	s.mu.Lock()
	first := s.all(k, namespace)
	version := s.version
	s.watchers[events] = ""
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, events)
	}()
	encode := json.NewEncoder(w).Encode
	for _, o := range first {
		_ = encode(Object{"type": "ADDED", "object": o})
	}
	if r.URL.Query().Get("sendInitialEvents") == "true" {
		_ = encode(Object{"type": "BOOKMARK", "object": Object{
			"apiVersion": strings.TrimPrefix(k.group+"/"+k.version, "/"), "kind": k.name,
			"metadata": Object{
				"resourceVersion": strconv.Itoa(version), "annotations": Object{"k8s.io/initial-events-end": "true"},
			},
		}})
	}
	flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case e := <-events:
			if !s.matches(e.path, k, namespace) {
				continue
			}
			if encode(Object{"type": e.kind, "object": e.object}) != nil {
				return
			}
			flush()
		}
	}
}

// merge sets b's fields on a copy of a: maps are merged, lists replaced.
func merge(a, b Object) Object {
	if a == nil {
		return clone(b)
	}
	merged := maps.Clone(a)
	for key, value := range b {
		inner, ok := value.(Object)
		if had, both := merged[key].(Object); ok && both {
			merged[key] = merge(had, inner)
			continue
		}
		merged[key] = value
	}
	return clone(merged)
}

func clone(o Object) Object {
	data, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	var copied Object
	if err := json.Unmarshal(data, &copied); err != nil {
		panic(err)
	}
	return copied
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// Fail answers as an API server does when something is wrong.
func Fail(w http.ResponseWriter, status int, reason, message string) {
	reply(w, status, Object{
		"apiVersion": "v1", "kind": "Status", "status": "Failure",
		"code": status, "reason": reason, "message": message,
	})
}
