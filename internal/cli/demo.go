package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/demo"
)

type demoOptions struct {
	dir, name, nodes, cluster, output string
	keep, full                        bool
	timeout                           time.Duration

	// Of a cluster that was there before.
	kubeconfig, context string
	app, path           string
	nextImage           string
	webhookURL          string
}

func newDemoCommand(streams Streams) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play the whole thing once, on a sandbox or a cluster of yours",
		Long: `demo starts a sandbox, hands its cluster to Git with the very command that a user
would type, sees the application answer, changes it by a push while requests
keep coming, changes it by hand and sees Git put it back, prints how long each
took, and ends the sandbox. The exit code tells whether all of it held. Without
root the sandbox's nodes are simulated: no application answers there, and the
parts that would ask it are skipped, by name.

With --full it plays the whole way of a version, on two sandboxes with one forge: built
and signed, in dev by itself, to prod by a request that the forge refuses to merge
before a code owner agrees, there step by step as a canary; and that of a version that
answers half of its requests with errors, which prod takes back. Its platform is small
(dev has no components, prod those of a rollout), so --cluster is not asked. It needs
nodes that run pods.

With --kubeconfig and --context, both of them, it plays the same on a cluster of
yours, with the repository, branch and application of your platform.yaml. Then
no sandbox is started, and nothing is removed at the end. It pushes to that
repository: what 'bootstrap run' pushes, and with --next-image a commit that
changes the application's image. The application is asked through the API
server, by GET requests. The token of an HTTPS repository comes from the
environment variable ` + tokenVariable + `.`,
		Example: `  sudo bootstrap demo
  sudo bootstrap demo --keep    # leave the sandbox running
  sudo bootstrap demo --full    # from a build to prod
  bootstrap demo                # without root, on simulated nodes
  bootstrap demo --kubeconfig ~/.kube/config --context kind-dev \
    --next-image ghcr.io/acme/shop:1.1.0    # on a cluster of yours`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	AddDirFlag(cmd, &o.dir)
	f := cmd.Flags()
	f.StringVar(&o.name, "name", "demo", "name of the sandbox")
	addNodesFlag(cmd, &o.nodes)
	f.StringVar(&o.cluster, "cluster", "dev", "cluster of platform.yaml to play")
	f.BoolVar(&o.keep, "keep", false, "leave the sandbox running")
	f.BoolVar(&o.full, "full", false, "play the whole way of a version, from its build to prod")
	f.DurationVar(&o.timeout, "timeout", time.Hour, "how long all of it may take, the first build included")
	f.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig file of a cluster of yours to play on, instead of a sandbox")
	f.StringVar(&o.context, "context", "", "context of that kubeconfig")
	f.StringVar(&o.app, "app", "", "application of platform.yaml to play with, on a cluster of yours; its only one by default")
	f.StringVar(&o.path, "path", "/", "path that this application answers on")
	f.StringVar(&o.nextImage, "next-image", "", "image that a push changes this application to; without it, nothing is changed by a push")
	f.StringVar(&o.webhookURL, "webhook-url", "", "address under which the forge reaches the cluster's Receiver, as for run")
	addOutputFlag(cmd, &o.output)
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error { return o.check(cmd) }
	return cmd
}

// check refuses flags that would mean nothing.
func (o *demoOptions) check(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	if o.full && (given("kubeconfig") || given("cluster")) {
		return usageError{errors.New("--full brings its own two clusters: leave out --kubeconfig and --cluster")}
	}
	if given("kubeconfig") {
		if o.kubeconfig == "" || o.context == "" {
			return usageError{errors.New("a demo on a cluster of yours is never played on a default one: name both --kubeconfig and --context")}
		}
		for _, name := range []string{"name", "nodes", "keep"} {
			if given(name) {
				return usageError{fmt.Errorf("--%s is for a sandbox, and --kubeconfig names a cluster of yours: leave one of them out", name)}
			}
		}
		return nil
	}
	for _, name := range []string{"context", "app", "path", "next-image", "webhook-url"} {
		if given(name) {
			return usageError{fmt.Errorf("--%s is for a cluster of yours: name it with --kubeconfig and --context", name)}
		}
	}
	return nil
}

// stage is a world of the demo with the hands that act in it.
type stage interface {
	demo.Shell
	demo.Cluster
	demo.App
	demo.Files
	world() demo.World
}

func (o demoOptions) run(ctx context.Context, streams Streams) error {
	ctx, cancel := context.WithTimeoutCause(ctx, o.timeout, timeUpError{o.timeout})
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	tell := func(e demo.Event) { showDemo(streams.Err, e) }
	const hint = " 'bootstrap sandbox status' tells what is real in a sandbox and what is not; network policies are enforced by nothing there."
	if o.full {
		s, err := newStoryStage(o, streams, self)
		if err != nil {
			return err
		}
		report, err := demo.Story(ctx, s, demo.Deps{Files: demoFiles{}, Bootstrap: self, Now: time.Now}, tell)
		return o.print(ctx, streams, report, err, hint)
	}
	return o.play(ctx, streams, self, hint, tell)
}

// play plays the demo in one world.
func (o demoOptions) play(ctx context.Context, streams Streams, self, hint string, tell func(demo.Event)) error {
	var err error
	var s stage = &sandboxStage{demoFiles: demoFiles{o.cluster, demoApp}, options: o, streams: streams}
	if o.kubeconfig != "" {
		if s, err = newExistingStage(o, streams); err != nil {
			return err
		}
		hint = ""
	}
	report, err := demo.Run(ctx, o.cluster, s.world(), demo.Deps{
		Shell: s, Cluster: s, App: s, Files: s, Bootstrap: self, Now: time.Now,
	}, tell)
	return o.print(ctx, streams, report, err, hint)
}

// print prints the timeline and returns how the demo ended.
func (o demoOptions) print(ctx context.Context, streams Streams, report *demo.Report, err error, hint string) error {
	if up, ok := errors.AsType[timeUpError](context.Cause(ctx)); ok && err != nil {
		// What its parts say of the interruption is no news.
		err = up
	}
	if report == nil {
		return err
	}
	if o.output == outputJSON {
		return errors.Join(err, PrintJSON(streams.Out, report))
	}
	printTimeline(streams.Out, report, err == nil, hint)
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
	case e.Skipped != "":
		fmt.Fprintf(w, "== %s: skipped: %s\n", e.Title, e.Skipped)
	default:
		fmt.Fprintf(w, "== %s: %.1fs %s\n", e.Title, e.Elapsed.Seconds(), e.Note)
	}
}

func printTimeline(w io.Writer, r *demo.Report, held bool, hint string) {
	fmt.Fprintln(w, "\nTimeline")
	skipped := 0
	for _, e := range r.Timeline {
		took, note := fmt.Sprintf("%.1fs", e.Seconds), e.Note
		switch {
		case e.Skipped != "":
			skipped++
			took, note = "–", "skipped: "+e.Skipped
		case e.Error != "":
			note = "FAILED"
		}
		fmt.Fprintf(w, "%9s  %-45s %s\n", took, e.Title, note)
	}
	switch {
	case !held:
		return
	case skipped > 0:
		fmt.Fprintf(w, "\nWhat was shown held; %s skipped.%s\n", Plural(skipped, "part"), hint)
	default:
		fmt.Fprintf(w, "\nAll of it held.%s\n", hint)
	}
}
