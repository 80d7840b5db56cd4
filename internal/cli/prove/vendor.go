package prove

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/catalog/chartkeys"
	"github.com/groundwork-dev/groundwork/internal/chartarchive"
	"github.com/groundwork-dev/groundwork/internal/chartvendor"
	"github.com/groundwork-dev/groundwork/internal/cli"
	"github.com/groundwork-dev/groundwork/internal/cli/progress"
	"github.com/groundwork-dev/groundwork/internal/helmrender"
)

func newChartsCommand(streams cli.Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "charts",
		Short: "Keep in a component what checks need to know of its chart",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newVendorCommand(streams))
	return cmd
}

type vendorOptions struct {
	folder, chart string
	also, open    []string
	check, dryRun bool
	output        string
}

func newVendorCommand(streams cli.Streams) *cobra.Command {
	var o vendorOptions
	cmd := &cobra.Command{
		Use:   "vendor COMPONENT-FOLDER",
		Short: "Keep in a component what checks need to know of its chart",
		Long: `vendor reads a component's chart and writes into the component's folder what
checks need of it when the chart is not at hand:

  chart-keys.json  the keys of its values: a mistyped one is an error from then on
  crds.json.gz     its CRDs, as they come with the component's values

Run it after each change of the chart's version. A key that is gone while the
component's values use it is an error, with file and line, and nothing is written.

The chart is the one that component.yaml names, downloaded once into the cache
folder; or what --chart says: an archive, a folder, the https://….tgz of an
archive, or another oci:// or https:// repository. It is read within limits, and
rendered in a process of its own.

Keys come from values.yaml, also those that are commented out, from subcharts, and
from what templates read as .Values.name. What that misses, --also and --open say,
with slashes between keys; chart-keys.json remembers both.

Exit codes: 0 done; 2 with --check, something differs; 3 bad input; 1 failed.`,
		Example: `  bootstrap charts vendor components/podinfo             # the chart of component.yaml
  bootstrap charts vendor components/podinfo --check     # write nothing, exit 2 when anything differs
  bootstrap charts vendor components/podinfo --chart ./podinfo-6.9.2.tgz
  bootstrap charts vendor components/podinfo --open podAnnotations --also ui/theme`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFolders,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.folder = args[0]
			return o.run(cmd.Context(), streams)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.chart, "chart", "", "the chart: an archive, a folder, or where it is downloaded from; component.yaml says by default")
	f.StringSliceVar(&o.also, "also", nil, "values that the chart reads although nothing of it shows them")
	f.StringSliceVar(&o.open, "open", nil, "values that may hold anything although their default has keys")
	f.BoolVar(&o.check, "check", false, "write nothing; exit 2 when the folder differs from what the chart says")
	f.BoolVar(&o.dryRun, "dry-run", false, "write nothing; print what would change")
	cmd.MarkFlagsMutuallyExclusive("check", "dry-run")
	cli.AddChoiceFlag(cmd, &o.output, "output", "o", "how to print the result", outputText, outputJSON)
	return cmd
}

