package cluster

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/cluster/apitest"
	"github.com/groundwork-dev/groundwork/internal/objectdiff"
)

type object = map[string]any

// configMap is a ConfigMap as Flux applied it, with what else its metadata has.
func configMap(name, value string, metadata ...object) object {
	m := object{"name": name, "namespace": "shop", "labels": object{ownerLabel: "app"}}
	for _, more := range metadata {
		maps.Copy(m, more)
	}
	return object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": m, "data": object{"key": value}}
}

// owned is what the managedFields of a ConfigMap of configMap say.
func owned(manager, operation string, data ...string) object {
	keys := object{}
	for _, key := range data {
		keys["f:"+key] = object{}
	}
	return object{
		"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1",
		"fieldsV1": object{"f:data": keys, "f:metadata": object{"f:labels": object{"f:" + ownerLabel: object{}}}},
	}
}

func byFlux() object { return object{"managedFields": []any{owned(fluxManager, "Apply", "key")}} }

// tester is a cluster at a server that notes each request; a write without
// dryRun=All fails the test, whatever the test is about.
type tester struct {
	*Cluster
	api *apitest.Server
	mu  sync.Mutex
	log []string
	// answer may answer a trial in place of the server.
	answer func(w http.ResponseWriter, r *http.Request) bool
}

func newTester(t *testing.T) *tester {
	t.Helper()
	api := apitest.New(t, "uid")
	c, err := New(api.Config())
	if err != nil {
		t.Fatal(err)
	}
	c.RetryWithin(time.Millisecond)
	x := &tester{Cluster: c, api: api}
	api.Before(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet {
			if q := r.URL.Query(); q.Get("dryRun") != "All" || r.Method != http.MethodPatch || q.Get("force") != "true" || q.Get("fieldManager") != fluxManager {
				t.Errorf("%s %s may change the cluster", r.Method, r.URL)
			}
		}
		if strings.Contains(r.URL.Path, "/api/v1/") && r.URL.Path != "/api/v1/" {
			x.mu.Lock()
			x.log = append(x.log, r.Method+" "+r.URL.Path)
			x.mu.Unlock()
		}
		return x.answer != nil && x.answer(w, r)
	})
	t.Cleanup(func() {
		if writes := api.Writes(); len(writes) > 0 {
			t.Errorf("the cluster was changed: %v", writes)
		}
	})
	return x
}

func (x *tester) dryRun(t *testing.T, opts objectdiff.Trial, objects ...objectdiff.Wanted) []objectdiff.Attempt {
	t.Helper()
	opts.Manager = fluxManager
	attempts, err := x.DryRun(t.Context(), opts, objects)
	if err != nil {
		t.Fatal(err)
	}
	return attempts
}

