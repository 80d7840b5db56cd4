package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/groundwork-dev/groundwork/internal/sandbox"
	"github.com/groundwork-dev/groundwork/internal/sandbox/artifact"
	"github.com/groundwork-dev/groundwork/internal/sandbox/images"
)

// publishApp builds the sample application at a version, packs it and pushes
// it to the sandbox's registry under the name that platform.yaml has for it.
func publishApp(ctx context.Context, dir string, state *sandbox.State, version string) (string, error) {
	root, err := sourceRoot(dir)
	if err != nil {
		return "", err
	}
	p, _, err := LoadDir(dir)
	if err != nil {
		return "", err
	}
	old, err := name.ParseReference(p.Spec.Apps[demoApp].Image)
	if err != nil {
		return "", fmt.Errorf("reading the image of %s: %w", demoApp, err)
	}
	ref := old.Context().Tag(version)
	tmp, err := os.MkdirTemp("", "groundwork-app-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	program := filepath.Join(tmp, demoApp)
	if err := buildApp(ctx, root, program, version); err != nil {
		return "", err
	}
	packed, err := images.Pack(filepath.Join(tmp, "image"), images.Program{Path: program, Inside: "/" + demoApp, User: "65532:65532"}, nil)
	if err != nil {
		return "", err
	}
	return ref.Name(), push(ctx, state, ref, packed)
}

func buildApp(ctx context.Context, root, out, version string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", out,
		"-ldflags", "-s -w -X github.com/groundwork-dev/groundwork/internal/sampleapp.buildVersion="+version, "./cmd/"+demoApp)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building %s %s: %w\n%s", demoApp, version, err, stderr.String())
	}
	return nil
}

// push pushes the one image of a layout.
func push(ctx context.Context, state *sandbox.State, ref name.Tag, path string) error {
	image, err := artifact.Open(path)
	if err != nil {
		return err
	}
	transport, err := state.Transport()
	if err != nil {
		return err
	}
	if err := remote.Write(ref, image, remote.WithContext(ctx), remote.WithTransport(transport)); err != nil {
		return fmt.Errorf("pushing %s: %w", ref, err)
	}
	return nil
}
