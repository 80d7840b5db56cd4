// Package build makes the programs of a sandbox from the Go modules below the
// repository's sandbox folder, and keeps them in a cache by everything that
// they are made of.
package build

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"sigs.k8s.io/yaml"
)

//go:embed targets.yaml
var targetsYAML []byte

// Target is one "go build" in a module of its own.
type Target struct {
	Name string `json:"name"`
	// Folder of the module below sandbox/.
	Folder string `json:"folder"`
	// Module is what is built; empty for a program of this repository.
	Module   string   `json:"module"`
	Packages []string `json:"packages"`
	// Programs are the file names that the build leaves.
	Programs []string `json:"programs"`
	Tags     []string `json:"tags"`
	// Absent are files that the module's code embeds and the module proxy does
	// not serve, by their path in the module. They are built in empty.
	Absent []string `json:"absent"`
	Cgo    bool     `json:"cgo"`
	// LDFlags come after -s -w.
	LDFlags string `json:"ldflags"`
	// RealNode says that only a node that runs pods needs it.
	RealNode bool    `json:"realNode"`
	Needs    []Need  `json:"needs"`
	Images   []Image `json:"images"`
}

// Need is something of the operating system: a command in PATH or a file, and
// the Debian package that brings it.
type Need struct {
	Package string `json:"package"`
	Command string `json:"command"`
	File    string `json:"file"`
	// RealNode says that it is needed for a node that runs pods, not to build.
	RealNode bool `json:"realNode"`
}

// Image is the upstream image that the target's first program is packed as.
type Image struct {
	// Ref is host/repository:tag.
	Ref string `json:"ref"`
	// Entrypoint is the program's absolute path in the image.
	Entrypoint string `json:"entrypoint"`
	// User is uid:gid.
	User string `json:"user"`
	// Beside are further programs in the image, of any target.
	Beside []Beside `json:"beside"`
	// Process is how the program takes the part of a pod; nil when it cannot.
	Process *Process `json:"process"`
}

// Beside is a program that another one in its image calls.
type Beside struct {
	Program string `json:"program"`
	// At is its absolute path in the image.
	At string `json:"at"`
}

// Process is a program that takes the part of a pod on a simulated node.
type Process struct {
	// Args come after the container's own: {addr 8080} is where the process
	// listens instead of that port of the container, {dir} a folder of its own,
	// {kubeconfig} the kubeconfig of the pod's service account.
	Args []string `json:"args"`
	// Except are arguments of pods that stay simulated.
	Except []string `json:"except"`
}

// Targets returns everything that a sandbox is built from.
func Targets() ([]Target, error) {
	var list struct {
		Targets []Target `json:"targets"`
	}
	if err := yaml.UnmarshalStrict(targetsYAML, &list); err != nil {
		return nil, fmt.Errorf("reading the sandbox's targets: %w", err)
	}
	return list.Targets, nil
}

// Select returns the named targets in their own order, all without a name.
func Select(targets []Target, names ...string) ([]Target, error) {
	for _, name := range names {
		if !slices.ContainsFunc(targets, func(t Target) bool { return t.Name == name }) {
			return nil, fmt.Errorf("the sandbox has no target %q", name)
		}
	}
	return slices.DeleteFunc(slices.Clone(targets), func(t Target) bool {
		return len(names) > 0 && !slices.Contains(names, t.Name)
	}), nil
}

// WithoutRealNode returns what a sandbox of simulated nodes needs.
func WithoutRealNode(targets []Target) []Target {
	var kept []Target
	for _, t := range targets {
		if t.RealNode {
			continue
		}
		t.Needs = slices.DeleteFunc(slices.Clone(t.Needs), func(n Need) bool { return n.RealNode })
		kept = append(kept, t)
	}
	return kept
}

// BuiltFrom says which module and version a target is really built from, such
// as github.com/fluxcd/source-controller@v1.9.5.
func (t Target) BuiltFrom(repoRoot string) (string, error) {
	if t.Module == "" {
		return "sandbox/" + t.Folder, nil
	}
	mod, err := t.goMod(repoRoot)
	if err != nil {
		return "", err
	}
	for _, r := range mod.Require {
		if r.Mod.Path != t.Module {
			continue
		}
		var from strings.Builder
		from.WriteString(r.Mod.String())
		for _, stand := range mod.Replace {
			if strings.HasPrefix(stand.New.Path, ".") && stand.New.Version == "" {
				from.WriteString(" (" + stand.Old.Path + " replaced by this repository's own)")
			}
		}
		return from.String(), nil
	}
	// A module that is its own main module, such as a fork laid out here.
	return "", fmt.Errorf("module %s is not in sandbox/%s/go.mod", t.Module, t.Folder)
}

func (t Target) goMod(repoRoot string) (*modfile.File, error) {
	path := filepath.Join(repoRoot, "sandbox", t.Folder, "go.mod")
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading module of target %s: %w", t.Name, err)
	}
	mod, err := modfile.ParseLax(path, data, nil)
	if err != nil {
		return nil, fmt.Errorf("reading module of target %s: %w", t.Name, err)
	}
	if full, err := modfile.Parse(path, data, nil); err == nil {
		mod = full // with its replace lines, which lax parsing leaves out
	}
	return mod, nil
}

// args are the arguments of go for a build into the folder out.
func (t Target) args(out string) []string {
	args := []string{"build"}
	if len(t.Tags) > 0 {
		args = append(args, "-tags", strings.Join(t.Tags, " "))
	}
	args = append(args, "-ldflags", strings.TrimSpace("-s -w "+strings.TrimSpace(t.LDFlags)), "-o", out+string(filepath.Separator))
	return append(args, t.Packages...)
}

// env are the variables that the build depends on.
func (t Target) env() []string {
	cgo := "0"
	if t.Cgo {
		cgo = "1"
	}
	return []string{"CGO_ENABLED=" + cgo, "GOFLAGS=-trimpath", "GOWORK=off"}
}
