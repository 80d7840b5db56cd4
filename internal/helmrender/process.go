package helmrender

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/chartarchive"
)

// maxWait is how long a worker may take by the clock, whatever it does or waits
// for: its own limit is of the processor's time.
const maxWait = time.Minute

// request is one rendering. Values are JSON.
type request struct {
	Files   []chartarchive.File
	Values  []byte
	Release Release
	Limits  Limits
}

// answer is a Rendered whose objects are JSON, or an error.
type answer struct {
	Objects, CRDs, Hooks []made
	Unchecked            []string
	// Err is empty when all went well. Spent says that the worker ends now.
	Err   string
	Spent bool
}

type made struct {
	File     string
	Unstable bool
	JSON     []byte
}

func (a *answer) decode() (*Rendered, error) {
	r := &Rendered{Unchecked: a.Unchecked}
	for _, list := range []struct {
		from []made
		to   *[]Object
	}{{a.Objects, &r.Objects}, {a.CRDs, &r.CRDs}, {a.Hooks, &r.Hooks}} {
		for _, m := range list.from {
			o := Object{Unstructured: &unstructured.Unstructured{}, File: m.File, Unstable: m.Unstable}
			if err := o.UnmarshalJSON(m.JSON); err != nil {
				return nil, fmt.Errorf("%s: %w", m.File, err)
			}
			*list.to = append(*list.to, o)
		}
	}
	return r, nil
}

// worker is a process that renders.
type worker struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bounded
	to     *gob.Encoder
	from   *gob.Decoder
	stderr *head
	waited func() error
}

func start(o Options) (*worker, error) {
	if len(o.Command) == 0 {
		return nil, errors.New("no command is given")
	}
	// It outlives the rendering it is started for, so no context of one ends it.
	cmd := exec.CommandContext(context.Background(), o.Command[0], o.Command[1:]...)
	cmd.Env = append([]string{"GOTRACEBACK=none"}, o.Env...)
	w := &worker{cmd: cmd, stderr: &head{}}
	cmd.Stderr = w.stderr
	var err error
	if w.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.out = &bounded{from: out, over: errors.New("its answer is too large")}
	w.to, w.from = gob.NewEncoder(w.in), gob.NewDecoder(w.out)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	w.waited = sync.OnceValue(cmd.Wait)
	return w, nil
}

// ask has one rendering done. After an error the worker is of no more use.
func (w *worker) ask(ctx context.Context, r request) (*answer, error) {
	limited, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	stop := context.AfterFunc(limited, func() { _ = w.cmd.Process.Kill() })
	defer stop()
	w.out.left = 2*r.Limits.Output + 1<<20 // JSON and the names of files
	var a answer
	err := w.to.Encode(r)
	if err == nil {
		err = w.from.Decode(&a)
	}
	switch {
	case err == nil:
		return &a, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case limited.Err() != nil:
		return nil, fmt.Errorf("it takes more than %s", maxWait)
	}
	w.kill()
	return nil, w.explain(err, r.Limits)
}

// explain says why a worker is gone.
func (w *worker) explain(err error, limits Limits) error {
	said := w.stderr.String()
	switch {
	case strings.Contains(said, "out of memory") || strings.Contains(said, "allocate memory"):
		return errMemory(limits)
	case strings.Contains(said, "stack exceeds") || strings.Contains(said, "stack overflow"):
		return errStack
	}
	first, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
	return fmt.Errorf("the worker ended (%s): %w: %s", w.cmd.ProcessState, err, clip(first))
}

// kill ends the worker at once, and waits for it.
func (w *worker) kill() {
	_ = w.cmd.Process.Kill()
	_ = w.waited()
}

// end lets an idle worker end by itself.
func (w *worker) end() {
	if w == nil {
		return
	}
	_ = w.in.Close()
	stop := time.AfterFunc(time.Second, func() { _ = w.cmd.Process.Kill() })
	defer stop.Stop()
	_ = w.waited()
}

// head keeps the first of what a worker says: the runtime names the cause before
// the long list of where it was.
type head struct {
	mutex sync.Mutex
	data  []byte
}

const maxHead = 4 << 10

func (h *head) Write(p []byte) (int, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.data = append(h.data, p[:min(len(p), maxHead-len(h.data))]...)
	return len(p), nil
}

// String is what was kept.
func (h *head) String() string {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return string(h.data)
}

// bounded reads no more than is left, and then fails with over.
type bounded struct {
	from io.Reader
	left int64
	over error
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, b.over
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// clip keeps messages short: of a long one the beginning and the end, where the
// place is and the cause.
func clip(s string) string {
	const most = 1000
	if len(s) <= 2*most {
		return s
	}
	return strings.ToValidUTF8(s[:most]+" … "+s[len(s)-most:], "")
}
