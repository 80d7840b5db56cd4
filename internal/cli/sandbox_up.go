package cli

import (
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/cli/progress"
	"github.com/groundwork-dev/groundwork/internal/sandbox"
	"github.com/groundwork-dev/groundwork/internal/sandbox/build"
)

// rootSandboxes is where root's sandboxes keep what they need while they are
// up; those of other users keep it in their cache folder.
const rootSandboxes = "/run/groundwork"

// sandboxes are the sandboxes of this user.
func sandboxes() (sandbox.Sandboxes, error) {
	if os.Geteuid() == 0 {
		return sandbox.Sandboxes{Dir: rootSandboxes}, nil
	}
	cache, err := build.CacheDir()
	return sandbox.Sandboxes{Dir: filepath.Join(cache, "run")}, err
}

func addNodesFlag(cmd *cobra.Command, nodes *string) {
	cmd.Flags().StringVar(nodes, "nodes", string(sandbox.Auto), "real (a node runs pods, needs root), simulated, or auto: real for root")
}

// sandboxUpOptions is what a command wants of a sandbox.
type sandboxUpOptions struct {
	dir, name, nodes string
	beside           string
	leash            bool // it ends with this process
}

// up builds what a sandbox runs and starts it.
func (o sandboxUpOptions) up(ctx context.Context, display progress.Display) (*sandbox.State, error) {
	all, err := sandboxes()
	if err != nil {
		return nil, err
	}
	realNode, err := sandbox.Nodes(o.nodes).Real()
	if err != nil {
		return nil, usageError{err}
	}
	options, err := assemble(ctx, o.dir, realNode, display)
	if err != nil {
		return nil, err
	}
	options.Name, options.Beside, options.DieWithParent = o.name, o.beside, o.leash
	return all.Up(ctx, *options, func(e sandbox.Event) { display.Show(sandboxStep(e)) })
}

func sandboxDown(ctx context.Context, name string) error {
	all, err := sandboxes()
	if err != nil {
		return err
	}
	return all.Down(ctx, name)
}
