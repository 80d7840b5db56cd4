package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/componentdoc"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

func newComponentCommand(streams Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "component",
		Aliases: []string{"components"},
		Short:   "See the catalogue, and choose what runs on which cluster",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newComponentListCommand(streams),
		newComponentShowCommand(streams),
		newComponentGraphCommand(streams),
		newComponentNewCommand(streams),
		newComponentAddCommand(streams),
		newComponentRemoveCommand(streams),
	)
	return cmd
}

func newComponentListCommand(streams Streams) *cobra.Command {
	var dir, output string
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the components, and the clusters that have them",
		Example: "  bootstrap component list\n  bootstrap component list --output json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			all, err := componentFacts(dir)
			if err != nil {
				return err
			}
			if output == outputJSON {
				return PrintJSON(streams.Out, all)
			}
			w := tabwriter.NewWriter(streams.Out, 0, 0, 3, ' ', 0)
			fmt.Fprintln(w, "NAME\tVERSION\tCLUSTERS\tDEPENDS ON\tDESCRIPTION")
			for _, f := range all {
				version := "-"
				if f.Chart != nil {
					version = f.Chart.Version
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", f.Name, version, listed(f.Clusters), listed(f.DependsOn), f.Description)
			}
			return w.Flush()
		},
	}
	AddDirFlag(cmd, &dir)
	addOutputFlag(cmd, &output)
	return cmd
}

func listed(names []string) string {
	if len(names) == 0 {
		return "-"
	}
	return strings.Join(names, ",")
}

func newComponentShowCommand(streams Streams) *cobra.Command {
	var dir, output string
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Show a component: chart, parameters, network, AWS rights and what it runs",
		Example: `  bootstrap component show NAME
  bootstrap component show NAME --output json`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeComponents(&dir),
		RunE: func(_ *cobra.Command, args []string) error {
			all, err := componentFacts(dir)
			if err != nil {
				return err
			}
			for _, f := range all {
				switch {
				case f.Name != args[0]:
				case output == outputJSON:
					return PrintJSON(streams.Out, f)
				default:
					_, err := streams.Out.Write(f.Page())
					return err
				}
			}
			names := make([]string, len(all))
			for i, f := range all {
				names[i] = f.Name
			}
			return unknownComponent(args[0], names)
		},
	}
	AddDirFlag(cmd, &dir)
	addOutputFlag(cmd, &output)
	return cmd
}

func unknownComponent(name string, names []string) error {
	hint := strictyaml.DidYouMean(name, names)
	if hint == "" {
		hint = "see 'bootstrap component list'"
	}
	return usageError{fmt.Errorf("the catalogue has no component %q; %s", name, hint)}
}

// componentFacts tells of the catalogue as the folder sees it: its own
// components too, and its clusters where it has a platform.yaml.
func componentFacts(dir string) ([]componentdoc.Facts, error) {
	p, c, err := loadCatalog(dir)
	if err != nil {
		return nil, err
	}
	clusters := map[string][]string{}
	if p != nil {
		for name, cluster := range p.Spec.Clusters {
			for component, settings := range cluster.Components {
				if settings.On() {
					clusters[name] = append(clusters[name], component)
				}
			}
		}
	}
	return componentdoc.Of(c, clusters), nil
}

// loadCatalog is LoadDir for commands that do without a platform.yaml.
func loadCatalog(dir string) (*config.Platform, *catalog.Catalog, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the repository's folder: %w", err)
	}
	defer root.Close()
	if _, err := root.Lstat(config.FileName); errors.Is(err, os.ErrNotExist) {
		own, err := ownComponents(root)
		if err != nil {
			return nil, nil, err
		}
		c, err := catalog.Load(append([]catalog.Layer{catalog.BuiltinLayer()}, own...)...)
		return nil, c, err
	}
	return LoadDir(dir)
}

// completeComponents completes the names of components that args does not hold
// yet.
func completeComponents(dir *string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		all, err := componentFacts(*dir)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		var names []cobra.Completion
		for _, f := range all {
			if !strings.Contains(" "+strings.Join(args, " ")+" ", " "+f.Name+" ") {
				names = append(names, cobra.CompletionWithDesc(f.Name, f.Description))
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
