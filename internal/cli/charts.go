package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/chartrepo"
	"github.com/groundwork-dev/groundwork/internal/cli/progress"
	"github.com/groundwork-dev/groundwork/internal/sandbox/build"
	"github.com/groundwork-dev/groundwork/internal/sandbox/standin"
)

func newChartsCommand(streams Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "charts",
		Short: "Keep the components' Helm charts on this machine",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newChartsPullCommand(streams),
		newChartsStandInCommand(streams),
		newBesideCommand("Keep in a component what checks need to know of its chart", "charts", "vendor"),
	)
	return cmd
}

func newChartsPullCommand(streams Streams) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "pull [COMPONENT...]",
		Short: "Download the charts that the catalogue names, so that the sandbox serves the real ones",
		Long: `pull downloads each component's chart at its pinned version into the cache folder
($GROUNDWORK_CACHE) and checks it against the digest that its source states. A
sandbox serves the charts that it finds there, and a stand-in for every other.`,
		Example: "  bootstrap charts pull\n  bootstrap charts pull NAME",
		RunE: func(cmd *cobra.Command, args []string) error {
			return pullCharts(cmd.Context(), streams, dir, args)
		},
	}
	AddDirFlag(cmd, &dir)
	return cmd
}

func pullCharts(ctx context.Context, streams Streams, dir string, names []string) error {
	_, c, err := LoadDir(dir)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		names = c.Names()
	}
	cache, err := build.CacheDir()
	if err != nil {
		return err
	}
	display := progress.New(streams.Err, streams.Terminal)
	defer display.Close()
	var failed error
	for _, name := range names {
		component, ok := c.Component(name)
		if !ok {
			return usageError{fmt.Errorf("the catalogue has no component %q; it has %s", name, strings.Join(c.Names(), ", "))}
		}
		if component.Chart != nil {
			chart := chartrepo.Chart{Name: component.Chart.Name, Version: component.Chart.Version, Repository: component.Chart.Repository}
			failed = errors.Join(failed, PullChart(ctx, display, cache, chart))
		}
	}
	return failed
}

// PullChart downloads a chart into the cache folder, unless it is there already.
func PullChart(ctx context.Context, display progress.Display, cache string, chart chartrepo.Chart) error {
	path := ChartPath(cache, chart)
	step := progress.Step{Title: "chart " + chart.Name + " " + chart.Version}
	if _, err := os.Stat(path); err == nil {
		step.State, step.Detail = progress.Skipped, "here already"
		display.Show(step)
		return nil
	}
	display.Show(step)
	began := time.Now()
	data, err := chartrepo.Client{}.Pull(ctx, chart)
	if err == nil {
		err = KeepFile(path, data)
	}
	step.State, step.Elapsed = progress.Done, time.Since(began)
	if err != nil {
		step.State = progress.Failed
	}
	display.Show(step)
	return err
}

// ChartPath is where a cache folder keeps a chart's archive.
func ChartPath(cache string, chart chartrepo.Chart) string {
	_, where, _ := strings.Cut(chart.Repository, "://")
	return filepath.Join(cache, "charts", filepath.FromSlash(where), chart.Name+"-"+chart.Version+".tgz")
}

// KeepFile writes a file in one step, and the folder where there is none.
func KeepFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), path)
}

func newChartsStandInCommand(streams Streams) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "stand-in FOLDER",
		Short: "Write the stand-ins of the components' charts",
		Long: `stand-in writes what a sandbox serves instead of charts that it does not have: made
of each component's own facts, with its CRDs and a workload of every name, and
blind to values. FOLDER gets the layout of the cache's charts folder. They are for
looking at, and for measuring without the real ones; never install them.`,
		Example: "  bootstrap charts stand-in /tmp/stand-ins",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			_, c, err := LoadDir(dir)
			if err != nil {
				return err
			}
			for _, name := range c.Names() {
				component, _ := c.Component(name)
				if component.Chart == nil {
					continue
				}
				s, err := standInFor(component)
				if err != nil {
					return fmt.Errorf("reading the stand-in of %s: %w", name, err)
				}
				data, _, err := standin.Archive(s)
				if err != nil {
					return fmt.Errorf("making the stand-in of %s: %w", name, err)
				}
				path := ChartPath(args[0], chartrepo.Chart{Name: s.Chart, Version: s.Version, Repository: s.Repository})
				if err := KeepFile(path, data); err != nil {
					return err
				}
				if _, err := fmt.Fprintln(streams.Out, path); err != nil {
					return err
				}
			}
			return nil
		},
	}
	AddDirFlag(cmd, &dir)
	return cmd
}
