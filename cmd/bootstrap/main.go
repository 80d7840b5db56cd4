// Command bootstrap takes an empty AWS account to a highly available
// Kubernetes platform that Git runs.
package main

import (
	"os"

	"github.com/groundwork-dev/groundwork/internal/cli"
)

func main() {
	os.Exit(cli.Main(cli.OSStreams(), os.Args[1:]))
}
