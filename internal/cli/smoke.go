package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"

	"github.com/groundwork-dev/groundwork/internal/cluster"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/podforward"
	"github.com/groundwork-dev/groundwork/internal/smoke"
)

type smokeOptions struct {
	ClusterTarget
	timeout       time.Duration
	junit, output string
}

func newSmokeCommand(streams Streams) *cobra.Command {
	var o smokeOptions
	cmd := &cobra.Command{
		Use:   "smoke",
		Short: "Ask a running cluster whether it does what its users need",
		Long: `smoke looks at a running cluster as its users feel it, and changes nothing: nodes
are ready, what Git says is applied, each app answers through its Service, and each
component keeps what its smoke tests promise (spec.smoke of its component.yaml):
metrics are scraped, certificates are good, a backup is recent.

What only simulated pods could answer, as in a sandbox, is skipped and never passed.

Services are reached through the API server's proxy, pods by port forwarding: the
kubeconfig's user needs get on services/proxy and create on pods/portforward.

The exit code is 0 when nothing failed and 1 when something did.`,
		Example: `  bootstrap smoke --cluster dev
  bootstrap smoke --cluster prod --context prod --junit smoke.xml --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	f := cmd.Flags()
	f.StringVar(&o.Dir, "dir", ".", "folder of the repository")
	f.StringVar(&o.Cluster, "cluster", "", "name of the cluster in platform.yaml")
	f.DurationVar(&o.timeout, "timeout", 30*time.Second, "how long each check may take")
	f.StringVar(&o.junit, "junit", "", "file to write the result to as JUnit XML")
	o.AddReachFlags(cmd)
	addOutputFlag(cmd, &o.output)
	Must(cmd.RegisterFlagCompletionFunc("cluster", o.CompleteCluster))
	return cmd
}

func (o smokeOptions) run(ctx context.Context, streams Streams) error {
	p, known, err := LoadDir(o.Dir)
	if err != nil {
		return err
	}
	resolver := platform.NewResolver(p, known)
	outline, err := runOptions{dir: o.Dir, cluster: o.Cluster}.chosen(resolver.Model())
	if err != nil {
		return err
	}
	c, problems := resolver.Cluster(outline.Name)
	if err := problems.Err(); err != nil {
		return err
	}
	api, config, err := o.Open(ctx)
	if err != nil {
		return err
	}
	checks, err := smoke.Run(ctx, c, smoke.Deps{Cluster: reachable{api, config}, Now: time.Now, Patience: o.timeout}, func(check smoke.Check) {
		if o.output == outputText {
			printCheck(streams.Out, check)
		}
	})
	if err != nil {
		return err
	}
	return o.report(streams, checks)
}

func (o smokeOptions) report(streams Streams, checks []smoke.Check) error {
	if o.junit != "" {
		if err := writeJUnit(o.junit, o.Cluster, checks); err != nil {
			return err
		}
	}
	if o.output == outputJSON {
		if err := PrintJSON(streams.Out, checks); err != nil {
			return err
		}
	}
	counts := smoke.Count(checks)
	summary := fmt.Sprintf("%d passed, %d failed, %d skipped", counts[smoke.Passed], counts[smoke.Failed], counts[smoke.Skipped])
	if counts[smoke.Failed] > 0 {
		return fmt.Errorf("cluster %s: %s", o.Cluster, summary)
	}
	if o.output == outputText {
		fmt.Fprintf(streams.Out, "cluster %s: %s\n", o.Cluster, summary)
	}
	return nil
}

// printCheck prints a check as it ends.
func printCheck(w io.Writer, c smoke.Check) {
	mark := map[smoke.Result]string{smoke.Passed: "✓", smoke.Failed: "✗", smoke.Skipped: "–"}[c.Result]
	fmt.Fprintf(w, "%s %s: %s (%s)\n", mark, c.Subject, c.Name, c.Detail)
	if c.Fix != "" {
		fmt.Fprintf(w, "  fix: %s\n", c.Fix)
	}
}

// writeJUnit replaces a file that others than its writer may read.
func writeJUnit(name, cluster string, checks []smoke.Check) error {
	var b bytes.Buffer
	err := smoke.JUnit(&b, cluster, checks)
	if err == nil {
		err = KeepFile(name, b.Bytes())
	}
	if err == nil {
		err = os.Chmod(name, 0o644)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// reachable is a cluster with the way to its pods.
type reachable struct {
	*cluster.Cluster
	config *rest.Config
}

func (r reachable) Pod(ctx context.Context, namespace, name string, port int, path string) (status int, body []byte, err error) {
	return podforward.Get(ctx, r.config, namespace, name, port, path)
}
