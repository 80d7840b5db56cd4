package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/groundwork-dev/groundwork/internal/gobuild"
	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/registry"
	"github.com/groundwork-dev/groundwork/internal/sandbox"
)

// publishApp builds the sample application at a version for this machine and
// pushes it to the sandbox's registry under the name that platform.yaml has for
// it. A version may be published again: in a sandbox a tag moves.
func publishApp(ctx context.Context, dir string, state *sandbox.State, version string) (string, error) {
	root, err := sourceRoot(dir)
	if err != nil {
		return "", err
	}
	ref, err := imageOf(dir, demoApp)
	if err != nil {
		return "", err
	}
	ref.Tag, ref.Digest = version, ""
	tmp, err := os.MkdirTemp("", "groundwork-app-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	program, err := gobuild.Build(ctx, gobuild.Options{
		Dir: root, Package: "./cmd/" + demoApp, Version: version, VersionVariable: defaultVariable,
	}, v1.Platform{OS: runtime.GOOS, Architecture: runtime.GOARCH}, filepath.Join(tmp, demoApp))
	if err != nil {
		return "", err
	}
	made, err := image.New(image.Spec{
		App: demoApp, Binaries: []image.Binary{program}, Version: version, Created: time.Unix(0, 0),
		CACertificates: []byte{}, // a node of the sandbox puts its own over them
	})
	if err != nil {
		return "", err
	}
	transport, err := state.Transport()
	if err != nil {
		return "", err
	}
	if _, err := registry.New(registry.Options{Transport: transport}).Push(ctx, ref.Name, []string{version}, made, true); err != nil {
		return "", fmt.Errorf("publishing %s %s: %w", demoApp, version, err)
	}
	return ref.String(), nil
}
