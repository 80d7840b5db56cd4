package testsupport

import (
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"
	"time"
)

// What the refusal of a bad file may cost at most.
const (
	MaxTime   = 100 * time.Millisecond
	MaxMemory = 64 << 20
)

// Within fails when f takes more than MaxTime of the processor or MaxMemory
// bytes, in the best of up to ten runs: other work of the machine is not what
// it measures, nor is the collector's, which takes what processors are idle. All
// that was ever allocated bounds what was held at once. A test that calls it
// cannot be parallel.
func Within(t *testing.T, f func()) {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	best, used := time.Hour, uint64(0)
	for range 10 {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := cpuTime(t)
		f()
		best = min(best, cpuTime(t)-start)
		runtime.ReadMemStats(&after)
		used = after.TotalAlloc - before.TotalAlloc
		if best <= MaxTime {
			break
		}
	}
	t.Logf("%s, %d KiB", best, used>>10)
	if best > MaxTime || used > MaxMemory {
		t.Errorf("took %s and %d MiB", best, used>>20)
	}
}

// cpuTime is what this process has used of the processors so far.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
