package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Artifacts are the programs, images and charts that a sandbox runs. They are
// made elsewhere (internal/sandbox/build and its neighbours); the runtime only
// reads them.
type Artifacts struct {
	// Bin maps a program's name to its absolute path: kubebox and gitea; for a
	// real node containerd, containerd-shim-runc-v2, runc and coredns, too.
	Bin map[string]string
	// CNI is the folder of the plugins ptp, host-local and loopback, for a real
	// node.
	CNI string
	// ForgeStatic is the folder with the forge's templates, options and public
	// files (its module's own folder).
	ForgeStatic string
	// Images are the images of the registry, the pause image among them.
	Images []Image
	// Pause is the reference of the pause image, for a real node.
	Pause string
	// Simulated are images that cannot be had; their pods only seem to run. An
	// entry without a tag means every tag. The list is explicit: an image that
	// is neither here nor in the registry fails to be pulled, as it should.
	Simulated []string
	// ChartDir holds https chart repositories, <host>/<path…>/index.yaml beside
	// its archives; Charts says what is in it. May be empty.
	ChartDir string
	Charts   []Chart
}

// check says everything that is missing at once.
func (a Artifacts) check(realNode bool) error {
	programs, plugins := []string{"kubebox", "gitea"}, []string(nil)
	if realNode {
		programs = append(programs, "containerd", "containerd-shim-runc-v2", "runc", "coredns")
		plugins = []string{"ptp", "host-local", "loopback"}
	}
	var missing []string
	for _, name := range programs {
		if info, err := os.Stat(a.Bin[name]); err != nil || info.IsDir() {
			missing = append(missing, name)
		}
	}
	for _, name := range plugins {
		if _, err := os.Stat(filepath.Join(a.CNI, name)); err != nil {
			missing = append(missing, name)
		}
	}
	if realNode && !slices.ContainsFunc(a.Images, func(i Image) bool { return i.Ref == a.Pause }) {
		missing = append(missing, "the pause image")
	}
	if missing != nil {
		return fmt.Errorf("the sandbox's programs are not complete (%s): build them first", strings.Join(missing, ", "))
	}
	return nil
}
