package livediff

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/cluster"
	"github.com/groundwork-dev/groundwork/internal/cluster/apitest"
	"github.com/groundwork-dev/groundwork/internal/objectdiff"
)

var _ Live = (*cluster.Cluster)(nil)

// fake is a cluster whose server sets what it is given.
type fake struct {
	objects map[objectdiff.ID]*unstructured.Unstructured
	trial   objectdiff.Trial
	tried   []objectdiff.Wanted
	err     error
}

func newFake(t *testing.T, text string) *fake {
	t.Helper()
	f := &fake{objects: map[objectdiff.ID]*unstructured.Unstructured{}}
	for _, o := range parse(t, text) {
		f.objects[objectdiff.IDOf(o)] = o
	}
	return f
}

func (f *fake) DryRun(_ context.Context, trial objectdiff.Trial, objects []objectdiff.Wanted) ([]objectdiff.Attempt, error) {
	f.trial, f.tried = trial, append(f.tried, objects...)
	attempts := make([]objectdiff.Attempt, len(objects))
	for i, o := range objects {
		id := objectdiff.IDOf(o.Object)
		attempts[i] = objectdiff.Attempt{ID: id, Action: objectdiff.Changed, Before: f.objects[id], After: o.Object}
	}
	return attempts, f.err
}

func (f *fake) Read(_ context.Context, objects []*unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	found := make([]*unstructured.Unstructured, len(objects))
	for i, o := range objects {
		found[i] = f.objects[objectdiff.IDOf(o)]
	}
	return found, f.err
}

func parse(t testing.TB, text string) []*unstructured.Unstructured {
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

// configMap is one as Flux applied it for the Kustomization flux-system/apps.
func configMap(name string, annotations ...string) string {
	text := "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\n  namespace: shop\n" +
		"  labels: {kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux-system}\n"
	for _, a := range annotations {
		text += "  annotations: {kustomize.toolkit.fluxcd.io/" + a + "}\n"
	}
	return text + "data: {a: b}\n---\n"
}

// flux is a live Kustomization with an inventory.
func flux(name, spec string, ids ...string) string {
	text := "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: " + name + "\n  namespace: flux-system\n" +
		"  labels: {kustomize.toolkit.fluxcd.io/name: root, kustomize.toolkit.fluxcd.io/namespace: flux-system}\n" +
		"spec: {" + spec + "}\nstatus:\n  inventory:\n    entries:\n"
	for _, id := range ids {
		text += "    - {id: " + id + ", v: v1}\n"
	}
	return text + "---\n"
}

const unlabelled = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept, namespace: shop}\ndata: {a: b}\n---\n"

func TestDiff(t *testing.T) {
	t.Parallel()
	apps := func(objects []*unstructured.Unstructured) []Kustomization {
		return []Kustomization{{Namespace: "flux-system", Name: "apps", Prune: true, Objects: objects}}
	}
	tests := map[string]struct {
		live string
		tree string
		want func([]*unstructured.Unstructured) []Kustomization
		got  []string // Kustomization, action, object
	}{
		"nothing": {},
		"nothing to do": {
			live: flux("apps", "prune: true", "shop_kept__ConfigMap") + configMap("kept"), tree: unlabelled,
		},
		"the labels of Flux are its own": {
			live: unlabelled, tree: unlabelled, got: []string{"flux-system/apps changed ConfigMap/shop/kept"},
		},
		"pruned": {
			live: flux("apps", "prune: true", "shop_kept__ConfigMap", "shop_gone__ConfigMap", "shop_absent__ConfigMap") + configMap("kept") + configMap("gone"),
			tree: unlabelled, got: []string{"flux-system/apps deleted ConfigMap/shop/gone"},
		},
		"pruning is off": {
			live: flux("apps", "", "shop_gone__ConfigMap") + configMap("gone"),
			want: func([]*unstructured.Unstructured) []Kustomization {
				return []Kustomization{{Namespace: "flux-system", Name: "apps"}}
			},
		},
		"not to be pruned": {
			live: flux("apps", "", "shop_gone__ConfigMap", "shop_idle__ConfigMap", "shop_other__ConfigMap") + configMap("gone", "prune: Disabled") +
				configMap("idle", "reconcile: disabled") + strings.ReplaceAll(configMap("other"), "labels:", "ignored:"),
			got: []string{
				"flux-system/apps skipped ConfigMap/shop/gone", "flux-system/apps skipped ConfigMap/shop/idle",
				"flux-system/apps skipped ConfigMap/shop/other",
			},
		},
		"moved to another": {
			live: flux("apps", "prune: true", "shop_kept__ConfigMap") + configMap("kept"), tree: unlabelled,
			want: func(objects []*unstructured.Unstructured) []Kustomization {
				return append(apps(nil), Kustomization{Namespace: "flux-system", Name: "other", Objects: objects})
			},
			got: []string{"flux-system/other changed ConfigMap/shop/kept"},
		},
		"a Kustomization goes": {
			live: flux("root", "prune: true", "flux-system_apps_kustomize.toolkit.fluxcd.io_Kustomization") +
				flux("apps", "prune: true", "shop_gone__ConfigMap") + configMap("gone"),
			want: func([]*unstructured.Unstructured) []Kustomization {
				return []Kustomization{{Namespace: "flux-system", Name: "root", Prune: true}}
			},
			got: []string{
				"flux-system/root deleted Kustomization.kustomize.toolkit.fluxcd.io/flux-system/apps",
				"flux-system/apps deleted ConfigMap/shop/gone",
			},
		},
		"a Kustomization goes, what it applied stays": {
			live: flux("root", "prune: true", "flux-system_apps_kustomize.toolkit.fluxcd.io_Kustomization") +
				flux("apps", "prune: true, deletionPolicy: Orphan", "shop_gone__ConfigMap") + configMap("gone"),
			want: func([]*unstructured.Unstructured) []Kustomization {
				return []Kustomization{{Namespace: "flux-system", Name: "root", Prune: true}}
			},
			got: []string{"flux-system/root deleted Kustomization.kustomize.toolkit.fluxcd.io/flux-system/apps"},
		},
		"another cluster": {
			live: flux("apps", "prune: true", "shop_gone__ConfigMap") + configMap("gone"), tree: unlabelled,
			want: func(objects []*unstructured.Unstructured) []Kustomization {
				return []Kustomization{{Namespace: "flux-system", Name: "apps", Prune: true, Remote: true, Objects: objects}}
			},
		},
		"of the whole cluster, with a namespace": {
			live: flux("apps", "prune: true", "_a__b_rbac.authorization.k8s.io_ClusterRole") +
				"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: 'a:b'}",
			tree: "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: 'a:b', namespace: shop}",
			got:  []string{"flux-system/apps created ClusterRole.rbac.authorization.k8s.io/shop/a:b"}, // the fake knows no scopes
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := apps
			if test.want != nil {
				want = test.want
			}
			result, err := Diff(t.Context(), newFake(t, test.live), want(parse(t, test.tree)), Options{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			var sum objectdiff.Summary
			empty := true
			for _, part := range result.Kustomizations {
				for _, c := range part.Changes {
					got = append(got, part.Kustomization+" "+string(c.Action)+" "+c.ID.String())
					empty = empty && c.Action == objectdiff.Skipped
				}
				sum = sum.Add(part.Summary)
			}
			if strings.Join(got, "\n") != strings.Join(test.got, "\n") {
				t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(test.got, "\n"))
			}
			if result.Empty() != empty || result.Summary != sum {
				t.Errorf("empty %t, summary %v", result.Empty(), result.Summary)
			}
		})
	}
}

