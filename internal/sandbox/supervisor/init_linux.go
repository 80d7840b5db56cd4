// Package supervisor is the inside of a sandbox. Three processes share its
// work: init is the first process of the sandbox's own namespaces, so that the
// kernel takes everything with it when it ends; supervise, its child, starts
// and watches the programs; reap stays outside and removes what no namespace
// owns, cgroups and the run folder, as soon as init is gone.
package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// Init is the first process inside: it sets up the mounts, starts supervise
// and adopts every orphan until supervise ends.
func Init(run string) error {
	if os.Getpid() != 1 {
		return errors.New("sandbox init must be the first process of a PID namespace")
	}
	if err := mounts(run); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	unix.CloseOnExec(lifeFD)
	cmd := exec.CommandContext(context.Background(), self, "sandbox", "supervise", run)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{os.NewFile(tunnelFD, "tunnel"), os.NewFile(eventsFD, "events"), os.NewFile(leashFD, "leash")}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the supervisor: %w", err)
	}
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return fmt.Errorf("waiting for the supervisor: %w", err)
		case pid == cmd.Process.Pid && status.Exited() && status.ExitStatus() == 0:
			return nil
		case pid == cmd.Process.Pid:
			return fmt.Errorf("the supervisor ended: exit %d, signal %v", status.ExitStatus(), status.Signal())
		}
	}
}

// mounts makes the mount namespace the sandbox's own: nothing inside is seen
// outside, and what kubelet mounts reaches its pods.
func mounts(run string) error {
	// The run folder may lie below /run, which becomes the sandbox's own.
	folder, err := unix.Open(run, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("opening the run folder: %w", err)
	}
	defer unix.Close(folder)
	between, err := unix.Open(BetweenDir(run), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("opening the folder between sandboxes: %w", err)
	}
	defer unix.Close(between)
	steps := []struct {
		what                   string
		source, target, fstype string
		flags                  uintptr
	}{
		{"cutting off the host's mounts", "", "/", "", unix.MS_REC | unix.MS_PRIVATE},
		{"sharing mounts with pods", "", "/", "", unix.MS_REC | unix.MS_SHARED},
		{"mounting /proc", "proc", "/proc", "proc", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC},
		{"mounting /run", "tmpfs", "/run", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV},
		{"keeping the run folder", fmt.Sprintf("/proc/self/fd/%d", folder), run, "", unix.MS_BIND},
		{"keeping the way to neighbours", fmt.Sprintf("/proc/self/fd/%d", between), BetweenDir(run), "", unix.MS_BIND},
		{"mounting etcd's memory disk", "tmpfs", filepath.Join(run, "etcd"), "tmpfs", 0},
		{"replacing /etc/resolv.conf", filepath.Join(run, "resolv.conf"), "/etc/resolv.conf", "", unix.MS_BIND},
		{"replacing /etc/hosts", filepath.Join(run, "hosts"), "/etc/hosts", "", unix.MS_BIND},
		{"replacing /var/log", filepath.Join(run, "varlog"), "/var/log", "", unix.MS_BIND},
		{"replacing /var/lib/kubelet", filepath.Join(run, "kubelet"), "/var/lib/kubelet", "", unix.MS_BIND},
	}
	for _, s := range steps {
		if err := makeTarget(s.source, s.target); err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
		if err := unix.Mount(s.source, s.target, s.fstype, s.flags, ""); err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
	}
	return nil
}

// makeTarget makes the file or folder that a mount covers. A link to a file of
// the host's /run, as /etc/resolv.conf often is, leads nowhere any more.
func makeTarget(source, target string) error {
	if to, err := os.Readlink(target); err == nil {
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(target), to)
		}
		target = to
	}
	if _, err := os.Stat(target); err == nil {
		return nil
	}
	if info, err := os.Stat(source); err != nil || info.IsDir() {
		return os.MkdirAll(target, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	return os.WriteFile(target, nil, 0o644)
}
