package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/compile"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

// componentsDir holds a user's own components.
const componentsDir = "components"

type generateOptions struct {
	dir    string
	check  bool
	dryRun bool
	output string
}

func newGenerateCommand(streams Streams) *cobra.Command {
	var o generateOptions
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Write the GitOps trees that platform.yaml describes",
		Long: `generate compiles platform.yaml and the catalogue into clusters/, infrastructure/
and apps/. It writes only what differs, each file in one step, and removes the
files of its own that are no longer wanted. A file that was edited by hand, or
that is not generate's, is never overwritten: generate names it and stops.`,
		Example: `  bootstrap generate             # write what differs
  bootstrap generate --check     # write nothing, exit 2 when anything differs
  bootstrap generate --dry-run   # show what would be written`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return o.run(streams) },
	}
	addDirFlag(cmd, &o.dir)
	cmd.Flags().BoolVar(&o.check, "check", false, "write nothing; exit 2 when the files differ from what platform.yaml generates")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "write nothing; print what would change")
	cmd.MarkFlagsMutuallyExclusive("check", "dry-run")
	addOutputFlag(cmd, &o.output)
	return cmd
}

func addDirFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVarP(dir, "dir", "C", ".", "folder of the repository, the one with platform.yaml")
	must(cmd.MarkFlagDirname("dir"))
}

func (o generateOptions) run(streams Streams) error {
	want, _, err := compileDir(o.dir)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(o.dir)
	if err != nil {
		return fmt.Errorf("opening the repository's folder: %w", err)
	}
	defer root.Close()
	changes, err := tree.Compare(want, root.FS())
	if err != nil {
		return fmt.Errorf("comparing with the files in %s: %w", o.dir, err)
	}
	if err := o.print(streams, changes); err != nil {
		return err
	}
	switch {
	case o.check && !changes.Empty():
		return driftError{changes.Len()}
	case o.check, o.dryRun, changes.Empty():
		return nil
	}
	if err := tree.Apply(root, want, changes); err != nil {
		return fmt.Errorf("writing the trees: %w", err)
	}
	return nil
}

// print tells what differs: a line a file, git's letters for what would
// happen to it.
func (o generateOptions) print(streams Streams, changes *tree.Changes) error {
	if o.output == outputJSON {
		return printJSON(streams.Out, changes)
	}
	for _, group := range []struct {
		letter string
		paths  []string
	}{{"A", changes.Create}, {"M", changes.Update}, {"D", changes.Delete}} {
		for _, path := range group.paths {
			if _, err := fmt.Fprintf(streams.Out, "%s %s\n", group.letter, path); err != nil {
				return err
			}
		}
	}
	return nil
}

// compileDir compiles the platform.yaml of a folder with the built-in
// catalogue and the folder's own components.
func compileDir(dir string) (*tree.Tree, *platform.Model, error) {
	p, c, err := loadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	return compile.Compile(p, c)
}

func loadDir(dir string) (*config.Platform, *catalog.Catalog, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the repository's folder: %w", err)
	}
	defer root.Close()
	p, err := config.Load(root.FS(), config.FileName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("no %s in %s: run 'bootstrap init' to write one, or name its folder with --dir", config.FileName, absolute(dir))
	}
	if err != nil {
		return nil, nil, err
	}
	layers := []catalog.Layer{{Origin: "built in", FS: catalog.Builtin()}}
	if info, err := root.Stat(componentsDir); err == nil && info.IsDir() {
		own, err := fs.Sub(root.FS(), componentsDir)
		if err != nil {
			return nil, nil, err
		}
		layers = append(layers, catalog.Layer{Origin: componentsDir, FS: own})
	}
	c, err := catalog.Load(layers...)
	if err != nil {
		return nil, nil, err
	}
	return p, c, nil
}

func absolute(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}
