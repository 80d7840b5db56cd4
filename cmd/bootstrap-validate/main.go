// Command bootstrap-validate is the part of bootstrap that proves trees;
// bootstrap starts it for the commands that need it.
package main

import (
	"os"

	"github.com/groundwork-dev/groundwork/internal/cli"
	"github.com/groundwork-dev/groundwork/internal/cli/prove"
)

func main() {
	os.Exit(prove.Main(cli.OSStreams(), os.Args[1:]))
}
