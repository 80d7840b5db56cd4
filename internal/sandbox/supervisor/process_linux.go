package supervisor

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/groundwork-dev/groundwork/internal/sandbox/node"
)

// readyPoll is how often a program that has no events is asked whether it is
// ready.
const readyPoll = 50 * time.Millisecond

// process is a started program.
type process struct {
	program node.Program
	log     string
	pid     int
	started time.Time
	done    chan struct{} // closed when it ended
	err     error         // how it ended, after done
}

// start starts a program with its output in a log of its own. The program is
// killed when ctx ends.
func (s *supervisor) start(ctx context.Context, p node.Program) (*process, error) {
	path := filepath.Join(s.Run, "log", p.Name+".log")
	log, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, p.Argv[0], p.Argv[1:]...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), p.Env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	if err := s.spawner.start(cmd); err != nil {
		return nil, fmt.Errorf("starting %s: %w", p.Name, err)
	}
	proc := &process{program: p, log: path, pid: cmd.Process.Pid, started: time.Now(), done: make(chan struct{})}
	go func() {
		proc.err = cmd.Wait()
		close(proc.done)
	}()
	return proc, nil
}

// await waits until the process is ready.
func (p *process) await(ctx context.Context) error {
	if p.program.Ready == "" && p.program.Socket == "" {
		return nil
	}
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{
		// A readiness check is no reason to hand out the authority.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // loopback of our own namespace, nothing is sent
	}}
	defer client.CloseIdleConnections()
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		if p.ready(ctx, client) {
			return nil
		}
		select {
		case <-p.done:
			return p.ended()
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w\n%s", p.program.Name, ctx.Err(), tail(p.log))
		case <-tick.C:
		}
	}
}

func (p *process) ready(ctx context.Context, client *http.Client) bool {
	if p.program.Socket != "" {
		_, err := os.Stat(p.program.Socket)
		return err == nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.program.Ready, nil)
	if err != nil {
		return false
	}
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// ended is the error of a process that should be running.
func (p *process) ended() error {
	return fmt.Errorf("%s ended (%w); its last lines:\n%s", p.program.Name, p.err, tail(p.log))
}

// tail returns the last lines of a log.
func tail(path string) []byte {
	const lines = 10
	data, err := os.ReadFile(path)
	if err != nil {
		return []byte(err.Error())
	}
	data = bytes.TrimRight(data, "\n")
	for i, n := len(data), 0; ; n++ {
		i = bytes.LastIndexByte(data[:i], '\n')
		if i < 0 || n == lines {
			return data[i+1:]
		}
	}
}
