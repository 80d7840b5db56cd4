package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/groundwork-dev/groundwork/"

// class is a package's place in the direction of imports.
type class string

const (
	pure    class = "pure"     // computes; no network, process, clock or environment
	useCase class = "use case" // the work in order, on small interfaces of its own
	adapter class = "adapter"  // the one place that touches one part of the world
	wiring  class = "wiring"   // the command line: adapters into use cases
	program class = "program"  // main packages, and the sample application's own
	check   class = "check"    // tests alone
)

// classes names every package below the module by the longest prefix that is
// listed. A new package fails TestEveryPackageIsClassified until it is here.
func classes() map[string]class {
	return map[string]class{
		"benchmarks":                      program,
		"docs/schema":                     pure,
		"internal/awsname":                pure,
		"internal/catalog":                pure,
		"internal/chartarchive":           pure,
		"internal/chartarchive/charttest": check,
		"internal/chartvendor":            pure,
		"internal/clusterfacts":           pure,
		"internal/clusterfolder":          pure,
		"internal/clusterstate":           pure, // the work in order, on an interface; its adapter knows its types
		"internal/clusterspec":            pure,
		"internal/coldstart":              pure,
		"internal/compile":                pure,
		"internal/cost":                   pure,
		"internal/config":                 pure,
		"internal/crosscheck":             pure,
		"internal/diag":                   pure,
		"internal/dnsowner":               pure,
		"internal/escrow":                 pure,
		"internal/explain":                pure,
		"internal/governance":             pure,
		"internal/hardening":              pure,
		"internal/componentdoc":           pure,
		"internal/helmrelease":            pure,
		"internal/image":                  pure, // reads the executables it packs, and nothing else
		"internal/imagepin":               pure,
		"internal/manifest":               pure,
		"internal/objectdiff":             pure,
		"internal/platform":               pure,
		"internal/platformedit":           pure,
		"internal/platformgraph":          pure,
		"internal/pullrequest":            pure,
		"internal/redact":                 pure,
		"internal/render":                 pure,
		"internal/scaffold":               pure,
		"internal/stackplan":              pure,
		"internal/strictyaml":             pure,
		"internal/tree":                   pure,
		"internal/bootstrap":              useCase,
		"internal/clusterup":              useCase,
		"internal/clusterstatus":          useCase,
		"internal/demo":                   useCase,
		"internal/govern":                 useCase,
		"internal/imagerequest":           useCase,
		"internal/destroy":                useCase,
		"internal/livediff":               useCase,
		"internal/promote":                useCase,
		"internal/sandbox":                useCase,
		"internal/validate":               useCase,
		"internal/smoke":                  useCase,
		"internal/vaultinit":              useCase,
		"internal/apischema":              adapter, // the API server's own validation
		"internal/argoapi":                adapter,
		"internal/aws":                    adapter,
		"internal/charts":                 adapter,
		"internal/cluster":                adapter,
		"internal/clusterworker":          adapter, // starts bootstrap-kops
		"internal/chartrepo":              adapter,
		"internal/escrowstore":            adapter,
		"internal/forge":                  adapter,
		"internal/fluxbuild":              adapter, // kustomize, as kustomize-controller uses it
		"internal/gitrepo":                adapter,
		"internal/gobuild":                adapter, // runs go and git
		"internal/helmrender":             adapter,
		"internal/initfile":               adapter, // asks in the terminal
		"internal/kops":                   adapter,
		"internal/ocilayout":              adapter,
		"internal/podforward":             adapter,
		"internal/policy":                 adapter, // Gatekeeper's own engine
		"internal/receiver":               adapter,
		"internal/registry":               adapter,
		"internal/terraform":              adapter,
		"internal/vault":                  adapter,
		"internal/cli":                    wiring,
		"internal/cli/clitest":            check,
		"cmd":                             program,
		"internal/sampleapp":              program,
		"internal/linkcheck":              program,
		"internal/archtest":               check,
		"internal/forge/githubfake":       check,
		"internal/testsupport":            check,
		"test":                            check,
	}
}

// pkg is what go list says of one package.
type pkg struct {
	ImportPath, Dir  string
	GoFiles, Imports []string
	Deps             []string
}

// path is the package's path below the module.
func (p pkg) path() string { return strings.TrimPrefix(p.ImportPath, module) }

