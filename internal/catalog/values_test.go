package catalog_test

import (
	"testing"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/catalog/chartkeys"
)

// Every value that a built-in component sets is one that its chart reads.
func TestValuesExistInTheChart(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load(catalog.BuiltinLayer())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range c.Names() {
		comp, _ := c.Component(name)
		if comp.Chart == nil || comp.Values(false) == nil {
			continue
		}
		keys, known, err := chartkeys.Of(comp.Chart.Name, comp.Chart.Version)
		if err != nil {
			t.Fatal(err)
		}
		if !known {
			t.Errorf("the values of chart %s %s are not known: run chartkeys/derive on its values.yaml", comp.Chart.Name, comp.Chart.Version)
			continue
		}
		for _, problem := range keys.Check(comp.Origin, comp.Values(true).Root()) {
			t.Error(problem)
		}
	}
}
