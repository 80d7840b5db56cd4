package cli

import "github.com/spf13/cobra"

func newChartsCommand(Streams) *cobra.Command {
	return &cobra.Command{Use: "charts", Hidden: true}
}
