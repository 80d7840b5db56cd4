package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/aws"
	"github.com/groundwork-dev/groundwork/internal/awsname"
	"github.com/groundwork-dev/groundwork/internal/clusterstate"
)

type clusterStateOptions struct {
	dir, cluster string
	dryRun       bool
	output       string
}

func newClusterStateCommand(streams Streams) *cobra.Command {
	var o clusterStateOptions
	cmd := &cobra.Command{
		Use:   "state",
		Short: "Make the buckets and keys that have to be there before any Terraform",
		Long: `state makes, once in an account, what Terraform and kops keep their state in: a
bucket for the state of every Terraform stack, for each cluster a bucket for kops'
own state and one from which AWS reads the keys of the cluster's service accounts,
and the KMS keys that encrypt the first two. All are versioned, refuse what does not
come over TLS, and are closed to the public, but for reading the OIDC keys.

It looks first, changes what differs, and leaves the rest alone: it can be run again
at any time. Nothing is ever deleted. It uses the credentials that AWS's own tools
would use, and refuses those of another account than platform.yaml's.`,
		Example: `  bootstrap cluster state --dry-run        # what would be made or changed
  bootstrap cluster state                  # for every cluster
  bootstrap cluster state --cluster dev    # for one, and the platform's own`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	AddDirFlag(cmd, &o.dir)
	cmd.Flags().StringVar(&o.cluster, "cluster", "", "cluster of platform.yaml; all of them by default")
	Must(cmd.RegisterFlagCompletionFunc("cluster", completeClusters(&o.dir)))
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "change nothing; print what would change")
	addOutputFlag(cmd, &o.output)
	return cmd
}

func (o clusterStateOptions) run(ctx context.Context, streams Streams) error {
	p, c, err := LoadDir(o.dir)
	if err != nil {
		return err
	}
	clusters := clustersOf(p)
	if o.cluster != "" {
		if err := checkCluster(o.cluster, clusters); err != nil {
			return err
		}
		clusters = []string{o.cluster}
	}
	account, region := p.Spec.AWS.AccountID, p.Spec.AWS.Region
	buckets := []clusterstate.Bucket{clusterstate.OfPlatform(p.Metadata.Name, account)}
	for _, name := range clusters {
		request, err := clusterRequest(p, c, name)
		if err != nil {
			return err
		}
		buckets = append(buckets, clusterstate.OfCluster(p.Metadata.Name, name, request)...)
	}
	state, err := aws.OpenState(ctx, region)
	if err != nil {
		return err
	}
	fmt.Fprintf(streams.Err, "looking at %s in account %s, %s\n", Plural(len(buckets), "bucket"), account, region)
	changes, err := clusterstate.Ensure(ctx, state, account, awsname.Partition(region), buckets, o.dryRun)
	if printed := o.print(streams, changes); err == nil {
		err = printed
	}
	return err
}

// print tells what was changed, or would be.
func (o clusterStateOptions) print(streams Streams, changes []clusterstate.Change) error {
	if o.output == outputJSON {
		return PrintJSON(streams.Out, struct {
			DryRun  bool                  `json:"dryRun"`
			Changes []clusterstate.Change `json:"changes"`
		}{o.dryRun, changes})
	}
	for _, change := range changes {
		letter, settings := "M", ": "+strings.Join(change.Settings, ", ")
		if change.Made {
			letter, settings = "A", ""
		}
		if _, err := fmt.Fprintf(streams.Out, "%s %s %s%s\n", letter, change.Kind, change.Name, settings); err != nil {
			return err
		}
	}
	if len(changes) == 0 {
		fmt.Fprintln(streams.Err, "everything is there, and as it should be")
	}
	return nil
}
