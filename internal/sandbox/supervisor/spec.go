package supervisor

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// The descriptors that the sandbox's first process, and supervise, inherit
// beside the standard three.
const (
	tunnelFD = 3 // listening socket on the host's loopback
	eventsFD = 4 // pipe to whoever started the sandbox
	leashFD  = 5 // pipe that closes when whoever started the sandbox is gone
	lifeFD   = 6 // pipe to the reaper, held open by the first process alone
)

// Spec is what a sandbox is made of. It lies as spec.json in the run folder.
type Spec struct {
	Name string `json:"name"`
	// ID tells this sandbox from an earlier one of the same name.
	ID  string `json:"id"`
	Run string `json:"run"`
	// RealNode says that there is a node that runs pods, in namespaces of the
	// sandbox's own. Without, the programs are plain processes on the host's
	// loopback, and every node is simulated.
	RealNode bool `json:"realNode"`
	// Cgroup and CNI are the real node's.
	Cgroup string            `json:"cgroup"`
	Bin    map[string]string `json:"bin"`
	CNI    string            `json:"cni"`
	// Pause is the reference of the image that holds a pod's namespaces.
	Pause string `json:"pause"`
	// ForgeStatic is the forge's folder of static files.
	ForgeStatic string `json:"forgeStatic"`
	// Images are OCI layouts and the references that they are pulled by.
	Images []Image `json:"images"`
	// Simulated are images that cannot be had: their pods go to simulated nodes.
	Simulated []string `json:"simulated"`
	// Charts is a folder of chart repositories by host.
	Charts string   `json:"charts"`
	Zones  []string `json:"zones"`
	Region string   `json:"region"`
	// Proxy is the address of the tunnel on the host.
	Proxy string `json:"proxy"`
	// Leashed ends the sandbox when the process that started it ends.
	Leashed bool `json:"leashed"`
	// Beside is the run folder of the sandbox whose forge and registries this
	// one has, empty when it has its own.
	Beside string `json:"beside,omitempty"`
}

// Image is an image of the sandbox's registry.
type Image struct {
	Ref string `json:"ref"`
	// Layout is an OCI layout that holds just this image.
	Layout string `json:"layout"`
	// Process is how the image's program takes the part of a pod where pods do
	// not run; nil when it cannot.
	Process *Process `json:"process,omitempty"`
}

// Process is a program on this machine that takes the part of simulated pods.
type Process struct {
	// Program is the executable's path.
	Program string `json:"program"`
	// Args come after the container's own: {addr 8080} is where the process
	// listens instead of that port of the container, {dir} a folder of its own,
	// {kubeconfig} the kubeconfig of the pod's service account.
	Args []string `json:"args,omitempty"`
	// Except are arguments of containers whose pods stay simulated.
	Except []string `json:"except,omitempty"`
}

// ReadSpec reads the spec of a run folder.
func ReadSpec(run string) (*Spec, error) {
	data, err := os.ReadFile(filepath.Join(run, "spec.json"))
	if err != nil {
		return nil, fmt.Errorf("reading the sandbox's spec: %w", err)
	}
	var s Spec
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("reading the sandbox's spec: %w", err)
	}
	return &s, nil
}

// Event is one line that supervise sends to whoever started the sandbox.
type Event struct {
	Step    string        `json:"step"`
	Done    bool          `json:"done,omitempty"`
	Elapsed time.Duration `json:"elapsed,omitempty"`
	Error   string        `json:"error,omitempty"`
	// Up says that the sandbox is ready; no more events follow.
	Up bool `json:"up,omitempty"`
}
