package hardening

import (
	"fmt"
	"strings"
)

// Table is the list in Markdown: item, resources, default, and what it costs.
// Costs are by the item's name.
func Table(costs map[string]string) string {
	var b strings.Builder
	b.WriteString("| item | what it does | resources | where | default | cost |\n|---|---|---|---|---|---|\n")
	for _, i := range Items() {
		stacks := make([]string, len(i.Stacks))
		for k, s := range i.Stacks {
			stacks[k] = string(s)
		}
		title := i.Title
		if len(i.Requires) > 0 {
			title += " Needs `" + strings.Join(i.Requires, "`, `") + "`."
		}
		fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s | %s | %s |\n",
			i.Name, title, strings.Join(i.Resources, "`, `"), strings.Join(stacks, ", "), i.Default, costs[i.Name])
	}
	return b.String()
}
