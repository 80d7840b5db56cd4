package clusterspec_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/clusterfolder"
)

var (
	roleARN  = regexp.MustCompile(`arn:aws:iam::123456789012:role/([A-Za-z0-9+=,.@_-]+)`)
	roleName = regexp.MustCompile(`(?m)^resource "aws_iam_role" "[^"]+" \{(?:\n .*)*?\n  name += "([^"]+)"`)
	bucket   = regexp.MustCompile(`\bgroundwork-(?:dev|prod)-[a-z0-9-]+-123456789012\b`)
	owner    = regexp.MustCompile(`KubernetesCluster(?:"|:)? *[=:] *"?([a-z0-9.-]+)`)
	scaled   = regexp.MustCompile(`"(k8s\.io/cluster-autoscaler/[^"]+)"`)
)

// found returns what a pattern's group finds in files below folders, each once.
func found(t *testing.T, pattern *regexp.Regexp, group int, dirs ...string) []string {
	t.Helper()
	repository := os.DirFS("../..")
	var all []string
	for _, dir := range dirs {
		err := fs.WalkDir(repository, dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := fs.ReadFile(repository, name)
			for _, m := range pattern.FindAllStringSubmatch(string(data), -1) {
				all = append(all, m[group])
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestTerraformAndTreesAgree reads what is committed of both: the roles that
// service accounts ask for are made, with leave for the buckets that components
// use, and what controllers make carries the tags by which Terraform's part is
// known.
func TestTerraformAndTreesAgree(t *testing.T) {
	t.Parallel()
	for _, cluster := range []string{"dev", "prod"} {
		domain := cluster + ".groundwork.example.com"
		trees := []string{path.Join("infrastructure/controllers", cluster), path.Join("infrastructure/configs", cluster)}
		terraform := clusterfolder.Dir(cluster)

		wanted, made := found(t, roleARN, 1, trees...), found(t, roleName, 1, terraform)
		if len(wanted) < 5 {
			t.Errorf("%s: the trees ask for %d roles only: does the pattern find them?", cluster, len(wanted))
		}
		for _, role := range wanted {
			if !slices.Contains(made, role) {
				t.Errorf("%s: no Terraform makes the role %s, which a service account asks for; there are\n%s", cluster, role, strings.Join(made, "\n"))
			}
		}
		used, allowed := found(t, bucket, 0, trees...), found(t, bucket, 0, terraform)
		if len(used) == 0 {
			t.Errorf("%s: the trees use no bucket: does the pattern find them?", cluster)
		}
		for _, b := range used {
			if !slices.Contains(allowed, b) {
				t.Errorf("%s: no role may use the bucket %s", cluster, b)
			}
		}
		for _, of := range [][]string{trees, {terraform}} {
			owners := found(t, owner, 1, of...)
			// A condition of kops' own policies asks whether there is such a tag.
			owners = slices.DeleteFunc(owners, func(o string) bool { return o == "true" })
			if !slices.Equal(owners, []string{domain}) {
				t.Errorf("%s: %v tag KubernetesCluster as %v, want %s alone", cluster, of, owners, domain)
			}
		}
		for _, tag := range []string{"k8s.io/cluster-autoscaler/enabled", "k8s.io/cluster-autoscaler/" + domain} {
			if !slices.Contains(found(t, scaled, 1, terraform), tag) {
				t.Errorf("%s: no group of workers has the tag %s", cluster, tag)
			}
		}
	}
}
