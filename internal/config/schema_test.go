package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"

	"github.com/groundwork-dev/groundwork/docs/schema"
)

var update = flag.Bool("update", false, "write golden files anew")

const schemaFile = "../../docs/schema/platform.v1alpha1.json"

func TestSchemaIsMadeFromTheTypes(t *testing.T) {
	want := generateSchema(t)
	if *update {
		if err := os.WriteFile(schemaFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(schema.Platform, want) {
		t.Errorf("%s differs from the types; run: go test ./internal/config -run TestSchema -update", schemaFile)
	}
}

// generateSchema reflects the types; comments become descriptions. Names of
// map entries become patternProperties, which editors complete and whose
// violations the validator can place.
func generateSchema(t *testing.T) []byte {
	t.Helper()
	r := &jsonschema.Reflector{}
	const module = "github.com/groundwork-dev/groundwork/internal/config"
	if err := r.AddGoComments(module, "./", jsonschema.WithFullComment()); err != nil {
		t.Fatal(err)
	}
	s := r.Reflect(&Platform{})
	s.ID = "https://groundwork.dev/schema/platform.v1alpha1.json"
	s.Title = "platform.yaml"
	named(s.Definitions["Spec"], "clusters", maxName)
	named(s.Definitions["Spec"], "apps", maxAppName)
	clusters, _ := s.Definitions["Spec"].Properties.Get("clusters")
	clusters.MinProperties = new(uint64(1))
	named(s.Definitions["Cluster"], "components", maxComponentName)
	// `name:` without a value installs a component with its defaults.
	component := s.Definitions["Component"]
	component.Type = ""
	component.Extras = map[string]any{"type": []string{"object", "null"}}
	for _, d := range s.Definitions {
		d.Description = strings.ReplaceAll(d.Description, "\n", " ")
		for p := d.Properties.Oldest(); p != nil; p = p.Next() {
			p.Value.Description = strings.ReplaceAll(p.Value.Description, "\n", " ")
		}
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(data, '\n')
}

// named lets the entries of a map have only DNS labels as names.
func named(s *jsonschema.Schema, property string, limit int) {
	m, _ := s.Properties.Get(property)
	m.PatternProperties = map[string]*jsonschema.Schema{namePattern(limit): m.AdditionalProperties}
	m.AdditionalProperties = jsonschema.FalseSchema
	m.Extras = map[string]any{"x-want-name": strings.TrimPrefix(nameRule(limit), "want ")}
}

func namePattern(limit int) string {
	return "^[a-z]([-a-z0-9]{0," + strconv.Itoa(limit-2) + "}[a-z0-9])?$"
}
