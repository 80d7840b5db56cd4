package prove

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/groundwork-dev/groundwork/internal/chartarchive"
	"github.com/groundwork-dev/groundwork/internal/chartrepo"
	"github.com/groundwork-dev/groundwork/internal/cli"
	"github.com/groundwork-dev/groundwork/internal/helmrelease"
	"github.com/groundwork-dev/groundwork/internal/helmrender"
	"github.com/groundwork-dev/groundwork/internal/validate"
)

// charts knows the charts of the catalogue, and renders those that are in the
// cache folder.
type charts struct {
	catalog  catalogue
	cache    string
	renderer *helmrender.Renderer

	mu     sync.Mutex
	loaded map[string]func() (*chartarchive.Chart, error)
}

// renderWorker is the argument by which this executable is a worker that
// renders (helmrender.Serve).
const renderWorker = "render-worker"

func newCharts(c catalogue, cache string) (*charts, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	return &charts{
		catalog: c, cache: cache, loaded: map[string]func() (*chartarchive.Chart, error){},
		renderer: helmrender.New(helmrender.Options{Command: []string{self, renderWorker}, Workers: runtime.GOMAXPROCS(0)}),
	}, nil
}

func (c *charts) close() { c.renderer.Close() }

// load returns the chart of an archive in the cache folder, which is read once; nil where there is
// none.
func (c *charts) load(path string) (*chartarchive.Chart, error) {
	c.mu.Lock()
	load := c.loaded[path]
	if load == nil {
		load = sync.OnceValues(func() (*chartarchive.Chart, error) {
			f, err := os.OpenInRoot(c.cache, path)
			if errors.Is(err, fs.ErrNotExist) {
				return nil, nil
			}
			if err != nil {
				return nil, err
			}
			defer f.Close()
			archive, err := io.ReadAll(io.LimitReader(f, chartarchive.MaxArchive+1))
			if err != nil {
				return nil, err
			}
			return chartarchive.Load(archive)
		})
		c.loaded[path] = load
	}
	c.mu.Unlock()
	return load()
}

// Render implements validate.Charts.
func (c *charts) Render(ctx context.Context, r *helmrelease.Release) (*validate.Rendering, error) {
	path := cli.ChartPath("", chartrepo.Chart{Name: r.Chart.Name, Version: r.Chart.Version, Repository: r.Chart.Repository})
	if !filepath.IsLocal(path) {
		return nil, nil // not a name that pull would keep
	}
	chart, err := c.load(path)
	if chart == nil || err != nil {
		return nil, err
	}
	rendered, err := c.renderer.Render(ctx, chart, helmrender.Release{Name: r.Name, Namespace: r.Namespace, Values: r.Values})
	if err != nil {
		return nil, err
	}
	return &validate.Rendering{
		Definitions: made(rendered.CRDs), Objects: append(made(rendered.Objects), made(rendered.Hooks)...), Unchecked: rendered.Unchecked,
	}, nil
}

func made(objects []helmrender.Object) []validate.Made {
	list := make([]validate.Made, len(objects))
	for i, o := range objects {
		list[i] = validate.Made{Unstructured: o.Unstructured, File: o.File}
	}
	return list
}

// Known implements validate.Charts. Keys change between the versions of a chart,
// and count for the very version only.
func (c *charts) Known(chart helmrelease.Chart) (known validate.Known, ok bool, err error) {
	all, err := c.catalog()
	if err != nil {
		return validate.Known{}, false, err
	}
	for _, name := range all.Names() {
		component, _ := all.Component(name)
		if component.Chart == nil || component.Chart.Name != chart.Name || component.Chart.Repository != chart.Repository {
			continue
		}
		known.Component = component
		if component.Chart.Version == chart.Version {
			known.Keys = component.ChartKeys()
		}
		return known, true, nil
	}
	return validate.Known{}, false, nil
}
