// Package progress shows long work to a person: one line a step that redraws
// itself in a terminal, plain lines anywhere else.
package progress

import (
	"io"
	"time"
)

// State is where a step stands.
type State int

// The states of a step.
const (
	Running State = iota
	Done
	Skipped
	Failed
)

// Item is one thing that a step waits for, with what that waits for in turn.
type Item struct {
	Name     string
	Status   string
	Children []Item
}

// Step is one line of the display. Steps are told apart by Title.
type Step struct {
	Title string
	State State
	// Detail is what the step does now, or how it ended.
	Detail string
	// Elapsed is how long the step took; zero while it runs.
	Elapsed time.Duration
	// Waiting is what the step waits for.
	Waiting []Item
}

// Display shows steps. Its methods may be called from any goroutine.
type Display interface {
	// Show shows a step, or what changed of it.
	Show(Step)
	// Close ends the display; what it shows stays on the screen.
	Close()
}

// New returns a display on w: a live one on a terminal, plain lines otherwise.
func New(w io.Writer, terminal bool) Display {
	if terminal {
		return newLive(w)
	}
	return newPlain(w, time.Now)
}

func (s State) mark() string {
	switch s {
	case Done:
		return "✓"
	case Skipped:
		return "–"
	case Failed:
		return "✗"
	default:
		return "•"
	}
}

func seconds(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return d.Round(100 * time.Millisecond).String()
}
