// Command bootstrap-kops is the part of bootstrap that renders clusters with
// kops; bootstrap starts it for the commands that need it.
package main

import (
	"os"

	"github.com/groundwork-dev/groundwork/internal/cli/kopsworker"
)

func main() {
	out := os.Stdout
	os.Stdout = os.Stderr // where kops prints what is not the result
	os.Exit(kopsworker.Main(os.Stdin, out, os.Stderr, os.Args[1:]))
}
