package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/groundwork-dev/groundwork/internal/config"
)

// demoApp is the application of platform.yaml that the demo plays with.
const demoApp = "sampleapp"

// TempDir makes the folder that the demo works in.
func (w *demoWorld) TempDir() (string, func(), error) {
	dir, err := os.MkdirTemp("", "groundwork-demo-")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}

// WritePlatform writes the repository's own platform.yaml with the sandbox's
// forge in place of the real one.
func (w *demoWorld) WritePlatform(dir, repositoryURL, image string) error {
	p, _, err := loadDir(w.options.dir)
	if err != nil {
		return err
	}
	app, ok := p.Spec.Apps[demoApp]
	if !ok {
		return fmt.Errorf("platform.yaml has no app %s, which the demo plays with", demoApp)
	}
	return edit(filepath.Join(w.options.dir, config.FileName), filepath.Join(dir, config.FileName),
		replacement{"url: " + p.Spec.Repository.URL, "url: " + repositoryURL},
		replacement{"provider: " + string(p.Spec.Repository.Provider), "provider: " + string(config.ProviderGitea)},
		replacement{"image: " + app.Image, "image: " + image},
	)
}

// SetImage changes the application's image in dir's platform.yaml.
func (w *demoWorld) SetImage(dir, from, to string) error {
	path := filepath.Join(dir, config.FileName)
	return edit(path, path, replacement{"image: " + from, "image: " + to})
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
