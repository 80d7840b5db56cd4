// Package cli is the command line: it parses flags, wires adapters into use
// cases, renders progress and results, and turns errors into exit codes. It is
// the only package that prints.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// Streams are the files a command reads and writes: data on Out, progress and
// errors on Err.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
	// Terminal says that Err is a terminal, so progress may redraw itself.
	Terminal bool
	// Colour says that Out is a terminal, and that nobody asked for it to be plain.
	Colour bool
	// Interactive says that In is a terminal, so questions may be asked.
	Interactive bool
}

// OSStreams returns the streams of the process.
func OSStreams() Streams {
	return Streams{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Terminal:    term.IsTerminal(int(os.Stderr.Fd())) && os.Getenv("TERM") != "dumb",
		Colour:      term.IsTerminal(int(os.Stdout.Fd())) && os.Getenv("TERM") != "dumb" && os.Getenv("NO_COLOR") == "",
		Interactive: term.IsTerminal(int(os.Stdin.Fd())),
	}
}

// Main runs the command that args name and returns the process's exit code.
func Main(streams Streams, args []string) int { return Execute(streams, newRootCommand(streams), args) }

// Execute runs a command tree, here or in an executable beside this one, and
// returns the process's exit code. The first interrupt cancels the command's
// context; a second one ends the process at once.
func Execute(streams Streams, root *cobra.Command, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	root.SetArgs(args)
	understood := false
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		err := errors.Join(cmd.ValidateRequiredFlags(), cmd.ValidateFlagGroups())
		understood = err == nil
		return err
	}
	err := root.ExecuteContext(ctx)
	if err != nil && !understood {
		err = usageError{err}
	}
	if err == nil {
		return exitOK
	}
	fmt.Fprint(streams.Err, describe(err))
	return exitCode(ctx, err)
}

func newRootCommand(streams Streams) *cobra.Command {
	root := NewRoot(streams)
	root.Short = "From an empty AWS account to a Kubernetes platform that Git runs"
	root.Long = `bootstrap compiles one file, platform.yaml, and a catalogue of components into
the GitOps trees of your clusters, and brings a cluster under Git's control.

Exit codes: 0 done; 1 failed; 2 the repository is not what platform.yaml
generates; 3 bad input; 4 refused, nothing was changed; 5 timed out, with the
cause named; 130 interrupted.`
	root.Example = `  bootstrap demo                     # the whole thing, on a real local cluster
  bootstrap init                     # write a platform.yaml
  bootstrap generate                 # write the trees it describes
  bootstrap validate                 # prove them right before they are pushed
  bootstrap cluster render --cluster dev   # write the cluster's Terraform
  bootstrap run --cluster dev        # hand the cluster to Git
  bootstrap doctor --cluster dev     # what is wrong, if anything is
  bootstrap smoke --cluster dev      # does it do what its users need
  bootstrap promote --from dev --to prod --key cosign.pub   # prod by pull request
  bootstrap govern --dry-run         # is the forge set as platform.yaml says
  bootstrap destroy --cluster dev    # end it, with a backup and a receipt`
	root.AddCommand(
		newInitCommand(streams),
		newGenerateCommand(streams),
		newRunCommand(streams),
		newDoctorCommand(streams),
		newSmokeCommand(streams),
		newGovernCommand(streams),
		newDestroyCommand(streams),
		newSandboxCommand(streams),
		newDemoCommand(streams),
		newClusterCommand(streams),
		newComponentCommand(streams),
		newChartsCommand(streams),
		newVaultCommand(streams),
		newImageCommand(streams),
		newPromoteCommand(streams),
		newVersionCommand(streams),
	)
	addProofCommands(root)
	return root
}

// NewRoot returns the command that all others are below, of this executable and
// of those beside it.
func NewRoot(streams Streams) *cobra.Command {
	root := &cobra.Command{
		Use:           "bootstrap",
		Version:       version().String(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.Err)
	root.SetVersionTemplate("bootstrap {{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w\nSee '%s --help'", err, c.CommandPath())}
	})
	return root
}
