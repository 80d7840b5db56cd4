package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/config"
)

// completeClusters completes the names of the clusters of the platform.yaml in a
// folder, which the command's flags say when it is asked.
func completeClusters(dir *string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		p, _, err := LoadDir(*dir)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return clustersOf(p), cobra.ShellCompDirectiveNoFileComp
	}
}

// clustersOf returns the names of a platform's clusters, sorted.
func clustersOf(p *config.Platform) []string { return slices.Sorted(maps.Keys(p.Spec.Clusters)) }

// checkCluster refuses the name of a cluster that is none of these.
func checkCluster(name string, known []string) error {
	if slices.Contains(known, name) {
		return nil
	}
	return usageError{fmt.Errorf("platform.yaml has no cluster %q; it has %s", name, strings.Join(known, ", "))}
}
