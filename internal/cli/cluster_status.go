package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/groundwork-dev/groundwork/internal/aws"
	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/cluster"
	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
	"github.com/groundwork-dev/groundwork/internal/clusterfolder"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
	"github.com/groundwork-dev/groundwork/internal/clusterstate"
	"github.com/groundwork-dev/groundwork/internal/clusterstatus"
	"github.com/groundwork-dev/groundwork/internal/clusterup"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/terraform"
)

type clusterStatusOptions struct {
	clusterChoice
	kubeconfig, context string
	timeout             time.Duration
	output              string
}

func newClusterStatusCommand(streams Streams) *cobra.Command {
	var o clusterStatusOptions
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what there is of a cluster, and what comes next",
		Long: `status looks at a cluster from its beginning to its end and changes nothing: the
account of the credentials, the buckets of the state, the recorded facts, the
rendered Terraform, what each stack has made, the API server, its nodes, and whether
Git runs it. Each line is ok, missing, wrong, or unknown where it could not be asked,
with the next command.

The API server is reached by the context that 'bootstrap cluster kubeconfig' writes,
or by the one that is named. A stack is asked for its state where 'bootstrap cluster
plan' has connected it with it on this machine.

The exit code is 0 when everything is there, 2 when something is missing or wrong, and
1 when nothing is but something could not be asked.`,
		Example: `  bootstrap cluster status --cluster dev
  bootstrap cluster status --cluster prod --context prod --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	o.addFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig file; as kubectl finds it by default")
	f.StringVar(&o.context, "context", "", "context of the kubeconfig; the one named by the cluster's domain by default")
	f.DurationVar(&o.timeout, "timeout", 30*time.Second, "how long each thing outside may take to answer")
	addOutputFlag(cmd, &o.output)
	return cmd
}

func (o clusterStatusOptions) run(ctx context.Context, streams Streams) error {
	p, c, err := LoadDir(o.dir)
	if err != nil {
		return err
	}
	if err := checkCluster(o.cluster, clustersOf(p)); err != nil {
		return err
	}
	request, err := clusterRequest(p, c, o.cluster)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(o.dir)
	if err != nil {
		return fmt.Errorf("opening the repository's folder: %w", err)
	}
	defer root.Close()
	account, kops, own := clusterup.Folders(o.cluster)
	lines := clusterstatus.Look(ctx, clusterstatus.Options{
		Cluster: o.cluster, Request: request, Patience: o.timeout, Folders: []string{account, kops, own},
		Buckets: append([]clusterstate.Bucket{clusterstate.OfPlatform(p.Metadata.Name, request.AccountID)}, clusterstate.OfCluster(p.Metadata.Name, o.cluster, request)...),
	}, o.deps(root.FS(), p, c, request))
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := o.print(streams, lines); err != nil {
		return err
	}
	return statusOf(lines)
}

// deps are the adapters of a status.
func (o clusterStatusOptions) deps(repository fs.FS, p *config.Platform, c *catalog.Catalog, request *clusterspec.Request) clusterstatus.Deps {
	return clusterstatus.Deps{
		Cloud: func(ctx context.Context) (clusterstate.Cloud, error) { return aws.OpenState(ctx, request.Region) },
		Facts: func() (*clusterfacts.Facts, error) { return clusterfacts.Load(repository, o.cluster) },
		Drift: func() ([]string, error) {
			if !clusterfolder.Rendered(repository, o.cluster) {
				return nil, fs.ErrNotExist
			}
			return renderDriftOf(repository, p, c, o.cluster)
		},
		Stack: func(ctx context.Context, folder string) (clusterstatus.Stack, error) {
			program, err := terraform.Find(ctx)
			if err != nil {
				return nil, err
			}
			return program.Open(o.dir, folder)
		},
		Connect: func() (clusterstatus.Cluster, error) { return o.connect(request) },
		UnderGit: func(ctx context.Context, c clusterstatus.Cluster) (bool, error) {
			api, ok := c.(*cluster.Cluster)
			if !ok {
				return false, fmt.Errorf("%s is no API server of ours", c.Server())
			}
			return o.underGit(ctx, api)
		},
	}
}

// connect prepares the way to the API server.
func (o clusterStatusOptions) connect(request *clusterspec.Request) (clusterstatus.Cluster, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.kubeconfig
	name := o.context
	if o.kubeconfig == "" && name == "" {
		name = request.Name
		known, err := rules.Load()
		if err != nil {
			return nil, fmt.Errorf("reading the kubeconfig: %w", err)
		}
		if known.Contexts[name] == nil {
			return nil, fmt.Errorf("%w: it has no context %s", clusterstatus.ErrNoWay, name)
		}
	}
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: name}).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	config.UserAgent, config.Timeout = userAgent(), o.timeout
	return cluster.New(config)
}

// underGit reports whether a run has told the cluster whose it is; true with an
// error where it told that it is another one.
func (o clusterStatusOptions) underGit(ctx context.Context, c *cluster.Cluster) (bool, error) {
	identity, err := c.Get(ctx, schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}, identityNamespace, identityConfigMap)
	if err != nil || identity == nil {
		return false, err
	}
	err = ClusterTarget{Dir: o.dir, Cluster: o.cluster}.check(ctx, c, false)
	var other interface{ Refused() bool }
	return err == nil || errors.As(err, &other), err
}

func (o clusterStatusOptions) print(streams Streams, lines []clusterstatus.Line) error {
	if o.output == outputJSON {
		return PrintJSON(streams.Out, lines)
	}
	w := tabwriter.NewWriter(streams.Out, 0, 0, 2, ' ', 0)
	for _, line := range lines {
		fmt.Fprintf(w, "%s\t%s\t%s\n", line.Verdict, line.Part, line.Detail)
		if line.Next != "" {
			fmt.Fprintf(w, "\t\tnext: %s\n", line.Next)
		}
	}
	return w.Flush()
}

// statusOf is the error that a status ends with.
func statusOf(lines []clusterstatus.Line) error {
	counts := map[clusterstatus.Verdict]int{}
	for _, line := range lines {
		counts[line.Verdict]++
	}
	missing, wrong, unknown := counts[clusterstatus.Missing], counts[clusterstatus.Wrong], counts[clusterstatus.Unknown]
	switch {
	case missing+wrong > 0:
		return statusError{fmt.Sprintf("%d missing, %d wrong, %d unknown", missing, wrong, unknown)}
	case unknown > 0:
		return fmt.Errorf("%s could not be asked", Plural(unknown, "thing"))
	}
	return nil
}

// statusError says that something is missing or wrong.
type statusError struct{ what string }

func (e statusError) Error() string { return e.what }

// Drift tells the error apart from others.
func (statusError) Drift() bool { return true }
