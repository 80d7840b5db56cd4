package platform_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/platform"
)

const head = `apiVersion: groundwork.dev/v1alpha1
kind: Platform
metadata:
  name: acme
spec:
  repository:
    url: https://git.example.com/acme/platform
  aws:
    accountID: "012345678901"
    region: eu-central-1
    zones: [eu-central-1a, eu-central-1b, eu-central-1c]
`

func parse(t testing.TB, text string) *config.Platform {
	t.Helper()
	p, err := config.Parse("platform.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// component is a component.yaml of plain manifests; lines go below spec.
func component(namespace string, lines ...string) string {
	return "apiVersion: groundwork.dev/v1alpha1\nkind: Component\nspec:\n  description: A component of a test.\n" +
		"  namespace: {name: " + namespace + ", podSecurity: restricted}\n  " + strings.Join(lines, "\n  ") + "\n"
}

const object = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"

// files are the files of a layer, by path.
type files map[string]string

func (f files) layer() catalog.Layer {
	fsys := fstest.MapFS{}
	for name, text := range f {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
		dir, _, _ := strings.Cut(name, "/")
		fsys[dir+"/README.md"] = &fstest.MapFile{Data: []byte("# " + dir + "\n")}
		if _, ok := f[dir+"/manifests/a.yaml"]; !ok {
			fsys[dir+"/manifests/a.yaml"] = &fstest.MapFile{Data: []byte(object)}
		}
	}
	return catalog.Layer{Origin: "components", FS: fsys}
}

func load(t testing.TB, layers ...catalog.Layer) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load(layers...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func render(t *testing.T, n *yaml.Node) string {
	t.Helper()
	out, err := yaml.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func names(c platform.Cluster) []string {
	var names []string
	for _, comp := range c.Components {
		names = append(names, comp.Name)
	}
	return names
}

func TestResolveOrdersByDependencyThenName(t *testing.T) {
	t.Parallel()
	c := load(t, files{
		"alpha/component.yaml": component("alpha", "dependsOn: [zeta, beta]"),
		"beta/component.yaml":  component("beta"),
		"delta/component.yaml": component("delta"),
		"gamma/component.yaml": component("gamma", "dependsOn: [zeta]"),
		"zeta/component.yaml":  component("zeta", "dependsOn: [delta]"),
	}.layer())
	p := parse(t, head+`  clusters:
    prod: {size: ha, domain: prod.example.com, components: {alpha: {}, beta: {}, delta: {}, gamma: {}, zeta: {}}}
    dev: {size: small, domain: dev.example.com, components: {delta: {}, beta: {enabled: false}}}
`)
	m, err := platform.Resolve(p, c)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Clusters) != 2 || m.Clusters[0].Name != "dev" || m.Clusters[1].FullName != "acme-prod" || !m.Clusters[1].HA {
		t.Fatalf("clusters: %+v", m.Clusters)
	}
	if got, want := names(m.Clusters[1]), []string{"beta", "delta", "zeta", "alpha", "gamma"}; !slices.Equal(got, want) {
		t.Errorf("order: got %v, want %v", got, want)
	}
	if got, want := names(m.Clusters[0]), []string{"delta"}; !slices.Equal(got, want) {
		t.Errorf("dev: got %v, want %v", got, want)
	}
	if got, want := m.Clusters[1].Components[3].DependsOn, []string{"beta", "zeta"}; !slices.Equal(got, want) {
		t.Errorf("dependsOn: got %v, want %v", got, want)
	}
}

func TestResolveNamesWhatIsInAWS(t *testing.T) {
	t.Parallel()
	c := load(t, files{
		"demo/component.yaml": component("demo-system",
			"chart: {name: demo, version: 1.2.3, repository: https://charts.example.com}",
			"serviceAccounts: [{name: demo-server, iamPolicy: iam-policy.json}]",
			"buckets: [{name: backups, description: What a restore needs.}]",
			"keys: [{name: unseal, description: What wraps the root key.}]"),
		"demo/iam-policy.json": `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:{{aws.partition}}:s3:::{{buckets.backups}}/*"}]}`,
		"demo/values.yaml": `role: "{{roles.demo-server}}"
bucket: "{{buckets.backups}}"
key: "{{keys.unseal}}"
`,
	}.layer())
	p := parse(t, head+"  clusters:\n    dev: {size: small, domain: dev.example.com, components: {demo: {}}}\n")
	m, err := platform.Resolve(p, c)
	if err != nil {
		t.Fatal(err)
	}
	want := `role: "arn:aws:iam::012345678901:role/demo-server.demo-system.sa.dev.example.com"
bucket: acme-dev-backups-012345678901
key: alias/acme-dev-unseal
`
	if got := render(t, m.Clusters[0].Components[0].Values); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What the end of a cluster needs is filled in as everything else is; the
// built-in markers name one cluster alone.
func TestResolveForTheEnd(t *testing.T) {
	t.Parallel()
	c := load(t, files{
		"demo/component.yaml": component("demo-system", "destroy:",
			"  recordMarkers: ['owner={{cluster.fullName}}']",
			"  backup: {object: last.yaml, status: status.phase, done: [Done], failed: [Failed]}"),
		"demo/last.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: last, namespace: '{{component.namespace}}'}\n",
	}.layer(), catalog.BuiltinLayer())
	p := parse(t, head+"  clusters:\n    dev: {size: small, domain: dev.example.com, components: {demo: {}, external-dns: {}}}\n")
	m, err := platform.Resolve(p, c)
	if err != nil {
		t.Fatal(err)
	}
	of := m.Clusters[0].Components
	if got := of[0].RecordMarkers; !slices.Equal(got, []string{"owner=acme-dev"}) {
		t.Errorf("markers %q", got)
	}
	if last := of[0].LastBackup; last == nil || !strings.Contains(render(t, last.Doc), "namespace: demo-system") {
		t.Errorf("last backup: %+v", last)
	}
	if got := of[1].RecordMarkers; !slices.Equal(got, []string{"heritage=external-dns,external-dns/owner=acme-dev"}) || of[1].LastBackup != nil {
		t.Errorf("%s: %q, %v", of[1].Name, got, of[1].LastBackup)
	}
}

// A bucket's name may have 63 characters.
func TestResolveRefusesLongBuckets(t *testing.T) {
	t.Parallel()
	c := load(t, files{
		"demo/component.yaml":   component("demo-system", "buckets: [{name: a-long-name-here, description: What a restore needs.}]"),
		"demo/manifests/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n",
	}.layer())
	p := parse(t, strings.Replace(head, "name: acme", "name: acme-with-a-long-name-as-well", 1)+"  clusters:\n    development: {size: small, domain: dev.example.com, components: {demo: {}}}\n")
	_, err := platform.Resolve(p, c)
	if err == nil || !strings.Contains(err.Error(), "acme-with-a-long-name-as-well-development-a-long-name-here-012345678901 has 71 characters, S3 allows 63") {
		t.Errorf("error %v", err)
	}
}

func TestResolveFillsIn(t *testing.T) {
	t.Parallel()
	c := load(t, files{
		"demo/component.yaml": component("demo-system",
			"chart: {name: demo, version: 1.2.3, repository: https://charts.example.com}",
			"provides: {groups: [demo.io]}",
			"parameters:",
			"  replicas: {type: integer, default: 1, defaultHA: 3}",
			"  hosts: {type: array, items: {type: string}, default: [a, b]}",
			"  mode: {type: string, default: \"on\"}"),
		"demo/values.yaml": `# How many.
replicas: "{{parameters.replicas}}" # as asked for
image:
  tag: v1
  mode: "{{parameters.mode}}"
account: "{{aws.accountID}}"
url: https://{{cluster.domain}}/{{component.name}}
alert: "{{ $labels.pod }} of {{cluster.fullName}}"
list: [1, 2]
`,
		"demo/values-ha.yaml": "image:\n  pullPolicy: Always\nlist: [3]\n",
		"demo/configs/10-first/a.yaml": "apiVersion: demo.io/v1\nkind: A\nmetadata:\n  name: a\n  namespace: \"{{component.namespace}}\"\n" +
			"spec:\n  hosts: \"{{parameters.hosts}}\"\n",
		"demo/configs/20-second/b.yaml": "apiVersion: demo.io/v1\nkind: B\nmetadata:\n  name: b\n",
	}.layer())
	p := parse(t, head+`  clusters:
    dev: {size: small, domain: dev.example.com, components: {demo: {parameters: {hosts: [x]}}}}
    prod: {size: ha, domain: prod.example.com, components: {demo: {}}}
`)
	m, err := platform.Resolve(p, c)
	if err != nil {
		t.Fatal(err)
	}
	dev, prod := m.Clusters[0].Components[0], m.Clusters[1].Components[0]
	wantDev := `# How many.
replicas: 1 # as asked for
image:
    tag: v1
    mode: "on"
account: "012345678901"
url: https://dev.example.com/demo
alert: "{{ $labels.pod }} of acme-dev"
list: [1, 2]
`
	if got := render(t, dev.Values); got != wantDev {
		t.Errorf("dev values:\n%s\nwant:\n%s", got, wantDev)
	}
	wantProd := `# How many.
replicas: 3 # as asked for
image:
    tag: v1
    mode: "on"
    pullPolicy: Always
account: "012345678901"
url: https://prod.example.com/demo
alert: "{{ $labels.pod }} of acme-prod"
list: [3]
`
	if got := render(t, prod.Values); got != wantProd {
		t.Errorf("prod values:\n%s\nwant:\n%s", got, wantProd)
	}
	if len(dev.Stages) != 2 || dev.Stages[0].Name != "first" || dev.Stages[1].Name != "second" {
		t.Fatalf("stages: %+v", dev.Stages)
	}
	first := render(t, dev.Stages[0].Manifests[0].Doc)
	if !strings.Contains(first, "namespace: demo-system") || !strings.Contains(first, "hosts:\n        - x\n") {
		t.Errorf("first stage:\n%s", first)
	}
	if second := dev.Stages[1].Manifests[0]; second.Doc != nil || string(second.Text) != "apiVersion: demo.io/v1\nkind: B\nmetadata:\n  name: b\n" || second.Kind != "B" {
		t.Errorf("an object without references is not its text: %+v", second)
	}
}

func TestResolveReportsEverything(t *testing.T) {
	t.Parallel()
	c := load(t, files{
		"base/component.yaml": component("base"),
		"app/component.yaml":  component("app", "dependsOn: [base]"),
		"one/component.yaml":  component("one", "dependsOn: [two]"),
		"two/component.yaml":  component("two", "dependsOn: [three]"),
		"three/component.yaml": component("three", "dependsOn: [one]",
			"parameters:", "  zone: {type: string, description: Where it runs.}"),
		"tuned/component.yaml": component("base", "parameters:", "  level: {type: integer, minimum: 1, default: 1}"),
	}.layer())
	tests := map[string]struct {
		components string // below spec.clusters.dev
		want       []string
	}{
		"unknown component": {
			"      components:\n        bsae: {}\n",
			[]string{"platform.yaml:17:9: spec.clusters.dev.components.bsae: there is no component bsae (did you mean base?)"},
		},
		"missing dependency": {
			"      components:\n        app: {}\n",
			[]string{"platform.yaml:17:9: spec.clusters.dev.components.app: component app needs base, which cluster dev does not install (add base: {} to spec.clusters.dev.components)"},
		},
		"disabled dependency": {
			"      components:\n        app: {}\n        base: {enabled: false}\n",
			[]string{"platform.yaml:17:9: spec.clusters.dev.components.app: component app needs base, which is disabled on cluster dev (enable base, or disable app too)"},
		},
		"cycle": {
			"      components:\n        one: {}\n        two: {}\n        three: {parameters: {zone: a}}\n        base: {}\n",
			[]string{"components wait for each other: one → two → three → one"},
		},
		"parameters": {
			"      components:\n        tuned:\n          parameters:\n            level: 0\n            levle: 1\n",
			[]string{"platform.yaml:19:20: spec.clusters.dev.components.tuned.parameters.level:", "platform.yaml:20:13: spec.clusters.dev.components.tuned.parameters.levle:", `did you mean "level"?`},
		},
		"parameters where there are none": {
			"      components:\n        base:\n          parameters: {level: 1}\n",
			[]string{"platform.yaml:18:11: component base has no parameters"},
		},
		"parameter that must be set": {
			"      components:\n        one: {}\n        two: {}\n        three: {}\n",
			[]string{"component three needs the parameter zone (Where it runs.)"},
		},
		"one namespace, two owners": {
			"      components:\n        base: {}\n        tuned: {}\n",
			[]string{"platform.yaml:18:9: spec.clusters.dev.components.tuned: components base and tuned both own the namespace base"},
		},
		"an app in a component's namespace": {
			"      components:\n        base: {}\n  apps:\n    base: {image: ghcr.io/acme/base:1.0.0, port: 8080}\n",
			[]string{"platform.yaml:19:5: spec.apps.base: namespace base of app base belongs to component base"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := parse(t, head+"  clusters:\n    dev:\n      size: small\n      domain: dev.example.com\n"+test.components)
			_, err := platform.Resolve(p, c)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got:\n%v\nwant: %s", err, want)
				}
			}
		})
	}
}

// A component that exists only here, in a folder that a user would write.
func TestAddingAComponentNeedsNoGo(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	folder := files{
		"hello/README.md":        "# hello\n",
		"hello/component.yaml":   component("hello", "dependsOn: [cert-manager]", "chart: {name: hello, version: 0.1.0, repository: oci://registry.example.com/charts}", "requires: {crds: [certificates.cert-manager.io]}"),
		"hello/values.yaml":      "greeting: hello from {{cluster.name}}\n",
		"hello/configs/tls.yaml": "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata:\n  name: tls\n",
	}
	for name, text := range folder {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := os.OpenRoot(root)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	c := load(t, catalog.BuiltinLayer(), catalog.Layer{Origin: "components", FS: dir.FS()})
	p := parse(t, head+"  clusters:\n    dev: {size: small, domain: dev.example.com, components: {hello: {}, cert-manager: {}}}\n")
	m, err := platform.Resolve(p, c)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := names(m.Clusters[0]), []string{"cert-manager", "hello"}; !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	hello := m.Clusters[0].Components[1]
	if got := render(t, hello.Values); got != "greeting: hello from dev\n" {
		t.Errorf("values: %s", got)
	}
	if len(hello.Stages) != 1 || hello.Stages[0].Name != "" || len(hello.Stages[0].Manifests) != 1 {
		t.Errorf("stages: %+v", hello.Stages)
	}
}

// Every built-in component resolves on both sizes, and nothing that looks like
// a reference is left.
func TestBuiltinResolves(t *testing.T) {
	t.Parallel()
	c := load(t, catalog.BuiltinLayer())
	var all []string
	for _, name := range c.Names() {
		all = append(all, name+": {}")
	}
	list := "{" + strings.Join(all, ", ") + "}"
	p := parse(t, head+"  clusters:\n    dev: {size: small, domain: dev.example.com, components: "+list+"}\n"+
		"    prod: {size: ha, domain: prod.example.com, components: "+list+"}\n")
	m, err := platform.Resolve(p, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, cluster := range m.Clusters {
		for _, comp := range cluster.Components {
			nodes := map[string]*yaml.Node{"values": comp.Values}
			for _, mf := range comp.Manifests {
				nodes[mf.File] = mf.Doc
			}
			for _, s := range comp.Stages {
				for _, mf := range s.Manifests {
					nodes[s.Name+"/"+mf.File] = mf.Doc
				}
			}
			for name, n := range nodes {
				if n == nil {
					continue // a text
				}
				text := render(t, n)
				for _, root := range []string{"parameters", "cluster", "component", "platform", "aws", "repository"} {
					if strings.Contains(text, "{{"+root+".") {
						t.Errorf("%s, %s of %s: a reference is left:\n%s", cluster.Name, name, comp.Name, text)
					}
				}
			}
		}
	}
}
