package fluxbuild_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/groundwork-dev/groundwork/internal/fluxbuild"
	"github.com/groundwork-dev/groundwork/internal/manifest"
	"github.com/groundwork-dev/groundwork/internal/testsupport"
)

const (
	configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\ndata: {k: v}\n"
	list      = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
)

func files(pairs ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1]), Mode: 0o644}
	}
	return m
}

// said returns objects with their places, or what is wrong.
func said(objects []manifest.Object, problems error) string {
	if problems != nil && problems.Error() != "" {
		return problems.Error()
	}
	lines := make([]string, len(objects))
	for i, o := range objects {
		lines[i] = fmt.Sprintf("%s %s", o.At.Position(), o.ID())
	}
	return strings.Join(lines, "\n")
}

func TestKustomize(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"plain":     {files("d/kustomization.yaml", list+"resources: [a.yaml, sub]\n", "d/a.yaml", configMap, "d/sub/kustomization.yml", list+"resources: [b.yaml]\n", "d/sub/b.yaml", "# b\n"+strings.ReplaceAll(configMap, "name: a", "name: b")), "d/a.yaml:1:1 ConfigMap x/a\nd/sub/b.yaml:2:1 ConfigMap x/b"},
		"patched":   {files("d/kustomization.yaml", list+"resources: [a.yaml]\nnamePrefix: p-\nnamespace: y\n", "d/a.yaml", configMap), "d/a.yaml:1:1 ConfigMap y/p-a"},
		"generated": {files("d/kustomization.yaml", list+"configMapGenerator:\n- {name: g, literals: [a=b], options: {disableNameSuffixHash: true}}\n"), "d/kustomization.yaml:1 ConfigMap g"},
		"component": {files("d/kustomization.yaml", list+"resources: [a.yaml]\ncomponents: [c]\n", "d/a.yaml", configMap, "d/c/kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nlabels: [{pairs: {l: m}}]\n"), "d/a.yaml:1:1 ConfigMap x/a"},

		"missing":       {files("d/kustomization.yaml", list+"resources:\n- configmap.yaml\n", "d/configmaps.yaml", configMap), "d/kustomization.yaml:4:3: there is no d/configmap.yaml (did you mean configmaps.yaml?)"},
		"remote base":   {files("d/kustomization.yaml", list+"resources:\n- https://github.com/x/y?ref=main\n"), "d/kustomization.yaml:4:3: https://github.com/x/y?ref=main lies elsewhere: nothing is fetched"},
		"remote patch":  {files("d/kustomization.yaml", list+"resources: [a.yaml]\npatches: [{path: 'http://127.0.0.1/p.yaml'}]\n", "d/a.yaml", configMap), "d/kustomization.yaml:4:18: http://127.0.0.1/p.yaml lies elsewhere"},
		"out of it":     {files("d/kustomization.yaml", list+"resources: [../../etc/passwd]\n"), "leads out of the repository"},
		"a file beside": {files("d/kustomization.yaml", list+"resources: [../a.yaml]\n", "a.yaml", configMap), "outside of the kustomization's folder"},
		"no list":       {files("d/kustomization.yaml", list+"resources: [e]\n", "d/e/a.yaml", configMap), "folder d/e has no kustomization.yaml"},
		"circle":        {files("d/kustomization.yaml", list+"resources: [e]\n", "d/e/kustomization.yaml", list+"resources: [..]\n"), "d/e/kustomization.yaml:3:13: kustomizations go round in a circle: d → d/e → d"},
		"twice":         {files("d/kustomization.yaml", list+"resources: [a.yaml, b.yaml]\n", "d/a.yaml", configMap, "d/b.yaml", configMap), "d/b.yaml:1:1: ConfigMap x/a is there twice in one kustomization (the first one is in d/a.yaml:1:1)"},
		"no object":     {files("d/kustomization.yaml", list+"resources: [a.yaml]\n", "d/a.yaml", "a: 1\n"), "d/a.yaml:1:1: is not a Kubernetes object"},
		"key twice":     {files("d/kustomization.yaml", list+"resources: [a.yaml]\n", "d/a.yaml", configMap+"data: {}\n"), `d/a.yaml:5:1: key "data" is there twice`},
		"helm":          {files("d/kustomization.yaml", list+"helmCharts: [{name: x}]\n"), "d/kustomization.yaml:3:1: kustomize would run helm"},
		"a plugin":      {files("d/kustomization.yaml", list+"resources: [a.yaml]\ntransformers: [t.yaml]\n", "d/a.yaml", configMap, "d/t.yaml", "apiVersion: x/v1\nkind: T\nmetadata: {name: t, annotations: {config.kubernetes.io/function: \"exec: {path: ./evil}\"}}\n"), "kustomize: "},
		"unknown field": {files("d/kustomization.yaml", list+"resource: [a.yaml]\n"), `kustomize: invalid Kustomization`},
		"bad patch":     {files("d/kustomization.yaml", list+"resources: [a.yaml]\npatches: [{path: p.yaml}]\n", "d/a.yaml", configMap), "d/kustomization.yaml:1: kustomize: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := said(problemsOf(fluxbuild.NewTree(test.files).Kustomize("d")))
			if exact := strings.HasPrefix(test.want, "d/a.yaml:1:1 Conf"); exact && got != test.want || !strings.Contains(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func problemsOf[E error](objects []manifest.Object, problems E) ([]manifest.Object, error) {
	return objects, problems
}

func TestLinksAreNotFollowed(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "secret.yaml")
	if err := os.WriteFile(outside, []byte(configMap), 0o644); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string]string{"d/kustomization.yaml": list + "resources: [a.yaml, e]\n", "e/kustomization.yaml": list} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"d/a.yaml": outside, "d/e": "../e"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	got := said(problemsOf(fluxbuild.NewTree(root.FS()).Kustomize("d")))
	if strings.Count(got, "is a symbolic link, which is never followed") != 2 {
		t.Error(got)
	}
}

// TestBomb is not parallel: it measures time and memory.
func TestBomb(t *testing.T) {
	bomb := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\na: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'i'; c++ {
		p := string(c - 1)
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat("*"+p+",", 9), ","))
	}
	for name, in := range map[string]struct{ resource, want string }{
		"aliases": {bomb, "aliases make more values"},
		"nesting": {"apiVersion: v1\nkind: ConfigMap\nx: " + strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000), "nest"},
	} {
		var got string
		testsupport.Within(t, func() {
			got = said(problemsOf(fluxbuild.NewTree(files("d/kustomization.yaml", list+"resources: [a.yaml]\nnamePrefix: x\n", "d/a.yaml", in.resource)).Kustomize("d")))
		})
		if !strings.Contains(got, in.want) {
			t.Errorf("%s: got %.300s", name, got)
		}
	}
}

