// Package prove is the command line of bootstrap-validate: the commands of
// bootstrap that link the API server's own validation, Helm and Gatekeeper.
package prove

import (
	"fmt"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"

	"github.com/groundwork-dev/groundwork/internal/cli"
	"github.com/groundwork-dev/groundwork/internal/helmrender"
)

// copied is how much the copy operations of one patch may add to an object, in
// bytes: as many as etcd takes for an object.
const copied = 3 << 20

// Main runs the command that args name and returns the process's exit code.
func Main(streams cli.Streams, args []string) int {
	if len(args) == 1 && args[0] == renderWorker {
		return work(streams)
	}
	jsonpatch.AccumulatedCopySizeLimit = copied // the library has one for the process, for kustomize and for us
	root := cli.NewRoot(streams)
	root.Short = "Prove the trees of a repository; run it as bootstrap"
	root.AddCommand(newValidateCommand(streams), newDiffCommand(streams), newChartsCommand(streams))
	return cli.Execute(streams, root, args)
}

// work renders charts for another process until that closes its end.
func work(streams cli.Streams) int {
	if err := helmrender.Serve(streams.In, streams.Out); err != nil {
		fmt.Fprintln(streams.Err, err)
		return 1
	}
	return 0
}
