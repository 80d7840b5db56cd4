package supervisor

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Reap waits until the other end of life closes, which is when the sandbox's
// first process is gone, and removes what that left: the processes of its
// group, whose number came over life, cgroups, and the run folder.
func Reap(life io.Reader, run string) error {
	spec, err := ReadSpec(run)
	if err != nil {
		return err
	}
	said, _ := io.ReadAll(life)
	if group, atoiErr := strconv.Atoi(strings.TrimSpace(string(said))); atoiErr == nil && !spec.RealNode {
		err = EndGroup(group)
	}
	err = errors.Join(err, removeCgroups(spec.Cgroup))
	if now, readErr := ReadSpec(run); readErr != nil || now.ID != spec.ID {
		return err // a new sandbox has the folder already
	}
	return errors.Join(err, leaveNeighbours(run), os.RemoveAll(run))
}

// SweepDir removes the cgroups and the folder of a sandbox that has ended.
func SweepDir(run string) error {
	spec, err := ReadSpec(run)
	if err == nil {
		err = removeCgroups(spec.Cgroup)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, leaveNeighbours(run), os.RemoveAll(run))
}

// EndGroup kills every process of a group and waits until they have ended.
func EndGroup(group int) error {
	deadline := time.Now().Add(10 * time.Second)
	for {
		err := unix.Kill(-group, unix.SIGKILL)
		switch {
		case errors.Is(err, unix.ESRCH):
			return nil
		case err != nil:
			return fmt.Errorf("ending process group %d: %w", group, err)
		case !running(group):
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("ending process group %d: its processes are still there", group)
		}
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // nobody tells when a group of other people's children is empty
	}
}

// running says that a process of a group has not ended. The dead stay in it as
// long as nobody buries them, which the first process of a container may never
// do.
func running(group int) bool {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return true
	}
	return slices.ContainsFunc(stats, func(path string) bool {
		data, err := os.ReadFile(path)
		if err != nil {
			return false // gone meanwhile
		}
		// After the name: state, parent, group; see proc_pid_stat(5).
		fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
		return len(fields) > 2 && fields[0] != "Z" && fields[2] == strconv.Itoa(group)
	})
}