// place is the listed prefix that the package falls under, and its class.
func place(path string) (prefix string, c class) {
	for p, k := range classes() {
		if (path == p || strings.HasPrefix(path, p+"/")) && len(p) > len(prefix) {
			prefix, c = p, k
		}
	}
	return prefix, c
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Dir,GoFiles,Imports,Deps", "./...")
	cmd.Dir = filepath.Join("..", "..")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("listing the packages: %v\n%s", err, stderr.String())
	}
	var all []pkg
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("reading go list's output: %v", err)
		}
		if len(p.GoFiles) > 0 { // packages of tests alone are nobody's import
			all = append(all, p)
		}
	}
}

func TestEveryPackageIsClassified(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if _, c := place(p.path()); c == "" {
			t.Errorf("%s has no class: add it to classes() in internal/archtest/archtest_test.go", p.path())
		}
	}
}

// TestDirectionOfImports holds cli → use cases → pure: adapters know pure
// packages and never each other; use cases know no adapter; wiring alone knows
// everything.
func TestDirectionOfImports(t *testing.T) {
	t.Parallel()
	allowed := map[class][]class{
		pure:    {pure},
		adapter: {pure},
		useCase: {pure},
		wiring:  {pure, adapter, useCase, wiring},
		program: {wiring, program},
	}
	for _, p := range packages(t) {
		prefix, c := place(p.path())
		if c == check || c == "" {
			continue
		}
		for _, imported := range p.Imports {
			path, ours := strings.CutPrefix(imported, module)
			if !ours {
				continue
			}
			other, k := place(path)
			if other == prefix && c != program {
				continue // parts of one package's folder
			}
			if !slices.Contains(allowed[c], k) {
				t.Errorf("%s (%s) imports %s (%s)", p.path(), c, path, k)
			}
		}
	}
}

// TestPurePackagesReachNothing looks at everything a pure package links.
func TestPurePackagesReachNothing(t *testing.T) {
	t.Parallel()
	// What a library of plain types drags along is allowed by name, and never
	// as a direct import: k8s.io/apimachinery's unstructured objects link net/http.
	excused := map[string]string{
		"internal/coldstart":   "net/http",
		"internal/crosscheck":  "net/http",
		"internal/explain":     "net/http",
		"internal/helmrelease": "net/http",
		"internal/manifest":    "net/http",
		"internal/objectdiff":  "net/http",
	}
	for _, p := range packages(t) {
		if _, c := place(p.path()); c != pure {
			continue
		}
		for _, banned := range []string{"net/http", "os/exec", "k8s.io/client-go/rest"} {
			direct := slices.Contains(p.Imports, banned)
			if direct || slices.Contains(p.Deps, banned) && excused[p.path()] != banned {
				t.Errorf("%s is pure and reaches %s; find the way with: go list -deps -f '{{.ImportPath}} {{.Imports}}' ./%s", p.path(), banned, p.path())
			}
		}
	}
}

// TestKopsStaysInItsWorker: what links kops takes minutes to build and has its
// state in package variables, so bootstrap-kops alone does (docs/adr/0015).
func TestKopsStaysInItsWorker(t *testing.T) {
	t.Parallel()
	links := map[string]bool{
		"internal/kops": false, "internal/cli/kopsworker": false, "cmd/bootstrap-kops": false,
	}
	for _, p := range packages(t) {
		if !slices.ContainsFunc(p.Deps, func(dep string) bool { return strings.HasPrefix(dep, "k8s.io/kops/") }) {
			continue
		}
		if _, may := links[p.path()]; !may {
			t.Errorf("%s reaches k8s.io/kops", p.path())
		}
		links[p.path()] = true
	}
	for path, does := range links {
		if !does {
			t.Errorf("%s does not reach k8s.io/kops: is it gone?", path)
		}
	}
}

// TestLightStart keeps the libraries that cost most at start-up out of
// bootstrap.
func TestLightStart(t *testing.T) {
	t.Parallel()
	found := false
	for _, p := range packages(t) {
		if p.path() != "cmd/bootstrap" {
			continue
		}
		found = true
		for _, dep := range p.Deps {
			for _, heavy := range []string{"k8s.io/kops", "github.com/argoproj/argo-cd", "k8s.io/kubernetes", "github.com/open-policy-agent", "helm.sh/helm"} {
				if strings.HasPrefix(dep, heavy+"/") {
					t.Errorf("cmd/bootstrap reaches %s", dep)
				}
			}
		}
	}
	if !found {
		t.Error("cmd/bootstrap is not among the packages")
	}
}
