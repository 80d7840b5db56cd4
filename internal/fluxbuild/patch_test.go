package fluxbuild

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/groundwork-dev/groundwork/internal/manifest"
)

const patchedObjects = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, annotations: {a: "1"}}
spec: {replicas: 1, template: {spec: {containers: [{name: web, image: web:1, args: [x]}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: worker, namespace: shop}
spec: {replicas: 1, template: {spec: {containers: [{name: worker, image: worker:1}]}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop, labels: {tier: front}}
data: {answer: "yes"}
`

// TestPatchIsWhatKustomizeBuilds holds the short way, which shows kustomize only
// what a patch may change, to kustomize over everything.
func TestPatchIsWhatKustomizeBuilds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ patches, file string }{
		"by kind":              {patches: `[{target: {kind: Deployment}, patch: '- {op: replace, path: /spec/replicas, value: 3}'}]`},
		"all annotations":      {patches: `[{target: {kind: Deployment, name: web}, patch: '- {op: add, path: /metadata/annotations, value: {b: "yes"}}'}]`},
		"by a pattern":         {patches: `[{target: {name: "w.*b"}, patch: '- {op: add, path: /metadata/labels, value: {x: "on"}}'}]`},
		"merged, with target":  {patches: `[{target: {kind: Deployment}, patch: "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: any}\nspec: {paused: yes}"}]`},
		"merged, without":      {patches: `[{patch: "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {template: {spec: {containers: [{name: web, tty: true}]}}}"}]`},
		"deleted":              {patches: `[{patch: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\n$patch: delete"}]`},
		"by label":             {patches: `[{target: {labelSelector: tier=front}, patch: '- {op: replace, path: /data/answer, value: "no"}'}]`},
		"renamed and again":    {patches: `[{target: {kind: ConfigMap}, patch: '- {op: replace, path: /metadata/name, value: other}'}, {target: {name: other}, patch: '- {op: add, path: /data/more, value: "1"}'}]`},
		"from a file":          {patches: `[{path: more.yaml}]`, file: "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: worker, namespace: shop}\nspec: {replicas: 7}\n"},
		"of nothing":           {patches: `[{target: {kind: Ingress}, patch: '- {op: remove, path: /spec}'}]`},
		"refused":              {patches: `[{patch: "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: nobody}\nspec: {replicas: 1}"}]`},
		"refused by its path":  {patches: `[{target: {kind: Deployment}, patch: '- {op: replace, path: /spec/no/such, value: 1}'}]`},
		"two that follow each": {patches: `[{target: {kind: Deployment}, patch: '- {op: replace, path: /spec/replicas, value: 3}'}, {target: {name: worker}, patch: '- {op: replace, path: /spec/replicas, value: 4}'}]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := NewTree(fstest.MapFS{
				"kustomization.yaml": {Data: []byte("resources: [objects.yaml]\npatches: " + test.patches + "\n")},
				"objects.yaml":       {Data: []byte(patchedObjects)},
				"more.yaml":          {Data: []byte(test.file)},

				"around/kustomization.yaml": {Data: []byte("resources: [../in]\n")},
				"in/kustomization.yaml":     {Data: []byte("resources: [objects.yaml]\npatches: " + test.patches + "\n")},
				"in/objects.yaml":           {Data: []byte(patchedObjects)},
				"in/more.yaml":              {Data: []byte(test.file)},
			})
			read, err := tree.file("objects.yaml").parse()
			if err != nil {
				t.Fatal(err)
			}
			own := map[string]any{}
			if err := tree.merge("kustomization.yaml", own, nil); err != nil {
				t.Fatal(err)
			}
			if !patchesAlone(own) {
				t.Fatal("the short way is not taken")
			}
			want, refused := tree.run(".", "kustomization.yaml", own, read)
			got, err := tree.patch(".", "kustomization.yaml", own, read)
			if (err != nil) != (refused != nil) || (err != nil) != strings.HasPrefix(name, "refused") {
				t.Fatalf("error %v, kustomize's is %v", err, refused)
			}
			if g, w := contents(t, got), contents(t, want); g != w {
				t.Errorf("got\n%s\nwant\n%s", g, w)
			}
			within, problems := tree.Kustomize("around")
			if (len(problems) > 0) != (refused != nil) {
				t.Fatalf("problems %v of a kustomization around it, kustomize's error is %v", problems, refused)
			}
			if g, w := contents(t, within), contents(t, want); g != w {
				t.Errorf("within another: got\n%s\nwant\n%s", g, w)
			}
		})
	}
}

// contents is objects as JSON, a line each.
func contents(t *testing.T, objects []manifest.Object) string {
	t.Helper()
	var all strings.Builder
	for _, o := range objects {
		data, err := json.Marshal(o.Object)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(append(data, '\n'))
	}
	return all.String()
}
