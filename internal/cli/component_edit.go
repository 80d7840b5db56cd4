package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/platformedit"
)

// componentEdit changes which components platform.yaml lists.
type componentEdit struct {
	dir      string
	clusters []string
	dryRun   bool
	// of decides for a cluster which components to change.
	of func(*catalog.Catalog, config.Cluster, []string) ([]string, error)
	// edit is one of platformedit's functions; mark stands before each line.
	edit func(file string, data []byte, cluster string, components ...string) ([]byte, error)
	mark string
}

func newComponentAddCommand(streams Streams) *cobra.Command {
	o := &componentEdit{of: toAdd, edit: platformedit.Add, mark: "+"}
	cmd := &cobra.Command{
		Use:   "add NAME...",
		Short: "List components in platform.yaml, with those that they depend on",
		Long: `add lists components under the clusters of platform.yaml, and those that they
depend on before them. It changes only the lines concerned; comments and order
stay. Parameters are set by hand: 'bootstrap component show NAME' lists them.`,
		Example: `  bootstrap component add NAME
  bootstrap component add NAME --cluster dev --dry-run`,
		Args: cobra.MinimumNArgs(1),
	}
	return o.command(cmd, streams)
}

func newComponentRemoveCommand(streams Streams) *cobra.Command {
	o := &componentEdit{of: toRemove, edit: platformedit.Remove, mark: "-"}
	cmd := &cobra.Command{
		Use:     "remove NAME...",
		Aliases: []string{"rm"},
		Short:   "Take components off platform.yaml",
		Long: `remove takes components off the clusters of platform.yaml. It refuses while
another component there depends on one of them. Once the change is generated
and pushed, Flux deletes what the components installed.`,
		Example: `  bootstrap component remove NAME --cluster dev`,
		Args:    cobra.MinimumNArgs(1),
	}
	return o.command(cmd, streams)
}

func (o *componentEdit) command(cmd *cobra.Command, streams Streams) *cobra.Command {
	cmd.RunE = func(_ *cobra.Command, args []string) error { return o.run(streams, args) }
	cmd.ValidArgsFunction = completeComponents(&o.dir)
	AddDirFlag(cmd, &o.dir)
	cmd.Flags().StringSliceVar(&o.clusters, "cluster", nil, "clusters to change; all of them by default")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "write nothing; print what would change")
	return cmd
}

func (o *componentEdit) run(streams Streams, names []string) error {
	p, c, err := LoadDir(o.dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, ok := c.Component(name); !ok {
			return unknownComponent(name, c.Names())
		}
	}
	root, err := os.OpenRoot(o.dir)
	if err != nil {
		return fmt.Errorf("opening the repository's folder: %w", err)
	}
	defer root.Close()
	before, err := root.ReadFile(config.FileName)
	if err != nil {
		return err
	}
	after := before
	clusters := o.clusters
	if len(clusters) == 0 {
		clusters = clustersOf(p)
	}
	for _, cluster := range clusters {
		if err := checkCluster(cluster, clustersOf(p)); err != nil {
			return err
		}
		changes, err := o.of(c, p.Spec.Clusters[cluster], names)
		if err != nil {
			return fmt.Errorf("cluster %s: %w", cluster, err)
		}
		if after, err = o.edit(config.FileName, after, cluster, changes...); err != nil {
			return err
		}
		for _, name := range changes {
			fmt.Fprintf(streams.Out, "%s %s: %s\n", o.mark, cluster, name)
		}
	}
	return o.write(streams.Err, root, before, after)
}

func (o *componentEdit) write(err io.Writer, root *os.Root, before, after []byte) error {
	switch {
	case bytes.Equal(before, after):
		fmt.Fprintln(err, "Nothing to change.")
		return nil
	case o.dryRun:
		return nil
	}
	if err := replaceFile(root, config.FileName, after); err != nil {
		return err
	}
	fmt.Fprintln(err, "Next: 'bootstrap generate', read the diff, commit.")
	return nil
}

// replaceFile replaces or makes a file in one step.
func replaceFile(root *os.Root, name string, data []byte) error {
	mode := fs.FileMode(0o644)
	switch info, err := root.Stat(name); {
	case err == nil:
		mode = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	temporary := name + ".new"
	f, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", name, err), root.Remove(temporary))
	}
	return root.Rename(temporary, name)
}

// toAdd returns the names that the cluster does not list yet, each behind what
// it depends on.
func toAdd(c *catalog.Catalog, cluster config.Cluster, names []string) ([]string, error) {
	var missing []string
	var visit func(name string) error
	visit = func(name string) error {
		if slices.Contains(missing, name) {
			return nil
		}
		if settings, listed := cluster.Components[name]; listed {
			if !settings.On() {
				return usageError{fmt.Errorf("%s is listed with 'enabled: false': take that line out", name)}
			}
			return nil
		}
		component, _ := c.Component(name) // the catalogue holds what it depends on
		for _, needed := range component.DependsOn {
			if err := visit(needed); err != nil {
				return err
			}
		}
		missing = append(missing, name)
		return nil
	}
	for _, name := range names {
		if err := visit(name); err != nil {
			return nil, err
		}
	}
	return missing, nil
}

// toRemove returns the names that the cluster lists, unless something that
// stays depends on one.
func toRemove(c *catalog.Catalog, cluster config.Cluster, names []string) ([]string, error) {
	var gone []string
	for _, name := range names {
		if _, listed := cluster.Components[name]; listed {
			gone = append(gone, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(cluster.Components)) {
		component, ok := c.Component(name)
		if !ok || !cluster.Components[name].On() || slices.Contains(gone, name) {
			continue
		}
		for _, needed := range component.DependsOn {
			if slices.Contains(gone, needed) {
				return nil, usageError{fmt.Errorf("%s depends on %s: remove both, or neither", name, needed)}
			}
		}
	}
	return gone, nil
}
