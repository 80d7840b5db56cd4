package cost

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Text writes estimates for people: a table each, the sum, and what none of
// them holds.
func (p *Prices) Text(out io.Writer, estimates ...Estimate) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	total := 0.0
	for _, e := range estimates {
		fmt.Fprintf(w, "%s\tCOUNT\tEACH\tA MONTH\n", e.Of)
		for _, l := range e.Lines {
			fmt.Fprintf(w, "  %s\t%d\t%.2f\t%.2f\n", l.What, l.Count, l.Each, l.Monthly)
		}
		fmt.Fprintf(w, "  together\t\t\t%.2f\n", e.Monthly)
		total += e.Monthly
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "\n%.2f %s a month, by the %s.\nIt leaves out:\n", total, p.Currency, p.Source); err != nil {
		return err
	}
	for _, s := range p.LeavesOut {
		if _, err := fmt.Fprintln(out, "  - "+s); err != nil {
			return err
		}
	}
	return nil
}
