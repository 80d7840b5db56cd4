package helmrender

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// limitProcess has the kernel refuse what a worker could take between two looks
// at itself: one call can ask for gigabytes, and a busy machine looks late. The
// runtime takes memory in steps of 64 MiB and is late itself to give it back.
//
// The limit of data alone does not do: newer kernels (6.18 was seen to) count
// nothing for what is mapped over a reservation, which is how the runtime grows.
// The reservation itself counts as address space, of which threads take some too.
func limitProcess(l Limits) error {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	more := uint64(max(l.Memory, 0))*2 + 64<<20
	for _, limit := range []struct {
		resource int
		field    string
		most     uint64
	}{{syscall.RLIMIT_DATA, "VmData:", more}, {syscall.RLIMIT_AS, "VmSize:", more + threads}} {
		_, now, found := strings.Cut(string(status), limit.field)
		var kib uint64
		if _, err := fmt.Sscan(now, &kib); err != nil || !found {
			return fmt.Errorf("reading %s of /proc/self/status: %w", limit.field, err)
		}
		most := kib<<10 + limit.most
		if err := syscall.Setrlimit(limit.resource, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			return err
		}
	}
	return nil
}

// threads is the address space that threads may reserve, in bytes.
const threads = 256 << 20
