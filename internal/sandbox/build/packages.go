package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// Missing says which packages of the operating system are not there.
type Missing struct {
	// Packages are Debian's names.
	Packages []string
}

// Command is what installs them on Debian.
func (m *Missing) Command() string {
	return "apt-get install -y --no-install-recommends " + strings.Join(m.Packages, " ")
}

func (m *Missing) Error() string {
	return fmt.Sprintf("the sandbox needs packages of the operating system: run, as root, %q", m.Command())
}

// Check returns a *Missing that names every package that targets lack.
func Check(targets []Target) error {
	var missing []string
	for _, t := range targets {
		for _, n := range t.Needs {
			if !n.met() {
				missing = append(missing, n.Package)
			}
		}
	}
	if missing == nil {
		return nil
	}
	slices.Sort(missing)
	return &Missing{Packages: slices.Compact(missing)}
}

func (n Need) met() bool {
	if n.Command != "" {
		_, err := exec.LookPath(n.Command)
		return err == nil
	}
	_, err := os.Stat(n.File)
	return err == nil
}

// InstallPackages installs what the targets lack, as root on Debian and its
// kin. It does nothing when nothing is missing.
func InstallPackages(ctx context.Context) error {
	targets, err := Targets()
	if err != nil {
		return err
	}
	var missing *Missing
	if err := Check(targets); !errors.As(err, &missing) {
		return err
	}
	if _, err := exec.LookPath("apt-get"); err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("installing packages takes root and apt-get: %w", missing)
	}
	install := strings.Fields(missing.Command())
	for _, argv := range [][]string{{"apt-get", "update", "-qq"}, install} {
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &said, &said
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("running %s: %w\n%s", strings.Join(argv, " "), err, strings.TrimSpace(said.String()))
		}
	}
	return Check(targets)
}
