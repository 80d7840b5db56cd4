package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/imagepin"
)

// demoShell runs commands in an environment; their output is the user's.
type demoShell struct {
	streams Streams
	env     []string // on top of the process's own
}

// shellIn is a shell in a sandbox that is up, with more in its environment.
func shellIn(sandbox string, streams Streams, more ...string) (*demoShell, error) {
	env, err := sandboxEnv(sandbox)
	return &demoShell{streams: streams, env: slices.Concat(env, []string{
		"GIT_AUTHOR_NAME=demo", "GIT_AUTHOR_EMAIL=demo@groundwork.dev",
		"GIT_COMMITTER_NAME=demo", "GIT_COMMITTER_EMAIL=demo@groundwork.dev",
	}, more)}, err
}

// Run runs a command and waits for its end.
func (s *demoShell) Run(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), s.env...)
	cmd.Stdout, cmd.Stderr = s.streams.Err, s.streams.Err
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd.Run()
}

// demoFiles edits what says which image of an application a cluster runs.
type demoFiles struct{ cluster, app string }

// TempDir makes the folder that the demo works in.
func (demoFiles) TempDir() (string, func(), error) {
	dir, err := os.MkdirTemp("", "groundwork-demo-")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}

// SetImage changes the application's image in the cluster's pin or, where it has
// none, in dir's platform.yaml, and nothing else of the file.
func (f demoFiles) SetImage(dir, from, to string) error {
	path := filepath.Join(dir, filepath.FromSlash(imagepin.Path(f.cluster, f.app)))
	data, err := os.ReadFile(path)
	if err == nil {
		if data, err = setPin(path, data, to); err != nil {
			return err
		}
		return os.WriteFile(path, data, 0o644)
	}
	path = filepath.Join(dir, config.FileName)
	if data, err = os.ReadFile(path); err != nil {
		return err
	}
	if data, err = setImage(data, f.app, from, to); err != nil {
		return fmt.Errorf("editing %s: %w", path, err)
	}
	return os.WriteFile(path, data, 0o644)
}

// setPin replaces the image of a pin.
func setPin(path string, data []byte, to string) ([]byte, error) {
	pin, err := imagepin.Read(path, data)
	if err != nil {
		return nil, err
	}
	ref, err := image.ParseReference(to)
	if err != nil {
		return nil, err
	}
	pin.NewName, pin.Tag, pin.Digest = ref.Name, ref.Tag, ref.Digest
	return imagepin.Set(path, data, pin)
}

// setImage replaces the image of an app where it is written, so that comments
// and layout stay.
func setImage(data []byte, app, from, to string) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	node := &doc
	for _, key := range []string{"spec", "apps", app, "image"} {
		if node = valueOf(node, key); node == nil {
			return nil, fmt.Errorf("no spec.apps.%s.image in it", app)
		}
	}
	if node.Value != from {
		return nil, fmt.Errorf("line %d: the image of %s is %s, want %s: is it what the run has just pushed?", node.Line, app, node.Value, from)
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	line := lines[node.Line-1]
	head, tail := line[:node.Column-1], line[node.Column-1:]
	if !bytes.Contains(tail, []byte(from)) {
		return nil, fmt.Errorf("line %d: the image of %s is not written out there", node.Line, app)
	}
	lines[node.Line-1] = bytes.Join([][]byte{head, bytes.Replace(tail, []byte(from), []byte(to), 1)}, nil)
	return bytes.Join(lines, nil), nil
}

// valueOf returns the value of a mapping's key, nil without one.
func valueOf(node *yaml.Node, key string) *yaml.Node {
	if node.Kind == yaml.DocumentNode && len(node.Content) == 1 {
		node = node.Content[0]
	}
	if node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

// replacement is a text that takes another's place.
type replacement struct{ old, new string }

// edit copies a file with texts replaced, each of which must be there.
func edit(from, to string, replacements ...replacement) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	for _, r := range replacements {
		if !bytes.Contains(data, []byte(r.old)) {
			return fmt.Errorf("editing %s: %q is not in it", from, r.old)
		}
		data = bytes.ReplaceAll(data, []byte(r.old), []byte(r.new))
	}
	return os.WriteFile(to, data, 0o644)
}
