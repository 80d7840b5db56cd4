package prove

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/cli"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/fluxbuild"
	"github.com/groundwork-dev/groundwork/internal/sandbox/build"
	"github.com/groundwork-dev/groundwork/internal/validate"
)

// clustersDir holds the entries of the clusters.
const clustersDir = "clusters"

type validateOptions struct {
	dir, path string
	clusters  []string
	output    string
	noCache   bool
	gaps      bool
	waves     bool
}

func newValidateCommand(streams cli.Streams) *cobra.Command {
	var o validateOptions
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Prove the trees right before they are pushed",
		Long: `validate builds every cluster of the repository as Flux would, renders or checks
its charts, and asks of every object what would refuse it later: the API server
(its own code, CEL rules included) first of all. It needs no cluster and no
network. What it did not look at, it says.

Charts are rendered where they are in the cache ('bootstrap charts pull'); the
values of the others are held to the keys that the catalogue knows of them.

With --path it takes any repository of kustomizations and HelmReleases: each
folder in clusters/ is a cluster, or else the folder itself is one. No
platform.yaml is needed.

Exit codes: 0 nothing is wrong; 3 something is; 1 it could not be found out.`,
		Example: `  bootstrap validate                        # this repository, every cluster
  bootstrap validate --cluster prod         # one of them
  bootstrap validate --path ~/flux-repo     # one that is not bootstrap's
  bootstrap validate --output github        # annotations for a pull request
  bootstrap validate --output sarif > validate.sarif`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	cli.AddDirFlag(cmd, &o.dir)
	cmd.Flags().StringVar(&o.path, "path", "", "folder of a repository that is not bootstrap's")
	cmd.MarkFlagsMutuallyExclusive("dir", "path")
	cmd.Flags().StringSliceVar(&o.clusters, "cluster", nil, "clusters to look at, every one by default")
	cmd.Flags().BoolVar(&o.noCache, "no-cache", false, "look again, although nothing has changed")
	cmd.Flags().BoolVar(&o.gaps, "gaps", false, "list what was not checked, and what was taken for granted")
	cmd.Flags().BoolVar(&o.waves, "waves", false, "show how each cluster comes up from nothing: waves, and the critical path")
	cli.AddChoiceFlag(cmd, &o.output, "output", "o", "how to print the result", outputText, outputJSON, outputSARIF, outputGitHub)
	return cmd
}

// It lives for a second: collecting garbage may wait, within bounds.
const (
	garbagePercent = 400
	garbageLimit   = 1 << 30 // bytes
)

func (o validateOptions) run(ctx context.Context, streams cli.Streams) error {
	defer debug.SetGCPercent(debug.SetGCPercent(garbagePercent))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(garbageLimit))
	began := time.Now()
	dir := o.dir
	if o.path != "" {
		dir = o.path
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the repository's folder: %w", err)
	}
	defer root.Close()
	cache, err := build.CacheDir()
	if err != nil {
		return err
	}
	kept := reports{dir: cache, of: o.key(dir, cache)}
	if !o.noCache {
		if report, ok := kept.find(root.FS()); ok {
			return o.print(streams, report, time.Since(began), true)
		}
	}
	tree := fluxbuild.NewTree(root.FS())
	report, err := o.validate(ctx, tree, root.FS(), cache)
	if err != nil {
		return err
	}
	if err := kept.keep(tree.Inputs(), report); err != nil {
		return fmt.Errorf("keeping the result for the next time: %w", err)
	}
	return o.print(streams, report, time.Since(began), false)
}

func (o validateOptions) validate(ctx context.Context, tree *fluxbuild.Tree, fsys fs.FS, cache string) (*validate.Report, error) {
	c, entries, err := o.entries(tree, fsys)
	if err != nil {
		return nil, err
	}
	charts, err := newCharts(c, cache)
	if err != nil {
		return nil, err
	}
	defer charts.close()
	return validate.Run(ctx, validate.Deps{Tree: tree, Charts: charts, Schemas: newSchemas(c), Policies: newPolicies}, entries)
}

// catalogue loads one, at the latest when something asks for it.
type catalogue func() (*catalog.Catalog, error)

// entries returns the folders that clusters begin with, and the catalogue.
func (o validateOptions) entries(tree *fluxbuild.Tree, fsys fs.FS) (catalogue, []validate.Entry, error) {
	var names []string
	clusters := map[string]config.Cluster{}
	var c catalogue
	if o.path == "" {
		p, own, err := cli.LoadDir(o.dir)
		if err != nil {
			return nil, nil, err
		}
		tree.Depend(config.FileName, "components")
		c = func() (*catalog.Catalog, error) { return own, nil }
		clusters, names = p.Spec.Clusters, slices.Sorted(maps.Keys(p.Spec.Clusters))
	} else {
		c = sync.OnceValues(func() (*catalog.Catalog, error) { return catalog.Load(catalog.BuiltinLayer()) })
		names = folders(fsys)
	}
	if len(names) == 0 && len(o.clusters) == 0 {
		return c, []validate.Entry{{Path: "."}}, nil
	}
	for _, name := range o.clusters {
		if !slices.Contains(names, name) {
			return nil, nil, cli.Usage(fmt.Errorf("there is no cluster %q; there are %s", name, strings.Join(names, ", ")))
		}
	}
	if len(o.clusters) > 0 {
		names = slices.Compact(slices.Sorted(slices.Values(o.clusters)))
	}
	entries := make([]validate.Entry, len(names))
	for i, name := range names {
		entries[i] = validate.Entry{
			Path: path.Join(clustersDir, name), HA: clusters[name].Size == config.SizeHA, Domain: clusters[name].Domain,
		}
	}
	return c, entries, nil
}

// folders lists the clusters of a repository that has no platform.yaml.
func folders(fsys fs.FS) []string {
	entries, err := fs.ReadDir(fsys, clustersDir)
	if err != nil {
		return nil // the repository is one cluster
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}
