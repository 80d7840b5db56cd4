package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/initfile"
)

// The exit codes of every command; the root command's help names them.
const (
	exitOK          = 0
	exitFailed      = 1
	exitDrift       = 2
	exitBadInput    = 3
	exitRefused     = 4
	exitTimedOut    = 5
	exitInterrupted = 130
)

// usageError is a command line that makes no sense.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Usage says of an error that the command line makes no sense.
func Usage(err error) error { return usageError{err} }

// DifferError says that there are differences, which have been printed.
type DifferError struct{}

func (DifferError) Error() string { return "there are differences" }

// Drift tells the error apart from others.
func (DifferError) Drift() bool { return true }

// FoundError says that a check found errors, which it has printed.
type FoundError struct{ Errors int }

func (e FoundError) Error() string { return Plural(e.Errors, "error") }

// driftError says that files differ from what platform.yaml generates.
type driftError struct{ files int }

func (e driftError) Error() string {
	return fmt.Sprintf("%d files differ from what platform.yaml generates: run 'bootstrap generate' and commit the result", e.files)
}

// Drift tells the error apart from others.
func (driftError) Drift() bool { return true }

// timeUpError says that a command's own --timeout ended it.
type timeUpError struct{ after time.Duration }

func (e timeUpError) Error() string {
	return fmt.Sprintf("timed out after %s; give it longer with --timeout", e.after)
}

// TimedOut tells the error apart from others.
func (timeUpError) TimedOut() bool { return true }

// exitCode maps an error to the process's exit code.
func exitCode(ctx context.Context, err error) int {
	var (
		usage    usageError
		drift    interface{ Drift() bool }
		problems diag.Problems
		found    FoundError
		refused  interface{ Refused() bool }
		timedOut interface{ TimedOut() bool }
	)
	switch {
	case errors.As(err, &drift) && drift.Drift():
		return exitDrift
	case errors.As(err, &usage), errors.As(err, &problems), errors.As(err, &found):
		return exitBadInput
	case errors.As(err, &refused) && refused.Refused():
		return exitRefused
	case errors.As(err, &timedOut) && timedOut.TimedOut():
		return exitTimedOut
	case errors.Is(err, initfile.ErrAborted), ctx.Err() != nil && errors.Is(err, context.Canceled):
		return exitInterrupted
	default:
		return exitFailed
	}
}

// describe renders an error for a person: a list of problems as it is, any
// other error behind the tool's name.
func describe(err error) string {
	if problems, ok := errors.AsType[diag.Problems](err); ok {
		return problems.Error() + "\n" + Plural(len(problems), "problem") + "\n"
	}
	if errors.Is(err, initfile.ErrAborted) || errors.Is(err, context.Canceled) {
		return "bootstrap: interrupted; run the same command again to continue\n"
	}
	return "bootstrap: " + strings.TrimRight(err.Error(), "\n") + "\n"
}

// Plural returns a number of things, for messages.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
