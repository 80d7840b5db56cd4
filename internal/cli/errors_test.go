package cli

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/initfile"
)

func TestExitCode(t *testing.T) {
	t.Parallel()
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		err  error
		want int
	}{
		"plain":                  {t.Context(), errors.New("x"), exitFailed},
		"drift":                  {t.Context(), fmt.Errorf("x: %w", driftError{1}), exitDrift},
		"command line":           {t.Context(), usageError{errors.New("x")}, exitBadInput},
		"input":                  {t.Context(), diag.Problems{{Message: "x"}}, exitBadInput},
		"our own timeout":        {t.Context(), timeUpError{time.Minute}, exitTimedOut},
		"signal":                 {interrupted, fmt.Errorf("x: %w", context.Canceled), exitInterrupted},
		"failed, then a signal":  {interrupted, errors.New("x"), exitFailed},
		"cancelled by ourselves": {t.Context(), context.Canceled, exitFailed},
		"questions left":         {t.Context(), initfile.ErrAborted, exitInterrupted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := exitCode(c.ctx, c.err); got != c.want {
				t.Errorf("exit %d, want %d", got, c.want)
			}
		})
	}
}
