package clusterspec_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"golang.org/x/mod/modfile"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/platform"
)

// request resolves a cluster of the platform.yaml of this repository, with
// its text changed.
func request(t *testing.T, cluster string, change ...string) *clusterspec.Request {
	t.Helper()
	data, err := os.ReadFile("../../platform.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := config.Parse("platform.yaml", []byte(strings.NewReplacer(change...).Replace(string(data))))
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Load(catalog.BuiltinLayer())
	if err != nil {
		t.Fatal(err)
	}
	resolver := platform.NewResolver(p, c)
	resolved, problems := resolver.Cluster(cluster)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	r, err := clusterspec.New(p, &resolved, resolver.ServiceAccounts(resolved))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSizes(t *testing.T) {
	t.Parallel()
	const access = "apiAccess: [203.0.113.0/24]"
	small := request(t, "dev", access, access+"\n        workers: {nodes: {min: 2, max: 5, machineType: m6i.large}, batch: {min: 1, max: 4, spot: true}}")
	if len(small.ControlPlane.Zones) != 1 || len(small.Workers) != 2 {
		t.Errorf("a small cluster is in one zone, have %v and %d groups", small.ControlPlane.Zones, len(small.Workers))
	}
	if w := small.Workers[0]; w.Name != "batch-eu-central-1a" || !w.Spot || w.Min != 1 || w.Max != 4 {
		t.Errorf("the spot group is %+v", w)
	}
	if want := []string{"t3.large", "t3.xlarge", "m6i.large"}; !slices.Equal(small.MachineTypes(), want) {
		t.Errorf("machine types are %v, want %v", small.MachineTypes(), want)
	}
	ha := request(t, "prod", access, access+"\n        workers: {nodes: {min: 4, max: 8}}")
	var sizes [][2]int
	for _, w := range ha.Workers {
		sizes = append(sizes, [2]int{w.Min, w.Max})
	}
	if diff := cmp.Diff([][2]int{{2, 3}, {1, 3}, {1, 2}}, sizes); diff != "" {
		t.Errorf("4 to 8 nodes over three zones (-want +have):\n%s", diff)
	}
	if len(ha.ControlPlane.Zones) != 3 {
		t.Errorf("control plane is in %v", ha.ControlPlane.Zones)
	}
}

func TestHardening(t *testing.T) {
	t.Parallel()
	const access = "apiAccess: [203.0.113.0/24]"
	hard := request(t, "prod")
	if len(hard.SSHAccess) > 0 || hard.AuditPolicy == "" || !hard.EncryptSecrets || !hard.EncryptVolumes || !hard.ShortMetadataHops || !hard.LoadBalancedAPI || !hard.VolumesFromGit || !hard.Private {
		t.Errorf("the default is not hardened: %+v", hard)
	}
	if hard.DiscoveryStore != "s3://groundwork-prod-oidc-123456789012" || hard.StateStore != "s3://groundwork-prod-kops-123456789012" {
		t.Errorf("stores are %s and %s", hard.DiscoveryStore, hard.StateStore)
	}
	if tags := hard.Workers[0].Tags; tags["k8s.io/cluster-autoscaler/prod.groundwork.example.com"] != "owned" || tags["k8s.io/cluster-autoscaler/enabled"] != "true" {
		t.Errorf("groups of workers have the tags %v", tags)
	}
	soft := request(t, "prod", access, access+"\n        hardening: kops\n        stateBucket: mine")
	if soft.AuditPolicy != "" || soft.DiscoveryStore != "" || soft.EncryptSecrets || len(soft.ServiceAccounts) > 0 || len(soft.SSHAccess) != 1 || soft.StateStore != "s3://mine" || soft.DNSZone != "" {
		t.Errorf("hardening: kops leaves %+v", soft)
	}
}

// TestPoliciesKeepTheirMeaning: what kops would drop is refused.
func TestPoliciesKeepTheirMeaning(t *testing.T) {
	t.Parallel()
	p, err := config.Parse("platform.yaml", []byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ policy, want string }{
		"other element": {`{"Statement": [{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}]}`, "statement 1 has NotAction, which kops would drop"},
		"too long":      {`{"Statement": [{"Effect": "Allow", "Action": "` + strings.Repeat("a", 11_000) + `", "Resource": "*"}]}`, "IAM allows 10240"},
		"no list":       {`{"Statement": "x"}`, "reading the IAM policy of service account sa of component c"},
	} {
		var n yaml.Node
		if err := yaml.Unmarshal([]byte(tc.policy), &n); err != nil {
			t.Fatal(err)
		}
		_, err := clusterspec.New(p, &platform.Cluster{Name: "dev", FullName: "acme-dev", Domain: "dev.example.com"},
			[]platform.ServiceAccount{{Component: "c", Namespace: "ns", Name: "sa", Policy: n.Content[0]}})
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: have %v, want %s", name, err, tc.want)
		}
	}
}

const minimal = `apiVersion: groundwork.dev/v1alpha1
kind: Platform
metadata: {name: acme}
spec:
  repository: {url: "https://github.com/acme/platform"}
  aws: {accountID: "123456789012", region: eu-central-1, zones: [eu-central-1a]}
  clusters:
    dev: {size: small, domain: dev.example.com}
`

func TestMissing(t *testing.T) {
	t.Parallel()
	r := request(t, "prod")
	complete := func() *clusterspec.Request { return request(t, "prod") }
	facts := r.Example("prod", "2026-11-24")
	if lacks := r.Missing(facts); len(lacks) != 1 || !strings.Contains(lacks[0], "configuration of encryption") {
		t.Errorf("the worker adds what has keys, and the example lacks %v", lacks)
	}
	r = complete()
	r.EncryptSecrets = false
	for name, spoil := range map[string]func(){
		"these are for 9.9.9":       func() { facts.KopsVersion = "9.9.9" },
		"account 123456789012":      func() { facts.Account.ID = "999999999999" },
		"the hosted zone":           func() { facts.DNSZone = nil },
		"availability zone":         func() { facts.Zones.Names = facts.Zones.Names[:2] },
		"instance type m6i.xlarge":  func() { delete(facts.InstanceTypes, "m6i.xlarge") },
		"image 099720109477/ubuntu": func() { delete(facts.Images, clusterspec.Images()[0].Name) },
		"the checksum of https://":  func() { delete(facts.Files, clusterspec.Files()[0]) },
	} {
		facts = r.Example("prod", "2026-11-24")
		if lacks := r.Missing(facts); len(lacks) > 0 {
			t.Fatalf("the example lacks %v", lacks)
		}
		spoil()
		if lacks := r.Missing(facts); len(lacks) != 1 || !strings.Contains(lacks[0], name) {
			t.Errorf("%s is missing, have %q", name, lacks)
		}
	}
}

// TestKopsVersion: the version that facts are for is the one that is linked.
func TestKopsVersion(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range file.Require {
		if r.Mod.Path == "k8s.io/kops" && r.Mod.Version != "v"+clusterspec.KopsVersion {
			t.Errorf("go.mod has kops %s, clusterspec says %s", r.Mod.Version, clusterspec.KopsVersion)
		}
	}
}
