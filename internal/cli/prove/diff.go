package prove

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/cli"
	"github.com/groundwork-dev/groundwork/internal/fluxbuild"
	"github.com/groundwork-dev/groundwork/internal/gitrepo"
	"github.com/groundwork-dev/groundwork/internal/livediff"
	"github.com/groundwork-dev/groundwork/internal/objectdiff"
	"github.com/groundwork-dev/groundwork/internal/sandbox/build"
	"github.com/groundwork-dev/groundwork/internal/validate"
)

type diffOptions struct {
	cli.ClusterTarget
	path, against string
	everything    bool
	exitCode      bool
	output        string
}

func newDiffCommand(streams cli.Streams) *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use:   "diff",
		Short: "Show what a push would change, in a cluster or in what a branch renders",
		Long: `diff --cluster asks a cluster what it would become: each object of the folder's
tree is applied as Flux would, by a dry run that changes nothing, and compared with
what is there; what Flux would prune is told too. The cluster has to be the one
that platform.yaml means. A HelmRelease is compared as itself: what its chart makes
of a change, --against shows.

diff --against compares what the folder renders to with what a revision of its
repository does: kustomizations built, and the charts rendered that are in the
cache ('bootstrap charts pull').

Values of Secrets are never shown. Exit codes: 0, also where there are differences;
2 with --exit-code where there are; 4 for another cluster.`,
		Example: `  bootstrap diff --cluster dev              # what a push would change there
  bootstrap diff --against main             # what this branch changes in what is rendered
  bootstrap diff --against HEAD~1 --output json
  bootstrap diff --path ~/flux-repo --against main`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	cli.AddDirFlag(cmd, &o.Dir)
	o.AddReachFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.Cluster, "cluster", "", "cluster of platform.yaml to ask")
	f.StringVar(&o.against, "against", "", "revision to compare with: a branch, tag or commit")
	f.StringVar(&o.path, "path", "", "with --against: folder of a repository that is not bootstrap's")
	f.BoolVar(&o.everything, "everything", false, "with --cluster: ask about objects, too, that are provably unchanged")
	f.BoolVar(&o.exitCode, "exit-code", false, "end with 2 where there are differences")
	cmd.MarkFlagsOneRequired("cluster", "against")
	cmd.MarkFlagsMutuallyExclusive("cluster", "against")
	cmd.MarkFlagsMutuallyExclusive("cluster", "path")
	cmd.MarkFlagsMutuallyExclusive("dir", "path")
	cli.Must(cmd.RegisterFlagCompletionFunc("cluster", o.CompleteCluster))
	cli.AddChoiceFlag(cmd, &o.output, "output", "o", "how to print the result", outputText, outputJSON)
	return cmd
}

func (o diffOptions) run(ctx context.Context, streams cli.Streams) error {
	var result interface {
		Empty() bool
		Text(style func(objectdiff.Line) string) string
	}
	var err error
	if o.against != "" {
		result, err = o.rendered(ctx)
	} else {
		result, err = o.live(ctx)
	}
	if err != nil {
		return err
	}
	if o.output == outputJSON {
		err = cli.PrintJSON(streams.Out, result)
	} else {
		_, err = fmt.Fprint(streams.Out, result.Text(colours(streams)))
	}
	if err == nil && o.exitCode && !result.Empty() {
		return cli.DifferError{}
	}
	return err
}

