package demo

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// workers is how many requests are under way at once.
	workers = 4
	// pace is the pause between two requests of one worker.
	pace = 10 * time.Millisecond
	// settled is how many answers in a row must come from the new version
	// before it counts as served by every replica.
	settled = 200
)

// load keeps asking the application for its version.
type load struct {
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu       sync.Mutex
	version  string // of the last answer
	inARow   int    // answers in a row with that version
	requests int
	lost     int
	err      error
	changed  chan struct{} // closed and renewed at each answer
}

func startLoad(ctx context.Context, app App) *load {
	ctx, cancel := context.WithCancel(ctx)
	l := &load{cancel: cancel, changed: make(chan struct{})}
	for range workers {
		l.wg.Go(func() { l.work(ctx, app) })
	}
	return l
}

func (l *load) work(ctx context.Context, app App) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		version, err := app.Version(ctx)
		if ctx.Err() != nil {
			return
		}
		l.record(version, err)
	}
}

func (l *load) record(version string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests++
	if err != nil {
		l.lost++
		l.err = err
		return
	}
	if version != l.version {
		l.version, l.inARow = version, 0
	}
	l.inARow++
	close(l.changed)
	l.changed = make(chan struct{})
}

// await waits until only the version answers.
func (l *load) await(ctx context.Context, version string) error {
	for {
		l.mu.Lock()
		served := l.version == version && l.inARow >= settled
		seen, changed := l.version, l.changed
		l.mu.Unlock()
		if served {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("waiting for version %s, still seeing %q: %w", version, seen, ctx.Err())
		}
	}
}

// stop ends the requests and returns how many there were and how many were
// lost.
func (l *load) stop() (requests, lost int) {
	l.cancel()
	l.wg.Wait()
	return l.requests, l.lost
}

// lastErr is the error of the last lost request.
func (l *load) lastErr() error { return l.err }
