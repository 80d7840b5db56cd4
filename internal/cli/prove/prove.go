// Package prove is the command line of bootstrap-validate: the commands of
// bootstrap that link the API server's own validation, Helm and Gatekeeper.
package prove

import (
	"github.com/groundwork-dev/groundwork/internal/cli"
)

// Main runs the command that args name and returns the process's exit code.
func Main(streams cli.Streams, args []string) int {
	root := cli.NewRoot(streams)
	root.Short = "Prove the trees of a repository; run it as bootstrap"
	root.AddCommand(newValidateCommand(streams))
	return cli.Execute(streams, root, args)
}
