// Package clusterworker starts bootstrap-kops, the executable that links kops,
// for one job (docs/adr/0015): kops reads the environment, keeps package-wide
// state and may end its process, so it gets a process of its own.
package clusterworker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

const (
	// maxResult bounds what a worker may write, in bytes.
	maxResult = 64 << 20
	// maxLog is how much of what a worker says is kept, in bytes.
	maxLog = 16 << 10
	// timeLimit ends a worker that hangs. A sweep has its own limit, below
	// sweepLimit: it waits for what AWS takes its time to delete.
	timeLimit  = 10 * time.Minute
	sweepLimit = 45 * time.Minute
)

// Worker is the executable at a path.
type Worker struct {
	Program string
	// Environ is this process's environment. Of it a job without network gets
	// nothing; one that asks AWS gets what AWS's own tools read.
	Environ []string
}

// Do does one job. The error names what went wrong and holds the worker's last
// words where it broke down.
func (w Worker) Do(ctx context.Context, job *clusterspec.Job) (*clusterspec.Result, error) {
	limit := timeLimit
	if job.Do == clusterspec.DoSweep {
		limit = sweepLimit
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	input, err := json.Marshal(job)
	if err != nil {
		return nil, fmt.Errorf("writing the job: %w", err)
	}
	dir, err := os.MkdirTemp("", "bootstrap-kops-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the worker: %w", err)
	}
	defer os.RemoveAll(dir) // of a worker that was killed too
	cmd := exec.CommandContext(ctx, w.Program)
	cmd.Dir = dir
	cmd.Env = w.environ(clusterspec.Online(job.Do), dir)
	out, log := &limited{limit: maxResult}, &tail{}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), out, log
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, fmt.Errorf("running %s: %w%s", w.Program, err, log.lastWords())
	}
	result := &clusterspec.Result{}
	if err := json.Unmarshal(out.data, result); err != nil {
		return nil, fmt.Errorf("reading the result of %s: %w", w.Program, err)
	}
	switch {
	case result.Error == "":
		return result, nil
	case result.Refused:
		return nil, RefusedError{result.Error}
	}
	return nil, errors.New(result.Error)
}

// RefusedError says why the worker did nothing.
type RefusedError struct{ Why string }

// Refused tells the error apart from others: nothing was changed.
func (RefusedError) Refused() bool { return true }

func (e RefusedError) Error() string { return e.Why }

// environ is the worker's environment.
func (w Worker) environ(online bool, dir string) []string {
	env := []string{"TMPDIR=" + dir, "HOME=" + dir}
	if !online {
		return env
	}
	env = env[:1]
	for _, variable := range w.Environ {
		name, _, _ := strings.Cut(variable, "=")
		passed := []string{"HOME", "PATH", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"}
		if strings.HasPrefix(name, "AWS_") || slices.Contains(passed, name) {
			env = append(env, variable)
		}
	}
	return env
}

// limited is a buffer that refuses to grow beyond its limit. It has no method
// but Write: a copy would read into a bytes.Buffer past it.
type limited struct {
	data  []byte
	limit int
}

func (l *limited) Write(p []byte) (int, error) {
	if len(l.data)+len(p) > l.limit {
		return 0, fmt.Errorf("more than %d MiB: %w", l.limit>>20, io.ErrShortWrite)
	}
	l.data = append(l.data, p...)
	return len(p), nil
}

// tail keeps the end of what is written.
type tail struct{ data []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.data = append(t.data, p...)
	if over := len(t.data) - maxLog; over > 0 {
		t.data = slices.Delete(t.data, 0, over)
	}
	return len(p), nil
}

// lastWords returns the last lines that tell of errors, or else the last line.
func (t *tail) lastWords() string {
	lines := strings.Split(strings.TrimSpace(string(t.data)), "\n")
	var told []string
	for _, line := range lines {
		if strings.HasPrefix(line, "F") || strings.HasPrefix(line, "E") || strings.HasPrefix(line, "panic") {
			told = append(told, line)
		}
	}
	if len(told) == 0 {
		told = lines
	}
	if last := told[max(0, len(told)-3):]; last[0] != "" {
		return ": " + strings.Join(last, "\n")
	}
	return ""
}
