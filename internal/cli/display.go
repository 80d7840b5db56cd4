package cli

import "github.com/groundwork-dev/groundwork/internal/cli/progress"

// stepDisplay shows steps. What a person has to read in full, or to answer,
// stands outside of the live display, which cuts its lines and redraws itself.
type stepDisplay struct {
	streams Streams
	current progress.Display
}

func newStepDisplay(streams Streams) *stepDisplay {
	return &stepDisplay{streams, progress.New(streams.Err, streams.Terminal)}
}

func (d *stepDisplay) show(s progress.Step) { d.current.Show(s) }

// aside lets something else write to the terminal.
func (d *stepDisplay) aside(do func() error) error {
	d.current.Close()
	err := do()
	d.current = progress.New(d.streams.Err, d.streams.Terminal)
	return err
}

func (d *stepDisplay) close() { d.current.Close() }
