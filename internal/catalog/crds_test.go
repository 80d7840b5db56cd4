package catalog_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCRDs holds the definitions that a component brings against what
// component.yaml says that it provides.
func TestCRDs(t *testing.T) {
	t.Parallel()
	c := loadBuiltin(t)
	for _, name := range c.Names() {
		component, _ := c.Component(name)
		definitions, err := component.CRDs()
		if err != nil {
			t.Error(err)
			continue
		}
		want := slices.Sorted(slices.Values(component.Provides.CRDs))
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(definitions))); diff != "" {
			t.Errorf("%s: CRDs (-component.yaml +what it brings):\n%s", name, diff)
		}
	}
}
