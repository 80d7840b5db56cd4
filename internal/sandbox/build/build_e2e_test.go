//go:build e2e

package build

import (
	"strings"
	"testing"
)

// TestEnsure builds everything into the cache of this machine; a second time it
// must only look.
func TestEnsure(t *testing.T) {
	dir, err := CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	targets, err := Targets()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		programs, err := Ensure(t.Context(), "../../..", dir, targets, func(e Event) { t.Logf("%+v", e) })
		if err != nil {
			t.Fatal(err)
		}
		for name, path := range programs {
			if !strings.HasSuffix(path, "/"+name) {
				t.Errorf("%s is at %s", name, path)
			}
		}
	}
}
