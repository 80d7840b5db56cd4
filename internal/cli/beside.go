package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
)

// proofProgram is the executable that proves trees. It links the API server's
// validation, Helm and Gatekeeper, which would double the start of every other
// command (docs/adr/0013).
const proofProgram = "bootstrap-validate"

// addProofCommands adds the commands that another executable runs.
func addProofCommands(root *cobra.Command) {
	root.AddCommand(
		newBesideCommand("Prove the trees right before they are pushed", "validate"),
		newBesideCommand("Show what a push would change, in a cluster or in what a branch renders", "diff"),
	)
}

// newBesideCommand returns a command that the executable beside this one runs,
// flags, help and completions too. The path leads to it from the root.
func newBesideCommand(short string, path ...string) *cobra.Command {
	return &cobra.Command{
		Use:                path[len(path)-1],
		Short:              short,
		DisableFlagParsing: true,
		RunE: func(_ *cobra.Command, args []string) error {
			return become(slices.Concat(path, args))
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
			// Reached again only where the other program could not be started.
			_ = become(slices.Concat([]string{cobra.ShellCompNoDescRequestCmd}, path, args, []string{word}))
			return nil, cobra.ShellCompDirectiveError
		},
	}
}

// become runs the executable beside this one in this one's place.
func become(args []string) error {
	program, err := beside(proofProgram, "make build")
	if err != nil {
		return err
	}
	return replaceProcess(program, args)
}

// beside finds an executable in this one's folder, or else on PATH; build is
// the command that makes it.
func beside(name, build string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", name, err)
	}
	path := filepath.Join(filepath.Dir(self), name)
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		return path, nil
	}
	path, err = exec.LookPath(name)
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s is not here: it belongs beside %s, or on PATH; '%s' builds it", name, self, build)
	}
	return path, err
}
