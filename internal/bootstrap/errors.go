package bootstrap

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/explain"
)

// errDeadline is why a run's context ends when its time is up.
var errDeadline = errors.New("the time given by --timeout is up")

// explainTimeout is how long a run that failed may look for the reason.
const explainTimeout = 15 * time.Second

// RefusedError says why the run did not begin to change anything.
type RefusedError struct{ Reason, Fix string }

func (e *RefusedError) Error() string {
	if e.Fix == "" {
		return e.Reason
	}
	return e.Reason + ": " + e.Fix
}

// Refused tells the error apart from others.
func (*RefusedError) Refused() bool { return true }

// DriftError says which files of the repository the run would have to
// overwrite although somebody wrote them.
type DriftError struct {
	HandEdited, Foreign []string
	Conflicts           diag.Problems
}

func (e *DriftError) Error() string {
	var b strings.Builder
	b.WriteString("the repository holds files that this run would overwrite; nothing was changed")
	if len(e.Conflicts) > 0 {
		return b.String() + "\n" + e.Conflicts.Error()
	}
	for _, path := range e.HandEdited {
		fmt.Fprintf(&b, "\n%s: generated, then edited by hand: make the change in platform.yaml (a parameter of the component, or the app) or in the patches/ folder of its cluster, and put the file back", path)
	}
	for _, path := range e.Foreign {
		fmt.Fprintf(&b, "\n%s: not generated, but in the way of a generated file: move it", path)
	}
	return b.String()
}

// Drift tells the error apart from others.
func (*DriftError) Drift() bool { return true }

// TimeoutError says what the run was waiting for when its time was up, and why
// that did not come.
type TimeoutError struct {
	Step      string
	After     time.Duration
	Diagnosis *explain.Diagnosis
	Cause     error
}

func (e *TimeoutError) Error() string {
	text := fmt.Sprintf("timed out after %s at: %s", e.After, e.Step)
	if e.Cause != nil && e.Cause.Error() != errDeadline.Error() {
		text += ": " + e.Cause.Error()
	}
	if e.Diagnosis != nil {
		text += "\n" + e.Diagnosis.String()
	}
	return text + "\nrun the same command again to continue"
}

func (e *TimeoutError) Unwrap() error { return e.Cause }

// TimedOut tells the error apart from others.
func (*TimeoutError) TimedOut() bool { return true }

// StalledError says that the cluster cannot become what the repository says
// before somebody pushes a correction: Flux has given up.
type StalledError struct {
	// Objects are those that Flux has given up, as Kind/namespace/name.
	Objects   []string
	Diagnosis *explain.Diagnosis
}

func (e *StalledError) Error() string {
	text := "Flux has given up on " + strings.Join(e.Objects, ", ") + ", and waiting does not change that"
	if e.Diagnosis != nil {
		text += "\n" + e.Diagnosis.String()
	}
	return text + "\npush what corrects it, then run the same command again"
}

// notFastForward, rejected and lost read what kind of error a push ended with.
func notFastForward(err error) bool {
	var e interface{ NotFastForward() bool }
	return errors.As(err, &e) && e.NotFastForward()
}

func rejected(err error) bool {
	var e interface{ Rejected() bool }
	return errors.As(err, &e) && e.Rejected()
}

func lost(err error) bool {
	var e interface{ Lost() bool }
	return errors.As(err, &e) && e.Lost()
}
