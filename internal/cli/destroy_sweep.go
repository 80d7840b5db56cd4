package cli

import (
	"github.com/groundwork-dev/groundwork/internal/destroy"
)

// sweeper is the one place where destroy gets its sweep from: bootstrap-kops'
// jobs DoLeft and DoSweep, with the request and o.recordMarkers.
func (o destroyOptions) sweeper() (destroy.Sweeper, error) {
	return nil, &destroy.RefusedError{Reason: "this bootstrap cannot sweep AWS yet", Fix: "nothing was changed"}
}
