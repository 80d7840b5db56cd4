package terraform_test

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLook: what a folder says of itself, from before its first init to after
// its apply.
func TestLook(t *testing.T) {
	t.Parallel()
	s, dir := open(t, "terraform {\n  backend \"local\" {}\n}\n"+two)
	looks := func(when string, waits bool) {
		t.Helper()
		if !s.Connected() || s.Waits() != waits {
			t.Errorf("%s: connected %t, a plan waits %t", when, s.Connected(), s.Waits())
		}
	}
	looks("before a plan", false)
	plan(t, s, map[string]any{"zones": map[string]string{"a": "1"}}, false)
	looks("after a plan", true)
	if err := s.Apply(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	looks("after an apply", false)
	if err := os.RemoveAll(filepath.Join(dir, ".terraform")); err != nil {
		t.Fatal(err)
	}
	if s.Connected() {
		t.Error("a folder that was never initialised is connected")
	}
}
