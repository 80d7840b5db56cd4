package sandbox

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// Artifacts are the programs, images and charts that a sandbox runs. They are
// made elsewhere (internal/sandbox/build and its neighbours); the runtime only
// reads them.
type Artifacts struct {
	// Bin maps a program's name to its absolute path: kubebox, containerd,
	// containerd-shim-runc-v2, runc, coredns, gitea.
	Bin map[string]string
	// CNI is the folder of the plugins ptp, host-local and loopback.
	CNI string
	// ForgeStatic is the folder with the forge's templates, options and public
	// files (its module's own folder).
	ForgeStatic string
	// Images are the images of the registry, the pause image among them.
	Images []Image
	// Pause is the reference of the pause image.
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
func (a Artifacts) check() error {
	var missing []string
	for _, name := range []string{"kubebox", "containerd", "containerd-shim-runc-v2", "runc", "coredns", "gitea"} {
		if info, err := os.Stat(a.Bin[name]); err != nil || info.IsDir() {
			missing = append(missing, name)
		}
	}
	for _, name := range []string{"ptp", "host-local", "loopback"} {
		if _, err := os.Stat(a.CNI + "/" + name); err != nil {
			missing = append(missing, name)
		}
	}
	if !slices.ContainsFunc(a.Images, func(i Image) bool { return i.Ref == a.Pause }) {
		missing = append(missing, "the pause image")
	}
	if missing != nil {
		return fmt.Errorf("the sandbox's programs are not complete (%s): build them first", strings.Join(missing, ", "))
	}
	return nil
}