func TestWhatIsAsked(t *testing.T) {
	t.Parallel()
	f := newFake(t, "")
	manifest := parse(t, `
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec: {force: true, prune: true, suspend: true, commonMetadata: {labels: {team: a}, annotations: {note: b}}}
`)[0]
	tree := parse(t, unlabelled)
	result, err := Diff(t.Context(), f, []Kustomization{From(manifest, tree)}, Options{Parallel: 3, Everything: true})
	if err != nil {
		t.Fatal(err)
	}
	if f.trial != (objectdiff.Trial{Manager: "kustomize-controller", Parallel: 3, Everything: true}) {
		t.Errorf("trial %+v", f.trial)
	}
	asked := f.tried[0]
	labels := asked.Object.GetLabels()
	if !asked.Force || labels["team"] != "a" || labels["kustomize.toolkit.fluxcd.io/name"] != "apps" ||
		labels["kustomize.toolkit.fluxcd.io/namespace"] != "flux-system" || asked.Object.GetAnnotations()["note"] != "b" {
		t.Errorf("asked about %v, force %t", asked.Object.Object, asked.Force)
	}
	if len(tree[0].GetLabels()) > 0 {
		t.Error("the tree was changed")
	}
	text := result.Text(nil)
	if !strings.HasPrefix(text, "Kustomization flux-system/apps: 1 created, 0 changed, 0 deleted, 0 unchanged\n  it is suspended") {
		t.Errorf("text:\n%s", text)
	}
}

func TestClusterAway(t *testing.T) {
	t.Parallel()
	f := newFake(t, "")
	f.err = errors.New("away")
	if _, err := Diff(t.Context(), f, nil, Options{}); err == nil || !strings.Contains(err.Error(), "away") {
		t.Errorf("error %v", err)
	}
}

// TestSecretsStayInside goes the whole way, over the wire, with a Secret in one
// Kustomization that another repeats.
func TestSecretsStayInside(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, "uid")
	live, err := cluster.New(api.Config())
	if err != nil {
		t.Fatal(err)
	}
	api.Put(apitest.Object{
		"apiVersion": "v1", "kind": "Secret", "metadata": apitest.Object{"name": "s", "namespace": "shop"},
		"data": apitest.Object{"password": "b2xkLXBhc3N3b3JkLTE="},
	})
	want := []Kustomization{
		{Namespace: "flux-system", Name: "a", Objects: parse(t, "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\nstringData: {password: new-password-1}")},
		{Namespace: "flux-system", Name: "b", Objects: parse(t, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\ndata: {url: 'https://u:new-password-1@h'}")},
	}
	result, err := Diff(t.Context(), live, want, Options{})
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	all := result.Text(nil) + string(data)
	for _, secret := range []string{"new-password-1", "old-password-1", "b2xkLXBhc3N3b3JkLTE", "bmV3LXBhc3N3b3JkLTE"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q is in the output:\n%s", secret, all)
		}
	}
	for _, seen := range []string{"-  password: '*** (before)'", "+  password: '*** (after)'", "+  url: https://u:***@h", "1 created, 1 changed"} {
		if !strings.Contains(all, seen) {
			t.Errorf("%q is not in the output:\n%s", seen, all)
		}
	}
	if writes := api.Writes(); len(writes) > 0 {
		t.Errorf("the cluster was changed: %v", writes)
	}
}
