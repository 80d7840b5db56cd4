package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/groundwork-dev/groundwork/internal/sandbox/supervisor"
)

// Down ends a sandbox and removes everything of it. It is no error when there
// is none.
func (b Sandboxes) Down(ctx context.Context, name string) error {
	run, err := b.run(name)
	if err != nil {
		return err
	}
	state, err := b.State(name)
	if errors.Is(err, ErrNotUp) {
		return supervisor.SweepDir(run)
	}
	if err != nil {
		return err
	}
	return b.end(ctx, state)
}

// end kills the first process. With namespaces, the kernel then kills every
// other one and takes mounts and network with it; without, those of the first
// one's group are killed here.
func (b Sandboxes) end(ctx context.Context, s *State) error {
	fd, err := unix.PidfdOpen(s.Init, 0)
	if err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("finding process %d of sandbox %s: %w", s.Init, s.Name, err)
	}
	if err == nil {
		defer unix.Close(fd)
		if born, err := bornAt(s.Init); err == nil && born == s.Born {
			if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("ending sandbox %s: %w", s.Name, err)
			}
		}
		if err := awaitEnd(ctx, fd); err != nil {
			return err
		}
	}
	if !s.RealNode {
		if err := supervisor.EndGroup(s.Init); err != nil {
			return err
		}
	}
	return supervisor.SweepDir(s.Run)
}

// awaitEnd waits until the process of a pidfd has ended.
func awaitEnd(ctx context.Context, fd int) error {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(30 * time.Second)
	}
	for {
		left := time.Until(deadline)
		if left <= 0 {
			return errors.New("ending the sandbox: its processes are still there")
		}
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), //nolint:gosec // a descriptor is small
			Events: unix.POLLIN}}, int(left.Milliseconds()))
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || n > 0 {
			return err
		}
	}
}

// bornAt returns when a process started, in clock ticks after boot: field 22
// of proc_pid_stat(5).
func bornAt(pid int) (string, error) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", err
	}
	// The second field, the name, may hold spaces; it ends with the last ')'.
	_, rest, ok := strings.Cut(string(data[strings.LastIndexByte(string(data), ')'):]), " ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 20 || fields[0] == "Z" {
		return "", fmt.Errorf("process %d has ended", pid)
	}
	return fields[19], nil
}
