package terraform_test

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/hardening"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/terraform"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

var update = flag.Bool("update", false, "write golden folders anew")

// stacks renders all stacks of a platform.yaml, by path.
func stacks(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	p, err := config.Parse(config.FileName, data)
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Load(catalog.BuiltinLayer())
	if err != nil {
		t.Fatal(err)
	}
	m, err := platform.Resolve(p, c)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	add := func(dir string, files []terraform.File, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			all[path.Join(dir, f.Name)] = f.Data
		}
	}
	files, err := terraform.Account(p)
	add(terraform.AccountDir, files, err)
	for _, cluster := range m.Clusters {
		files, err := terraform.Platform(p, cluster)
		add(terraform.PlatformDir(cluster.Name), files, err)
	}
	return all
}

func cases(t *testing.T) []string {
	t.Helper()
	dirs, err := filepath.Glob("testdata/*/" + config.FileName)
	if err != nil || len(dirs) == 0 {
		t.Fatal("no cases", err)
	}
	return dirs
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestGolden holds each case to its folder; -update writes it.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, file := range cases(t) {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			have := stacks(t, read(t, file))
			if *update {
				writeGolden(t, dir, have)
				return
			}
			found := 0
			err := fs.WalkDir(os.DirFS(dir), "terraform", func(name string, e fs.DirEntry, err error) error {
				if err != nil || e.IsDir() {
					return err
				}
				found++
				if want := read(t, filepath.Join(dir, name)); !bytes.Equal(have[name], want) {
					t.Errorf("%s differs; run go test ./internal/render/terraform -update and read the diff", name)
				}
				return nil
			})
			if err != nil || found != len(have) {
				t.Errorf("%d golden files, %d rendered (%v)", found, len(have), err)
			}
			if again := stacks(t, read(t, file)); !equal(have, again) {
				t.Error("rendering again gives other bytes")
			}
		})
	}
}

func equal(a, b map[string][]byte) bool {
	for name := range a {
		if !bytes.Equal(a[name], b[name]) {
			return false
		}
	}
	return len(a) == len(b)
}

func writeGolden(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(dir, "terraform")); err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func parse(t *testing.T, name string, data []byte) *hclsyntax.Body {
	t.Helper()
	f, problems := hclsyntax.ParseConfig(data, name, hcl.InitialPos)
	if problems.HasErrors() {
		t.Fatalf("%s is not HCL: %v", name, problems)
	}
	return f.Body.(*hclsyntax.Body)
}

// TestFiles holds every rendered file to its first line, to what terraform fmt
// would write, and to the addresses that it uses being there.
func TestFiles(t *testing.T) {
	t.Parallel()
	for _, file := range cases(t) {
		files := stacks(t, read(t, file))
		defined, used := map[string]bool{}, map[string]string{}
		for name, data := range files {
			if !bytes.HasPrefix(data, []byte(tree.Header)) {
				t.Errorf("%s: %s does not start with the header", file, name)
			}
			if !bytes.Equal(hclwrite.Format(data), data) {
				t.Errorf("%s: %s is not formatted as terraform fmt does it", file, name)
			}
			addresses(parse(t, name, data), path.Dir(name), name, defined, used)
		}
		for address, by := range used {
			if !defined[address] {
				t.Errorf("%s: %s uses %s, which is not there", file, by, address)
			}
		}
		for address := range defined {
			_, local, _ := strings.Cut(address, " ")
			if _, is := used[address]; !is && strings.HasPrefix(local, "local.") {
				t.Errorf("%s: %s is used by nothing", file, address)
			}
		}
	}
}