func completeFolders(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// vendored is what a folder keeps of a chart, before or after.
type vendored struct {
	keys *chartkeys.File // nil for none
	crds map[string][]byte
	// files are chart-keys.json and crds.json.gz; nil where there is none.
	files map[string][]byte
}

func (o vendorOptions) run(ctx context.Context, streams cli.Streams) error {
	folder, err := openComponent(o.folder)
	if err != nil {
		return err
	}
	defer folder.root.Close()
	was, err := folder.kept()
	if err != nil {
		return err
	}
	component, err := folder.load(map[string][]byte{catalog.KeysFile: nil})
	if err != nil {
		return err
	}
	display := progress.New(streams.Err, streams.Terminal)
	chart, err := o.findChart(ctx, display, folder, component)
	display.Close()
	if err != nil {
		return err
	}
	now, notes, err := o.derive(ctx, component, chart, was.keys)
	if err != nil {
		return err
	}
	report := folder.report(chart, was, now)
	report.Notes = slices.Concat(notes, undeclared(component, now.crds))
	if err := o.printVendored(streams, report); err != nil {
		return err
	}
	// The component as it is now has to be right with the keys as they will be.
	if _, err := folder.load(map[string][]byte{catalog.KeysFile: now.files[catalog.KeysFile]}); err != nil {
		return err
	}
	switch {
	case o.check && len(report.Files) > 0:
		return staleError{folder.path()}
	case o.check, o.dryRun:
		return nil
	}
	return folder.write(was.files, now.files)
}

// staleError says that a folder is not what its chart says.
type staleError struct{ folder string }

func (e staleError) Error() string {
	return fmt.Sprintf("%s is not what its chart says: run 'bootstrap charts vendor %s' and commit the result", e.folder, e.folder)
}

// Drift tells the error apart from others.
func (staleError) Drift() bool { return true }

// derive makes what the folder is to keep of the chart. What a person found out
// about the values before counts on.
func (o vendorOptions) derive(ctx context.Context, c *catalog.Component, chart *chartarchive.Chart, was *chartkeys.File) (*vendored, chartvendor.Notes, error) {
	also, open := o.also, o.open
	if was != nil {
		also, open = slices.Concat(was.Also, also), slices.Concat(was.Open, open)
	}
	keys, notes, err := chartvendor.Keys(chart, also, open)
	if err != nil {
		return nil, nil, fmt.Errorf("%w\nSee 'bootstrap charts vendor --help' for --also and --open; %s remembers them", err, catalog.KeysFile)
	}
	now := &vendored{keys: keys, files: map[string][]byte{}}
	if keys != nil {
		if now.files[catalog.KeysFile], err = keys.Marshal(); err != nil {
			return nil, nil, err
		}
	}
	definitions, err := renderDefinitions(ctx, c, chart)
	if err != nil {
		return nil, nil, err
	}
	pack, err := chartvendor.PackCRDs(definitions)
	if err != nil {
		return nil, nil, err
	}
	now.files[catalog.CRDsFile] = pack
	now.crds, err = unpack(pack)
	return now, notes, err
}

const kindCRD = "CustomResourceDefinition"

// renderDefinitions returns the CRDs that the component's release brings.
func renderDefinitions(ctx context.Context, c *catalog.Component, chart *chartarchive.Chart) ([]map[string]any, error) {
	values, err := c.SampleValues()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	renderer := helmrender.New(helmrender.Options{Command: []string{self, renderWorker}})
	defer renderer.Close()
	rendered, err := renderer.Render(ctx, chart, helmrender.Release{Name: c.Chart.ReleaseName, Namespace: c.Namespace.Name, Values: values})
	if err != nil {
		return nil, fmt.Errorf("looking for the chart's CRDs: %w", err)
	}
	all := rendered.Objects
	if c.Chart.CRDs != catalog.CRDsSkip {
		all = append(all, rendered.CRDs...)
	}
	var definitions []map[string]any
	for _, o := range all {
		if o.GetKind() == kindCRD {
			definitions = append(definitions, o.Object)
		}
	}
	return definitions, nil
}

// undeclared says where the component tells others of other CRDs than its chart
// brings.
func undeclared(c *catalog.Component, crds map[string][]byte) chartvendor.Notes {
	listed := path.Join(c.Origin, "component.yaml") + ": provides.crds"
	var notes chartvendor.Notes
	for _, name := range slices.Sorted(maps.Keys(crds)) {
		if !slices.Contains(c.Provides.CRDs, name) {
			notes = append(notes, fmt.Sprintf("%s does not list %s, which the chart brings", listed, name))
		}
	}
	if slices.ContainsFunc(c.Manifests, func(m catalog.Manifest) bool { return m.Kind == kindCRD }) {
		return notes // the others may be among them
	}
	for _, name := range c.Provides.CRDs {
		if crds[name] == nil {
			notes = append(notes, fmt.Sprintf("%s lists %s, which the chart does not bring", listed, name))
		}
	}
	return notes
}
