package flux_test

import (
	"flag"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fluxcd/pkg/sourceignore"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/flux"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

var update = flag.Bool("update", false, "write the golden files")

func load(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load(catalog.BuiltinLayer(), catalog.Layer{Origin: "testdata/components", FS: os.DirFS("testdata/components")})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// spec returns a platform of one cluster.
func spec(cluster string, size config.Size, components ...string) *config.Platform {
	p := &config.Platform{APIVersion: config.APIVersion, Kind: config.Kind, Metadata: config.Metadata{Name: "golden"}}
	p.Spec.Repository = config.Repository{URL: "https://github.com/example/platform", Provider: config.ProviderGitHub}
	p.Spec.AWS = config.AWS{AccountID: "123456789012", Region: "eu-central-1", Zones: []string{"eu-central-1a", "eu-central-1b", "eu-central-1c"}}
	listed := map[string]config.Component{}
	for _, name := range components {
		listed[name] = config.Component{}
	}
	p.Spec.Clusters = map[string]config.Cluster{cluster: {Size: size, Domain: cluster + ".example.com", Components: listed}}
	return p
}

func render(t *testing.T, p *config.Platform) *tree.Tree {
	t.Helper()
	if err := config.Complete(p); err != nil {
		t.Fatal(err)
	}
	m, err := platform.Resolve(p, load(t))
	if err != nil {
		t.Fatal(err)
	}
	files, err := flux.Render(m.Clusters[0], m)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// needs returns a component with all that it depends on.
func needs(c *catalog.Catalog, name string) []string {
	all := []string{name}
	for i := 0; i < len(all); i++ {
		comp, _ := c.Component(all[i])
		for _, dep := range comp.DependsOn {
			if !slices.Contains(all, dep) {
				all = append(all, dep)
			}
		}
	}
	return all
}

// TestGolden compares what each component becomes on each kind of cluster, and
// an app, with testdata/golden/<cluster>/<name>. -update writes the files.
func TestGolden(t *testing.T) {
	t.Parallel()
	for cluster, size := range map[string]config.Size{"dev": config.SizeSmall, "prod": config.SizeHA} {
		for _, name := range load(t).Names() {
			t.Run(cluster+"/"+name, func(t *testing.T) {
				t.Parallel()
				files := render(t, spec(cluster, size, needs(load(t), name)...))
				golden(t, path.Join(cluster, name), files, func(file string) bool {
					return path.Base(file) == name+".yaml" || strings.Contains(file, "/"+name+"/")
				})
			})
		}
		t.Run(cluster+"/app", func(t *testing.T) {
			t.Parallel()
			p := spec(cluster, size, needs(load(t), "sink")...)
			p.Spec.Apps = map[string]config.App{
				"web":  {Image: "ghcr.io/example/web:1.2.3", Port: 8080, Namespace: "shop"},
				"cart": {Image: "ghcr.io/example/cart:1.2.3@sha256:" + strings.Repeat("ab", 32), Port: 9000, Namespace: "shop", Replicas: config.Replicas{Min: 2, Max: 9}},
			}
			golden(t, path.Join(cluster, "app"), render(t, p), func(file string) bool {
				return strings.HasPrefix(file, "apps/") || path.Base(file) == "apps.yaml"
			})
		})
	}
}

func golden(t *testing.T, name string, files *tree.Tree, belongs func(string) bool) {
	t.Helper()
	dir := filepath.Join("testdata", "golden", name)
	got := map[string]string{}
	for _, file := range files.Paths() {
		if belongs(file) {
			data, _ := files.Get(file)
			got[file] = string(data)
		}
	}
	if len(got) < 3 {
		t.Fatalf("only %d files are about %s", len(got), name)
	}
	if *update {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		for file, data := range got {
			target := filepath.Join(dir, file)
			if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(target, []byte(data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	err := fs.WalkDir(os.DirFS(dir), ".", func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		want, err := os.ReadFile(filepath.Join(dir, file))
		if got[file] != string(want) {
			t.Errorf("%s differs from the golden file; run the test with -update and read the diff. Got:\n%s", file, got[file])
		}
		delete(got, file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for file := range got {
		t.Errorf("%s has no golden file", file)
	}
}

func TestReceiver(t *testing.T) {
	t.Parallel()
	for provider, want := range map[config.Provider]string{
		config.ProviderGitHub: "type: github\n  events:\n    - ping\n    - push\n",
		config.ProviderGitea:  "type: github\n  events:\n    - ping\n    - push\n",
		config.ProviderGitLab: "type: gitlab\n  events:\n    - Push Hook\n",
		config.ProviderGit:    "type: generic\n  secretRef:\n",
	} {
		p := spec("dev", config.SizeSmall)
		p.Spec.Repository.Provider, p.Spec.Repository.URL = provider, "https://git.example.com/example/platform"
		data, _ := render(t, p).Get("clusters/dev/flux-system/receiver.yaml")
		if !strings.Contains(string(data), want) {
			t.Errorf("provider %s: got\n%s\nwant %s", provider, data, want)
		}
	}
}

// TestIgnore asks Flux's own matcher which files reach the cluster.
func TestIgnore(t *testing.T) {
	t.Parallel()
	data, _ := render(t, spec("dev", config.SizeSmall)).Get("clusters/dev/flux-system/gotk-sync.yaml")
	_, rest, _ := strings.Cut(string(data), "ignore: |\n")
	rules, _, _ := strings.Cut(rest, "---\n")
	matcher := sourceignore.NewMatcher(sourceignore.ReadPatterns(strings.NewReader(strings.ReplaceAll(rules, "    ", "")), nil))
	for name, ignored := range map[string]bool{
		"clusters/dev/kustomization.yaml": false, "clusters/dev/flux-system/gotk-sync.yaml": false, "clusters/prod/apps.yaml": true,
		"infrastructure/controllers/dev/a/release.yaml": false, "infrastructure/configs/dev/a/b.yaml": false,
		"infrastructure/controllers/prod/a/release.yaml": true, "apps/dev/web/service.yaml": false, "apps/prod/web/service.yaml": true,
		"platform.yaml": true, "docs/README.md": true, ".github/workflows/ci.yaml": true, "internal/clusters/dev/a.yaml": true,
		"terraform/k8s/dev/main.tf": true,
	} {
		// The archive is made by walking: a folder that is ignored hides its files.
		hidden := false
		parts := strings.Split(name, "/")
		for i := range parts {
			hidden = hidden || matcher.Match(parts[:i+1], i+1 < len(parts))
		}
		if hidden != ignored {
			t.Errorf("%s: ignored is %v, want %v", name, hidden, ignored)
		}
	}
}

// TestOrder follows dependsOn: each Kustomization comes after what it needs,
// and names only Kustomizations that exist.
func TestOrder(t *testing.T) {
	t.Parallel()
	files := render(t, spec("dev", config.SizeSmall, load(t).Names()...))
	names := map[string]bool{}
	var needed []string
	for _, file := range files.Paths() {
		if path.Dir(file) != "clusters/dev" || path.Base(file) == "kustomization.yaml" {
			continue
		}
		data, _ := files.Get(file)
		for doc := range strings.SplitSeq(string(data), "---\n") {
			_, name, _ := strings.Cut(doc, "metadata:\n  name: ")
			name, _, _ = strings.Cut(name, "\n")
			names[name] = true
			_, deps, _ := strings.Cut(doc, "dependsOn:\n")
			for line := range strings.Lines(deps) {
				if !strings.HasPrefix(line, "    ") {
					break
				}
				if dep, ok := strings.CutPrefix(line, "    - name: "); ok {
					needed = append(needed, strings.TrimSpace(dep))
				}
			}
		}
	}
	if len(names) < 8 || len(needed) < 5 {
		t.Fatalf("found only %v, needing %v", names, needed)
	}
	for _, dep := range needed {
		if !names[dep] {
			t.Errorf("there is no Kustomization %s to depend on", dep)
		}
	}
}

func TestNamesThatCollide(t *testing.T) {
	t.Parallel()
	p := spec("dev", config.SizeSmall, "plain")
	p.Spec.Apps = map[string]config.App{"web": {Image: "ghcr.io/example/web:1.2.3", Port: 8080}}
	if err := config.Complete(p); err != nil {
		t.Fatal(err)
	}
	m, err := platform.Resolve(p, load(t))
	if err != nil {
		t.Fatal(err)
	}
	m.Clusters[0].Components[0].Name = "app-web"
	if _, err := flux.Render(m.Clusters[0], m); err == nil || !strings.Contains(err.Error(), "app-web") {
		t.Errorf("error %v: want the name that is taken twice", err)
	}
}
