package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/cli/progress"
	"github.com/groundwork-dev/groundwork/internal/demo"
	"github.com/groundwork-dev/groundwork/internal/sandbox"
)

type demoOptions struct {
	dir, name, cluster, output string
	keep                       bool
	timeout                    time.Duration
}

func newDemoCommand(streams Streams) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play the whole thing once, on a sandbox",
		Long: `demo starts a sandbox, hands its cluster to Git with the very command that a user
would type, sees the application answer, changes it by a push while requests
keep coming, changes it by hand and sees Git put it back, prints how long each
took, and ends the sandbox. The exit code tells whether all of it held.`,
		Example: "  sudo bootstrap demo\n  sudo bootstrap demo --keep    # leave the sandbox running",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	addDirFlag(cmd, &o.dir)
	cmd.Flags().StringVar(&o.name, "name", "demo", "name of the sandbox")
	cmd.Flags().StringVar(&o.cluster, "cluster", "dev", "cluster of platform.yaml to play")
	cmd.Flags().BoolVar(&o.keep, "keep", false, "leave the sandbox running")
	cmd.Flags().DurationVar(&o.timeout, "timeout", time.Hour, "how long all of it may take, the first build included")
	addOutputFlag(cmd, &o.output)
	return cmd
}

func (o demoOptions) run(ctx context.Context, streams Streams) error {
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	world := &demoWorld{options: o, streams: streams}
	report, err := demo.Run(ctx, demo.Options{Name: o.cluster, Keep: o.keep}, demo.Deps{
		Sandbox: world, Shell: world, Cluster: world, App: world, Files: world, Bootstrap: self, Now: time.Now,
	}, func(e demo.Event) { showDemo(streams.Err, e) })
	if report == nil {
		return err
	}
	if o.output == outputJSON {
		if printErr := printJSON(streams.Out, report); err == nil {
			err = printErr
		}
		return err
	}
	printTimeline(streams.Out, report, err)
	return err
}

// showDemo heads each part of the demo; what the part itself prints comes
// below.
func showDemo(w io.Writer, e demo.Event) {
	switch {
	case !e.Done:
		fmt.Fprintf(w, "== %s\n", e.Title)
	case e.Err != nil:
		fmt.Fprintf(w, "== %s: FAILED after %.1fs\n", e.Title, e.Elapsed.Seconds())
	default:
		fmt.Fprintf(w, "== %s: %.1fs %s\n", e.Title, e.Elapsed.Seconds(), e.Note)
	}
}

func printTimeline(w io.Writer, r *demo.Report, err error) {
	fmt.Fprintln(w, "\nTimeline")
	for _, e := range r.Timeline {
		fmt.Fprintf(w, "%8.1fs  %-45s %s\n", e.Seconds, e.Title, e.Note)
	}
	if err == nil {
		fmt.Fprintln(w, "\nAll of it held. 'bootstrap sandbox status' tells what is real in a sandbox and what is not.")
	}
}

// demoWorld is the demo's world: a sandbox, and commands run in it.
type demoWorld struct {
	options demoOptions
	streams Streams
	state   *sandbox.State
	env     []string
	app     *appClient
	cluster *demoCluster
}

func (w *demoWorld) Up(ctx context.Context) error {
	display := progress.New(w.streams.Err, w.streams.Terminal)
	defer display.Close()
	state, err := sandboxUp(ctx, w.options.dir, w.options.name, !w.options.keep, display)
	if err != nil {
		return err
	}
	w.state = state
	if w.env, err = sandboxEnv(w.options.name); err != nil {
		return err
	}
	if w.app, err = newAppClient(state); err != nil {
		return err
	}
	w.cluster, err = newDemoCluster(state.Kubeconfig())
	return err
}

func (w *demoWorld) Down(ctx context.Context) error { return sandboxes().Down(ctx, w.options.name) }

func (w *demoWorld) RepositoryURL() string { return sandbox.Repository }

func (w *demoWorld) ReceiverURL() string {
	return "http://webhook-receiver.flux-system.svc.cluster.local"
}

func (w *demoWorld) PublishApp(ctx context.Context, version string) (string, error) {
	return publishApp(ctx, w.options.dir, w.state, version)
}

// Run runs a command with the sandbox's environment; its output is the user's.
func (w *demoWorld) Run(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), w.env...),
		"GIT_AUTHOR_NAME=demo", "GIT_AUTHOR_EMAIL=demo@groundwork.dev",
		"GIT_COMMITTER_NAME=demo", "GIT_COMMITTER_EMAIL=demo@groundwork.dev")
	cmd.Stdout, cmd.Stderr = w.streams.Err, w.streams.Err
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd.Run()
}

func (w *demoWorld) Version(ctx context.Context) (string, error) { return w.app.version(ctx) }

func (w *demoWorld) Unready(ctx context.Context) ([]string, error) { return w.cluster.unready(ctx) }

func (w *demoWorld) SetAppImage(ctx context.Context, image string) error {
	return w.cluster.setImage(ctx, image)
}

func (w *demoWorld) AwaitAppImage(ctx context.Context, image string) error {
	return w.cluster.awaitImage(ctx, image)
}

func (w *demoWorld) Reconcile(ctx context.Context) error { return w.cluster.reconcile(ctx) }
