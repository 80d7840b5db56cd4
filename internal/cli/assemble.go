package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/cli/progress"
	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/sandbox"
	"github.com/groundwork-dev/groundwork/internal/sandbox/build"
	"github.com/groundwork-dev/groundwork/internal/sandbox/images"
	"github.com/groundwork-dev/groundwork/internal/sandbox/standin"
	"github.com/groundwork-dev/groundwork/internal/sandbox/supervisor"
	"github.com/groundwork-dev/groundwork/internal/sandbox/upstream"
)

// assemble builds, packs and collects everything that a sandbox for the
// platform.yaml of dir runs, with a real node or without.
func assemble(ctx context.Context, dir string, realNode bool, display progress.Display) (*sandbox.Options, error) {
	root, err := sourceRoot(dir)
	if err != nil {
		return nil, err
	}
	p, components, err := LoadDir(dir)
	if err != nil {
		return nil, err
	}
	cache, err := build.CacheDir()
	if err != nil {
		return nil, err
	}
	targets, err := sandboxTargets(realNode)
	if err != nil {
		return nil, err
	}
	programs, err := build.Ensure(ctx, root, cache, targets, func(e build.Event) { showBuild(display, e) })
	if err != nil {
		return nil, err
	}
	o := &sandbox.Options{RealNode: realNode, Region: p.Spec.AWS.Region, Zones: p.Spec.AWS.Zones}
	o.Bin = programs
	if realNode {
		o.CNI, o.Pause = filepath.Dir(programs["ptp"]), pauseImage
	}
	if o.ForgeStatic, err = build.ModuleDir(ctx, root, "gitea"); err != nil {
		return nil, err
	}
	began := time.Now()
	title := "images of the sandbox"
	display.Show(progress.Step{Title: title})
	if o.Images, err = packImages(ctx, root, cache, targets, programs); err != nil {
		return nil, err
	}
	display.Show(progress.Step{Title: title, State: progress.Done, Elapsed: time.Since(began), Detail: Plural(len(o.Images), "image")})
	return o, addCharts(o, components, cache)
}

// pauseImage holds a pod's namespaces.
const pauseImage = "registry.k8s.io/pause:3.10"

// sandboxTargets is what a sandbox is built from.
func sandboxTargets(realNode bool) ([]build.Target, error) {
	targets, err := build.Targets()
	if err == nil && !realNode {
		targets = build.WithoutRealNode(targets)
	}
	return targets, err
}

// sourceRoot finds the checkout that holds the modules of the sandbox.
func sourceRoot(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for at := abs; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "sandbox", "controlplane", "go.mod")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("no folder sandbox/ in or above %s: a sandbox is built from the checkout of bootstrap's own repository", abs)
		}
	}
}

func showBuild(display progress.Display, e build.Event) {
	s := progress.Step{Title: "build " + e.Target, Elapsed: e.Took}
	switch {
	case e.Cached:
		s.State, s.Detail = progress.Skipped, "built before"
	case !e.Building:
		s.State = progress.Done
	}
	display.Show(s)
}

// packImages packs the programs that run in pods, or take their part.
func packImages(ctx context.Context, root, cache string, targets []build.Target, programs map[string]string) ([]sandbox.Image, error) {
	var list []sandbox.Image
	for _, t := range targets {
		from, err := t.BuiltFrom(root)
		if err != nil {
			return nil, err
		}
		for _, image := range t.Images {
			packed := sandbox.Image{BuiltFrom: from, Image: supervisor.Image{Ref: image.Ref}}
			if p := image.Process; p != nil {
				packed.Process = &supervisor.Process{Program: programs[t.Programs[0]], Args: p.Args, Except: p.Except}
			}
			list = append(list, packed)
		}
	}
	g, _ := errgroup.WithContext(ctx)
	g.SetLimit(2)
	i := 0
	for _, t := range targets {
		for _, upstreamImage := range t.Images {
			packed := &list[i]
			i++
			g.Go(func() (err error) {
				p := image.Program{Path: programs[t.Programs[0]], Inside: upstreamImage.Entrypoint, User: upstreamImage.User}
				for _, b := range upstreamImage.Beside {
					p.Beside = append(p.Beside, image.Executable{Path: programs[b.Program], Inside: b.At})
				}
				packed.Layout, err = images.Pack(filepath.Join(cache, "images"), p, nil)
				return err
			})
		}
	}
	return list, g.Wait()
}

// addCharts adds the charts of every component, and simulates the images of
// their workloads that nothing here runs.
func addCharts(o *sandbox.Options, c *catalog.Catalog, cache string) error {
	var components []standin.Component
	for _, name := range c.Names() {
		component, _ := c.Component(name)
		if component.Chart == nil {
			continue
		}
		s, err := standInFor(component)
		if err != nil {
			return fmt.Errorf("reading the stand-in of %s: %w", name, err)
		}
		components = append(components, s)
		for _, w := range component.Workloads {
			for _, image := range w.Images {
				if !slices.ContainsFunc(o.Images, func(i sandbox.Image) bool { return upstream.Same(i.Ref, image) }) {
					o.Simulated = append(o.Simulated, image)
				}
			}
		}
	}
	dir, charts, err := standin.Serve(components, cache)
	if err != nil {
		return err
	}
	o.ChartDir = filepath.Join(dir, "https")
	for _, chart := range charts {
		o.Charts = append(o.Charts, sandbox.Chart{Component: chart.Component, Version: chart.Version, StandIn: chart.StandIn})
		if chart.Ref != "" {
			o.Images = append(o.Images, sandbox.Image{StandIn: chart.StandIn, Image: supervisor.Image{Ref: chart.Ref, Layout: chart.Layout}})
		}
	}
	return nil
}

// standInFor says of a component what its stand-in is made from.
func standInFor(c *catalog.Component) (standin.Component, error) {
	s := standin.Component{
		Name: c.Name, Chart: c.Chart.Name, Version: c.Chart.Version, Repository: c.Chart.Repository,
		Namespace: c.Namespace.Name, CRDs: c.Provides.CRDs, TemplatedCRDs: c.Chart.CRDs == catalog.CRDsSkip,
		Manifests: map[string][]byte{},
	}
	for _, w := range c.Workloads {
		if w.MadeBy == catalog.ByOperator {
			continue
		}
		s.Workloads = append(s.Workloads, standin.Workload{
			Kind: string(w.Kind), Name: w.Name, Images: w.Images, Replicas: w.Replicas.Small, Labels: w.Labels,
		})
	}
	if err := readFolder(c.Folder, "standin", func(name string, data []byte) { s.Manifests[name] = data }); err != nil {
		return s, err
	}
	var err error
	s.Definitions, err = c.CRDs()
	return s, err
}

// readFolder hands every file of a folder to f; a missing folder is empty.
func readFolder(from fs.FS, dir string, f func(name string, data []byte)) error {
	files, err := fs.Glob(from, path.Join(dir, "*.yaml"))
	if err != nil {
		return err
	}
	for _, file := range files {
		data, err := fs.ReadFile(from, file)
		if err != nil {
			return err
		}
		f(path.Base(file), data)
	}
	return nil
}
