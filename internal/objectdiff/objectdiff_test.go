package objectdiff

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// objects parses YAML documents.
func objects(t testing.TB, text string) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for document := range strings.SplitSeq(text, "\n---\n") {
		if strings.TrimSpace(document) == "" {
			continue
		}
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &o.Object); err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	return all
}

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop, labels: {app: api}}
spec:
  replicas: 2
  template:
    spec:
      containers:
      - {name: app, image: "api:1"}
      - {name: proxy, image: "proxy:1"}
`

func TestCompare(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before, after string
		summary       string
		want          []string // each change, as action and object, then each of its fields' paths
	}{
		"nothing": {"", "", "0 created, 0 changed, 0 deleted, 0 unchanged", nil},
		"equal":   {deployment, deployment, "0 created, 0 changed, 0 deleted, 1 unchanged", nil},
		"another version is the same object": {
			"apiVersion: example.com/v1beta1\nkind: Thing\nmetadata: {name: a}",
			"apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}",
			"0 created, 1 changed, 0 deleted, 0 unchanged",
			[]string{"changed Thing.example.com/a", "apiVersion"},
		},
		"another group is another object": {
			"apiVersion: a.example.com/v1\nkind: Thing\nmetadata: {name: a}",
			"apiVersion: b.example.com/v1\nkind: Thing\nmetadata: {name: a}",
			"1 created, 0 changed, 1 deleted, 0 unchanged",
			[]string{"deleted Thing.a.example.com/a", "apiVersion", "kind", "metadata", "created Thing.b.example.com/a", "apiVersion", "kind", "metadata"},
		},
		"fields": {
			deployment,
			strings.NewReplacer("api:1", "api:2", "replicas: 2", "replicas: 3", "app: api}", "app: api, x.y/z: w}").Replace(deployment),
			"0 created, 1 changed, 0 deleted, 0 unchanged",
			[]string{
				"changed Deployment.apps/shop/api", `metadata.labels["x.y/z"]`, "spec.replicas",
				"spec.template.spec.containers[name=app].image",
			},
		},
		"an element less": {
			deployment, strings.Replace(deployment, `      - {name: app, image: "api:1"}`+"\n", "", 1),
			"0 created, 1 changed, 0 deleted, 0 unchanged",
			[]string{"changed Deployment.apps/shop/api", "spec.template.spec.containers[name=app]"},
		},
		"another order": {
			"apiVersion: v1\nkind: A\nmetadata: {name: a}\nspec: [{name: x}, {name: y}]",
			"apiVersion: v1\nkind: A\nmetadata: {name: a}\nspec: [{name: y}, {name: x}]",
			"0 created, 1 changed, 0 deleted, 0 unchanged",
			[]string{"changed A/a", "spec"},
		},
		"elements without a key": {
			"apiVersion: v1\nkind: A\nmetadata: {name: a}\nspec: [1, 2]\nmore: [1, 2]",
			"apiVersion: v1\nkind: A\nmetadata: {name: a}\nspec: [1, 3]\nmore: [1]",
			"0 created, 1 changed, 0 deleted, 0 unchanged",
			[]string{"changed A/a", "more", "spec[1]"},
		},
		"what the server keeps": {
			"apiVersion: v1\nkind: A\nmetadata: {name: a}",
			"apiVersion: v1\nkind: A\nmetadata: {name: a, uid: u, resourceVersion: '4', generation: 3, creationTimestamp: x, managedFields: [{manager: m}]}\nstatus: {ready: true}",
			"0 created, 0 changed, 0 deleted, 1 unchanged", nil,
		},
		"null is nothing": {
			"apiVersion: v1\nkind: A\nmetadata: {name: a}", "apiVersion: v1\nkind: A\nmetadata: {name: a}\nspec: null",
			"0 created, 0 changed, 0 deleted, 1 unchanged", nil,
		},
		"a Secret in other words": {
			"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {k: value}",
			"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {k: dmFsdWU=}",
			"0 created, 0 changed, 0 deleted, 1 unchanged", nil,
		},
		"order of the objects": {
			"apiVersion: v1\nkind: B\nmetadata: {name: b, namespace: b}\n---\napiVersion: v1\nkind: A\nmetadata: {name: z, namespace: a}",
			"apiVersion: v1\nkind: A\nmetadata: {name: w, namespace: a}\n---\napiVersion: v1\nkind: Z\nmetadata: {name: z}",
			"2 created, 0 changed, 2 deleted, 0 unchanged",
			[]string{
				"created Z/z", "apiVersion", "kind", "metadata", "created A/a/w", "apiVersion", "kind", "metadata",
				"deleted A/a/z", "apiVersion", "kind", "metadata", "deleted B/b/b", "apiVersion", "kind", "metadata",
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diff := Compare(objects(t, test.before), objects(t, test.after))
			if got := diff.Summary.String(); got != test.summary {
				t.Errorf("summary %q, want %q", got, test.summary)
			}
			var got []string
			for _, c := range diff.Changes {
				got = append(got, string(c.Action)+" "+c.ID.String())
				for _, f := range c.Fields {
					got = append(got, f.Path)
				}
			}
			if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
				t.Errorf("changes:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
			if diff.Empty() != (len(test.want) == 0) {
				t.Errorf("Empty is %t", diff.Empty())
			}
		})
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	before := deployment + "\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: old, namespace: shop}\ndata: {a: b}"
	after := strings.Replace(deployment, "replicas: 2", "replicas: 3", 1) +
		"\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}"
	const want = `+ Namespace/shop created