// live asks the cluster.
func (o diffOptions) live(ctx context.Context) (livediff.Result, error) {
	root, err := os.OpenRoot(o.Dir)
	if err != nil {
		return livediff.Result{}, fmt.Errorf("opening the repository's folder: %w", err)
	}
	defer root.Close()
	c, _, err := o.Open(ctx)
	if err != nil {
		return livediff.Result{}, err
	}
	built, err := fluxbuild.NewTree(root.FS()).Cluster(ctx, path.Join(clustersDir, o.Cluster))
	if err != nil {
		return livediff.Result{}, err
	}
	if err := built.Problems.Err(); err != nil {
		return livediff.Result{}, err
	}
	var want []livediff.Kustomization
	for _, u := range built.Units {
		if u.Kustomization.Unstructured == nil {
			return livediff.Result{}, fmt.Errorf("no Kustomization in %s names that folder, so nothing says who applies it", u.Path)
		}
		objects := make([]*unstructured.Unstructured, len(u.Objects))
		for i, object := range u.Objects {
			objects[i] = object.Unstructured
		}
		want = append(want, livediff.From(u.Kustomization.Unstructured, objects))
	}
	return livediff.Diff(ctx, c, want, livediff.Options{Everything: o.everything})
}

// comparison is what a revision and the folder render to, cluster by cluster.
type comparison struct {
	Clusters []clusterDiff `json:"clusters"`
}

type clusterDiff struct {
	Entry string `json:"entry"`
	objectdiff.Diff
}

// Empty says that everything renders to the same.
func (c comparison) Empty() bool {
	for _, d := range c.Clusters {
		if !d.Diff.Empty() {
			return false
		}
	}
	return true
}

// Text returns the differences for a person.
func (c comparison) Text(style func(objectdiff.Line) string) string {
	var b strings.Builder
	for _, d := range c.Clusters {
		fmt.Fprintf(&b, "%s\n%s", d.Entry, d.Diff.Text(style))
	}
	return b.String()
}

// rendered compares with a revision.
func (o diffOptions) rendered(ctx context.Context) (comparison, error) {
	dir := o.Dir
	if o.path != "" {
		dir = o.path
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return comparison{}, fmt.Errorf("opening the repository's folder: %w", err)
	}
	defer root.Close()
	then, err := gitrepo.Revision(dir, o.against)
	if err != nil {
		return comparison{}, err
	}
	cache, err := build.CacheDir()
	if err != nil {
		return comparison{}, err
	}
	c, entries, err := validateOptions{dir: o.Dir, path: o.path}.entries(fluxbuild.NewTree(root.FS()), root.FS())
	if err != nil {
		return comparison{}, err
	}
	charts, err := newCharts(c, cache)
	if err != nil {
		return comparison{}, err
	}
	defer charts.close()
	render := func(files fs.FS, entry validate.Entry) ([]*unstructured.Unstructured, error) {
		if _, err := fs.Stat(files, entry.Path); errors.Is(err, fs.ErrNotExist) {
			return nil, nil // the cluster is new
		}
		return validate.Render(ctx, validate.Deps{Tree: fluxbuild.NewTree(files), Charts: charts, Schemas: newSchemas(c)}, entry)
	}
	var result comparison
	for _, entry := range entries {
		before, err := render(then, entry)
		if err != nil {
			return comparison{}, fmt.Errorf("rendering %s of %s: %w", entry.Path, o.against, err)
		}
		after, err := render(root.FS(), entry)
		if err != nil {
			return comparison{}, fmt.Errorf("rendering %s: %w", entry.Path, err)
		}
		result.Clusters = append(result.Clusters, clusterDiff{entry.Path, objectdiff.Compare(before, after)})
	}
	return result, nil
}

// colours returns how lines look on a terminal; nil for plain text.
func colours(streams cli.Streams) func(objectdiff.Line) string {
	if !streams.Colour {
		return nil
	}
	added, removed := lipgloss.NewStyle().Foreground(lipgloss.Green), lipgloss.NewStyle().Foreground(lipgloss.Red)
	bold := lipgloss.NewStyle().Bold(true)
	return func(l objectdiff.Line) string {
		switch l.Kind {
		case objectdiff.Added:
			return added.Render(l.Text)
		case objectdiff.Removed:
			return removed.Render(l.Text)
		case objectdiff.Header:
			return bold.Render(l.Text)
		default:
			return l.Text
		}
	}
}
