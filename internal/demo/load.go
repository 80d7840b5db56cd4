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
	good     int
	lost     int
	err      error
	changed  chan struct{} // closed and renewed at each answer
}

func startLoad(ctx context.Context, app App, workers int) *load {
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
	l.good++
	close(l.changed)
	l.changed = make(chan struct{})
}

// await waits until only the version answers.
func (l *load) await(ctx context.Context, version string) error {
	return l.until(ctx, "version "+version, func() bool { return l.version == version && l.inARow >= settled })
}

// awaitGood waits for as many good answers more as settle a change.
func (l *load) awaitGood(ctx context.Context) error {
	l.mu.Lock()
	enough := l.good + settled
	l.mu.Unlock()
	return l.until(ctx, "good answers", func() bool { return l.good >= enough })
}

// until waits until the answers satisfy done, which is called with the lock
// held.
func (l *load) until(ctx context.Context, what string, done func() bool) error {
	for {
		l.mu.Lock()
		enough, seen, lost, changed := done(), l.version, l.err, l.changed
		l.mu.Unlock()
		if enough {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			err := fmt.Errorf("waiting for %s, still seeing %q: %w", what, seen, ctx.Err())
			if lost != nil {
				err = fmt.Errorf("%w; the last lost request: %w", err, lost)
			}
			return err
		}
	}
}

// stop ends the requests and returns how many there were, how many were lost
// and the error of the last lost one.
func (l *load) stop() (requests, lost int, err error) {
	l.cancel()
	l.wg.Wait()
	return l.requests, l.lost, l.err
}
