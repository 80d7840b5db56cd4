package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/forge"
	"github.com/groundwork-dev/groundwork/internal/govern"
	"github.com/groundwork-dev/groundwork/internal/governance"
)

type governOptions struct {
	dir, tokenFile string
	dryRun         bool
	output         string
}

func newGovernCommand(streams Streams) *cobra.Command {
	var o governOptions
	cmd := &cobra.Command{
		Use:   "govern",
		Short: "Bring the repository's forge to what platform.yaml declares",
		Long: `govern sets at the forge what spec.governance declares: who has to approve a
change of which branch, which checks have to be green, who may push past that, and,
where the forge knows such things, environments, what workflows may use, the search
for secrets, and variables. It works with GitHub and Gitea.

It looks first, changes what is weaker than declared, and leaves the rest alone: it
can be run again at any time. What people made stricter stays. What it changed, it
reads again; what the forge cannot hold is told, and never passes for done.

The token comes from the environment variable ` + tokenVariable + `, or from
a file; it has to be an administrator's of the repository.`,
		Example: `  bootstrap govern --dry-run         # what differs from platform.yaml
  bootstrap govern
  bootstrap govern --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	AddDirFlag(cmd, &o.dir)
	cmd.Flags().StringVar(&o.tokenFile, "token-file", "", "file with the token; $"+tokenFileVariable+" by default")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "change nothing; print what would change")
	addOutputFlag(cmd, &o.output)
	return cmd
}

func (o governOptions) run(ctx context.Context, streams Streams) error {
	p, _, err := LoadDir(o.dir)
	if err != nil {
		return err
	}
	token, err := runOptions{tokenFile: o.tokenFile}.token()
	if err != nil {
		return err
	}
	repository := p.Spec.Repository
	at, err := forge.Open(forge.Options{Provider: repository.Provider, URL: repository.URL, Token: token.Current})
	if err != nil {
		return err
	}
	fmt.Fprintf(streams.Err, "looking at %s\n", repository.URL)
	report, err := govern.Run(ctx, at, governance.Declared(p), o.dryRun)
	if printed := o.print(streams, report); err == nil {
		err = printed
	}
	return err
}

// print tells what was changed, or would be, and what the forge cannot hold.
func (o governOptions) print(streams Streams, report govern.Report) error {
	if o.output == outputJSON {
		return PrintJSON(streams.Out, report)
	}
	for _, c := range report.Changes {
		if _, err := fmt.Fprintf(streams.Out, "M %s: %s from %s to %s\n", c.Part, c.Setting, c.From, c.To); err != nil {
			return err
		}
	}
	for i := 0; i < len(report.Unable); {
		first := report.Unable[i]
		var names []string
		for ; i < len(report.Unable) && report.Unable[i].Part == first.Part && report.Unable[i].Why == first.Why; i++ {
			names = append(names, report.Unable[i].Setting)
		}
		fmt.Fprintf(streams.Err, "not held: %s (%s): %s\n", first.Part, strings.Join(names, ", "), first.Why)
	}
	return nil
}
