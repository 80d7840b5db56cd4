package compile_test

import (
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/render/terraform"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

// TestNamesInTerraform: the buckets and keys that Terraform makes for a cluster
// are those that its components' files name, and each has a component that
// declares it.
func TestNamesInTerraform(t *testing.T) {
	t.Parallel()
	files := compileRepository(t)
	p, err := config.Load(os.DirFS(repository), config.FileName)
	if err != nil {
		t.Fatal(err)
	}
	for name := range p.Spec.Clusters {
		full := p.Metadata.Name + "-" + name
		made := madeNames(t, files, name)
		declared := map[string]bool{}
		for id := range p.Spec.Clusters[name].Components {
			component, _ := components(t).Component(id)
			for _, k := range component.Keys {
				declared["alias/"+full+"-"+k.Name] = true
			}
			for _, b := range component.Buckets {
				declared[full+"-"+b.Name+"-"+p.Spec.AWS.AccountID] = true
			}
		}
		for _, m := range made {
			if !declared[m] {
				t.Errorf("%s: Terraform makes %s, which no component declares", name, m)
			}
		}
		if len(made) != len(declared) || len(made) == 0 {
			t.Errorf("%s: Terraform makes %q, and components declare %d names", name, made, len(declared))
		}
		named := namesInTrees(files, name, full, p.Spec.AWS.AccountID)
		if len(named) < 3 {
			t.Errorf("%s: the trees name only %q: nothing was compared", name, named)
		}
		for _, n := range named {
			if !slices.Contains(made, n) {
				t.Errorf("%s: the trees name %s, which Terraform does not make; it makes %q", name, n, made)
			}
		}
	}
}

// madeNames are the names of the buckets and the aliases of the keys that a
// cluster's stack makes for components, read from its locals.
func madeNames(t *testing.T, files *tree.Tree, cluster string) (names []string) {
	t.Helper()
	data, ok := files.Get(path.Join(terraform.PlatformDir(cluster), "locals.tf"))
	if !ok {
		t.Fatalf("%s has no locals.tf", cluster)
	}
	f, problems := hclsyntax.ParseConfig(data, "locals.tf", hcl.InitialPos)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	locals := f.Body.(*hclsyntax.Body).Blocks[0].Body.Attributes
	for attribute, key := range map[string]string{"keys": "alias", "buckets": "name"} {
		value, problems := locals[attribute].Expr.Value(nil)
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		for _, one := range value.AsValueMap() {
			names = append(names, one.GetAttr(key).AsString())
		}
	}
	return names
}

// namesInTrees are the names that the files of a cluster's components hold.
func namesInTrees(files *tree.Tree, cluster, full, account string) (names []string) {
	alias := regexp.MustCompile(`alias/` + regexp.QuoteMeta(full) + `-[a-z0-9-]+`)
	bucket := regexp.MustCompile(`\b` + regexp.QuoteMeta(full) + `-[a-z0-9-]+-` + account + `\b`)
	for _, name := range files.Paths() {
		if tree.Cluster(name) != cluster || !strings.HasPrefix(name, "infrastructure/") {
			continue
		}
		data, _ := files.Get(name)
		names = append(names, alias.FindAllString(string(data), -1)...)
		names = append(names, bucket.FindAllString(string(data), -1)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
