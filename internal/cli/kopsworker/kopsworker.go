// Package kopsworker is bootstrap-kops' command line: a job on standard input,
// its result on standard output, and nothing else.
package kopsworker

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/groundwork-dev/groundwork/internal/kops"
)

const usage = `bootstrap-kops is the part of bootstrap that links kops: 'bootstrap cluster' starts
it, with a job on standard input. It takes no arguments.
`

// Main does the job and returns the process's exit code.
func Main(in io.Reader, out, log io.Writer, args []string) int {
	if len(args) > 0 {
		fmt.Fprint(log, usage)
		return 3
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := kops.Work(ctx, in, out); err != nil {
		fmt.Fprintf(log, "bootstrap-kops: %v\n", err)
		return 1
	}
	return 0
}