func want(o object) objectdiff.Wanted {
	return objectdiff.Wanted{Object: &unstructured.Unstructured{Object: o}}
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	annotated := func(key, value string) object {
		return object{"annotations": object{"kustomize.toolkit.fluxcd.io/" + key: value}}
	}
	fail := func(status int, reason, message string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPatch {
				apitest.Fail(w, status, reason, message)
			}
			return r.Method == http.MethodPatch
		}
	}
	immutable := fail(http.StatusUnprocessableEntity, "Invalid", "data: field is immutable")
	tests := map[string]struct {
		live   object
		want   object
		force  bool
		every  bool
		answer func(http.ResponseWriter, *http.Request) bool
		action objectdiff.Action
		note   string
		tries  int // how often the object was sent
	}{
		"proven unchanged":            {live: configMap("a", "1", byFlux()), want: configMap("a", "1"), action: objectdiff.Unchanged},
		"unchanged, but asked":        {live: configMap("a", "1", byFlux()), want: configMap("a", "1"), every: true, action: objectdiff.Unchanged, tries: 1},
		"unchanged, but not proven":   {live: configMap("a", "1"), want: configMap("a", "1"), action: objectdiff.Unchanged, tries: 1},
		"changed":                     {live: configMap("a", "1", byFlux()), want: configMap("a", "2"), action: objectdiff.Changed, tries: 1},
		"created":                     {want: configMap("a", "1"), action: objectdiff.Created, tries: 1},
		"without Flux's label":        {live: configMap("a", "1", object{"labels": object{}}), want: configMap("a", "2"), action: objectdiff.Changed, tries: 1},
		"left alone":                  {live: configMap("a", "1"), want: configMap("a", "2", annotated("reconcile", "disabled")), action: objectdiff.Skipped, note: "reconcile: disabled"},
		"left alone in the cluster":   {live: configMap("a", "1", annotated("reconcile", "Disabled")), want: configMap("a", "2"), action: objectdiff.Skipped, note: "reconcile: disabled"},
		"ignored":                     {want: configMap("a", "2", annotated("ssa", "Ignore")), action: objectdiff.Skipped, note: "ssa: Ignore"},
		"there, and only made once":   {live: configMap("a", "1"), want: configMap("a", "2", annotated("ssa", "IfNotPresent")), action: objectdiff.Skipped, note: "IfNotPresent"},
		"there without a label":       {live: configMap("a", "1", object{"labels": object{}}), want: configMap("a", "2", annotated("ssa", "IfNotPresent")), action: objectdiff.Skipped, note: "IfNotPresent", tries: 1},
		"not there, only made once":   {want: configMap("a", "2", annotated("ssa", "IfNotPresent")), action: objectdiff.Created, tries: 1},
		"kind unknown":                {want: object{"apiVersion": "x.y/v1", "kind": "Z", "metadata": object{"name": "z"}}, action: objectdiff.Created, note: "its kind does not exist yet"},
		"encrypted":                   {want: object{"apiVersion": "v1", "kind": "Secret", "metadata": object{"name": "s", "namespace": "shop"}, "stringData": object{"a": "ENC[x]"}, "sops": object{"mac": "x"}}, action: objectdiff.Skipped, note: "SOPS"},
		"no name":                     {want: configMap("", "1"), action: objectdiff.Failed, note: "no name"},
		"no namespace":                {want: configMap("a", "1", object{"namespace": ""}), action: objectdiff.Failed, note: "no namespace"},
		"invalid":                     {live: configMap("a", "1", byFlux()), want: configMap("a", "2"), answer: fail(422, "Invalid", "data.key: must be odd"), action: objectdiff.Failed, note: "must be odd", tries: 1},
		"refused by a webhook":        {want: configMap("a", "2"), answer: fail(403, "Forbidden", `admission webhook "w.example.com" denied the request: no`), action: objectdiff.Failed, note: "denied the request", tries: 1},
		"webhook away":                {want: configMap("a", "2"), answer: fail(500, "InternalError", `failed calling webhook "w.example.com": Post "https://w.ns.svc:443/": refused`), action: objectdiff.Failed, note: "w.example.com (service ns/w) does not answer", tries: 1},
		"immutable":                   {live: configMap("a", "1", byFlux()), want: configMap("a", "2"), answer: immutable, action: objectdiff.Failed, note: "spec.force", tries: 1},
		"immutable, by force":         {live: configMap("a", "1", byFlux()), want: configMap("a", "2"), force: true, answer: immutable, action: objectdiff.Recreated, note: "make it anew", tries: 1},
		"immutable, forced by itself": {live: configMap("a", "1", byFlux()), want: configMap("a", "2", annotated("force", "enabled")), answer: immutable, action: objectdiff.Recreated, note: "make it anew", tries: 1},
		"set by kubectl": {live: func() object {
			o := configMap("a", "1", object{"managedFields": []any{owned(fluxManager, "Apply", "key"), owned("kubectl-edit", "Update", "edited")}})
			o["data"].(object)["edited"] = "x"
			return o
		}(), want: configMap("a", "1"), action: objectdiff.Changed, tries: 1},
		"set by kubectl, to be kept": {live: func() object {
			o := configMap("a", "1", annotated("ssa", "Merge"), object{"managedFields": []any{owned(fluxManager, "Apply", "key"), owned("kubectl-edit", "Update", "edited")}})
			o["data"].(object)["edited"] = "x"
			return o
		}(), want: configMap("a", "1", annotated("ssa", "Merge")), action: objectdiff.Unchanged, tries: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTester(t)
			// Three more make it worthwhile to list.
			objects := []objectdiff.Wanted{{Object: &unstructured.Unstructured{Object: test.want}, Force: test.force}}
			for i := range 3 {
				other := fmt.Sprintf("other-%d", i)
				x.api.Put(configMap(other, "1", byFlux()))
				objects = append(objects, want(configMap(other, "1")))
			}
			if test.live != nil {
				x.api.Put(test.live)
			}
			x.answer = test.answer
			if test.every {
				objects = objects[:1]
			}
			attempts := x.dryRun(t, objectdiff.Trial{Everything: test.every}, objects...)
			got := attempts[0]
			if got.Action != test.action || !strings.Contains(got.Note, test.note) || test.note == "" && got.Note != "" {
				t.Errorf("%s %q, want %s %q", got.Action, got.Note, test.action, test.note)
			}
			for _, other := range attempts[1:] {
				if other.Action != objectdiff.Unchanged || !other.Proven {
					t.Errorf("%s is %s, proven %t", other.ID, other.Action, other.Proven)
				}
			}
			tries := slices.DeleteFunc(slices.Clone(x.log), func(s string) bool { return !strings.HasPrefix(s, "PATCH") })
			if len(tries) != test.tries {
				t.Errorf("asked about it %d times, want %d: %v", len(tries), test.tries, x.log)
			}
			if changes := objectdiff.Of(attempts[:1]); changes.Empty() == (got.Action != objectdiff.Unchanged && got.Action != objectdiff.Skipped) {
				t.Errorf("the difference of %s is empty: %t", got.Action, changes.Empty())
			}
		})
	}
}

