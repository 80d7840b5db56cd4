// Command crdgen writes the CRDs of Flux's controllers from the Go types of
// their API modules. It is a module of its own, so that controller-tools stays
// out of the product's; run it with go generate in the folder above after
// changing the versions in go.mod. `crdgen DIR` writes a file a kind to DIR.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	// What go.mod names must be imported to stay there.
	_ "github.com/fluxcd/helm-controller/api/v2"
	_ "github.com/fluxcd/image-automation-controller/api/v1"
	_ "github.com/fluxcd/image-reflector-controller/api/v1"
	_ "github.com/fluxcd/kustomize-controller/api/v1"
	_ "github.com/fluxcd/notification-controller/api/v1"
	_ "github.com/fluxcd/source-controller/api/v1"
	"sigs.k8s.io/controller-tools/pkg/crd"
	"sigs.k8s.io/controller-tools/pkg/genall"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "crdgen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("want one argument, the folder to write to; got %d", len(args))
	}
	var generator genall.Generator = crd.Generator{CRDVersions: []string{"v1"}}
	generators := genall.Generators{&generator}
	run, err := generators.ForRoots(
		"github.com/fluxcd/helm-controller/api/...",
		"github.com/fluxcd/image-automation-controller/api/...",
		"github.com/fluxcd/image-reflector-controller/api/...",
		"github.com/fluxcd/kustomize-controller/api/...",
		"github.com/fluxcd/notification-controller/api/...",
		"github.com/fluxcd/source-controller/api/...",
	)
	if err != nil {
		return fmt.Errorf("loading the API modules: %w", err)
	}
	run.OutputRules = genall.OutputRules{Default: genall.OutputToDirectory(args[0])}
	if failed := run.Run(); failed {
		return errors.New("the API modules have errors, see above")
	}
	return stamp(args[0])
}

// stamp puts controller-tools' version into the files, where it knows itself
// only as a program of its own.
func stamp(dir string) error {
	info, _ := debug.ReadBuildInfo()
	i := slices.IndexFunc(info.Deps, func(m *debug.Module) bool { return m.Path == "sigs.k8s.io/controller-tools" })
	if i < 0 {
		return errors.New("the version of controller-tools is not known")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return err
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		data = bytes.Replace(data, []byte("(devel)"), []byte(info.Deps[i].Version), 1)
		if err := os.WriteFile(file, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
