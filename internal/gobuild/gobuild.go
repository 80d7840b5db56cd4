// Package gobuild builds static Go executables, the same bytes in every folder,
// with the Go toolchain on this machine.
package gobuild

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/groundwork-dev/groundwork/internal/image"
)

// Options say what is built.
type Options struct {
	// Dir is a folder of the module.
	Dir string
	// Package is a main package, such as ./cmd/app.
	Package string
	// Version goes into VersionVariable, importpath.name, which the linker leaves
	// alone when the program has none. Either may be empty.
	Version, VersionVariable string
	// Variables are further ones that the linker sets, importpath.name=value.
	Variables []string
}

// variable is one that stays one word on the linker's command line.
var variable = regexp.MustCompile(`^[A-Za-z0-9_./~-]+\.[A-Za-z_][A-Za-z0-9_]*=[^\s'"]*$`)

// CheckVariable says what is wrong with one of Variables.
func CheckVariable(s string) error {
	if !variable.MatchString(s) {
		return fmt.Errorf("%q: want importpath.name=value, without spaces and quotes", s)
	}
	return nil
}

// Build builds the program for a platform into the file out.
func Build(ctx context.Context, o Options, platform v1.Platform, out string) (image.Binary, error) {
	out, err := filepath.Abs(out)
	if err != nil {
		return image.Binary{}, err
	}
	// Neither the folder nor the state of its repository may be in the program.
	link := "-s -w -buildid="
	if o.Version != "" && o.VersionVariable != "" {
		link += " -X " + o.VersionVariable + "=" + o.Version
	}
	for _, v := range o.Variables {
		if err := CheckVariable(v); err != nil {
			return image.Binary{}, fmt.Errorf("setting a variable: %w", err)
		}
	}
	if len(o.Variables) > 0 {
		link += " -X " + strings.Join(o.Variables, " -X ")
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", link, "-o", out, "--", o.Package)
	cmd.Dir = o.Dir
	// What a user's environment may ask of the compiler is set back to the
	// defaults, so that it does not change the program.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=", "GOWORK=off",
		"GOOS="+platform.OS, "GOARCH="+platform.Architecture, "GOAMD64=v1", "GOARM64=v8.0")
	if _, err := run(cmd); err != nil {
		return image.Binary{}, fmt.Errorf("building %s for %s: %w", o.Package, platform, err)
	}
	return image.Binary{Platform: platform, Path: out}, nil
}

// Commit is what Git says about the folder that is built.
type Commit struct {
	// Revision is the commit's full hash, Time when it was made.
	Revision string
	Time     time.Time
	// Changed says that files differ from the commit.
	Changed bool
}

// Head returns the commit that a folder is at. The error says why there is
// none: the folder is in no repository, or Git is not installed.
func Head(ctx context.Context, dir string) (Commit, error) {
	git := func(args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir = dir
		return run(cmd)
	}
	said, err := git("log", "-1", "--no-show-signature", "--format=%H %cI")
	if err != nil {
		return Commit{}, fmt.Errorf("asking Git for the commit of %s: %w", dir, err)
	}
	revision, when, _ := strings.Cut(strings.TrimSpace(said), " ")
	at, err := time.Parse(time.RFC3339, when)
	if err != nil {
		return Commit{}, fmt.Errorf("reading the date of commit %s: %w", revision, err)
	}
	changed, err := git("status", "--porcelain")
	if err != nil {
		return Commit{}, fmt.Errorf("asking Git what differs from the commit: %w", err)
	}
	return Commit{Revision: revision, Time: at, Changed: changed != ""}, nil
}

// run returns what a command says, and its complaints in the error.
func run(cmd *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if said := strings.TrimSpace(stderr.String()); said != "" {
			err = fmt.Errorf("%w\n%s", err, said)
		}
		return "", err
	}
	return stdout.String(), nil
}
