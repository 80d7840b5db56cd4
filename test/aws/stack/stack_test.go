//go:build aws

// Package stack holds the generated stacks of the account and of the clusters
// to Terraform itself: they are initialised, validated, planned and applied.
package stack

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/compile"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/render/terraform"
)

const golden = "../../../internal/render/terraform/testdata"

// stack is one folder of Terraform files.
type stack struct {
	// name is the case and the folder.
	name    string
	cluster string // empty for the account's
	dir     string // of platform.yaml
	p       *config.Platform
	files   map[string][]byte
}

// stacks compiles a platform.yaml and returns its stacks, the account's first.
func stacks(t testing.TB, of, dir string) []stack {
	t.Helper()
	p, err := config.Load(os.DirFS(dir), config.FileName)
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Load(catalog.BuiltinLayer())
	if err != nil {
		t.Fatal(err)
	}
	files, _, err := compile.Compile(p, c)
	if err != nil {
		t.Fatal(err)
	}
	in := func(cluster, folder string) stack {
		s := stack{name: of + " " + folder, cluster: cluster, dir: dir, p: p, files: map[string][]byte{}}
		for _, name := range files.Paths() {
			if path.Dir(name) == folder && path.Ext(name) == ".tf" {
				s.files[path.Base(name)], _ = files.Get(name)
			}
		}
		return s
	}
	all := []stack{in("", terraform.AccountDir)}
	for _, cluster := range slices.Sorted(maps.Keys(p.Spec.Clusters)) {
		all = append(all, in(cluster, terraform.PlatformDir(cluster)))
	}
	return all
}

// everything are the stacks of this repository and of each golden folder.
func everything(t testing.TB) []stack {
	t.Helper()
	all := stacks(t, "this repository", "../../..")
	dirs, err := filepath.Glob(golden + "/*/" + config.FileName)
	if err != nil || len(dirs) == 0 {
		t.Fatal("no golden folders", err)
	}
	for _, file := range dirs {
		all = append(all, stacks(t, filepath.Base(filepath.Dir(file)), filepath.Dir(file))...)
	}
	return all
}

// find returns one stack of everything by its name.
func find(t testing.TB, name string) stack {
	t.Helper()
	of, folder, _ := strings.Cut(name, " ")
	for _, s := range stacks(t, of, filepath.Join(golden, of)) {
		if strings.HasSuffix(s.name, " "+folder) {
			return s
		}
	}
	t.Fatalf("there is no stack %s", name)
	return stack{}
}

// variables are what kops' stack would say of a cluster, as far as the stack
// asks for it.
func (s stack) variables() map[string]any {
	if s.cluster == "" {
		return nil
	}
	// kops cuts one subnet for nodes in each zone that the cluster is in.
	subnets := []string{"subnet-0aaaaaaa", "subnet-0bbbbbbb", "subnet-0ccccccc"}
	if s.p.Spec.Clusters[s.cluster].Size == config.SizeSmall {
		subnets = subnets[:1]
	}
	all := map[string]any{
		"vpc_id": "vpc-0a1b2c3d", "vpc_cidr_block": "172.20.0.0/16",
		"node_subnet_ids":              subnets,
		"route_table_ids":              map[string]string{"public": "rtb-0aaaaaaa", "private-a": "rtb-0bbbbbbb"},
		"node_autoscaling_group_ids":   []string{"nodes." + s.cluster},
		"master_autoscaling_group_ids": []string{"control-plane." + s.cluster},
	}
	if c := s.p.Spec.AWS.Connection; c != nil && c.VPN != nil {
		all["customer_gateway_id"] = "cgw-0a1b2c3d"
	} else if c != nil {
		all["dx_gateway_id"] = "00000000-1111-2222-3333-444444444444"
	}
	return all
}
