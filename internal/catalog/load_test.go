package catalog_test

import (
	"testing"

	"github.com/groundwork-dev/groundwork/internal/catalog"
)

func TestBuiltin(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load(catalog.BuiltinLayer())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(c.Names())
}

func BenchmarkLoadBuiltin(b *testing.B) {
	for b.Loop() {
		if _, err := catalog.Load(catalog.BuiltinLayer()); err != nil {
			b.Fatal(err)
		}
	}
}
