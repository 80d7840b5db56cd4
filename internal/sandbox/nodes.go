package sandbox

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

// Nodes says which nodes a sandbox has.
type Nodes string

// A real node runs pods; it needs root, for namespaces and cgroups. Where there
// is none, every node is simulated: pods only seem to run, but for those whose
// program can run as a plain process. Auto is a real one where that is possible.
const (
	Auto      Nodes = "auto"
	Real      Nodes = "real"
	Simulated Nodes = "simulated"
)

// Real says whether this process is to start a sandbox with a real node. The
// error says why it cannot do what was asked.
func (n Nodes) Real() (bool, error) { return n.real(runtime.GOOS, os.Geteuid()) }

func (n Nodes) real(system string, user int) (bool, error) {
	if system != "linux" {
		return false, errNotLinux
	}
	switch n {
	case Auto:
		return user == 0, nil
	case Simulated:
		return false, nil
	case Real:
		if user != 0 {
			return false, errors.New("a node that runs pods needs root, for namespaces and cgroups: run the same command with sudo, or with --nodes simulated")
		}
		return true, nil
	}
	return false, fmt.Errorf("nodes %q: want %s, %s or %s", n, Auto, Real, Simulated)
}

var errNotLinux = errors.New("a sandbox needs Linux: use a Linux machine, or an existing cluster by --kubeconfig")
