package supervisor

import (
	"os/exec"
	"runtime"
	"syscall"
)

// spawner starts programs that the kernel kills when the supervisor ends,
// however it ends. The kernel takes the end of the thread that started them
// for that, so they are all started by one that lives as long as the process.
type spawner struct{ work chan func() }

func newSpawner() *spawner {
	s := &spawner{work: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for f := range s.work {
			f()
		}
	}()
	return s
}

func (s *spawner) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	done := make(chan error)
	s.work <- func() { done <- cmd.Start() }
	return <-done
}
