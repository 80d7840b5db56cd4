package supervisor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/groundwork-dev/groundwork/internal/sandbox/node"
	"github.com/groundwork-dev/groundwork/internal/sandbox/pki"
)

// startTimeout bounds the start of everything.
const startTimeout = 3 * time.Minute

type supervisor struct {
	*Spec
	paths   node.Paths
	ports   ports
	spawner *spawner
	pods    *pods // nil with a real node
	ca      *pki.Authority
	events  *json.Encoder
	life    *os.File   // the reaper waits until it closes; nil with a real node
	mu      sync.Mutex // of events
	ended   chan error // first process that ended

	listing   sync.Mutex
	processes []*process
}

// Supervise starts a sandbox and watches it until ctx ends or one of its
// programs does.
func Supervise(ctx context.Context, run string) error {
	spec, err := ReadSpec(run)
	if err != nil {
		return err
	}
	for _, fd := range []int{tunnelFD, eventsFD, leashFD} {
		unix.CloseOnExec(fd)
	}
	s := &supervisor{
		Spec: spec, ended: make(chan error, 1), spawner: newSpawner(),
		paths: node.Paths{
			Run: run, Bin: spec.Bin, CNI: spec.CNI, ForgeStatic: spec.ForgeStatic,
			Containerd: filepath.Join(run, "containerd", "root"), Cgroup: spec.Cgroup, Pause: spec.Pause,
			RealNode: spec.RealNode, Proxy: spec.Proxy,
		},
		events: json.NewEncoder(os.NewFile(eventsFD, "events")),
	}
	if err := s.settle(); err != nil {
		return err
	}
	defer s.life.Close() // and not before: no finalizer may close it
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if spec.Leashed {
		go func() {
			_, _ = io.Copy(io.Discard, os.NewFile(leashFD, "leash"))
			cancel()
		}()
	}
	starting, stop := context.WithTimeout(ctx, startTimeout)
	defer stop()
	if err := s.up(ctx, starting); err != nil {
		s.tell(Event{Step: "sandbox", Error: err.Error()})
		return err
	}
	s.tell(Event{Up: true})
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.ended:
		return err
	}
}

// settle chooses where the programs listen. Without a real node, this is the
// sandbox's first process, and tells the reaper what to end after it.
func (s *supervisor) settle() (err error) {
	if s.RealNode {
		s.paths.At = node.InNamespace()
		return nil
	}
	unix.CloseOnExec(lifeFD)
	s.life = os.NewFile(lifeFD, "life")
	if _, err := fmt.Fprintln(s.life, os.Getpid()); err != nil {
		return fmt.Errorf("telling the reaper: %w", err)
	}
	s.paths.At, err = node.OnLoopback(s.ports.next)
	return err
}

func (s *supervisor) tell(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.events.Encode(e) // nobody may be listening any more
}

// step runs f and tells how long it took.
func (s *supervisor) step(name string, f func() error) error {
	begin := time.Now()
	s.tell(Event{Step: name})
	if err := f(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s.tell(Event{Step: name, Done: true, Elapsed: time.Since(begin)})
	return nil
}

// up starts everything. Programs live until ctx ends, starting bounds the
// waits.
func (s *supervisor) up(ctx, starting context.Context) error {
	if s.RealNode {
		if err := errors.Join(makeCgroups(s.Cgroup), network()); err != nil {
			return err
		}
	}
	if err := s.files(starting); err != nil {
		return err
	}
	if err := s.serve(ctx); err != nil {
		return err
	}
	var g errgroup.Group
	g.Go(func() error {
		if s.Beside != "" {
			return nil
		}
		return s.step("Git forge", func() error {
			if err := s.startAll(ctx, starting, []node.Program{s.paths.Gitea()}); err != nil {
				return err
			}
			return s.forge(starting)
		})
	})
	if err := s.step("control plane", func() error { return s.startAll(ctx, starting, s.paths.Store()) }); err != nil {
		return err
	}
	g.Go(func() error {
		return s.step("node", func() error {
			if err := s.startAll(ctx, starting, s.paths.Rest()); err != nil || !s.RealNode {
				return err
			}
			return s.startAll(ctx, starting, []node.Program{s.paths.Kubelet(s.Zones[0], s.Region)})
		})
	})
	if err := g.Wait(); err != nil {
		return err
	}
	return s.step("cluster", func() error { return s.cluster(ctx, starting) })
}

func (s *supervisor) startAll(ctx, starting context.Context, programs []node.Program) error {
	var g errgroup.Group
	for _, p := range programs {
		proc, err := s.start(ctx, p)
		if err != nil {
			return err
		}
		s.list(proc)
		go func() {
			<-proc.done
			s.list(nil)
			select {
			case s.ended <- proc.ended():
			default:
			}
		}()
		g.Go(func() error { return proc.await(starting) })
	}
	return g.Wait()
}

// list writes which programs there are, after adding one, which takes the
// place of an ended one of its name.
func (s *supervisor) list(added *process) {
	s.listing.Lock()
	defer s.listing.Unlock()
	if added != nil {
		s.processes = slices.DeleteFunc(s.processes, func(p *process) bool { return p.program.Name == added.program.Name })
		s.processes = append(s.processes, added)
	}
	var states []ProcessState
	for _, p := range s.processes {
		state := ProcessState{Name: p.program.Name, PID: p.pid, Started: p.started}
		select {
		case <-p.done:
			state.Ended = fmt.Sprint(p.err)
		default:
		}
		states = append(states, state)
	}
	data, err := json.Marshal(states)
	if err != nil {
		return
	}
	path := filepath.Join(s.Run, ProcessesFile)
	if err := os.WriteFile(path+".new", data, 0o600); err == nil {
		_ = os.Rename(path+".new", path)
	}
}

func (s *supervisor) fatal(name string, serve func() error) {
	err := serve()
	select {
	case s.ended <- fmt.Errorf("%s: %w", name, err):
	default:
	}
}
