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
func limitProcess(l Limits) error {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	_, data, found := strings.Cut(string(status), "VmData:")
	var kib uint64
	if _, err := fmt.Sscan(data, &kib); err != nil || !found {
		return fmt.Errorf("reading VmData of /proc/self/status: %w", err)
	}
	most := kib<<10 + uint64(max(l.Memory, 0))*2 + 64<<20
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: most, Max: most})
}
