package supervisor

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// The descriptors that init and supervise inherit beside the standard three.
const (
	tunnelFD = 3 // listening socket on the host's loopback
	eventsFD = 4 // pipe to whoever started the sandbox
	leashFD  = 5 // pipe that closes when whoever started the sandbox is gone
	lifeFD   = 6 // pipe to the reaper, held open by init alone
)

// Spec is what a sandbox is made of. It lies as spec.json in the run folder.
type Spec struct {
	Name string `json:"name"`
	// ID tells this sandbox from an earlier one of the same name.
	ID     string            `json:"id"`
	Run    string            `json:"run"`
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
}

// Image is an image of the sandbox's registry.
type Image struct {
	Ref string `json:"ref"`
	// Layout is an OCI layout that holds just this image.
	Layout string `json:"layout"`
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
