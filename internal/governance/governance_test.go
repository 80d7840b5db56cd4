package governance_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dlclark/regexp2"
	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/governance"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

var update = flag.Bool("update", false, "write golden files anew")

const file = `apiVersion: groundwork.dev/v1alpha1
kind: Platform
metadata: {name: acme}
spec:
  repository: {url: https://github.com/acme/platform, branch: trunk}
  aws: {accountID: "012345678901", region: eu-central-1, zones: [eu-central-1a]}
  clusters:
    dev: {size: small, domain: dev.example.com}
    prod: {size: small, domain: prod.example.com, protected: true}
    prod-eu: {size: small, domain: eu.example.com, protected: true}
`

const rules = `  governance:
    owners:
      platform: ["@acme/platform", "@jane"]
      clusters: {dev: ["@acme/developers"], prod-eu: ["@acme/europe"]}
      paths:
        - {path: docs/, owners: ["@acme/writers"]}
        - {path: docs/adr/, owners: ["@acme/platform"]}
        - {path: terraform/, owners: ["@acme/infra"]}
        - {path: apps/dev/web/, owners: ["@acme/web"]}
        - {path: Makefile, owners: ["@joe"]}
    branches:
      - {name: release/*, reviews: 2, checks: [test, lint]}
      - {name: trunk, reviews: 0, signedCommits: true, checks: [test]}
    automation: {appID: 42, deployKeys: true}
    environments:
      dev: {reviewers: ["@acme/developers"]}
      preview: {branches: [feature/*]}
    actions: [hashicorp/setup-terraform, aws-actions/*]
    planRole: acme-plan
`

func parse(t *testing.T, text string) *config.Platform {
	t.Helper()
	p, err := config.Parse("platform.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func onGitea(text string) string {
	text = strings.Replace(text, "https://github.com/acme/platform,", "https://git.example.com/acme/platform, provider: gitea,", 1)
	return strings.Replace(text, "{appID: 42, deployKeys: true}", "{user: flux}", 1)
}

func hold(t *testing.T, name string, got []byte) {
	t.Helper()
	golden := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s is now\n%s", name, got)
	}
}

func TestCodeOwners(t *testing.T) {
	t.Parallel()
	for golden, tc := range map[string]struct{ text, path string }{
		"github": {file + rules, ".github/CODEOWNERS"},
		"gitea":  {onGitea(file + rules), ".gitea/CODEOWNERS"},
	} {
		name, data := governance.CodeOwners(parse(t, tc.text))
		if name != tc.path {
			t.Errorf("path is %s, want %s", name, tc.path)
		}
		hold(t, golden+".golden", data)
	}
	gitlab := strings.Replace(strings.Replace(file+rules, "github.com", "gitlab.com", 1), "{appID: 42, deployKeys: true}", "{user: flux}", 1)
	if name, data := governance.CodeOwners(parse(t, gitlab)); name != ".gitlab/CODEOWNERS" || !strings.Contains(string(data), "\n/docs/adr/ @acme/platform\n") {
		t.Errorf("GitLab's %s is\n%s", name, data)
	}
	for _, text := range []string{file, onGitea(file)} {
		if name, _ := governance.CodeOwners(parse(t, text)); name != "" {
			t.Errorf("without owners there is %s", name)
		}
	}
}

func TestDeclared(t *testing.T) {
	t.Parallel()
	for golden, text := range map[string]string{"declared": file + rules, "defaults": file, "declared-gitea": onGitea(file + rules)} {
		got, err := json.MarshalIndent(governance.Declared(parse(t, text)), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		hold(t, golden+".golden", append(got, '\n'))
	}
	china := strings.ReplaceAll(file+rules, "eu-central-1", "cn-north-1")
	if role := governance.Declared(parse(t, china)).Variables[governance.VariablePlanRole]; role != "arn:aws-cn:iam::012345678901:role/acme-plan" {
		t.Errorf("role is %s", role)
	}
}

// askedOnGitHub is whom GitHub asks about a file: the owners of the last line
// whose pattern, of gitignore's form, matches it.
func askedOnGitHub(t *testing.T, owners, path string) []string {
	t.Helper()
	var asked []string
	for line := range strings.Lines(owners) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		if gitignore.ParsePattern(fields[0], nil).Match(strings.Split(path, "/"), false) == gitignore.Exclude {
			asked = fields[1:]
		}
	}
	return asked
}

