package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/scaffold"
)

func newComponentNewCommand(streams Streams) *cobra.Command {
	var (
		dir string
		c   scaffold.Component
	)
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Start a component of your own",
		Long: `new writes components/NAME/, a component that works as it is: plain manifests, or
a Helm chart where one is named. Change it, then list it in platform.yaml.`,
		Example: `  bootstrap component new hello
  bootstrap component new podinfo --chart podinfo --version 6.9.2 --repository oci://ghcr.io/stefanprodan/charts`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			c.Name = args[0]
			return newComponent(streams, dir, c)
		},
	}
	AddDirFlag(cmd, &dir)
	f := cmd.Flags()
	f.StringVar(&c.Chart, "chart", "", "name of a Helm chart; plain manifests by default")
	f.StringVar(&c.Version, "version", "", "the chart's exact version")
	f.StringVar(&c.Repository, "repository", "", "where the chart is: oci://… without its name, or https://…")
	cmd.MarkFlagsRequiredTogether("chart", "version", "repository")
	return cmd
}

func newComponent(streams Streams, dir string, c scaffold.Component) error {
	if err := catalog.CheckName(c.Name); err != nil {
		return usageError{err}
	}
	_, all, err := loadCatalog(dir)
	if err != nil {
		return err
	}
	if taken, ok := all.Component(c.Name); ok {
		return usageError{fmt.Errorf("there is a component %s in %s already: choose another name", c.Name, taken.Origin)}
	}
	files, err := scaffold.Files(c)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the repository's folder: %w", err)
	}
	defer root.Close()
	folder := path.Join(componentsDir, c.Name)
	if _, err := root.Lstat(folder); !errors.Is(err, fs.ErrNotExist) {
		return usageError{fmt.Errorf("%s is there already: choose another name, or remove it", folder)}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := writeNew(root, path.Join(folder, name), files[name]); err != nil {
			return err
		}
	}
	// What a flag said wrong is wrong in the files now: say so, and take them back.
	if _, _, err := loadCatalog(dir); err != nil {
		return errors.Join(err, root.RemoveAll(folder))
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintln(streams.Out, "A "+path.Join(folder, name))
	}
	if c.Chart != "" {
		fmt.Fprintf(streams.Err, "Next: 'bootstrap charts vendor %s', so that a mistyped value is an error.\n", folder)
	}
	fmt.Fprintf(streams.Err, "Next: change %s, then 'bootstrap component add %s'.\n", folder, c.Name)
	return nil
}