// addresses notes what a file defines and what it uses: "<folder> <address>".
func addresses(body *hclsyntax.Body, dir, file string, defined map[string]bool, used map[string]string) {
	for _, b := range body.Blocks {
		switch b.Type {
		case "resource":
			defined[dir+" "+strings.Join(b.Labels, ".")] = true
		case "variable":
			defined[dir+" var."+b.Labels[0]] = true
		case "locals":
			for name := range b.Body.Attributes {
				defined[dir+" local."+name] = true
			}
		}
	}
	_ = hclsyntax.VisitAll(body, func(n hclsyntax.Node) hcl.Diagnostics {
		e, ok := n.(*hclsyntax.ScopeTraversalExpr)
		if !ok || len(e.Traversal) < 2 {
			return nil
		}
		root := e.Traversal.RootName()
		attr, ok := e.Traversal[1].(hcl.TraverseAttr)
		if ok && (root == "local" || root == "var" || strings.HasPrefix(root, "aws_")) {
			used[dir+" "+root+"."+attr.Name] = file
		}
		return nil
	})
}

// TestItems: the list says exactly which types of resources an item's files
// hold, and each item has files in the stacks that it names and in no other.
func TestItems(t *testing.T) {
	t.Parallel()
	for _, item := range hardening.Items() {
		have := map[string]bool{}
		for _, stack := range []hardening.Stack{hardening.Account, hardening.Platform} {
			files, err := filepath.Glob(filepath.Join(string(stack), item.Name+"*.tf"))
			if err != nil || (len(files) > 0) != item.In(stack) {
				t.Errorf("%s has %d files in %s (%v)", item.Name, len(files), stack, err)
			}
			for _, file := range files {
				for _, b := range parse(t, file, read(t, file)).Blocks {
					if b.Type == "resource" {
						have[b.Labels[0]] = true
					}
				}
			}
		}
		var types []string
		for name := range have {
			types = append(types, name)
		}
		slices.Sort(types)
		if !slices.Equal(types, item.Resources) {
			t.Errorf("%s: the list says %q, the files hold %q", item.Name, item.Resources, types)
		}
		for _, needed := range item.Requires {
			if _, ok := hardening.Find(needed); !ok {
				t.Errorf("%s needs %s, which is not in the list", item.Name, needed)
			}
		}
	}
}

// TestOff: an item that is off leaves its reason and nothing else.
func TestOff(t *testing.T) {
	t.Parallel()
	files := stacks(t, read(t, "testdata/off/platform.yaml"))
	for name, data := range files {
		resources := 0
		for _, b := range parse(t, name, data).Blocks {
			if b.Type == "resource" {
				resources++
			}
		}
		item, isItem := hardening.Find(strings.TrimSuffix(path.Base(name), ".tf"))
		if resources > 0 {
			t.Errorf("%s still has %d resources", name, resources)
		}
		if isItem && !strings.Contains(string(data), "# Off: ") {
			t.Errorf("%s does not say why %s is off", name, item.Name)
		}
	}
}

// TestSameKeyTwice: two components that declare one key are told apart before
// they share it.
func TestSameKeyTwice(t *testing.T) {
	t.Parallel()
	p, err := config.Parse(config.FileName, read(t, "testdata/plain/platform.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	component := func(name, key string) platform.Component {
		spec := &catalog.Component{Name: name}
		spec.Keys = []catalog.AWSResource{{Name: key, Description: "Encrypts something."}}
		spec.Buckets = []catalog.AWSResource{{Name: "data", Description: "Holds something."}}
		return platform.Component{Name: name, Spec: spec}
	}
	_, err = terraform.Platform(p, platform.Cluster{Name: "full", FullName: "acme-full", Components: []platform.Component{
		component("velero", "data"), component("vault", "data"), component("cert-manager", "stack-logs"),
	}})
	problems, ok := errors.AsType[diag.Problems](err)
	if !ok || len(problems) != 4 {
		t.Fatalf("error is %v, want 4 problems", err)
	}
	for _, want := range []string{"platform.yaml:21:", "declares the key data, which is velero's", "declares the bucket data", "which is the cluster's own stack's"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error is\n%v\nwant it to hold %q", err, want)
		}
	}
}
