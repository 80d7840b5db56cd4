package clusterspec_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/clusterfolder"
	"github.com/groundwork-dev/groundwork/internal/platform"
)

var (
	roleARN    = regexp.MustCompile(`arn:aws:iam::123456789012:role/([A-Za-z0-9+=,.@_-]+)`)
	roleName   = regexp.MustCompile(`(?m)^resource "aws_iam_role" "[^"]+" \{(?:\n .*)*?\n  name += "([^"]+)"`)
	namespace  = regexp.MustCompile(`(?m)^  (?:namespace|targetNamespace): (\S+)$`)
	trusted    = regexp.MustCompile(`"system:serviceaccount:([a-z0-9-]+):([a-z0-9-]+)"`)
	bucket     = regexp.MustCompile(`\bgroundwork-(?:dev|prod)-[a-z0-9-]+-123456789012\b`)
	alias      = regexp.MustCompile(`\balias/[a-z0-9-]+`)
	owner      = regexp.MustCompile(`KubernetesCluster"? *[=:] *"?([a-z0-9.-]+)`)
	ofPlatform = regexp.MustCompile(`"groundwork\.dev/platform" *= *"([^"]+)"`)
	disks      = regexp.MustCompile(`k8sTagClusterId: (\S+)`)
	discovery  = regexp.MustCompile(`autoDiscovery:\n(?: +#.*\n)* +clusterName: (\S+)`)
	components = regexp.MustCompile(`(?s)\n  (?:keys|buckets) += \{\n.*?\n  \}`)
	scaled     = regexp.MustCompile(`"(k8s\.io/cluster-autoscaler/[^"]+)"`)
)

// sides are the committed files of a cluster, by path: what Git runs on it, the
// stack that kops made, and the one beside it.
type sides struct {
	domain             string
	trees, kops, stack map[string]string
	policiesDir        string
}

func sidesOf(t *testing.T, cluster string) sides {
	t.Helper()
	return sides{
		domain: cluster + ".groundwork.example.com",
		trees:  texts(t, "infrastructure/controllers/"+cluster, "infrastructure/configs/"+cluster),
		kops:   texts(t, clusterfolder.Dir(cluster)), stack: texts(t, "terraform/platform/"+cluster),
		policiesDir: path.Join(clusterfolder.Dir(cluster), "data"),
	}
}

