//go:build aws

package kops_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
	"github.com/groundwork-dev/groundwork/internal/clusterfolder"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

// committed are the renders that are in the repository as they are.
func committed() []struct{ root, cluster string } {
	return []struct{ root, cluster string }{
		{repository, "dev"},
		{repository, "prod"},
		{filepath.Join(repository, "docs", "examples", "seed"), "public-k8s"},
	}
}

// cases are the platforms of testdata/, of which the repository has a summary.
func cases() []string { return []string{"private", "cilium", "spot"} }

// TestCommittedRendersAreReproduced renders them again, in an empty environment.
func TestCommittedRendersAreReproduced(t *testing.T) {
	t.Parallel()
	for _, of := range committed() {
		t.Run(of.cluster, func(t *testing.T) {
			t.Parallel()
			root := os.DirFS(of.root)
			r := request(t, filepath.Join(of.root, "platform.yaml"), of.cluster)
			files := render(t.Context(), t, r, lock(t, root, of.cluster))
			for name, text := range files {
				have, err := os.ReadFile(filepath.Join(of.root, clusterfolder.Dir(of.cluster), name))
				if err != nil {
					t.Error(err)
				} else if diff := cmp.Diff(string(have), text); diff != "" {
					t.Errorf("%s differs (-committed +rendered):\n%s", name, diff)
				}
			}
			entries, err := os.ReadDir(filepath.Join(of.root, clusterfolder.Dir(of.cluster), "data"))
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if _, ok := files["data/"+e.Name()]; !ok {
					t.Errorf("data/%s is committed, and is not rendered", e.Name())
				}
			}
		})
	}
}

// exampleFacts are facts for a case, with the certificates of the repository's
// own cluster: kops' authorities have no cluster's name.
func exampleFacts(t *testing.T, r *clusterspec.Request) *clusterfacts.Facts {
	t.Helper()
	prod := lock(t, os.DirFS(repository), "prod")
	facts := r.Example("example", "2026-11-24")
	facts.Keysets, facts.EncryptionConfig = prod.Keysets, prod.EncryptionConfig
	return facts
}

func renderCase(t *testing.T, name string) map[string]string {
	t.Helper()
	r := request(t, filepath.Join("testdata", name+".yaml"), "example")
	return render(t.Context(), t, r, exampleFacts(t, r))
}

var resource = regexp.MustCompile(`(?m)^(?:resource|data) "([^"]+)" "([^"]+)"`)

// summary is what a render is made of: each resource, and a checksum of each
// file.
func summary(files map[string]string) string {
	var b strings.Builder
	var resources []string
	for _, m := range resource.FindAllStringSubmatch(files["kubernetes.tf"], -1) {
		resources = append(resources, m[1]+"."+m[2])
	}
	slices.Sort(resources)
	for _, r := range resources {
		fmt.Fprintln(&b, r)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&b, "%s sha256:%x\n", name, sha256.Sum256([]byte(files[name])))
	}
	return b.String()
}

func TestCases(t *testing.T) {
	t.Parallel()
	for _, name := range cases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := renderCase(t, name)
			if diff := cmp.Diff(first, renderCase(t, name)); diff != "" {
				t.Errorf("two renders differ:\n%s", diff)
			}
			for file, want := range map[string]string{
				name + ".golden": summary(first), name + ".cluster.golden": first["cluster.yaml"],
			} {
				golden := filepath.Join("testdata", file)
				if *update {
					if err := os.WriteFile(golden, []byte(want), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				have, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(have), want); diff != "" {
					t.Errorf("%s differs (-golden +rendered); run with -update and read the diff:\n%s", golden, diff)
				}
			}
		})
	}
}

// TestNothingOfTheLoopbackLeaks: the state store that kops sees here is on a
// loopback port, behind keys that are none.
func TestNothingOfTheLoopbackLeaks(t *testing.T) {
	t.Parallel()
	port := regexp.MustCompile(`127\.0\.0\.1:(\d{5})\b`)
	for _, name := range cases() {
		for file, text := range renderCase(t, name) {
			for _, word := range []string{"S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET", "loopback\"", "bootstrap-kops-", "PRIVATE KEY", "public-read"} {
				if strings.Contains(text, word) {
					t.Errorf("%s: %s holds %s", name, file, word)
				}
			}
			if m := port.FindString(text); m != "" {
				t.Errorf("%s: %s holds %s", name, file, m)
			}
		}
	}
}

// TestAFactThatIsMissingIsNamed: kops' own knowledge of which certificates
// there have to be.
func TestAFactThatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	r := request(t, filepath.Join("testdata", "private.yaml"), "example")
	facts := exampleFacts(t, r)
	facts.Keysets = maps.Clone(facts.Keysets)
	delete(facts.Keysets, "service-account")
	_, err := worker().Do(t.Context(), &clusterspec.Job{Do: clusterspec.DoRender, Request: *r, Facts: *facts})
	if err == nil || !strings.Contains(err.Error(), "the facts lock lacks keyset service-account") {
		t.Errorf("want the keyset that is missing, have %v", err)
	}
}
