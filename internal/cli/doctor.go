package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/bootstrap"
	"github.com/groundwork-dev/groundwork/internal/explain"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

// doctorOptions are those of a run, which doctor plays dry.
type doctorOptions struct {
	runOptions
}

// finding is what one look found.
type finding struct {
	Look string `json:"look"`
	// Verdict is ok, problem, or skipped.
	Verdict verdict `json:"verdict"`
	Detail  string  `json:"detail"`
	Fix     string  `json:"fix,omitempty"`
}

type verdict string

const (
	healthy verdict = "ok"
	problem verdict = "problem"
	skipped verdict = "skipped"
)

func newDoctorCommand(streams Streams) *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what is wrong with a platform, and change nothing",
		Long: `doctor looks at the folder, the repository, and a cluster: whether the generated
files are current, whether the repository holds them, whether the cluster is the
one that the repository means, what keeps it from being what the repository says,
and whether the keys of its Vault are in escrow. Each problem comes with what to
do. It fails when it finds one, and changes nothing.`,
		Example: "  bootstrap doctor --cluster dev\n  bootstrap doctor --cluster prod --context prod --output json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	o.addReachFlags(cmd)
	addOutputFlag(cmd, &o.output)
	return cmd
}

func (o doctorOptions) run(ctx context.Context, streams Streams) error {
	want, model, err := compileDir(o.dir)
	if err != nil {
		return err
	}
	c, err := o.chosen(model)
	if err != nil {
		return err
	}
	var findings []finding
	for _, look := range []func(context.Context, *tree.Tree, *platform.Model, platform.Cluster) []finding{
		o.lookAtFolder, o.lookAtRun, o.lookAtKeys,
	} {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		found := look(ctx, want, model, c)
		findings = append(findings, found...)
		if o.output == outputText {
			if err := printFindings(streams.Out, found); err != nil {
				return err
			}
		}
	}
	if o.output == outputJSON {
		if err := PrintJSON(streams.Out, findings); err != nil {
			return err
		}
	}
	count := 0
	for _, f := range findings {
		if f.Verdict == problem {
			count++
		}
	}
	if count > 0 {
		return fmt.Errorf("cluster %s: %s found", c.Name, Plural(count, "problem"))
	}
	return nil
}

// lookAtFolder compares the user's files with what platform.yaml generates.
func (o doctorOptions) lookAtFolder(_ context.Context, want *tree.Tree, _ *platform.Model, _ platform.Cluster) []finding {
	const look = "generated files"
	root, err := os.OpenRoot(o.dir)
	if err != nil {
		return []finding{{look, problem, err.Error(), ""}}
	}
	defer root.Close()
	changes, err := tree.Compare(want, root.FS())
	switch {
	case err != nil:
		return []finding{{look, problem, err.Error(), ""}}
	case !changes.Empty():
		return []finding{{look, problem, fmt.Sprintf("%s in this folder differ from what platform.yaml generates", Plural(changes.Len(), "file")), "run 'bootstrap generate', read the diff, commit it"}}
	}
	return []finding{{look, healthy, "are what platform.yaml generates", ""}}
}

// lookAtRun plays a run dry, and then looks at what the cluster waits for.
func (o doctorOptions) lookAtRun(ctx context.Context, want *tree.Tree, model *platform.Model, c platform.Cluster) []finding {
	const repository, state = "repository and cluster", "state of the cluster"
	unknown := finding{state, skipped, "was not looked at", ""}
	o.dryRun = true
	options, err := o.options(want, model)
	if err != nil {
		return []finding{{repository, problem, err.Error(), ""}, unknown}
	}
	deps, err := o.deps(want, model.Repository)
	if err == nil {
		deps.Cluster, err = o.connect()
	}
	if err != nil {
		return []finding{{repository, problem, err.Error(), ""}, unknown}
	}
	report, err := bootstrap.Run(ctx, options, deps, func(bootstrap.Event) {})
	if refused, ok := errors.AsType[*bootstrap.RefusedError](err); ok {
		return []finding{{repository, problem, refused.Reason, refused.Fix}, unknown} // it may be another's cluster
	}
	if err != nil {
		return []finding{{repository, problem, err.Error(), ""}, diagnosed(ctx, state, deps.Cluster)}
	}
	found := finding{repository, healthy, report.Steps[0].Detail, ""}
	if n := len(report.Plan.Files); n > 0 {
		found = finding{
			repository, problem,
			fmt.Sprintf("%s of branch %s are not what platform.yaml generates", Plural(n, "file"), report.Branch),
			"see them with 'bootstrap run --cluster " + c.Name + " --dry-run', then run it",
		}
	}
	return []finding{found, diagnosed(ctx, state, deps.Cluster)}
}

func diagnosed(ctx context.Context, look string, cluster bootstrap.Cluster) finding {
	snapshot, err := cluster.Snapshot(ctx)
	if err != nil {
		return finding{look, problem, err.Error(), ""}
	}
	kustomizations := 0
	for _, o := range snapshot.Objects {
		if o.GetKind() == "Kustomization" {
			kustomizations++
		}
	}
	d := explain.Explain(snapshot)
	switch {
	case kustomizations == 0:
		return finding{look, problem, "Flux does not run there", "hand the cluster to Git with 'bootstrap run'"}
	case d != nil:
		return finding{look, problem, d.Cause, d.Fix}
	}
	return finding{look, healthy, Plural(kustomizations, "Kustomization") + " are ready", ""}
}

func printFindings(w io.Writer, findings []finding) error {
	var b strings.Builder
	mark := map[verdict]string{healthy: "✓", problem: "✗", skipped: "–"}
	for _, f := range findings {
		fmt.Fprintf(&b, "%s %s: %s\n", mark[f.Verdict], f.Look, strings.ReplaceAll(f.Detail, "\n", "\n  "))
		if f.Fix != "" {
			fmt.Fprintf(&b, "  fix: %s\n", strings.ReplaceAll(f.Fix, "\n", "\n  "))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
