package supervisor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/groundwork-dev/groundwork/internal/sandbox/connect"
	"github.com/groundwork-dev/groundwork/internal/sandbox/node"
	"github.com/groundwork-dev/groundwork/internal/sandbox/pki"
	"github.com/groundwork-dev/groundwork/internal/sandbox/place"
	"github.com/groundwork-dev/groundwork/internal/sandbox/upstream"
)

// startTimeout bounds the start of everything.
const startTimeout = 3 * time.Minute

type supervisor struct {
	*Spec
	paths  node.Paths
	ca     *pki.Authority
	events *json.Encoder
	mu     sync.Mutex // of events
	ended  chan error // first process that ended

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
	s := &supervisor{
		Spec: spec, ended: make(chan error, 1),
		paths: node.Paths{
			Run: run, Bin: spec.Bin, CNI: spec.CNI, ForgeStatic: spec.ForgeStatic,
			Containerd: filepath.Join(run, "containerd", "root"), Cgroup: spec.Cgroup, Pause: spec.Pause,
		},
		events: json.NewEncoder(os.NewFile(eventsFD, "events")),
	}
	for _, fd := range []int{tunnelFD, eventsFD, leashFD} {
		unix.CloseOnExec(fd)
	}
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
	if err := makeCgroups(s.Cgroup); err != nil {
		return err
	}
	if err := network(); err != nil {
		return err
	}
	if err := s.files(starting); err != nil {
		return err
	}
	if err := s.serve(ctx); err != nil {
		return err
	}
	var g errgroup.Group
	g.Go(func() error {
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
			if err := s.startAll(ctx, starting, s.paths.Rest()); err != nil {
				return err
			}
			return s.startAll(ctx, starting, []node.Program{s.paths.Kubelet(s.Zones[0], s.Region)})
		})
	})
	if err := g.Wait(); err != nil {
		return err
	}
	return s.step("cluster", func() error { return s.cluster(starting) })
}

func (s *supervisor) startAll(ctx, starting context.Context, programs []node.Program) error {
	var g errgroup.Group
	for _, p := range programs {
		proc, err := start(ctx, p, filepath.Join(s.Run, "log"))
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

// list writes which programs there are, after adding one.
func (s *supervisor) list(added *process) {
	s.listing.Lock()
	defer s.listing.Unlock()
	if added != nil {
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

// serve starts what the supervisor itself answers: the internet, the placing
// of pods, and the door.
func (s *supervisor) serve(ctx context.Context) error {
	images, err := upstream.NewRegistry(filepath.Join(s.Run, "blobs"))
	if err != nil {
		return err
	}
	for _, image := range s.Images {
		if err := images.AddImage(image.Ref, image.Layout); err != nil {
			return err
		}
	}
	internet := &upstream.Server{
		Registry: images, ForgeHost: node.Forge, Self: node.HostIP,
		Forge: &url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", node.ForgePort)},
	}
	if s.Charts != "" {
		internet.Charts = os.DirFS(s.Charts)
	}
	rules := place.Rules{Simulated: s.Simulated}
	for address, handler := range map[string]http.Handler{":443": internet.Handler(), ":80": internet.Handler(), ":9443": rules} {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", node.HostIP+address)
		if err != nil {
			return fmt.Errorf("opening the sandbox's internet: %w", err)
		}
		server := &http.Server{Handler: handler, TLSConfig: tlsConfig(s.ca), ReadHeaderTimeout: time.Minute}
		go s.fatal("internet", func() error {
			if address == ":80" {
				return server.Serve(listener)
			}
			return server.ServeTLS(listener, "", "")
		})
	}
	door, err := net.FileListener(os.NewFile(tunnelFD, "tunnel"))
	if err != nil {
		return fmt.Errorf("opening the sandbox's proxy: %w", err)
	}
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", node.HostIP+":53")
	}}
	proxy := &connect.Proxy{Upstream: node.HostIP, Resolve: resolver.LookupHost}
	go s.fatal("proxy", func() error { return proxy.Serve(ctx, door) })
	return nil
}

func (s *supervisor) fatal(name string, serve func() error) {
	err := serve()
	select {
	case s.ended <- fmt.Errorf("%s: %w", name, err):
	default:
	}
}
