// Package testsupport holds what tests of several packages need.
package testsupport

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"
)

// Reflect returns the JSON schema of a type of the package under test, whose
// path in the module is pkg; comments become descriptions.
func Reflect(t *testing.T, r *jsonschema.Reflector, pkg string, of any) *jsonschema.Schema {
	t.Helper()
	if err := r.AddGoComments("github.com/groundwork-dev/groundwork/"+pkg, "./", jsonschema.WithFullComment()); err != nil {
		t.Fatal(err)
	}
	s := r.Reflect(of)
	oneLine(s)
	for _, d := range s.Definitions {
		oneLine(d)
	}
	return s
}

// oneLine takes the line breaks out of a schema's descriptions.
func oneLine(s *jsonschema.Schema) {
	s.Description = strings.ReplaceAll(s.Description, "\n", " ")
	for p := s.Properties.Oldest(); p != nil; p = p.Next() {
		p.Value.Description = strings.ReplaceAll(p.Value.Description, "\n", " ")
	}
}

// HoldSchema holds a committed file to a schema, or writes it where update says
// so.
func HoldSchema(t *testing.T, update bool, file string, s *jsonschema.Schema) {
	t.Helper()
	want, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if have, err := os.ReadFile(file); err != nil || !bytes.Equal(have, want) {
		t.Errorf("%s differs from the types (%v); run this test with -update", file, err)
	}
}