func TestInputs(t *testing.T) {
	t.Parallel()
	now := files("d/kustomization.yaml", list+"resources: [a.yaml]\n", "d/a.yaml", configMap, "other/b.yaml", configMap)
	tree := fluxbuild.NewTree(now)
	if objects, problems := tree.Kustomize("d"); len(objects) != 1 {
		t.Fatal(problems)
	}
	inputs := tree.Inputs()
	same := func(m fstest.MapFS) bool { return fluxbuild.NewTree(m).Unchanged(inputs) }
	if !same(now) {
		t.Error("nothing has changed")
	}
	now["other/c.yaml"] = &fstest.MapFile{Data: []byte("x")}
	if !same(now) {
		t.Error("a file that was not looked at counts")
	}
	for name, change := range map[string]func(fstest.MapFS){
		"content": func(m fstest.MapFS) { m["d/a.yaml"] = &fstest.MapFile{Data: []byte("x"), Mode: 0o644} },
		"new":     func(m fstest.MapFS) { m["d/Kustomization"] = &fstest.MapFile{Mode: 0o644} },
		"gone":    func(m fstest.MapFS) { delete(m, "d/a.yaml") },
	} {
		changed := fstest.MapFS{}
		maps.Copy(changed, now)
		if change(changed); same(changed) {
			t.Errorf("%s: the change is not seen", name)
		}
	}
}
