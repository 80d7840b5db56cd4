package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/cli/progress"
	"github.com/groundwork-dev/groundwork/internal/sandbox"
	"github.com/groundwork-dev/groundwork/internal/sandbox/build"
)

func newSandboxCommand(streams Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run a real cluster on this machine, without a container engine",
		Long: `sandbox runs a control plane, a node that runs pods, a Git forge and a registry as
plain processes in namespaces of their own. Nothing of it listens outside them
but one proxy on loopback, and nothing stays when it is down. Without root there
are no namespaces: everything listens on loopback, and nodes are simulated. Then
the platform's controllers run as plain processes, and other pods only seem to.

It needs Linux, and the checkout of the repository that bootstrap was built from:
the programs are built from the modules below its folder sandbox/.`,
		Example: `  bootstrap sandbox up
  eval "$(bootstrap sandbox env)"
  kubectl get pods --all-namespaces
  bootstrap sandbox down`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newSandboxUpCommand(streams), newSandboxDownCommand(streams), newSandboxStatusCommand(streams),
		newSandboxLogsCommand(streams), newSandboxEnvCommand(streams),
		newSandboxDepsCommand(streams), newSandboxBuildCommand(streams),
	)
	for _, name := range []string{"init", "supervise", "reap"} {
		cmd.AddCommand(&cobra.Command{
			Use: name + " FOLDER", Hidden: true, Args: cobra.ExactArgs(1), DisableFlagParsing: true,
			RunE: func(_ *cobra.Command, args []string) error {
				_, err := sandbox.Main([]string{name, args[0]})
				return err
			},
		})
	}
	return cmd
}

func addNameFlag(cmd *cobra.Command, name *string) {
	cmd.Flags().StringVar(name, "name", sandbox.DefaultName, "name of the sandbox")
}

func newSandboxUpCommand(streams Streams) *cobra.Command {
	var (
		o      sandboxUpOptions
		output string
	)
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start a sandbox",
		Long: `up builds what is not built yet and starts a sandbox. The first build takes many
minutes; it is kept in the user's cache folder ($GROUNDWORK_CACHE).

With --beside, the sandbox has the forge and the registries of another one, over HTTPS,
as two clusters of a platform have. Each reaches the Services of the other's cluster
at port 80 as <service>.<namespace>.svc.<sandbox>.sandbox.test.`,
		Example: `  sudo bootstrap sandbox up
  sudo bootstrap sandbox up --name prod --beside default`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			display := progress.New(streams.Err, streams.Terminal)
			state, err := o.up(cmd.Context(), display)
			display.Close()
			if err != nil {
				return err
			}
			if o.leash {
				<-cmd.Context().Done()
				return sandboxDown(context.WithoutCancel(cmd.Context()), o.name)
			}
			if output == outputJSON {
				return PrintJSON(streams.Out, state)
			}
			if !state.RealNode {
				fmt.Fprintln(streams.Err, "Its nodes are simulated: pods but the platform's controllers only seem to run.")
			}
			fmt.Fprintf(streams.Err, "Sandbox %s is up. To use it: eval \"$(bootstrap sandbox env --name %s)\"\n", o.name, o.name)
			return nil
		},
	}
	AddDirFlag(cmd, &o.dir)
	addNameFlag(cmd, &o.name)
	addNodesFlag(cmd, &o.nodes)
	cmd.Flags().StringVar(&o.beside, "beside", "", "name of a sandbox whose forge and registries this one has, too")
	cmd.Flags().BoolVar(&o.leash, "foreground", false, "stay, and end the sandbox when this command ends")
	addOutputFlag(cmd, &output)
	return cmd
}

func sandboxStep(e sandbox.Event) progress.Step {
	s := progress.Step{Title: "sandbox: " + e.Step, Elapsed: e.Elapsed}
	switch {
	case e.Error != "":
		s.State = progress.Failed
	case e.Done:
		s.State = progress.Done
	}
	return s
}

func newSandboxDownCommand(streams Streams) *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "down",
		Short: "End a sandbox and remove everything of it",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := sandboxDown(cmd.Context(), name); err != nil {
				return err
			}
			fmt.Fprintf(streams.Err, "Sandbox %s is down.\n", name)
			return nil
		},
	}
	addNameFlag(cmd, &name)
	return cmd
}

func newSandboxStatusCommand(streams Streams) *cobra.Command {
	var name, output string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what runs in a sandbox, and how much of it is real",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := sandboxes()
			if err != nil {
				return err
			}
			status, err := all.Status(cmd.Context(), name)
			if err != nil {
				return err
			}
			if output == outputJSON {
				return PrintJSON(streams.Out, status)
			}
			return printStatus(streams.Out, status)
		},
	}
	addNameFlag(cmd, &name)
	addOutputFlag(cmd, &output)
	return cmd
}

