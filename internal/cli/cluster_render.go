package cli

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
	"github.com/groundwork-dev/groundwork/internal/clusterfolder"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

type clusterRenderOptions struct {
	clusterChoice
	dryRun bool
	output string
}

func newClusterRenderCommand(streams Streams) *cobra.Command {
	var o clusterRenderOptions
	cmd := &cobra.Command{
		Use:   "render",
		Short: "Write a cluster's Terraform to terraform/k8s/<cluster>/",
		Long: `render lets kops write the Terraform of a cluster that platform.yaml describes,
by the facts in clusters/<cluster>/facts.lock.yaml. It asks nothing of AWS or the
internet: the same platform.yaml and the same facts give the same files. It writes
only what differs, each file in one step, and removes files of its own that are no
longer wanted. A file that was edited by hand is never overwritten; a .tf file of
another name beside the rendered ones is left alone.

kops is in an executable of its own, bootstrap-kops, beside bootstrap or on PATH.`,
		Example: `  bootstrap cluster render --cluster dev             # write what differs
  bootstrap cluster render --cluster dev --dry-run   # show what would be written
  bootstrap cluster facts --cluster dev --refresh    # record the facts first`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	o.addFlags(cmd)
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "write nothing; print what would change")
	addOutputFlag(cmd, &o.output)
	return cmd
}

func (o clusterRenderOptions) run(ctx context.Context, streams Streams) error {
	request, err := o.request()
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(o.dir)
	if err != nil {
		return fmt.Errorf("opening the repository's folder: %w", err)
	}
	defer root.Close()
	facts, err := clusterfacts.Load(root.FS(), o.cluster)
	if err != nil {
		return err
	}
	if lacks := request.Missing(facts); len(lacks) > 0 {
		return missingFactsError{cluster: o.cluster, lacks: lacks}
	}
	folder, err := o.render(ctx, streams, request, facts)
	if err != nil {
		return err
	}
	changes, err := clusterfolder.Compare(folder, root.FS())
	if err != nil {
		return fmt.Errorf("comparing with %s: %w", clusterfolder.Dir(o.cluster), err)
	}
	if err := changes.Conflicts().Err(); err != nil {
		return err
	}
	if err := o.print(streams, changes, facts); err != nil {
		return err
	}
	o.warn(streams, request, facts)
	if o.dryRun {
		return nil
	}
	return clusterfolder.Write(root, folder, changes)
}

// render lets the worker render.
func (o clusterRenderOptions) render(ctx context.Context, streams Streams, request *clusterspec.Request, facts *clusterfacts.Facts) (*clusterfolder.Folder, error) {
	worker, err := kopsWorker()
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(streams.Err, "rendering cluster %s with kops %s\n", o.cluster, clusterspec.KopsVersion)
	result, err := worker.Do(ctx, &clusterspec.Job{Do: clusterspec.DoRender, Request: *request, Facts: *facts})
	if err != nil {
		hint := ""
		if strings.Contains(err.Error(), clusterspec.Lacks) {
			hint = "; record it with `bootstrap cluster facts --cluster " + o.cluster + " --refresh`"
		}
		return nil, fmt.Errorf("rendering cluster %s: %w%s", o.cluster, err, hint)
	}
	in, err := clusterInputs(request, facts)
	if err != nil {
		return nil, err
	}
	return clusterfolder.New(o.cluster, in, result.Files)
}

// print tells what differs, as generate does.
func (o clusterRenderOptions) print(streams Streams, changes *clusterfolder.Changes, facts *clusterfacts.Facts) error {
	if o.output == outputJSON {
		return PrintJSON(streams.Out, struct {
			*clusterfolder.Changes
			ExampleFacts int `json:"exampleFacts"`
		}{changes, facts.Examples()})
	}
	return printPaths(streams.Out, changes.Create, changes.Update, changes.Delete)
}

// warn tells what a reader of the result should know.
func (o clusterRenderOptions) warn(streams Streams, request *clusterspec.Request, facts *clusterfacts.Facts) {
	if n := facts.Examples(); n > 0 {
		fmt.Fprintf(streams.Err, "%s of cluster %s are examples: the result is to be read, nothing can be built of it; 'bootstrap cluster facts --cluster %s --refresh' records real ones\n", Plural(n, "fact"), o.cluster, o.cluster)
	}
	if slices.Contains(request.APIAccess, "0.0.0.0/0") || slices.Contains(request.APIAccess, "::/0") {
		fmt.Fprintf(streams.Err, "the API of cluster %s is open to any address: spec.clusters.%s.kubernetes.apiAccess in platform.yaml names those that may reach it\n", o.cluster, o.cluster)
	}
}

// missingFactsError says which facts a render needs.
type missingFactsError struct {
	cluster string
	lacks   []string
}

func (e missingFactsError) Error() string {
	return fmt.Sprintf("%s lacks\n  %s\nrecord them with `bootstrap cluster facts --cluster %s --refresh`", clusterfacts.Path(e.cluster), strings.Join(e.lacks, "\n  "), e.cluster)
}

// Refused tells the error apart from others: nothing was changed.
func (missingFactsError) Refused() bool { return true }
