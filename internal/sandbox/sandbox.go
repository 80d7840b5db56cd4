// Package sandbox runs a real Kubernetes cluster as plain processes: a control
// plane, a node that runs pods, a Git forge and a registry, all in namespaces
// of their own. Nothing of it listens outside them but one proxy on loopback,
// and nothing of it stays when it ends. Without root there are no namespaces
// and no node that runs pods: everything listens on loopback, and nodes are
// simulated.
package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/groundwork-dev/groundwork/internal/sandbox/supervisor"
)

// DefaultName is the sandbox that commands mean when none is named.
const DefaultName = "default"

var validName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$`)

// Sandboxes are the sandboxes of this machine: a folder each below Dir.
type Sandboxes struct {
	// Dir holds the run folders, such as /run/groundwork.
	Dir string
}

// ErrNotUp says that there is no sandbox of that name.
var ErrNotUp = errors.New("no such sandbox is up")

// State is a sandbox that is up.
type State struct {
	Name string `json:"name"`
	// Run is its folder.
	Run string `json:"run"`
	// Proxy is the address of the proxy that leads into it.
	Proxy string `json:"proxy"`
	// RealNode says that it has a node that runs pods.
	RealNode bool `json:"realNode"`
	// Beside is the sandbox whose forge and registries it has.
	Beside string `json:"beside,omitempty"`
	// Init and Born tell its first process: pid and start time in clock ticks
	// after boot.
	Init int    `json:"init"`
	Born string `json:"born"`
	// Started is when it was asked for, Seconds how long until it was up.
	Started time.Time `json:"started"`
	Seconds float64   `json:"seconds"`
	// Images are the images of its registry, with what they were built from.
	Images []Image `json:"images"`
	// Simulated are the images whose pods only seem to run.
	Simulated []string `json:"simulated,omitempty"`
	// Charts are the charts of its repositories.
	Charts []Chart `json:"charts,omitempty"`
}

// Image is an image of a sandbox's registry.
type Image struct {
	supervisor.Image
	// BuiltFrom is the module and version that was really built.
	BuiltFrom string `json:"builtFrom,omitempty"`
	// StandIn says that it only takes the place of one that cannot be had.
	StandIn bool `json:"standIn,omitempty"`
}

// Chart is a chart that a sandbox serves.
type Chart struct {
	Component string `json:"component"`
	Version   string `json:"version"`
	// StandIn says that the real archive was not to be had.
	StandIn bool `json:"standIn"`
}

// Kubeconfig returns the path of the administrator's kubeconfig.
func (s *State) Kubeconfig() string { return filepath.Join(s.Run, "kubeconfig") }

// Bundle returns the path of the certificates to trust, PEM: the system's and
// the sandbox's.
func (s *State) Bundle() string { return filepath.Join(s.Run, "ca-bundle.pem") }

// Token returns the forge's token of its administrator.
func (s *State) Token() (string, error) {
	data, err := os.ReadFile(filepath.Join(s.Run, "token"))
	if err != nil {
		return "", fmt.Errorf("reading the forge's token: %w", err)
	}
	return string(data), nil
}

func (b Sandboxes) run(name string) (string, error) {
	if !validName.MatchString(name) {
		return "", fmt.Errorf("sandbox name %q: want at most 32 of a-z, 0-9 and -", name)
	}
	return filepath.Join(b.Dir, name), nil
}

// State returns the sandbox of that name; ErrNotUp when there is none or its
// first process is gone.
func (b Sandboxes) State(name string) (*State, error) {
	run, err := b.run(name)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(run, "state.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("sandbox %s: %w", name, ErrNotUp)
	}
	if err != nil {
		return nil, err
	}
	var s State
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("reading the state of sandbox %s: %w", name, err)
	}
	if born, err := bornAt(s.Init); err != nil || born != s.Born {
		return nil, fmt.Errorf("sandbox %s: %w", name, ErrNotUp)
	}
	return &s, nil
}

func (s *State) write() error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.Run, "state.json"), data, 0o600)
}
