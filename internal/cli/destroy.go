package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/cli/progress"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/destroy"
	"github.com/groundwork-dev/groundwork/internal/gitrepo"
)

type destroyOptions struct {
	clusterChoice
	kubeconfig, context   string
	yes, dryRun           bool
	skipBackup, skipDrain bool
	backupTimeout         time.Duration
	drainTimeout          time.Duration
	output                string
}

func newDestroyCommand(streams Streams) *cobra.Command {
	var o destroyOptions
	cmd := &cobra.Command{
		Use:   "destroy",
		Short: "End a cluster: a last backup, then everything it has in AWS",
		Long: `destroy names what will be lost and asks. Then it takes a last backup, suspends
the engine so that nothing comes back, deletes what has load balancers and volumes
and waits until the cluster's own controllers have freed them, has Terraform destroy
terraform/platform/<cluster> and terraform/k8s/<cluster>, deletes what is left in AWS
by the cluster's tag, and prints a receipt: what is left, and what was kept on
purpose. Buckets and keys of components are kept, the account's stack is not touched.

It may be killed and run again at any time: it looks at the cluster, at Terraform's
states and at AWS, and goes on from what it finds. It refuses a cluster with
'protected: true' in platform.yaml, or in what is committed of it, credentials of
another account, and a cluster that is not the one that the repository means.`,
		Example: `  bootstrap destroy --cluster dev --dry-run      # what would be lost, and the steps
  bootstrap destroy --cluster dev                # asks for the cluster's name
  bootstrap destroy --cluster dev --yes          # asks nothing
  bootstrap destroy --cluster dev --skip-backup --skip-drain   # of one that does not answer any more`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	o.addFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig file; one from the state store by default, which is written nowhere")
	f.StringVar(&o.context, "context", "", "context of that kubeconfig; its current one by default")
	f.BoolVar(&o.yes, "yes", false, "do not ask: the cluster is named by --cluster")
	f.BoolVar(&o.dryRun, "dry-run", false, "change nothing; print what would be lost, and the steps")
	f.BoolVar(&o.skipBackup, "skip-backup", false, "take no last backup")
	f.BoolVar(&o.skipDrain, "skip-drain", false, "leave load balancers and volumes to the sweep")
	f.DurationVar(&o.backupTimeout, "backup-timeout", time.Hour, "how long the last backup may take; 0 for no bound")
	f.DurationVar(&o.drainTimeout, "drain-timeout", 10*time.Minute, "how long load balancers, and then volumes, may take to go; 0 for no bound")
	addOutputFlag(cmd, &o.output)
	return cmd
}

func (o destroyOptions) run(ctx context.Context, streams Streams) error {
	e, err := o.load()
	if err != nil {
		return err
	}
	options, err := o.options(e)
	if err != nil {
		return err
	}
	if options.Protected == "" && !o.dryRun && !o.yes && !streams.Interactive {
		return &destroy.RefusedError{
			Reason: "nobody can be asked here whether " + o.cluster + " shall end: this is no terminal",
			Fix:    "name it on purpose with --yes --cluster " + o.cluster + ", or look first with --dry-run; nothing was changed",
		}
	}
	deps := destroy.Deps{}
	if options.Protected == "" { // a protected cluster is refused before anything is looked at
		if deps, err = o.deps(ctx, e); err != nil {
			return err
		}
	}
	return o.play(ctx, streams, options, deps)
}

// play runs the use case, shows its events and prints its receipt.
func (o destroyOptions) play(ctx context.Context, streams Streams, options destroy.Options, deps destroy.Deps) error {
	display := newStepDisplay(streams)
	deps.Now = time.Now
	deps.Confirm = func(ctx context.Context, r *destroy.Report) error {
		return display.aside(func() error { return o.confirm(ctx, streams, r) })
	}
	report, err := destroy.Run(ctx, options, deps, func(e destroy.Event) { display.show(destroyStep(e)) })
	display.close()
	if report.Destroyed {
		report.NextSteps = o.nextSteps()
	}
	return errors.Join(err, o.print(streams, report, err))
}

// confirm shows what will be lost, and asks for the cluster's name.
func (o destroyOptions) confirm(ctx context.Context, streams Streams, r *destroy.Report) error {
	fmt.Fprint(streams.Err, lossText(r))
	if o.yes {
		return nil
	}
	yes, err := answer(ctx, streams, "All this will be gone.", o.cluster)
	if err == nil && !yes {
		err = &destroy.RefusedError{Reason: "that is not the name of the cluster", Fix: "nothing was changed"}
	}
	return err
}

// nextSteps are what a person does in the repository afterwards.
func (o destroyOptions) nextSteps() []string {
	return []string{
		fmt.Sprintf("delete clusters/%s/identity.yaml from the repository, which speaks of a cluster that is gone: a new one of that name is refused until then", o.cluster),
		"a new one of that name meets the buckets and keys that are kept: remove them, or import them (docs/aws.md)",
		fmt.Sprintf("where there will be no new one, take %s out of platform.yaml, run 'bootstrap generate', and delete terraform/k8s/%s", o.cluster, o.cluster),
	}
}

// protectedAt is where the cluster is protected: in platform.yaml, or in what is
// committed of it, since taking that out is to be reviewed; else "".
func (o destroyOptions) protectedAt(p *config.Platform) (string, error) {
	if p.Spec.Clusters[o.cluster].Protected {
		return p.Position("spec", "clusters", o.cluster, "protected").String(), nil
	}
	checkout, err := gitrepo.OpenCheckout(o.dir)
	if err != nil || checkout == nil {
		return "", err
	}
	data := checkout.File(config.FileName)
	if data == nil {
		return "", nil
	}
	committed, err := config.Parse(config.FileName, data)
	if err != nil {
		return "", fmt.Errorf("reading platform.yaml as it is committed: %w", err)
	}
	if !committed.Spec.Clusters[o.cluster].Protected {
		return "", nil
	}
	return committed.Position("spec", "clusters", o.cluster, "protected").String() + " as it is committed", nil
}

func destroyStep(e destroy.Event) progress.Step {
	states := map[destroy.State]progress.State{
		destroy.Done: progress.Done, destroy.Skipped: progress.Skipped, destroy.Failed: progress.Failed,
	}
	s := progress.Step{Title: e.Title, State: states[e.State], Detail: e.Detail}
	if s.State != progress.Running {
		s.Elapsed = e.Took
	}
	for _, w := range e.Waiting {
		s.Waiting = append(s.Waiting, progress.Item{Name: w.Object, Status: w.Status})
	}
	return s
}