// TestDryRunRoundTrips holds what makes it fast: one list, and nothing else,
// for any number of objects that stay as they are.
func TestDryRunRoundTrips(t *testing.T) {
	t.Parallel()
	x := newTester(t)
	var objects []objectdiff.Wanted
	for i := range 200 {
		name := fmt.Sprintf("cm-%03d", i)
		x.api.Put(configMap(name, "1", byFlux()))
		objects = append(objects, want(configMap(name, "1")))
	}
	for _, a := range x.dryRun(t, objectdiff.Trial{}, objects...) {
		if a.Action != objectdiff.Unchanged {
			t.Fatalf("%s is %s", a.ID, a.Action)
		}
	}
	if want := []string{"GET /api/v1/configmaps"}; !slices.Equal(x.log, want) {
		t.Errorf("requests %v, want %v", x.log, want)
	}
}

func TestDryRunBoundsRequests(t *testing.T) {
	t.Parallel()
	x := newTester(t)
	var mu sync.Mutex
	now, most := 0, 0
	both := make(chan struct{})
	x.answer = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPatch {
			return false
		}
		mu.Lock()
		if now++; now > most {
			if most = now; most == 2 {
				close(both)
			}
		}
		mu.Unlock()
		<-both // two are under way at least; a third would be counted
		mu.Lock()
		now--
		mu.Unlock()
		return false
	}
	objects := make([]objectdiff.Wanted, 0, 20)
	for i := range 20 {
		objects = append(objects, want(configMap(fmt.Sprintf("cm-%d", i), "1")))
	}
	x.dryRun(t, objectdiff.Trial{Parallel: 2}, objects...)
	if most != 2 {
		t.Errorf("%d requests at once, want 2", most)
	}
}

func TestDryRunNamespaceMissing(t *testing.T) {
	t.Parallel()
	x := newTester(t)
	x.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPatch {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusNotFound)
			_ = json.NewEncoder(w).Encode(object{
				"apiVersion": "v1", "kind": "Status", "status": "Failure", "code": 404, "reason": "NotFound",
				"message": `namespaces "shop" not found`, "details": object{"kind": "namespaces", "name": "shop"},
			})
			return true
		}
		return false
	}
	a := x.dryRun(t, objectdiff.Trial{}, want(configMap("a", "1")))[0]
	if a.Action != objectdiff.Created || a.Note != "its namespace does not exist yet" || a.After == nil {
		t.Errorf("%s %q", a.Action, a.Note)
	}
}

