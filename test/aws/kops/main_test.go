//go:build aws

// Package kops_test proves what bootstrap-kops renders: byte for byte, against
// what kops itself makes of the seed's command, and by Terraform. It links kops,
// so it is behind a build tag: `make aws-test`.
package kops_test

import (
	"context"
	"flag"
	"io"
	"io/fs"
	"os"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/cli/kopsworker"
	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
	"github.com/groundwork-dev/groundwork/internal/clusterworker"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/platform"
)

var update = flag.Bool("update", false, "write golden files anew")

// repository is the root of this repository.
const repository = "../../.."

// TestMain lets the test binary be what the tests start: kops needs a process
// for each cluster. The worker's environment is empty, so HOME tells them apart:
// it is a folder that clusterworker makes.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == asKops:
		os.Exit(createCluster(os.Stdout))
	case len(os.Args) == 1:
		out := os.Stdout
		os.Stdout = os.Stderr
		os.Exit(kopsworker.Main(os.Stdin, out, os.Stderr, nil))
	}
	os.Exit(m.Run())
}

// worker is this binary without arguments; tests always have some.
func worker() clusterworker.Worker { return clusterworker.Worker{Program: os.Args[0]} }

// load reads a platform.yaml, and the catalogue that it is about.
func load(t *testing.T, file string) (*config.Platform, *catalog.Catalog) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := config.Parse(file, data)
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Load(catalog.BuiltinLayer())
	if err != nil {
		t.Fatal(err)
	}
	return p, c
}

// request resolves a cluster of a platform.yaml.
func request(t *testing.T, file, cluster string) *clusterspec.Request {
	t.Helper()
	p, c := load(t, file)
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

// lock reads the facts of a cluster of a repository.
func lock(t *testing.T, root fs.FS, cluster string) *clusterfacts.Facts {
	t.Helper()
	facts, err := clusterfacts.Load(root, cluster)
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// render lets a worker render.
func render(ctx context.Context, t *testing.T, r *clusterspec.Request, facts *clusterfacts.Facts) map[string]string {
	t.Helper()
	if lacks := r.Missing(facts); len(lacks) > 0 {
		t.Fatalf("facts are missing: %v", lacks)
	}
	result, err := worker().Do(ctx, &clusterspec.Job{Do: clusterspec.DoRender, Request: *r, Facts: *facts})
	if err != nil {
		t.Fatal(err)
	}
	return result.Files
}

func write(w io.Writer, text string) { _, _ = io.WriteString(w, text) }