func printStatus(w io.Writer, s *sandbox.Status) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "SANDBOX\t%s\tup in %.1fs, proxy %s\n", s.Name, s.Seconds, s.Proxy)
	for _, n := range s.Nodes {
		kind := "real"
		if n.Simulated {
			kind = "simulated"
		}
		fmt.Fprintf(t, "NODE\t%s\t%s, zone %s, ready %t\n", n.Name, kind, n.Zone, n.Ready)
	}
	builtHere := "real, image built here"
	if !s.RealNode {
		builtHere = "a process, program built here"
	}
	for _, group := range []struct {
		kind string
		pods []sandbox.PodStatus
	}{{"real", s.Pods.Real}, {builtHere, s.Pods.BuiltHere}, {"stand-in", s.Pods.StandIn}, {"simulated", s.Pods.Simulated}} {
		for _, p := range group.pods {
			fmt.Fprintf(t, "POD\t%s/%s\t%s, %s, ready %t\n", p.Namespace, p.Name, group.kind, p.Phase, p.Ready)
		}
	}
	for _, c := range s.Charts {
		kind := "as published"
		if c.StandIn {
			kind = "stand-in"
		}
		fmt.Fprintf(t, "CHART\t%s %s\t%s\n", c.Component, c.Version, kind)
	}
	for _, missing := range s.NotHere {
		fmt.Fprintf(t, "NOT HERE\t%s\t\n", missing)
	}
	if s.Problem != "" {
		fmt.Fprintf(t, "PROBLEM\t%s\n", s.Problem)
	}
	return t.Flush()
}

func newSandboxLogsCommand(streams Streams) *cobra.Command {
	var (
		name   string
		follow bool
	)
	cmd := &cobra.Command{
		Use:     "logs [PROCESS]",
		Short:   "Print the log of one of a sandbox's processes, or list them",
		Example: "  bootstrap sandbox logs\n  bootstrap sandbox logs kubelet --follow",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			process := ""
			if len(args) == 1 {
				process = args[0]
			}
			all, err := sandboxes()
			if err != nil {
				return err
			}
			return all.Logs(cmd.Context(), name, process, streams.Out, follow)
		},
	}
	addNameFlag(cmd, &name)
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on as the log grows")
	return cmd
}

func newSandboxEnvCommand(streams Streams) *cobra.Command {
	var name, output string
	cmd := &cobra.Command{
		Use:     "env",
		Short:   "Print what a shell needs to use a sandbox",
		Example: `  eval "$(bootstrap sandbox env)"`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			env, err := sandboxEnv(name)
			if err != nil {
				return err
			}
			if output == outputJSON {
				values := map[string]string{}
				for _, kv := range env {
					k, v, _ := strings.Cut(kv, "=")
					values[k] = v
				}
				return PrintJSON(streams.Out, values)
			}
			for _, kv := range env {
				k, v, _ := strings.Cut(kv, "=")
				fmt.Fprintf(streams.Out, "export %s='%s'\n", k, strings.ReplaceAll(v, "'", `'\''`))
			}
			return nil
		},
	}
	addNameFlag(cmd, &name)
	addOutputFlag(cmd, &output)
	return cmd
}

// sandboxEnv is what bootstrap, kubectl and git need to use a sandbox.
func sandboxEnv(name string) ([]string, error) {
	all, err := sandboxes()
	if err != nil {
		return nil, err
	}
	state, err := all.State(name)
	if err != nil {
		return nil, err
	}
	env, err := state.Env()
	if err != nil {
		return nil, err
	}
	// git has its own variable for certificates, and asks a helper for the
	// token.
	return append(env,
		"GIT_SSL_CAINFO="+state.Bundle(),
		"GIT_CONFIG_COUNT=1",
		"GIT_CONFIG_KEY_0=credential.https://"+sandbox.ForgeHost+".helper",
		`GIT_CONFIG_VALUE_0=!f() { echo username=git; echo "password=$`+tokenVariable+`"; }; f`,
	), nil
}

func newSandboxDepsCommand(streams Streams) *cobra.Command {
	var (
		nodes   string
		install bool
	)
	cmd := &cobra.Command{
		Use:     "deps",
		Short:   "Check, or install, the packages that the sandbox needs of the system",
		Example: "  bootstrap sandbox deps\n  sudo bootstrap sandbox deps --install",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			realNode, err := sandbox.Nodes(nodes).Real()
			if err != nil {
				return err
			}
			targets, err := sandboxTargets(realNode)
			if err != nil {
				return err
			}
			err = build.Check(targets)
			var missing *build.Missing
			if !install || !errors.As(err, &missing) {
				return err
			}
			fmt.Fprintln(streams.Err, "Installing:", missing.Command())
			return build.InstallPackages(cmd.Context())
		},
	}
	addNodesFlag(cmd, &nodes)
	cmd.Flags().BoolVar(&install, "install", false, "install what is missing (root on Debian)")
	return cmd
}

func newSandboxBuildCommand(streams Streams) *cobra.Command {
	var dir, nodes string
	cmd := &cobra.Command{
		Use:   "build",
		Short: "Build what a sandbox runs, without starting one",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			realNode, err := sandbox.Nodes(nodes).Real()
			if err != nil {
				return err
			}
			display := progress.New(streams.Err, streams.Terminal)
			defer display.Close()
			_, err = assemble(cmd.Context(), dir, realNode, display)
			return err
		},
	}
	AddDirFlag(cmd, &dir)
	addNodesFlag(cmd, &nodes)
	return cmd
}
