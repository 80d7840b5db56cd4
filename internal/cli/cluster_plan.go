package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/clusterup"
	"github.com/groundwork-dev/groundwork/internal/cost"
	"github.com/groundwork-dev/groundwork/internal/stackplan"
)

type clusterPlanOptions struct {
	clusterChoice
	check  bool
	output string
}

func newClusterPlanCommand(streams Streams) *cobra.Command {
	var o clusterPlanOptions
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what 'cluster up' would do in AWS, and what it would cost",
		Long: `plan lets Terraform compare the stacks of a cluster with what there is in AWS, and
saves the plans: terraform/account, terraform/k8s/<cluster> (which kops rendered) and
terraform/platform/<cluster>. Nothing is changed. 'bootstrap cluster up' applies the
saved plans, as long as neither files nor state have changed since.

The stack of the platform needs the network that kops' stack makes: before that is
applied, it is not planned.

Terraform is looked for on PATH. The credentials are those that AWS's own tools would
use; those of another account than platform.yaml's are refused. A plan may hold
secrets: it stays in the .terraform folder of its stack, which Git ignores.`,
		Example: `  bootstrap cluster plan --cluster dev
  bootstrap cluster plan --cluster prod --check    # exit code 2 where something differs
  terraform -chdir=terraform/k8s/dev show .terraform/bootstrap.tfplan    # every value`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	o.addFlags(cmd)
	cmd.Flags().BoolVar(&o.check, "check", false, "exit with 2 when something would change")
	addOutputFlag(cmd, &o.output)
	return cmd
}

func (o clusterPlanOptions) run(ctx context.Context, streams Streams) error {
	b, err := o.buildable(ctx)
	if err != nil {
		return err
	}
	display := newStepDisplay(streams)
	planned, err := clusterup.Plan(ctx, o.cluster, clusterup.Deps{Open: o.stacks(b), Now: time.Now}, func(e clusterup.Event) { display.show(upStep(e)) })
	display.close()
	if err != nil {
		return err
	}
	if err := o.print(streams, b, planned); err != nil {
		return err
	}
	for _, p := range planned {
		if o.check && p.Plan != nil && !p.Plan.Empty() {
			return DifferError{}
		}
	}
	return nil
}

func (o clusterPlanOptions) print(streams Streams, b *buildable, planned []clusterup.Planned) error {
	if o.output == outputJSON {
		return o.printJSON(streams, b, planned)
	}
	for _, p := range planned {
		if p.Plan == nil {
			if _, err := fmt.Fprintf(streams.Out, "%s: not planned yet, %s\n", p.Folder, p.Later); err != nil {
				return err
			}
			continue
		}
		if err := b.printPlan(streams.Out, p.Folder, p.Plan); err != nil {
			return err
		}
	}
	return nil
}

func (clusterPlanOptions) printJSON(streams Streams, b *buildable, planned []clusterup.Planned) error {
	type stack struct {
		Folder  string             `json:"folder"`
		Summary string             `json:"summary,omitempty"`
		Changes []stackplan.Change `json:"changes,omitempty"`
		// Cost is nil where there are no prices.
		Cost  *cost.Difference `json:"cost,omitempty"`
		Later string           `json:"later,omitempty"`
	}
	var stacks []stack
	for _, p := range planned {
		s := stack{Folder: p.Folder, Later: p.Later}
		if p.Plan != nil {
			s.Summary, s.Changes = p.Plan.Summary(), p.Plan.Changes
			if difference, err := b.costs(p.Plan); err == nil {
				s.Cost = &difference
			}
		}
		stacks = append(stacks, s)
	}
	return PrintJSON(streams.Out, map[string]any{"stacks": stacks})
}