// TestDryRunWithoutList reads objects one by one where listing is forbidden.
func TestDryRunWithoutList(t *testing.T) {
	t.Parallel()
	x := newTester(t)
	x.answer = func(w http.ResponseWriter, r *http.Request) bool {
		list := r.Method == http.MethodGet && r.URL.Path == "/api/v1/configmaps"
		if list {
			apitest.Fail(w, http.StatusForbidden, "Forbidden", "no")
		}
		return list
	}
	var objects []objectdiff.Wanted
	for i := range 4 {
		name := fmt.Sprintf("cm-%d", i)
		x.api.Put(configMap(name, "1", byFlux()))
		objects = append(objects, want(configMap(name, fmt.Sprint(i))))
	}
	var got []objectdiff.Action
	for _, a := range x.dryRun(t, objectdiff.Trial{}, objects...) {
		got = append(got, a.Action)
	}
	if want := []objectdiff.Action{objectdiff.Changed, objectdiff.Unchanged, objectdiff.Changed, objectdiff.Changed}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestDryRunStaleList compares with the object as it is now when the list was
// older.
func TestDryRunStaleList(t *testing.T) {
	t.Parallel()
	x := newTester(t)
	objects := make([]objectdiff.Wanted, 0, 3)
	for i := range 3 {
		name := fmt.Sprintf("cm-%d", i)
		x.api.Put(configMap(name, "old"))
		objects = append(objects, want(configMap(name, "new")))
	}
	var once sync.Once
	x.answer = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPatch {
			once.Do(func() {
				for i := range 3 {
					x.api.Put(configMap(fmt.Sprintf("cm-%d", i), "new"))
				}
			})
		}
		return false
	}
	for _, a := range x.dryRun(t, objectdiff.Trial{Parallel: 1}, objects...) {
		if a.Action != objectdiff.Unchanged {
			t.Errorf("%s is %s", a.ID, a.Action)
		}
	}
}

// TestDryRunServerAway is an error of the whole, and soon.
func TestDryRunServerAway(t *testing.T) {
	t.Parallel()
	x := newTester(t)
	x.dryRun(t, objectdiff.Trial{}, want(configMap("a", "1")))
	x.api.CloseClientConnections()
	x.api.Close()
	if _, err := x.DryRun(t.Context(), objectdiff.Trial{Manager: fluxManager}, []objectdiff.Wanted{want(configMap("a", "1"))}); err == nil {
		t.Error("no error from a server that is away")
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	x := newTester(t)
	var objects []*unstructured.Unstructured
	for i := range 4 {
		o := configMap(fmt.Sprintf("cm-%d", i), "1")
		switch i {
		case 0:
			x.api.Put(configMap("cm-0", "live", object{"labels": object{}}))
		case 1, 2:
			x.api.Put(configMap(fmt.Sprintf("cm-%d", i), "live"))
		}
		objects = append(objects, &unstructured.Unstructured{Object: o})
	}
	objects = append(objects,
		&unstructured.Unstructured{Object: object{"apiVersion": "v1", "kind": "Namespace", "metadata": object{"name": "kube-system", "namespace": "ignored"}}},
		&unstructured.Unstructured{Object: object{"apiVersion": "x.y/v1", "kind": "Z", "metadata": object{"name": "z"}}})
	found, err := x.Read(t.Context(), objects)
	if err != nil {
		t.Fatal(err)
	}
	for i, there := range []bool{true, true, true, false, true, false} {
		if (found[i] != nil) != there {
			t.Errorf("%d: there %t, want %t", i, found[i] != nil, there)
		}
	}
	if value, _, _ := unstructured.NestedString(found[0].Object, "data", "key"); value != "live" {
		t.Errorf("read %q", value)
	}
}

// BenchmarkDryRunUnchanged is the client's own cost for 500 objects that are
// proven to stay as they are: decoding the list and the proof.
func BenchmarkDryRunUnchanged(b *testing.B) {
	var items []any
	objects := make([]objectdiff.Wanted, 0, 500)
	for i := range 500 {
		name := fmt.Sprintf("cm-%03d", i)
		items = append(items, configMap(name, "1", byFlux()))
		objects = append(objects, want(configMap(name, "1")))
	}
	list, err := json.Marshal(object{"apiVersion": "v1", "kind": "ConfigMapList", "metadata": object{"resourceVersion": "1"}, "items": items})
	if err != nil {
		b.Fatal(err)
	}
	api := apitest.New(b, "uid")
	api.Before(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/api/v1/configmaps" {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.Copy(w, strings.NewReader(string(list)))
		return true
	})
	c, err := New(api.Config())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		attempts, err := c.DryRun(b.Context(), objectdiff.Trial{Manager: fluxManager}, objects)
		if err != nil {
			b.Fatal(err)
		}
		if diff := objectdiff.Of(attempts); diff.Summary.Unchanged != len(objects) {
			b.Fatal(diff.Summary)
		}
	}
}
