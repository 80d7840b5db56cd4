package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/compile"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/diag"
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
		Short: "Write the GitOps trees and Terraform that platform.yaml describes",
		Long: `generate compiles platform.yaml and the catalogue into clusters/, infrastructure/,
apps/, terraform/account/ and terraform/platform/, backend.tf beside what kops
renders, and the CODEOWNERS of the repository's forge. It writes only what differs, each file in one step, and removes the
files of its own that are no longer wanted. A file that was edited by hand, or
that is not generate's, is never overwritten: generate names it and stops.
--check looks at terraform/k8s/ too, which 'bootstrap cluster render' writes.`,
		Example: `  bootstrap generate             # write what differs
  bootstrap generate --check     # write nothing, exit 2 when anything differs
  bootstrap generate --dry-run   # show what would be written`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return o.run(streams) },
	}
	AddDirFlag(cmd, &o.dir)
	cmd.Flags().BoolVar(&o.check, "check", false, "write nothing; exit 2 when the files differ from what platform.yaml generates")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "write nothing; print what would change")
	cmd.MarkFlagsMutuallyExclusive("check", "dry-run")
	addOutputFlag(cmd, &o.output)
	return cmd
}

// AddDirFlag adds the flag that names the repository's folder.
func AddDirFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVarP(dir, "dir", "C", ".", "folder of the repository, the one with platform.yaml")
	Must(cmd.MarkFlagDirname("dir"))
}

// While it lives for a tenth of a second, collecting garbage would be a quarter
// of the work: it may pile up to four times what is in use, as long as that is
// not much.
const (
	garbagePercent = 400
	garbageLimit   = 1 << 30 // bytes
)

func (o generateOptions) run(streams Streams) error {
	defer debug.SetGCPercent(debug.SetGCPercent(garbagePercent))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(garbageLimit))
	p, c, err := LoadDir(o.dir)
	if err != nil {
		return err
	}
	want, _, err := compile.Compile(p, c)
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
	case o.check:
		clusters, drift, err := renderDrift(root.FS(), p, c)
		if err != nil {
			return err
		}
		return driftOf(streams, changes, clusters, drift)
	case o.dryRun, changes.Empty():
		return nil
	}
	if err := tree.Apply(root, want, changes); err != nil {
		return fmt.Errorf("writing the trees: %w", err)
	}
	return nil
}

// driftOf says whether anything is not as it would be made: the trees, and the
// clusters that were rendered.
func driftOf(streams Streams, changes *tree.Changes, clusters, drift []string) error {
	var trees error
	if !changes.Empty() {
		trees = driftError{changes.Len()}
	}
	for _, line := range drift {
		fmt.Fprintln(streams.Err, line)
	}
	if len(clusters) == 0 {
		return trees
	}
	return errors.Join(trees, renderDriftError{clusters})
}

// print tells what differs: a line a file, git's letters for what would
// happen to it.
func (o generateOptions) print(streams Streams, changes *tree.Changes) error {
	if o.output == outputJSON {
		return PrintJSON(streams.Out, changes)
	}
	if err := printPaths(streams.Out, changes.Create, changes.Update, changes.Delete); err != nil || !o.check && !o.dryRun {
		return err // writing, the error names the others
	}
	for _, path := range changes.HandEdited {
		if _, err := fmt.Fprintf(streams.Out, "! %s was changed by hand\n", path); err != nil {
			return err
		}
	}
	for _, path := range changes.Foreign {
		if _, err := fmt.Fprintf(streams.Out, "! %s is in the way\n", path); err != nil {
			return err
		}
	}
	return nil
}

// printPaths writes a line a file, git's letters for what happens to it.
func printPaths(out io.Writer, created, updated, deleted []string) error {
	for _, group := range []struct {
		letter string
		paths  []string
	}{{"A", created}, {"M", updated}, {"D", deleted}} {
		for _, path := range group.paths {
			if _, err := fmt.Fprintf(out, "%s %s\n", group.letter, path); err != nil {
				return err
			}
		}
	}
	return nil
}

// compileDir compiles the platform.yaml of a folder with the built-in
// catalogue and the folder's own components.
func compileDir(dir string) (*tree.Tree, *platform.Model, error) {
	p, c, err := LoadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	return compile.Compile(p, c)
}

// LoadDir loads the platform.yaml of a folder, and the catalogue with the
// folder's own components.
func LoadDir(dir string) (*config.Platform, *catalog.Catalog, error) {
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
	own, err := ownComponents(root)
	if err != nil {
		return nil, nil, err
	}
	c, err := catalog.Load(append([]catalog.Layer{catalog.BuiltinLayer()}, own...)...)
	if err != nil {
		return nil, nil, err
	}
	return p, c, nil
}

// ownComponents returns the layer of a repository's own components, if it has
// any.
func ownComponents(root *os.Root) ([]catalog.Layer, error) {
	info, err := root.Lstat(componentsDir)
	problem := diag.Problem{Position: diag.Position{File: componentsDir}}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading the repository's own components: %w", err)
	case info.Mode()&fs.ModeSymlink != 0:
		problem.Message, problem.Hint = "is a symbolic link", "put the components' folder itself here"
		return nil, diag.Problems{problem}
	case !info.IsDir():
		problem.Message, problem.Hint = "is not a folder", "it is where a repository's own components stand"
		return nil, diag.Problems{problem}
	}
	// Components are read as long as the catalogue lives, longer than root is open;
	// the runtime closes the folder when nothing holds it any more.
	own, err := root.OpenRoot(componentsDir)
	if err != nil {
		return nil, fmt.Errorf("reading the repository's own components: %w", err)
	}
	return []catalog.Layer{{Origin: componentsDir, FS: own.FS()}}, nil
}

func absolute(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}