@@ -0,0 +1,4 @@
+apiVersion: v1
+kind: Namespace
+metadata:
+  name: shop

- ConfigMap/shop/old deleted
@@ -1,7 +0,0 @@
-apiVersion: v1
-kind: ConfigMap
-metadata:
-  name: old
-  namespace: shop
-data:
-  a: b

~ Deployment.apps/shop/api changed
@@ -6,7 +6,7 @@
   name: api
   namespace: shop
 spec:
-  replicas: 2
+  replicas: 3
   template:
     spec:
       containers:

1 created, 1 changed, 1 deleted, 0 unchanged
`
	diff := Compare(objects(t, before), objects(t, after))
	if got := diff.Text(nil); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	styled := diff.Text(func(l Line) string {
		if l.Kind == Added {
			return "<" + l.Text + ">"
		}
		return l.Text
	})
	if !strings.Contains(styled, "\n<+  replicas: 3>\n") {
		t.Errorf("a line is not styled:\n%s", styled)
	}
}

func TestJSONIsStable(t *testing.T) {
	t.Parallel()
	before, after := objects(t, deployment), objects(t, strings.Replace(deployment, "replicas: 2", "replicas: 3", 1))
	data, err := json.Marshal(Compare(before, after).Changes[0].Fields)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(data), `[{"path":"spec.replicas","before":2,"after":3}]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	data, err = json.Marshal(Compare(nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(data), `{"summary":{"created":0,"changed":0,"deleted":0,"unchanged":0},"changes":[]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEqualValues(t *testing.T) {
	t.Parallel()
	for _, same := range [][2]any{{1, int64(1)}, {1.0, 1}, {1.5, 1.5}, {nil, nil}, {"a", "a"}, {true, true}} {
		if !EqualValues(same[0], same[1]) {
			t.Errorf("%#v and %#v differ", same[0], same[1])
		}
	}
	for _, other := range [][2]any{{1, "1"}, {1.5, 1}, {nil, ""}, {nil, false}, {true, "true"}, {[]any{}, map[string]any{}}, {1e300, int64(1)}} {
		if EqualValues(other[0], other[1]) || EqualValues(other[1], other[0]) {
			t.Errorf("%#v and %#v are the same", other[0], other[1])
		}
	}
}

func TestInputIsLeftAlone(t *testing.T) {
	t.Parallel()
	const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a, uid: x, annotations: {k: value-one}}\nstringData: {k: value-one}\nstatus: {a: b}"
	before, after := objects(t, secret), objects(t, strings.ReplaceAll(secret, "one", "two"))
	Compare(before, after)
	for i, o := range []*unstructured.Unstructured{before[0], after[0]} {
		want := objects(t, strings.ReplaceAll(secret, "one", []string{"one", "two"}[i]))[0]
		if !EqualValues(o.Object, want.Object) {
			t.Errorf("side %d was changed to %v", i, o.Object)
		}
	}
}

func BenchmarkCompareEqual(b *testing.B) {
	var before, after []*unstructured.Unstructured
	for i := range 1000 {
		text := strings.ReplaceAll(deployment, "name: api,", fmt.Sprintf("name: api-%d,", i))
		before, after = append(before, objects(b, text)...), append(after, objects(b, text)...)
	}
	b.ReportAllocs()
	for b.Loop() {
		if diff := Compare(before, after); diff.Summary.Unchanged != 1000 {
			b.Fatal(diff.Summary)
		}
	}
}

func BenchmarkCompareChanged(b *testing.B) {
	var before, after []*unstructured.Unstructured
	for i := range 1000 {
		text := strings.ReplaceAll(deployment, "name: api,", fmt.Sprintf("name: api-%d,", i))
		before = append(before, objects(b, text)...)
		after = append(after, objects(b, strings.ReplaceAll(text, "api:1", "api:2"))...)
	}
	b.ReportAllocs()
	for b.Loop() {
		if diff := Compare(before, after); diff.Summary.Changed != 1000 {
			b.Fatal(diff.Summary)
		}
	}
}
