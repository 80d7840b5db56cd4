package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

type clusterFactsOptions struct {
	clusterChoice
	refresh, example bool
	output           string
}

func newClusterFactsCommand(streams Streams) *cobra.Command {
	var o clusterFactsOptions
	cmd := &cobra.Command{
		Use:   "facts",
		Short: "Show or record what kops has to know of AWS to render a cluster",
		Long: `facts shows clusters/<cluster>/facts.lock.yaml: everything that kops asks AWS, the
internet and its state store, with where each answer came from and when.

--refresh asks again and writes the file. It uses the credentials that AWS's own
tools would use, and needs the state bucket: keys of the cluster that are not in it
yet are made there, and only there; the file gets their certificates.

--example writes facts that are none, marked as examples, so that a cluster can be
rendered and read without an account. Nothing can be built of them.`,
		Example: `  bootstrap cluster facts --cluster dev             # show what is recorded
  bootstrap cluster facts --cluster dev --refresh   # ask AWS, and record it`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	o.addFlags(cmd)
	cmd.Flags().BoolVar(&o.refresh, "refresh", false, "ask AWS, the internet and the state store, and record the answers")
	cmd.Flags().BoolVar(&o.example, "example", false, "record examples instead of facts")
	cmd.MarkFlagsMutuallyExclusive("refresh", "example")
	addOutputFlag(cmd, &o.output)
	return cmd
}

func (o clusterFactsOptions) run(ctx context.Context, streams Streams) error {
	request, err := o.request()
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(o.dir)
	if err != nil {
		return fmt.Errorf("opening the repository's folder: %w", err)
	}
	defer root.Close()
	if o.refresh || o.example {
		facts, err := o.record(ctx, streams, request)
		if err != nil {
			return err
		}
		return writeFacts(root, o.cluster, facts)
	}
	facts, err := clusterfacts.Load(root.FS(), o.cluster)
	if err != nil {
		return err
	}
	if o.output == outputJSON {
		return PrintJSON(streams.Out, facts)
	}
	if err := printFacts(streams.Out, facts); err != nil {
		return err
	}
	if lacks := request.Missing(facts); len(lacks) > 0 {
		return missingFactsError{cluster: o.cluster, lacks: lacks}
	}
	return nil
}

// record lets the worker find out.
func (o clusterFactsOptions) record(ctx context.Context, streams Streams, request *clusterspec.Request) (*clusterfacts.Facts, error) {
	worker, err := kopsWorker()
	if err != nil {
		return nil, err
	}
	today := time.Now().UTC().Format(time.DateOnly)
	job := &clusterspec.Job{
		Do: clusterspec.DoGather, Request: *request, Facts: *clusterfacts.New(o.cluster, clusterspec.KopsVersion),
		Origin: clusterfacts.Origin{Date: today},
	}
	if o.example {
		job.Do, job.Facts = clusterspec.DoExample, *request.Example(o.cluster, today)
		job.Origin.Source = clusterfacts.Example
	} else {
		fmt.Fprintf(streams.Err, "asking AWS about cluster %s; its keys are in %s\n", o.cluster, request.StateStore)
	}
	result, err := worker.Do(ctx, job)
	if err != nil {
		return nil, fmt.Errorf("recording the facts of cluster %s: %w", o.cluster, err)
	}
	if result.Facts == nil {
		return nil, fmt.Errorf("recording the facts of cluster %s: the worker found none", o.cluster)
	}
	return result.Facts, nil
}

// writeFacts writes the lock in one step, once it reads as one.
func writeFacts(root *os.Root, cluster string, facts *clusterfacts.Facts) error {
	text, err := facts.Format()
	if err != nil {
		return err
	}
	name := clusterfacts.Path(cluster)
	if _, err := clusterfacts.Parse(name, text); err != nil {
		return err
	}
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return fmt.Errorf("making %s: %w", path.Dir(name), err)
	}
	return replaceFile(root, name, text)
}

func printFacts(out io.Writer, facts *clusterfacts.Facts) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FACT\tSOURCE\tDATE")
	origins := facts.Origins()
	for _, name := range slices.Sorted(maps.Keys(origins)) {
		fmt.Fprintf(w, "%s\t%s\t%s\n", name, origins[name].Source, origins[name].Date)
	}
	return w.Flush()
}
