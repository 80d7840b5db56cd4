package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/cluster"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
	"github.com/groundwork-dev/groundwork/internal/clusterup"
	"github.com/groundwork-dev/groundwork/internal/stackplan"
)

// upTimeout is how long a new cluster may take.
const upTimeout = 30 * time.Minute

// pollEvery is how often an API server that does not answer yet is asked.
const pollEvery = 5 * time.Second

type clusterUpOptions struct {
	clusterChoice
	kubeconfig, context string
	yes                 bool
	timeout             time.Duration
	output              string
}

func newClusterUpCommand(streams Streams) *cobra.Command {
	var o clusterUpOptions
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Make the cluster in AWS, or bring it to what its Terraform says",
		Long: `up applies the stacks of a cluster one after the other: terraform/account,
terraform/k8s/<cluster>, terraform/platform/<cluster>. Each is applied by a saved plan
and nothing else: the one that 'bootstrap cluster plan' left, or a new one. Before
anything is applied, it shows the plan and asks; --yes is the answer beforehand. A
plan that was saved by 'cluster plan' needs no answer where nobody can give one. A
saved plan that files or state have left behind is refused.

Then it waits until the API server answers and all nodes are ready. Here
'bootstrap run' begins.

It can be run again at any time, also after it was killed: it goes on from what
Terraform's state says. Interrupted once, it lets Terraform finish what it has begun
and write its state. Where a run was killed so hard that its lock stays, the next one
says whose lock it is and how to let go of it.`,
		Example: `  bootstrap cluster up --cluster dev
  bootstrap cluster plan --cluster prod && bootstrap cluster up --cluster prod
  bootstrap cluster up --cluster dev --yes --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			report, err := o.run(cmd.Context(), streams)
			return errors.Join(err, o.print(streams, report))
		},
	}
	o.addFlags(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.yes, "yes", false, "apply without asking")
	f.DurationVar(&o.timeout, "timeout", upTimeout, "how long the API server and the nodes may take; 0 for no bound")
	f.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig file to wait by; one from the state store by default, valid for an hour and written nowhere")
	f.StringVar(&o.context, "context", "", "context of that kubeconfig; its current one by default")
	addOutputFlag(cmd, &o.output)
	return cmd
}

// run returns what was done, with an error, too; nil when nothing was begun.
func (o clusterUpOptions) run(ctx context.Context, streams Streams) (*clusterup.Report, error) {
	b, err := o.buildable(ctx)
	if err != nil {
		return nil, err
	}
	display := newStepDisplay(streams)
	defer display.close()
	deps := clusterup.Deps{
		Open: o.stacks(b), Now: time.Now, Pause: pause,
		Connect: func(ctx context.Context) (clusterup.Cluster, error) { return o.connect(ctx, b.request) },
		Confirm: func(folder string, plan *stackplan.Plan, saved bool) error {
			return display.aside(func() error { return o.confirm(ctx, streams, b, folder, plan, saved) })
		},
	}
	return clusterup.Up(ctx, clusterup.Options{Cluster: o.cluster, Nodes: b.request.Nodes(), Timeout: o.timeout}, deps, func(e clusterup.Event) { display.show(upStep(e)) })
}

// pause waits between two questions.
func pause(ctx context.Context) { pauseFor(ctx, pollEvery) }

// pauseFor waits for a time, or for the end of the context.
func pauseFor(ctx context.Context, most time.Duration) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// connect returns the cluster that the stacks have made.
func (o clusterUpOptions) connect(ctx context.Context, request *clusterspec.Request) (*cluster.Cluster, error) {
	if o.kubeconfig != "" || o.context != "" {
		return cluster.Connect(cluster.Options{Kubeconfig: o.kubeconfig, Context: o.context, UserAgent: userAgent()})
	}
	config, err := clusterRESTConfig(ctx, request, time.Hour)
	if err != nil {
		return nil, err
	}
	return cluster.New(config)
}

// confirm shows a plan and asks whether to apply it.
func (o clusterUpOptions) confirm(ctx context.Context, streams Streams, b *buildable, folder string, plan *stackplan.Plan, saved bool) error {
	if err := b.printPlan(streams.Err, folder, plan); err != nil {
		return err
	}
	switch {
	case o.yes, saved && !streams.Interactive:
		return nil
	case !streams.Interactive:
		return refused(folder+" is to be changed, and nobody is here to be asked", "look at the plan with 'bootstrap cluster plan --cluster "+o.cluster+"' first, or say --yes")
	}
	yes, err := answer(ctx, streams, "Apply this?", "yes")
	if err == nil && !yes {
		err = clusterup.DeclinedError{Folder: folder}
	}
	return err
}

// print tells what was done.
func (o clusterUpOptions) print(streams Streams, report *clusterup.Report) error {
	switch {
	case report == nil:
		return nil
	case o.output == outputJSON:
		return PrintJSON(streams.Out, report)
	case report.Version == "" || report.Nodes == 0:
		return nil
	}
	_, err := fmt.Fprintf(streams.Out, "cluster %s is there: %s, Kubernetes %s, %s\nnext: bootstrap run --cluster %s, with the kubeconfig that 'bootstrap cluster kubeconfig --cluster %s' writes\n",
		o.cluster, report.Server, report.Version, Plural(report.Nodes, "node"), o.cluster, o.cluster)
	return err
}
