package cli

import "github.com/spf13/cobra"

func newClusterCommand(streams Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cluster",
		Short: "What a cluster is made of in AWS",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newClusterCostCommand(streams))
	return cmd
}
