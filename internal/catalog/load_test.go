package catalog_test

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/diag"
)

const spec = `apiVersion: groundwork.dev/v1alpha1
kind: Component
spec:
  description: A component of a test.
  namespace: {name: demo, podSecurity: restricted}
`

const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"

const backup = "  destroy: {backup: {object: last.yaml, status: status.phase, done: [Completed], failed: [Failed]}}\n"

// demo is a component that has nothing wrong, with the given files on top; an
// empty text takes a file away.
func demo(changes map[string]string) fstest.MapFS {
	files := map[string]string{
		"demo/component.yaml":   spec,
		"demo/README.md":        "# demo\n",
		"demo/manifests/a.yaml": configMap,
	}
	maps.Copy(files, changes)
	fsys := fstest.MapFS{}
	for name, text := range files {
		if text != "" {
			fsys[name] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return fsys
}

// What is not parsed of the built-in components is what parsing would find.
func TestBuiltinIsProven(t *testing.T) {
	t.Parallel()
	layer := catalog.BuiltinLayer()
	if !layer.Proven {
		t.Fatal("the built-in layer is parsed")
	}
	quick := loadBuiltin(t)
	layer.Proven = false
	parsed, err := catalog.Load(layer)
	if err != nil {
		t.Fatal(err)
	}
	texts := 0
	all := func(c *catalog.Component) []catalog.Manifest {
		manifests := slices.Clone(c.Manifests)
		for _, s := range c.Stages {
			manifests = append(manifests, s.Manifests...)
		}
		return manifests
	}
	for _, name := range quick.Names() {
		a, _ := quick.Component(name)
		b, _ := parsed.Component(name)
		for i, m := range all(a) {
			want := all(b)[i]
			if m.File != want.File || m.APIVersion != want.APIVersion || m.Kind != want.Kind || !bytes.Equal(m.Text, want.Text) {
				t.Errorf("%s/%s: read as %s %s, parsed as %s %s", name, m.File, m.APIVersion, m.Kind, want.APIVersion, want.Kind)
			}
			if m.Text != nil {
				texts++
			}
		}
	}
	if texts < 20 {
		t.Errorf("%d manifests were compared", texts)
	}
}

func TestLoadBuiltin(t *testing.T) {
	t.Parallel()
	c := loadBuiltin(t)
	for _, name := range c.Names() {
		comp, ok := c.Component(name)
		if !ok || comp.Name != name || comp.Namespace.Name == "" || len(comp.Workloads) > 0 && len(comp.Network) == 0 {
			t.Errorf("%s: %+v", name, comp)
		}
	}
}

func TestLoadComplete(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load(catalog.Layer{Origin: "components", FS: demo(map[string]string{
		"demo/component.yaml": spec + `  chart: {name: demo, version: 1.0.0, repository: https://charts.example.com}
  serviceAccounts: [{name: demo, iamPolicy: iam-policy.json}]
`,
		"demo/iam-policy.json":        `{"Version": "2012-10-17", "Statement": []}`,
		"demo/values.yaml":            "a: 1\n",
		"demo/values-ha.yaml":         "b: 2\n",
		"demo/configs/20-late/b.yaml": configMap,
		"demo/configs/10-soon/a.yaml": configMap,
		"demo/standin/any.yaml":       "x: {{.Name}}\n",
		"README.md":                   "# components\n",
		".hidden/x":                   "",
	})})
	if err != nil {
		t.Fatal(err)
	}
	comp, _ := c.Component("demo")
	if comp.Chart.ReleaseName != "demo" || comp.Chart.CRDs != catalog.CRDsCreateReplace || comp.Chart.Timeout != "10m" {
		t.Errorf("defaults of the chart: %+v", comp.Chart)
	}
	if len(comp.Stages) != 2 || comp.Stages[0].Name != "soon" || comp.Stages[1].Name != "late" {
		t.Errorf("stages: %+v", comp.Stages)
	}
	if got := len(comp.Values(true).Root().Content); got != 4 {
		t.Errorf("values of ha: %d nodes", got)
	}
	if got := len(comp.Values(false).Root().Content); got != 2 {
		t.Errorf("values: %d nodes", got)
	}
}

func TestLoadReports(t *testing.T) {
	t.Parallel()
	const thing = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\n"
	things := "  provides: {crds: [things.example.com]}\n"
	chart := "  chart: {name: demo, version: 1.0.0, repository: https://charts.example.com}\n"
	tests := map[string]struct {
		files map[string]string
		want  string
	}{
		"no component.yaml":  {map[string]string{"demo/component.yaml": ""}, "components/demo: has no component.yaml"},
		"no README":          {map[string]string{"demo/README.md": ""}, "components/demo: has no README.md"},
		"a huge file":        {map[string]string{"demo/component.yaml": strings.Repeat("a: b\n", 500_000)}, "components/demo/component.yaml: is larger than 1 MiB"},
		"nothing to install": {map[string]string{"demo/manifests/a.yaml": ""}, "components/demo/component.yaml:4:3: spec: the component installs nothing"},
		"mistyped key":       {map[string]string{"demo/component.yaml": spec + "  dependOn: [x]\n"}, `components/demo/component.yaml:6:3: spec.dependOn: unknown key (did you mean "dependsOn"?)`},
		"version range":      {map[string]string{"demo/component.yaml": spec + "  chart: {name: demo, version: 1.x, repository: https://charts.example.com}\n"}, "components/demo/component.yaml:6:32: spec.chart.version: is \"1.x\", want one exact version such as 1.2.3"},
		"unknown dependency": {map[string]string{"demo/component.yaml": spec + "  dependsOn: [dem]\n"}, "components/demo/component.yaml:6:15: spec.dependsOn[0]: there is no component dem (did you mean demo?)"},
		"itself":             {map[string]string{"demo/component.yaml": spec + "  dependsOn: [demo]\n"}, "a component cannot depend on itself"},
		"unknown kind":       {map[string]string{"demo/component.yaml": spec, "demo/configs/a.yaml": thing}, "demo/configs/a.yaml:1:13: nothing that is installed before knows the kind Thing of example.com"},
		"mistyped group":     {map[string]string{"demo/component.yaml": spec + "  provides: {crds: [things.exampel.com]}\n", "demo/configs/a.yaml": thing}, "(did you mean exampel.com?)"},
		"kind too early":     {map[string]string{"demo/component.yaml": spec + chart + things, "demo/manifests/b.yaml": thing}, "move the file to configs/"},
		"unknown CRD":        {map[string]string{"demo/component.yaml": spec + "  requires: {crds: [things.example.com]}\n"}, "nothing that is installed before provides things.example.com"},
		"folder's name":      {map[string]string{"Demo_2/component.yaml": spec}, "components/Demo_2: is not a name that a component can have"},
		"unknown file":       {map[string]string{"demo/value.yaml": "a: 1\n"}, "components/demo/value.yaml: is not a file that a component has (did you mean values.yaml?)"},
		"manifest's name":    {map[string]string{"demo/manifests/b.yml": configMap}, "components/demo/manifests/b.yml: is not a file that a component has (names of manifests end in .yaml"},
		"no object":          {map[string]string{"demo/manifests/b.yaml": "apiVersion: v1\nkind: ConfigMap\n"}, "components/demo/manifests/b.yaml:1:1: is not a Kubernetes object: metadata.name is missing"},
		"a list":             {map[string]string{"demo/manifests/b.yaml": "- a\n"}, "components/demo/manifests/b.yaml: is not a mapping"},
		"two documents":      {map[string]string{"demo/manifests/b.yaml": configMap + "---\n" + configMap}, "components/demo/manifests/b.yaml:6:1: a second YAML document starts here"},
		"values, no chart":   {map[string]string{"demo/values.yaml": "a: 1\n"}, "components/demo/values.yaml: has values, but the component has no chart"},
		"unknown reference": {
			map[string]string{"demo/component.yaml": spec + chart, "demo/values.yaml": "a:\n  b: \"{{cluster.nmae}}\"\n"},
			"components/demo/values.yaml:2:6: unknown reference {{cluster.nmae}} (did you mean {{cluster.name}}?)",
		},
		"incomplete reference": {
			map[string]string{"demo/component.yaml": spec + chart, "demo/values.yaml": "a: \"{{cluster}}\"\n"},
			"components/demo/values.yaml:1:4: incomplete reference {{cluster}} (known: cluster.domain, cluster.fullName, cluster.name, cluster.size)",
		},
		"list in a text": {
			map[string]string{"demo/component.yaml": spec + chart + "  parameters:\n    hosts: {type: array, items: {type: string}, default: []}\n", "demo/values.yaml": "a: x{{parameters.hosts}}\n"},
			"components/demo/values.yaml:1:4: {{parameters.hosts}} is a list or a mapping and cannot stand inside of a text",
		},
		"reference as key": {
			map[string]string{"demo/component.yaml": spec + chart, "demo/values.yaml": "\"{{cluster.name}}\": 1\n"},
			"components/demo/values.yaml:1:1: a key cannot hold a reference",
		},
		"bad default": {
			map[string]string{"demo/component.yaml": spec + "  parameters:\n    n: {type: integer, minimum: 2, default: 3, defaultHA: 1}\n"},
			"components/demo/component.yaml:7:59: spec.parameters.n.defaultHA: is 1, want at least 2",
		},
		"mistyped parameter": {
			map[string]string{"demo/component.yaml": spec + "  parameters:\n    n: {type: integer, defualt: 1}\n"},
			`unknown key (did you mean "default"?)`,
		},
		"bad pattern": {
			map[string]string{"demo/component.yaml": spec + "  parameters:\n    n: {type: string, pattern: \"(\", default: a}\n"},
			"spec.parameters: is not a schema",
		},
		"missing policy": {
			map[string]string{"demo/component.yaml": spec + "  serviceAccounts: [{name: a, iamPolicy: p.json}]\n"},
			"components/demo/component.yaml:6:42: there is no file components/demo/p.json",
		},
		"bad policy": {
			map[string]string{"demo/component.yaml": spec + "  serviceAccounts: [{name: a, iamPolicy: p.json}]\n", "demo/p.json": "{}"},
			"components/demo/p.json: is not an IAM policy",
		},
		"policy with an unknown bucket": {
			map[string]string{
				"demo/component.yaml": spec + "  serviceAccounts: [{name: a, iamPolicy: p.json}]\n  buckets: [{name: logs, description: What was logged.}]\n",
				"demo/p.json":         `{"Statement": [{"Resource": "{{buckets.log}}"}]}`,
			},
			`components/demo/p.json:1:29: unknown reference {{buckets.log}}`,
		},
		"files and stages": {
			map[string]string{"demo/configs/a.yaml": configMap, "demo/configs/10-b/b.yaml": configMap},
			"components/demo/configs: has both files and stage folders",
		},
		"no last backup": {
			map[string]string{"demo/component.yaml": spec + backup},
			"demo/component.yaml:6:30: spec.destroy.backup.object: there is no file components/demo/last.yaml",
		},
		"last backup anywhere": {
			map[string]string{"demo/component.yaml": spec + backup, "demo/last.yaml": configMap},
			"components/demo/last.yaml: is a ConfigMap without a namespace",
		},
		"backup never done": {
			map[string]string{"demo/component.yaml": spec + strings.Replace(backup, "[Completed]", "[]", 1)},
			"spec.destroy.backup.done",
		},
		"marker of anybody": {
			map[string]string{"demo/component.yaml": spec + "  destroy: {recordMarkers: [heritage=demo]}\n"},
			"demo/component.yaml:6:29: spec.destroy.recordMarkers[0]: the marker is on other clusters' records too",
		},
		"mistyped marker": {
			map[string]string{"demo/component.yaml": spec + "  destroy: {recordMarkers: [\"{{cluster.fullname}} {{cluster.domain}}\"]}\n"},
			"unknown reference {{cluster.fullname}}",
		},
		"stage without a number": {map[string]string{"demo/configs/first/b.yaml": configMap}, "components/demo/configs/first: is not a stage's name"},
		"stage twice": {
			map[string]string{"demo/configs/10-a/b.yaml": configMap, "demo/configs/20-a/b.yaml": configMap},
			"components/demo/configs/20-a: stage a exists twice, here and in configs/10-a",
		},
		"open port": {
			map[string]string{"demo/component.yaml": spec + "  network: [{name: a, direction: ingress, peers: [{kind: apiserver}]}]\n"},
			"spec.network[0]: flow a opens every port to apiserver (list its ports)",
		},
		"peer without a namespace": {
			map[string]string{"demo/component.yaml": spec + "  network: [{name: a, direction: egress, peers: [{kind: namespace}], ports: [{port: 1}]}]\n"},
			"spec.network[0].peers[0]: the peer's namespace is missing",
		},
		"bad range": {
			map[string]string{"demo/component.yaml": spec + "  network: [{name: a, direction: egress, peers: [{kind: cidr, cidr: 10.0.0.0}], ports: [{port: 1}]}]\n"},
			`"10.0.0.0" is not a range of addresses`,
		},
		"replicas of a DaemonSet": {
			map[string]string{"demo/component.yaml": spec + "  workloads: [{kind: DaemonSet, name: a, images: [b], replicas: {small: 1, ha: 1}}]\n"},
			"a DaemonSet has no replicas",
		},
		"cluster's namespace": {
			map[string]string{"demo/component.yaml": strings.Replace(spec, "name: demo", "name: kube-system", 1)},
			"components/demo/component.yaml:5:21: spec.namespace.name: namespace kube-system belongs to the cluster",
		},
		"workload twice": {
			map[string]string{"demo/component.yaml": spec + "  workloads: [{kind: DaemonSet, name: a, images: [b]}, {kind: DaemonSet, name: a, images: [b]}]\n"},
			"DaemonSet a is here twice",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := catalog.Load(catalog.Layer{Origin: "components", FS: demo(test.files)})
			if _, ok := errors.AsType[diag.Problems](err); !ok {
				t.Fatalf("got %v, want problems", err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got:\n%v\nwant: %s", err, test.want)
			}
		})
	}
}

func TestLoadLayers(t *testing.T) {
	t.Parallel()
	ours := catalog.Layer{Origin: "builtin", FS: demo(nil)}
	_, err := catalog.Load(ours, catalog.Layer{Origin: "components", FS: demo(nil)})
	if err == nil || !strings.Contains(err.Error(), "components/demo: component demo exists twice, here and in builtin/demo") {
		t.Errorf("got %v", err)
	}
	c, err := catalog.Load(ours, catalog.Layer{Origin: "components", FS: os.DirFS(filepath.Join(t.TempDir(), "none"))})
	if err != nil || !slices.Equal(c.Names(), []string{"demo"}) {
		t.Errorf("a layer that is not there: %v", err)
	}
}

// A link out of the folder is refused wherever it stands, also when the file
// system itself would follow it.
func TestLoadRefusesLinks(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret.yaml")
	if err := os.WriteFile(secret, []byte(configMap), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{"demo/manifests/b.yaml", "demo/configs", "demo/component.yaml", "other"} {
		t.Run(link, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			if err := os.CopyFS(root, demo(map[string]string{link: ""})); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(secret, filepath.Join(root, filepath.FromSlash(link))); err != nil {
				t.Fatal(err)
			}
			_, err := catalog.Load(catalog.Layer{Origin: "components", FS: os.DirFS(root)})
			if err == nil || !strings.Contains(err.Error(), "symbolic link") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func BenchmarkLoadBuiltin(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := catalog.Load(catalog.BuiltinLayer()); err != nil {
			b.Fatal(err)
		}
	}
}
