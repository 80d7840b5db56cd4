package sandbox

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"syscall"
	"time"

	"github.com/groundwork-dev/groundwork/internal/sandbox/node"
	"github.com/groundwork-dev/groundwork/internal/sandbox/pki"
	"github.com/groundwork-dev/groundwork/internal/sandbox/supervisor"
)

// Up starts a sandbox and returns when it is ready. When ctx ends before, what
// was started is ended.
func (b Sandboxes) Up(ctx context.Context, o Options, tell func(Event)) (*State, error) {
	if o.Name == "" {
		o.Name = DefaultName
	}
	if o.RealNode {
		if _, err := Real.Real(); err != nil {
			return nil, err
		}
	}
	if s, err := b.State(o.Name); err == nil {
		return nil, fmt.Errorf("sandbox %s is up already (process %d): end it with 'bootstrap sandbox down --name %s'", o.Name, s.Init, o.Name)
	}
	if err := o.check(o.RealNode); err != nil {
		return nil, err
	}
	run, err := b.run(o.Name)
	if err != nil {
		return nil, err
	}
	if err := supervisor.SweepDir(run); err != nil {
		return nil, fmt.Errorf("removing what an earlier sandbox left: %w", err)
	}
	state := &State{
		Name: o.Name, Run: run, RealNode: o.RealNode, Started: time.Now(),
		Images: o.Images, Simulated: o.Simulated, Charts: o.Charts, Beside: o.Beside,
	}
	door, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening the sandbox's proxy: %w", err)
	}
	defer door.Close()
	state.Proxy = door.Addr().String()
	if err := b.prepare(state, o); err != nil {
		return nil, err
	}
	events, err := launch(state, door)
	if err != nil {
		return nil, errors.Join(err, supervisor.SweepDir(run))
	}
	defer events.Close()
	// Ending the wait is all that ctx can do to a blocked read.
	stop := context.AfterFunc(ctx, func() { _ = events.Close() })
	defer stop()
	if err := follow(events, tell); err != nil {
		_ = b.end(context.WithoutCancel(ctx), state)
		return nil, errors.Join(ctx.Err(), err)
	}
	state.Seconds = time.Since(state.Started).Seconds()
	if err := state.write(); err != nil {
		return nil, err
	}
	return state, nil
}

// prepare makes the run folder and writes what the supervisor reads.
func (b Sandboxes) prepare(state *State, o Options) error {
	for _, dir := range []string{"pki", "log", "etcd", "gitea", "kubelet", "varlog", "../" + filepath.Base(supervisor.BetweenDir(state.Run))} {
		if err := os.MkdirAll(filepath.Join(state.Run, dir), 0o700); err != nil {
			return fmt.Errorf("making the sandbox's folder: %w", err)
		}
	}
	authority, err := pki.New(time.Now())
	if err != nil {
		return err
	}
	pair, err := authority.Pair()
	if err != nil {
		return err
	}
	bundle, err := pki.SystemBundle()
	if err != nil {
		return err
	}
	id := rand.Text()[:8]
	spec := supervisor.Spec{
		Name: o.Name, ID: id, Run: state.Run, RealNode: o.RealNode, Leashed: o.DieWithParent,
		Bin: o.Bin, CNI: o.CNI, ForgeStatic: o.ForgeStatic, Pause: o.Pause,
		Simulated: o.Simulated, Charts: o.ChartDir, Zones: o.Zones, Region: o.Region, Proxy: state.Proxy,
	}
	if o.RealNode {
		spec.Cgroup = "/groundwork-" + o.Name + "-" + id
	}
	for _, image := range o.Images {
		spec.Images = append(spec.Images, image.Image)
	}
	files := map[string][]byte{}
	if o.Beside != "" {
		if spec.Beside, files["token"], err = b.neighbour(o.Beside); err != nil {
			return err
		}
	}
	data, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	maps.Copy(files, map[string][]byte{
		"pki/ca.crt": pair.Cert, "pki/ca.key": pair.Key, "spec.json": data,
		"ca-bundle.pem": append(bundle, pair.Cert...),
		"resolv.conf":   []byte("nameserver " + node.HostIP + "\n"),
		"hosts":         []byte("127.0.0.1 localhost\n" + node.HostIP + " " + node.Name + "\n"),
	})
	return writeFiles(state.Run, files)
}

// writeFiles writes into the run folder; pods read some of it, as whatever user
// they are.
func writeFiles(run string, files map[string][]byte) error {
	for name, content := range files {
		mode := os.FileMode(0o600)
		if path.Ext(name) != ".key" && path.Ext(name) != ".json" && name != "token" {
			mode = 0o644
		}
		if err := os.WriteFile(filepath.Join(run, name), content, mode); err != nil {
			return fmt.Errorf("preparing the sandbox: %w", err)
		}
	}
	return nil
}

// neighbour is the run folder of a sandbox that is up, and its forge's token.
func (b Sandboxes) neighbour(name string) (run string, token []byte, err error) {
	state, err := b.State(name)
	if err != nil {
		return "", nil, err
	}
	if state.Beside != "" {
		return "", nil, fmt.Errorf("sandbox %s has its forge from %s: be beside that one", name, state.Beside)
	}
	text, err := state.Token()
	return state.Run, []byte(text), err
}

// launch starts the first process, with a real node in namespaces of its own,
// and the reaper that outlives it. It returns the pipe of events.
func launch(state *State, door net.Listener) (*os.File, error) {
	listener, err := door.(*net.TCPListener).File()
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	events, tell, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer tell.Close()
	alive, life, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer alive.Close()
	defer life.Close()
	leash, hand, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer leash.Close()
	log, err := os.Create(filepath.Join(state.Run, "log", "supervisor.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	reaper := exec.CommandContext(context.Background(), self, "sandbox", "reap", state.Run)
	reaper.Stdin = alive
	reaper.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := reaper.Start(); err != nil {
		return nil, fmt.Errorf("starting the sandbox's reaper: %w", err)
	}
	go func() { _ = reaper.Wait() }()
	// A session is a process group, too, which is how all of it is ended.
	command, attributes := "supervise", &syscall.SysProcAttr{Setsid: true}
	if state.RealNode {
		command = "init"
		attributes.Cloneflags = syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS
	}
	first := exec.CommandContext(context.Background(), self, "sandbox", command, state.Run)
	first.Stdout, first.Stderr = log, log
	first.ExtraFiles = []*os.File{listener, tell, leash, life}
	first.SysProcAttr = attributes
	if err := first.Start(); err != nil {
		return nil, fmt.Errorf("starting the sandbox's first process: %w", err)
	}
	go func() {
		_ = first.Wait()
		_ = hand.Close() // open as long as this process, or the sandbox would end
	}()
	state.Init = first.Process.Pid
	if state.Born, err = bornAt(state.Init); err != nil {
		return nil, err
	}
	return events, state.write()
}

// follow hands on events until the sandbox is up.
func follow(events *os.File, tell func(Event)) error {
	lines := bufio.NewScanner(events)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return fmt.Errorf("reading the sandbox's progress: %w", err)
		}
		if e.Up {
			return nil
		}
		tell(e)
		if e.Error != "" {
			return errors.New(e.Error)
		}
	}
	return errors.New("the sandbox ended before it was up; 'supervisor.log' in its folder may tell why")
}
