package prove

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/chartarchive"
	"github.com/groundwork-dev/groundwork/internal/chartrepo"
	"github.com/groundwork-dev/groundwork/internal/cli"
	"github.com/groundwork-dev/groundwork/internal/cli/progress"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/sandbox/build"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// findChart reads the chart that the flag or component.yaml names. It has to be the
// version that the component installs.
func (o vendorOptions) findChart(ctx context.Context, display progress.Display, f *componentFolder, c *catalog.Component) (*chartarchive.Chart, error) {
	chart, err := o.readChart(ctx, display, c)
	if err != nil {
		return nil, err
	}
	doc, err := strictyaml.ReadFile(f.root.FS(), "component.yaml")
	if err != nil {
		return nil, err
	}
	var problems diag.Problems
	for key, value := range map[string][2]string{"name": {c.Chart.Name, chart.Name}, "version": {c.Chart.Version, chart.Version}} {
		if value[0] == value[1] {
			continue
		}
		at := doc.Position("spec", "chart", key)
		at.File = f.path("component.yaml")
		problems = append(problems, diag.Problem{
			Position: at, Path: "spec.chart." + key, Message: fmt.Sprintf("is %s, and the chart at hand is %s", value[0], chart),
			Hint: fmt.Sprintf("write %s here, or give the other chart", value[1]),
		})
	}
	problems.Sort()
	return chart, problems.Err()
}

func (o vendorOptions) readChart(ctx context.Context, display progress.Display, c *catalog.Component) (*chartarchive.Chart, error) {
	from := chartrepo.Chart{Name: c.Chart.Name, Version: c.Chart.Version, Repository: c.Chart.Repository}
	switch {
	case strings.HasPrefix(o.chart, "https://") && strings.HasSuffix(o.chart, ".tgz"):
		archive, err := chartrepo.Client{}.Archive(ctx, o.chart)
		if err != nil {
			return nil, err
		}
		return chartarchive.Load(archive)
	case strings.HasPrefix(o.chart, "https://"), strings.HasPrefix(o.chart, "oci://"):
		from.Repository = strings.TrimSuffix(o.chart, "/")
	case strings.Contains(o.chart, "://"):
		return nil, cli.Usage(fmt.Errorf("--chart %s is neither a file or folder nor an oci:// or https:// address", o.chart))
	case o.chart != "":
		return localChart(o.chart)
	}
	cache, err := build.CacheDir()
	if err != nil {
		return nil, err
	}
	path := cli.ChartPath("", from)
	if !filepath.IsLocal(path) {
		return nil, cli.Usage(fmt.Errorf("--chart %s is not an address that a repository has", o.chart))
	}
	if err := cli.PullChart(ctx, display, cache, from); err != nil {
		return nil, fmt.Errorf("%w\nGive the chart itself with --chart FILE|FOLDER where it cannot be downloaded", err)
	}
	return localChart(filepath.Join(cache, path))
}

// localChart reads a chart's archive or folder.
func localChart(path string) (*chartarchive.Chart, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, cli.Usage(fmt.Errorf("reading the chart: %w", err))
	}
	if info.IsDir() {
		root, err := os.OpenRoot(path)
		if err != nil {
			return nil, fmt.Errorf("reading the chart: %w", err)
		}
		defer root.Close()
		return named(path, func() (*chartarchive.Chart, error) { return chartarchive.LoadFolder(root.FS()) })
	}
	if !info.Mode().IsRegular() {
		return nil, cli.Usage(fmt.Errorf("reading the chart: %s is neither a file nor a folder", path))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the chart: %w", err)
	}
	defer f.Close()
	archive, err := io.ReadAll(io.LimitReader(f, chartarchive.MaxArchive+1))
	if err != nil {
		return nil, fmt.Errorf("reading the chart: %w", err)
	}
	return named(path, func() (*chartarchive.Chart, error) { return chartarchive.Load(archive) })
}

// named says of an error which chart it is about. A chart that is refused is bad
// input.
func named(path string, load func() (*chartarchive.Chart, error)) (*chartarchive.Chart, error) {
	chart, err := load()
	if err != nil {
		return nil, cli.Usage(fmt.Errorf("%s: %w", path, err))
	}
	return chart, nil
}
