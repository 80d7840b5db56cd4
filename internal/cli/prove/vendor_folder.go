package prove

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/catalog/chartkeys"
	"github.com/groundwork-dev/groundwork/internal/cli"
)

// componentFolder is the folder of one component, the catalogue's or a user's own.
type componentFolder struct {
	root *os.Root
	// origin and name are as messages have them, origin/name.
	origin, name string
}

func openComponent(folder string) (*componentFolder, error) {
	clean := filepath.Clean(folder)
	if base := filepath.Base(clean); base == "." || base == ".." {
		abs, err := filepath.Abs(clean)
		if err != nil {
			return nil, fmt.Errorf("finding the component's folder: %w", err)
		}
		clean = abs
	}
	name := filepath.Base(clean)
	if err := catalog.CheckName(name); err != nil {
		return nil, cli.Usage(err)
	}
	root, err := os.OpenRoot(clean)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cli.Usage(fmt.Errorf("there is no folder %s: name the one with the component.yaml; 'bootstrap component new' starts one", folder))
	}
	if err != nil {
		return nil, fmt.Errorf("opening the component's folder: %w", err)
	}
	return &componentFolder{root: root, origin: filepath.ToSlash(filepath.Dir(clean)), name: name}, nil
}

func (f *componentFolder) path(elem ...string) string {
	return path.Join(append([]string{f.origin, f.name}, elem...)...)
}

// load loads the component with other files in the place of its own.
func (f *componentFolder) load(instead map[string][]byte) (*catalog.Component, error) {
	c, err := catalog.LoadFolder(f.root.FS(), f.origin, f.name, instead)
	if err != nil {
		return nil, err
	}
	if c.Chart == nil {
		return nil, cli.Usage(fmt.Errorf("%s installs no chart: add spec.chart first", f.path("component.yaml")))
	}
	return c, nil
}

// kept returns what the folder has of a chart.
func (f *componentFolder) kept() (*vendored, error) {
	v := &vendored{files: map[string][]byte{}}
	for name, most := range map[string]int64{catalog.KeysFile: chartkeys.MaxBytes, catalog.CRDsFile: catalog.MaxCRDs} {
		data, err := f.read(name, most)
		if err != nil {
			return nil, fmt.Errorf("reading what %s has: %w", f.path(), err)
		}
		v.files[name] = data
	}
	var err error
	if text := v.files[catalog.KeysFile]; text != nil {
		if v.keys, err = chartkeys.Parse(text); err != nil {
			return nil, fmt.Errorf("%s: %w: remove it to start anew", f.path(catalog.KeysFile), err)
		}
	}
	if v.crds, err = unpack(v.files[catalog.CRDsFile]); err != nil {
		return nil, fmt.Errorf("%s: %w: remove it to start anew", f.path(catalog.CRDsFile), err)
	}
	return v, nil
}

// read returns a regular file of the folder, nil where there is none.
func (f *componentFolder) read(name string, most int64) ([]byte, error) {
	info, err := f.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", f.path(name))
	case info.Size() > most:
		return nil, fmt.Errorf("%s is larger than %d bytes", f.path(name), most)
	}
	return f.root.ReadFile(name)
}

func unpack(pack []byte) (map[string][]byte, error) {
	if pack == nil {
		return nil, nil
	}
	return catalog.UnpackCRDs(bytes.NewReader(pack))
}

// write puts the files there, each in one step; one that is nil goes. What is
// written is on the disk before the first one changes.
func (f *componentFolder) write(was, now map[string][]byte) error {
	var staged []string
	defer func() {
		for _, name := range staged {
			_ = f.root.Remove(stagedName(name)) // gone already where all went well
		}
	}()
	for _, name := range []string{catalog.CRDsFile, catalog.KeysFile} {
		if now[name] == nil || bytes.Equal(was[name], now[name]) {
			continue
		}
		staged = append(staged, name)
		if err := f.stage(stagedName(name), now[name]); err != nil {
			return fmt.Errorf("writing %s: %w", f.path(name), err)
		}
	}
	for _, name := range staged {
		if err := f.root.Rename(stagedName(name), name); err != nil {
			return fmt.Errorf("writing %s: %w", f.path(name), err)
		}
	}
	for name := range was {
		if now[name] == nil && was[name] != nil {
			if err := f.root.Remove(name); err != nil {
				return fmt.Errorf("removing %s: %w", f.path(name), err)
			}
		}
	}
	return nil
}

func stagedName(name string) string { return ".new-" + name }

func (f *componentFolder) stage(name string, data []byte) error {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, bytes.NewReader(data))
	return errors.Join(err, file.Sync(), file.Close())
}