// askedOnGitea is whom Gitea 1.26 asks: the owners of every line that matches,
// each once. The line is read as its TokenizeCodeOwnersLine does (a backslash
// takes the next character as it is, # ends the line), and matched by the
// library that it uses.
func askedOnGitea(t *testing.T, owners, path string) []string {
	t.Helper()
	var asked []string
	for line := range strings.Lines(owners) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "#")
		if strings.Contains(line, `\`) {
			t.Fatalf("a backslash is lost on Gitea: %s", line)
		}
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if fields[0][0] == '!' {
			t.Fatalf("a line that is turned round: %s", line)
		}
		re, err := regexp2.Compile("^"+strings.TrimPrefix(fields[0], "/")+"$", regexp2.None)
		if err != nil {
			t.Fatal(err)
		}
		if is, _ := re.MatchString(path); is {
			asked = append(asked, fields[1:]...)
		}
	}
	slices.Sort(asked)
	return slices.Compact(asked)
}

// hostilePaths are files beside and below everything that rules speak of.
func hostilePaths(p *config.Platform) []string {
	paths := []string{"README.md", "docsx", "docs.md", "x/docs/a", "docs-old/a", "platformxyaml", "Makefile.x", "x/Makefile", "terraform/a.tf", "clusters/prod-us/a", "clusters/README.md", "a b/ü"}
	for _, guarded := range config.GuardedPaths() {
		paths = append(paths, guarded+"x/y")
		if !strings.HasSuffix(guarded, "/") {
			paths = append(paths, guarded)
		}
	}
	for name := range p.Spec.Clusters {
		for _, parent := range config.ClusterParents() {
			paths = append(paths, parent+"/"+name+"/a.yaml", parent+"/"+name+"/web/deep/b.yaml", parent+"/"+name+"x/a.yaml")
		}
	}
	if o := p.Spec.Governance.Owners; o != nil {
		for _, said := range o.Paths {
			bare := strings.TrimSuffix(said.Path, "/")
			paths = append(paths, bare, bare+"/f", bare+"/d/f", bare+"x", bare+"-x/f")
		}
	}
	return paths
}

// held fails where a forge would ask others than the rules mean, where anything
// has no owner, and where what is guarded, or a cluster's without a more precise
// line, is not its owners'.
func held(t *testing.T, p *config.Platform) {
	t.Helper()
	all := governance.Rules(p)
	p.Spec.Repository.Provider = config.ProviderGitHub
	_, globs := governance.CodeOwners(p)
	p.Spec.Repository.Provider = config.ProviderGitea
	_, expressions := governance.CodeOwners(p)
	o := p.Spec.Governance.Owners
	for _, path := range hostilePaths(p) {
		want := governance.OwnersOf(all, path)
		if len(want) == 0 {
			t.Errorf("%s has no owner", path)
		}
		if got := askedOnGitHub(t, string(globs), path); !slices.Equal(got, want) {
			t.Errorf("%s: GitHub asks %q, want %q\n%s", path, got, want, globs)
		}
		if got := askedOnGitea(t, string(expressions), path); !slices.Equal(got, slices.Compact(slices.Sorted(slices.Values(want)))) {
			t.Errorf("%s: Gitea asks %q, want %q\n%s", path, got, want, expressions)
		}
		guarded := slices.ContainsFunc(config.GuardedPaths(), func(g string) bool { return path == g || strings.HasPrefix(path, strings.TrimSuffix(g, "/")+"/") })
		cluster := tree.Cluster(path)
		_, is := p.Spec.Clusters[cluster]
		given := slices.ContainsFunc(o.Paths, func(s config.PathOwners) bool {
			bare := strings.TrimSuffix(s.Path, "/")
			return (path == bare || strings.HasPrefix(path, bare+"/")) && tree.Cluster(bare) == cluster
		})
		switch {
		case guarded && !slices.Equal(want, o.Platform):
			t.Errorf("%s is %q's, want the platform's", path, want)
		case is && !given && len(o.Clusters[cluster]) == 0 && !slices.Equal(want, o.Platform):
			t.Errorf("%s is %q's, and its cluster the platform's", path, want)
		case is && !given && len(o.Clusters[cluster]) > 0 && !slices.Equal(want, o.Clusters[cluster]):
			t.Errorf("%s is %q's, and its cluster %q's", path, want, o.Clusters[cluster])
		}
	}
}

func TestForgesAskWhomTheRulesMean(t *testing.T) {
	t.Parallel()
	held(t, parse(t, file+rules))
}

// Whatever platform.yaml says, nothing is without an owner, and nobody gets
// what is guarded or a cluster by owning a path around it.
func TestNothingIsWithoutAnOwner(t *testing.T) {
	t.Parallel()
	parts := []string{"a", "docs", "apps", "clusters", "terraform", "prod", "dev", "web", "infrastructure", "configs", "k8s", "x.y", "a-b", "CODEOWNERS", ".github", "platform.yaml"}
	kept := 0
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 1))
		var b strings.Builder
		b.WriteString(file + "  governance:\n    owners:\n      platform: [\"@p\"]\n")
		if r.IntN(2) == 0 {
			b.WriteString("      clusters: {dev: [\"@d\"], prod-eu: [\"@e\", \"@f\"]}\n")
		}
		b.WriteString("      paths:\n")
		for i := range 1 + r.IntN(6) {
			var path []string
			for range 1 + r.IntN(4) {
				path = append(path, parts[r.IntN(len(parts))])
			}
			fmt.Fprintf(&b, "        - {path: %s%s, owners: [\"@o%d\"]}\n", strings.Join(path, "/"), []string{"", "/"}[r.IntN(2)], i)
		}
		p, err := config.Parse("platform.yaml", []byte(b.String()))
		if err != nil {
			continue // refused: guarded, twice, or a cluster's
		}
		kept++
		held(t, p)
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, b.String())
		}
	}
	if kept < 50 {
		t.Errorf("only %d of the files were good", kept)
	}
}

// The folders of clusters are those that the trees have.
func TestClusterFoldersAreTheTrees(t *testing.T) {
	t.Parallel()
	for _, parent := range config.ClusterParents() {
		if got := tree.Cluster(parent + "/prod/a.yaml"); got != "prod" {
			t.Errorf("%s/prod is of cluster %q", parent, got)
		}
	}
}

// A large platform costs little: the rules are walked, not compared with each
// other.
func TestManyClusters(t *testing.T) {
	t.Parallel()
	p := parse(t, onGitea(file+rules))
	for i := range 2000 {
		p.Spec.Clusters[fmt.Sprintf("c%d", i)] = config.Cluster{}
	}
	_, data := governance.CodeOwners(p)
	if lines := strings.Count(string(data), "\n"); lines < 12_000 || len(data) > 3<<20 {
		t.Errorf("%d lines, %d bytes", lines, len(data))
	}
}