func texts(t *testing.T, dirs ...string) map[string]string {
	t.Helper()
	repository, all := os.DirFS("../.."), map[string]string{}
	for _, dir := range dirs {
		err := fs.WalkDir(repository, dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := fs.ReadFile(repository, name)
			all[name] = string(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// found returns what a pattern's group finds in files, each once.
func found(files map[string]string, pattern *regexp.Regexp, group int) []string {
	var all []string
	for _, text := range files {
		for _, m := range pattern.FindAllStringSubmatch(text, -1) {
			all = append(all, m[group])
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// faults are the ways in which the sides do not fit each other.
func (s sides) faults() []string {
	faults := append(s.roles(), s.tags()...)
	for what, pattern := range map[string]*regexp.Regexp{"bucket": bucket, "key": alias} {
		used, allowed, made := found(s.trees, pattern, 0), found(s.policies(), pattern, 0), found(s.declared(), pattern, 0)
		if len(used) == 0 {
			faults = append(faults, "the trees use no "+what+": does the pattern find them?")
		}
		for _, name := range used {
			if !slices.Contains(allowed, name) {
				faults = append(faults, "no role may use the "+what+" "+name)
			}
			if !slices.Contains(made, name) {
				faults = append(faults, "no stack makes the "+what+" "+name)
			}
		}
		for _, name := range made {
			if !slices.Contains(used, name) {
				faults = append(faults, "no tree uses the "+what+" "+name+", which a stack makes for components")
			}
		}
	}
	return faults
}

// policies are those of roles.
func (s sides) policies() map[string]string {
	return s.only(s.kops, func(name string) bool { return strings.HasPrefix(path.Base(name), "aws_iam_role_policy_") })
}

// declared is what the stack makes for components.
func (s sides) declared() map[string]string {
	all := map[string]string{}
	for name, text := range s.stack {
		if path.Base(name) == "locals.tf" {
			all[name] = strings.Join(components.FindAllString(text, -1), "\n")
		}
	}
	return all
}

func (sides) only(files map[string]string, keep func(string) bool) map[string]string {
	files = maps.Clone(files)
	maps.DeleteFunc(files, func(name, _ string) bool { return !keep(name) })
	return files
}

// roles holds the roles that service accounts ask for to those that are made: each
// trusts an account of the namespace that asks for it, and has a policy; none is
// made for nobody.
func (s sides) roles() (faults []string) {
	made, asked := found(s.kops, roleName, 1), map[string]bool{}
	for name, text := range s.trees {
		for _, m := range roleARN.FindAllStringSubmatch(text, -1) {
			role := m[1]
			asked[role] = true
			if !slices.Contains(made, role) {
				faults = append(faults, "no Terraform makes the role "+role)
			}
			trust := trusted.FindStringSubmatch(s.kops[path.Join(s.policiesDir, "aws_iam_role_"+role+"_policy")])
			namespaces := found(map[string]string{name: text}, namespace, 1)
			if len(trust) != 3 || !slices.Contains(namespaces, trust[1]) || !strings.Contains(text, "name: "+trust[2]+"\n") {
				faults = append(faults, fmt.Sprintf("the role %s trusts %q, and %s asks for it in %v", role, trust, name, namespaces))
			}
			if s.kops[path.Join(s.policiesDir, "aws_iam_role_policy_"+role+"_policy")] == "" {
				faults = append(faults, "nothing says what the role "+role+" may do")
			}
		}
	}
	if len(asked) < 5 {
		faults = append(faults, fmt.Sprintf("the trees ask for %d roles only: does the pattern find them?", len(asked)))
	}
	for _, role := range made {
		trust := trusted.FindStringSubmatch(s.kops[path.Join(s.policiesDir, "aws_iam_role_"+role+"_policy")])
		// kops' own addons are in kube-system; test/aws/kops holds Flux' role to its tree.
		if len(trust) == 3 && trust[1] != "kube-system" && trust[1] != platform.ScannerNamespace && !asked[role] {
			faults = append(faults, "no service account asks for the role "+role)
		}
	}
	return faults
}

// tags holds what controllers tag, and look for, to the tags of Terraform.
func (s sides) tags() (faults []string) {
	same := func(what string, have []string, want ...string) {
		if !slices.Equal(have, want) {
			faults = append(faults, fmt.Sprintf("%s: %q, want %q alone", what, have, want))
		}
	}
	same("owners in the trees", found(s.trees, owner, 1), s.domain)
	same("owners in the platform's stack", found(s.stack, owner, 1), s.domain)
	// A condition of kops' own policies asks whether there is such a tag.
	same("owners in kops' stack", slices.DeleteFunc(found(s.kops, owner, 1), func(o string) bool { return o == "true" }), s.domain)
	resources := s.only(s.kops, func(name string) bool { return path.Ext(name) == ".tf" })
	same("owners of kops' resources", found(resources, owner, 1), s.domain)
	same("platforms of kops' resources", found(resources, ofPlatform, 1), "groundwork")
	same("platforms in the platform's stack", found(s.stack, ofPlatform, 1), "groundwork")
	same("owners of volumes", found(s.trees, disks, 1), s.domain)
	same("groups that are scaled", found(s.trees, discovery, 1), s.domain)
	for _, tag := range []string{"k8s.io/cluster-autoscaler/enabled", "k8s.io/cluster-autoscaler/" + s.domain} {
		if !slices.Contains(found(s.kops, scaled, 1), tag) {
			faults = append(faults, "no group of workers has the tag "+tag)
		}
	}
	return faults
}

// TestTerraformAndTreesAgree reads what is committed of both: names of roles,
// buckets and keys, and tags.
func TestTerraformAndTreesAgree(t *testing.T) {
	t.Parallel()
	for _, cluster := range []string{"dev", "prod"} {
		for _, fault := range sidesOf(t, cluster).faults() {
			t.Errorf("%s: %s", cluster, fault)
		}
	}
}

// TestAgreementIsHeld: each way in which the sides may part is found.
func TestAgreementIsHeld(t *testing.T) {
	t.Parallel()
	const trees, kops, stack = "trees", "kops", "stack"
	for name, tc := range map[string]struct{ side, old, new, want string }{
		"role asked for":      {trees, "role/velero.velero.sa", "role/velera.velero.sa", "no Terraform makes the role velera.velero.sa.dev"},
		"role made":           {kops, `"vault.vault.sa.dev.groundwork.example.com"`, `"v"`, "no Terraform makes the role vault.vault.sa.dev"},
		"role of nobody":      {trees, "role/external-dns.external-dns.sa", "role/vault.vault.sa", "no service account asks for the role external-dns"},
		"trust's namespace":   {kops, "system:serviceaccount:velero:velero", "system:serviceaccount:backup:velero", "the role velero.velero.sa.dev.groundwork.example.com trusts"},
		"trust's account":     {kops, "system:serviceaccount:velero:velero", "system:serviceaccount:velero:other", "the role velero.velero.sa.dev.groundwork.example.com trusts"},
		"release elsewhere":   {trees, "  namespace: cluster-autoscaler\n", "  namespace: elsewhere\n", "the role cluster-autoscaler.cluster-autoscaler.sa.dev.groundwork.e-o3g0du trusts"},
		"bucket in a tree":    {trees, "groundwork-dev-backups-1", "groundwork-dev-backup-1", "no stack makes the bucket groundwork-dev-backup-1"},
		"bucket in a policy":  {kops, "groundwork-dev-backups-1", "groundwork-dev-backup-1", "no role may use the bucket groundwork-dev-backups-1"},
		"bucket in the stack": {stack, "groundwork-dev-backups-1", "groundwork-dev-backup-1", "no tree uses the bucket groundwork-dev-backup-1"},
		"key in a tree":       {trees, "alias/groundwork-dev-unseal", "alias/groundwork-dev-seal", "no stack makes the key alias/groundwork-dev-seal"},
		"key in a policy":     {kops, "alias/groundwork-dev-unseal", "alias/groundwork-dev-seal", "no role may use the key alias/groundwork-dev-unseal"},
		"key in the stack":    {stack, "alias/groundwork-dev-volumes", "alias/groundwork-dev-disks", "no stack makes the key alias/groundwork-dev-volumes"},
		"owner in a tree":     {trees, "KubernetesCluster: dev.", "KubernetesCluster: test.", "owners in the trees"},
		"no owner by kops":    {kops, `"KubernetesCluster"`, `"Cluster"`, "owners of kops' resources: []"},
		"owner in a policy":   {kops, `"aws:ResourceTag/KubernetesCluster": "dev.`, `"aws:ResourceTag/KubernetesCluster": "test.`, "owners in kops' stack"},
		"owner by kops":       {kops, `= "dev.groundwork.example.com"`, `= "test.groundwork.example.com"`, "owners in kops' stack"},
		"platform by kops":    {kops, `= "groundwork"`, `= "acme"`, "platforms of kops' resources"},
		"owner in the stack":  {stack, `KubernetesCluster         = "dev.`, `KubernetesCluster         = "test.`, "owners in the platform's stack"},
		"platform":            {stack, `"groundwork.dev/platform" = "groundwork"`, `"groundwork.dev/platform" = "acme"`, "platforms in the platform's stack"},
		"owner of volumes":    {trees, "k8sTagClusterId: dev.", "k8sTagClusterId: test.", "owners of volumes"},
		"scaled groups":       {trees, "clusterName: dev.", "clusterName: test.", "groups that are scaled"},
		"tag of groups":       {kops, `"k8s.io/cluster-autoscaler/enabled"`, `"k8s.io/cluster-autoscaler/on"`, "no group of workers has the tag k8s.io/cluster-autoscaler/enabled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sidesOf(t, "dev")
			files := map[string]map[string]string{trees: s.trees, kops: s.kops, stack: s.stack}[tc.side]
			changed := false
			for name, text := range files {
				files[name] = strings.ReplaceAll(text, tc.old, tc.new)
				changed = changed || files[name] != text
			}
			if !changed {
				t.Fatalf("nothing in %s holds %q", tc.side, tc.old)
			}
			if all := strings.Join(s.faults(), "\n"); !strings.Contains(all, tc.want) {
				t.Errorf("want a fault that holds\n%s\nhave\n%s", tc.want, all)
			}
		})
	}
}
