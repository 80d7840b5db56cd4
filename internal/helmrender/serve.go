package helmrender

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"runtime/debug"
	"runtime/metrics"
	"syscall"
	"time"
)

const (
	// tick is how often a worker looks at what it uses. A template can fill some
	// ten MiB in it.
	tick = 5 * time.Millisecond
	// maxStack ends a recursion before it has taken the memory.
	maxStack = 64 << 20
)

var errStack = errors.New("its templates call each other without end")

func errMemory(l Limits) error {
	return fmt.Errorf("its templates want more than %d MiB of memory", l.Memory>>20)
}

func errCPU(l Limits) error {
	return fmt.Errorf("its templates do not end: %s of the processor's time are spent", l.CPU)
}

// ErrSpent is what Serve returns after a rendering that reached a limit. The
// process has to end then: the template is still running in it.
var ErrSpent = errors.New("a rendering reached its limit")

// Serve is a worker: it renders what a Renderer asks for until in ends. Nothing
// else may use the process's standard output.
func Serve(in io.Reader, out io.Writer) error {
	log.SetOutput(io.Discard)
	slog.SetDefault(slog.New(slog.DiscardHandler))
	debug.SetMaxStack(maxStack)
	from, to := gob.NewDecoder(in), gob.NewEncoder(out)
	for limited := false; ; limited = true {
		var r request
		err := from.Decode(&r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading a request: %w", err)
		}
		if !limited { // a Renderer's are always the same
			debug.SetMemoryLimit(r.Limits.Memory / 4 * 3) // the collector works for it first
			if err := limitProcess(r.Limits); err != nil {
				return fmt.Errorf("limiting the worker: %w", err)
			}
		}
		a := serve(r)
		if err := to.Encode(a); err != nil {
			return fmt.Errorf("writing an answer: %w", err)
		}
		if a.Spent {
			return ErrSpent
		}
	}
}

// serve renders, and gives up on what uses too much.
func serve(r request) *answer {
	done := make(chan *answer, 1)
	began := cpuTime()
	go func() {
		a, err := render(r)
		if err != nil {
			a = &answer{Err: clip(err.Error())}
		}
		done <- a
	}()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	for {
		select {
		case a := <-done:
			return a
		case <-ticker.C:
		}
		metrics.Read(heap)
		switch {
		case heap[0].Value.Uint64() > uint64(max(r.Limits.Memory, 0)):
			return &answer{Err: errMemory(r.Limits).Error(), Spent: true}
		case cpuTime()-began > r.Limits.CPU:
			return &answer{Err: errCPU(r.Limits).Error(), Spent: true}
		}
	}
}

// cpuTime is what this process has used of the processors so far.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
