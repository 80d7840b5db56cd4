package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/groundwork-dev/groundwork/internal/sandbox/supervisor"
)

// Main runs one of the processes that Up starts from its own executable: args
// are what follows "sandbox" on the command line. ok is false when they name
// none of them.
func Main(args []string) (ok bool, err error) {
	if len(args) != 2 {
		return false, nil
	}
	switch args[0] {
	case "init":
		return true, InitMain(args[1:])
	case "supervise":
		return true, SuperviseMain(args[1:])
	case "reap":
		return true, ReapMain(args[1:])
	}
	return false, nil
}

var errArgs = errors.New("want the run folder as the only argument")

// InitMain is the hidden command "sandbox init <run folder>".
func InitMain(args []string) error {
	if len(args) != 1 {
		return errArgs
	}
	return supervisor.Init(args[0])
}

// SuperviseMain is the hidden command "sandbox supervise <run folder>".
func SuperviseMain(args []string) error {
	if len(args) != 1 {
		return errArgs
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return supervisor.Supervise(ctx, args[0])
}

// ReapMain is the hidden command "sandbox reap <run folder>"; the pipe to init
// is its standard input.
func ReapMain(args []string) error {
	if len(args) != 1 {
		return errArgs
	}
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	if err := supervisor.Reap(os.Stdin, args[0]); err != nil {
		return fmt.Errorf("removing what the sandbox left: %w", err)
	}
	return nil
}
