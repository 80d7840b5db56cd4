package cli

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
	"github.com/groundwork-dev/groundwork/internal/clusterfolder"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
	"github.com/groundwork-dev/groundwork/internal/clusterworker"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/platform"
)

// kopsProgram is the executable that links kops (docs/adr/0015).
const kopsProgram = "bootstrap-kops"

func newClusterCommand(streams Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cluster",
		Short: "A cluster in AWS: its facts, its Terraform, its making, what it costs",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newClusterStateCommand(streams), newClusterFactsCommand(streams), newClusterRenderCommand(streams), newClusterCostCommand(streams),
		newClusterPlanCommand(streams), newClusterUpCommand(streams), newClusterKubeconfigCommand(streams),
		newClusterStatusCommand(streams))
	return cmd
}

// clusterChoice is a cluster of the platform.yaml in a folder.
type clusterChoice struct{ dir, cluster string }

// addFlags adds the flags that choose it.
func (o *clusterChoice) addFlags(cmd *cobra.Command) {
	AddDirFlag(cmd, &o.dir)
	cmd.Flags().StringVar(&o.cluster, "cluster", "", "name of the cluster in platform.yaml")
	Must(cmd.MarkFlagRequired("cluster"))
	Must(cmd.RegisterFlagCompletionFunc("cluster", completeClusters(&o.dir)))
}

// request returns what platform.yaml asks kops for.
func (o clusterChoice) request() (*clusterspec.Request, error) {
	p, c, err := LoadDir(o.dir)
	if err != nil {
		return nil, err
	}
	if err := checkCluster(o.cluster, clustersOf(p)); err != nil {
		return nil, err
	}
	return clusterRequest(p, c, o.cluster)
}

// clusterRequest resolves a cluster to what kops is asked for.
func clusterRequest(p *config.Platform, c *catalog.Catalog, cluster string) (*clusterspec.Request, error) {
	resolver := platform.NewResolver(p, c)
	resolved, problems := resolver.Cluster(cluster)
	if err := problems.Err(); err != nil {
		problems.Sort()
		return nil, err
	}
	return clusterspec.New(p, &resolved, resolver.ServiceAccounts(resolved))
}

// clusterInputs are the checksums of what a render is made from.
func clusterInputs(r *clusterspec.Request, facts *clusterfacts.Facts) (clusterfolder.Inputs, error) {
	in := clusterfolder.Inputs{KopsVersion: clusterspec.KopsVersion, ExampleFacts: facts.Examples()}
	request, err := r.Canonical()
	if err != nil {
		return in, err
	}
	known, err := facts.Canonical()
	in.Request, in.Facts = clusterfolder.Digest(request), clusterfolder.Digest(known)
	return in, err
}

// kopsWorker finds the executable that links kops.
func kopsWorker() (clusterworker.Worker, error) {
	program, err := beside(kopsProgram, "make bin/"+kopsProgram)
	return clusterworker.Worker{Program: program, Environ: os.Environ()}, err
}

// renderDrift says which rendered clusters are not what their inputs give. A
// cluster that was never rendered is none of them.
func renderDrift(repository fs.FS, p *config.Platform, c *catalog.Catalog) (clusters, drift []string, err error) {
	for _, cluster := range clustersOf(p) {
		if !clusterfolder.Rendered(repository, cluster) {
			continue
		}
		found, err := renderDriftOf(repository, p, c, cluster)
		if err != nil {
			return nil, nil, err
		}
		if len(found) > 0 {
			clusters, drift = append(clusters, cluster), append(drift, found...)
		}
	}
	return clusters, drift, nil
}

// renderDriftOf says in which ways a rendered cluster is not what its inputs give.
func renderDriftOf(repository fs.FS, p *config.Platform, c *catalog.Catalog, cluster string) ([]string, error) {
	facts, err := clusterfacts.Load(repository, cluster)
	if errors.Is(err, fs.ErrNotExist) {
		return []string{clusterfacts.Path(cluster) + " is gone"}, nil
	}
	if err != nil {
		return nil, err
	}
	request, err := clusterRequest(p, c, cluster)
	if err != nil {
		return nil, err
	}
	in, err := clusterInputs(request, facts)
	if err != nil {
		return nil, err
	}
	return clusterfolder.Drift(repository, cluster, in)
}

// renderDriftError says that rendered clusters differ from their inputs.
type renderDriftError struct{ clusters []string }

func (e renderDriftError) Error() string {
	var commands []string
	for _, cluster := range e.clusters {
		commands = append(commands, "'bootstrap cluster render --cluster "+cluster+"'")
	}
	return "rendered clusters differ from what they are rendered from: run " + strings.Join(commands, " and ") + " and commit the result"
}

// Drift tells the error apart from others.
func (renderDriftError) Drift() bool { return true }
