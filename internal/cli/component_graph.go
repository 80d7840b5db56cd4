package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/componentdoc"
)

func newComponentGraphCommand(streams Streams) *cobra.Command {
	var dir, cluster, format string
	cmd := &cobra.Command{
		Use:   "graph",
		Short: "Draw what depends on what",
		Long: `graph draws the components, those that others depend on first: as Mermaid, which
forges render in Markdown, as an SVG picture, or as JSON.`,
		Example: `  bootstrap component graph --cluster prod
  bootstrap component graph --output svg > platform.svg`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			all, err := componentFacts(dir)
			if err != nil {
				return err
			}
			g := componentdoc.Graph(all, cluster)
			if len(g) == 0 {
				return usageError{fmt.Errorf("platform.yaml has no cluster %q with components", cluster)}
			}
			switch format {
			case outputJSON:
				return PrintJSON(streams.Out, g)
			case "svg":
				svg, err := g.SVG()
				if err != nil {
					return err
				}
				_, err = streams.Out.Write(svg)
				return err
			default:
				_, err = fmt.Fprint(streams.Out, g.Mermaid())
				return err
			}
		},
	}
	AddDirFlag(cmd, &dir)
	cmd.Flags().StringVar(&cluster, "cluster", "", "a cluster of platform.yaml; the whole catalogue by default")
	AddChoiceFlag(cmd, &format, "output", "o", "how to draw it", "mermaid", "svg", outputJSON)
	return cmd
}
