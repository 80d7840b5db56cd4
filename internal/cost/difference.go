package cost

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/groundwork-dev/groundwork/internal/stackplan"
)

// Difference is what a plan changes of what its stack costs a month.
type Difference struct {
	// Date is the month of the prices, YYYY-MM.
	Date     string `json:"date"`
	Currency string `json:"currency"`
	// Before, After and Difference are in that currency, for a month.
	Before     float64 `json:"before"`
	After      float64 `json:"after"`
	Difference float64 `json:"difference"`
	// Changes are the lines that differ, the dearest change first.
	Changes []LineChange `json:"changes,omitempty"`
	// ByUse and Unpriced are what neither sum holds of what there would be; of what
	// there is, if nothing remains.
	ByUse    []string `json:"byUse,omitempty"`
	Unpriced []string `json:"unpriced,omitempty"`
}

// LineChange is a line of which there would be more or fewer.
type LineChange struct {
	What  string `json:"what"`
	Price string `json:"price"`
	// Before and After are how many, Difference is what that is a month.
	Before     int     `json:"before"`
	After      int     `json:"after"`
	Difference float64 `json:"difference"`
}

// OfPlan estimates what a plan of one stack in one region changes. The error is
// about a region without prices.
func OfPlan(p *Prices, region string, plan *stackplan.Plan) (Difference, error) {
	before, err := OfResources(p, region, plan.Before)
	if err != nil {
		return Difference{}, err
	}
	after, err := OfResources(p, region, plan.After)
	if err != nil {
		return Difference{}, err
	}
	d := Difference{
		Date: p.Date, Currency: p.Currency, Before: before.Monthly, After: after.Monthly, Difference: after.Monthly - before.Monthly,
		Changes: changes(before.Lines, after.Lines), ByUse: after.ByUse, Unpriced: after.Unpriced,
	}
	if len(plan.After) == 0 {
		d.ByUse, d.Unpriced = before.ByUse, before.Unpriced
	}
	return d, nil
}

// changes pairs lines by what they are of.
func changes(before, after []Line) []LineChange {
	by := map[thing]*LineChange{}
	at := func(l Line) *LineChange {
		of := thing{l.What, l.Price}
		if by[of] == nil {
			by[of] = &LineChange{What: l.What, Price: l.Price}
		}
		return by[of]
	}
	for _, l := range before {
		c := at(l)
		c.Before, c.Difference = l.Count, c.Difference-l.Monthly
	}
	for _, l := range after {
		c := at(l)
		c.After, c.Difference = l.Count, c.Difference+l.Monthly
	}
	var found []LineChange
	for _, c := range by {
		if c.Before != c.After {
			found = append(found, *c)
		}
	}
	slices.SortFunc(found, func(a, b LineChange) int {
		return cmp.Or(cmp.Compare(max(b.Difference, -b.Difference), max(a.Difference, -a.Difference)), strings.Compare(a.What, b.What))
	})
	return found
}

// Text writes the sum, the lines that change, and what is left out.
func (d Difference) Text(out io.Writer) error {
	if _, err := fmt.Fprintf(out, "cost: %s %s a month (%.2f → %.2f), list prices of %s; left out: %s\n",
		signed(d.Difference), d.Currency, d.Before, d.After, d.Date, d.leftOut()); err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, c := range d.Changes {
		fmt.Fprintf(w, "%s\t%+d\t  %s\n", signed(c.Difference), c.After-c.Before, c.What)
	}
	return w.Flush()
}

// leftOut names in one line what the sums do not hold.
func (d Difference) leftOut() string {
	parts := []string{strings.Join(append([]string{"traffic"}, d.ByUse...), ", ")}
	if len(d.Unpriced) > 0 {
		parts = append(parts, "without a price here: "+strings.Join(d.Unpriced, ", "))
	}
	return strings.Join(parts, "; ")
}

// signed writes an amount with its sign; what rounds to nothing has none.
func signed(amount float64) string {
	if s := fmt.Sprintf("%+.2f", amount); s != "-0.00" && s != "+0.00" {
		return s
	}
	return "0.00"
}
