package config

import (
	"flag"
	"strconv"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"

	"github.com/groundwork-dev/groundwork/internal/testsupport"
)

var update = flag.Bool("update", false, "write golden files anew")

// TestSchemaIsMadeFromTheTypes: names of map entries become patternProperties,
// which editors complete and whose violations the validator can place.
func TestSchemaIsMadeFromTheTypes(t *testing.T) {
	t.Parallel()
	s := testsupport.Reflect(t, &jsonschema.Reflector{}, "internal/config", &Platform{})
	s.ID, s.Title = "https://groundwork.dev/schema/platform.v1alpha1.json", "platform.yaml"
	named(s.Definitions["Spec"], "clusters", maxName)
	named(s.Definitions["Spec"], "apps", maxAppName)
	clusters, _ := s.Definitions["Spec"].Properties.Get("clusters")
	clusters.MinProperties = new(uint64(1))
	named(s.Definitions["Cluster"], "components", maxComponentName)
	named(s.Definitions["AWS"], "hardening", maxComponentName)
	named(s.Definitions["Kubernetes"], "workers", maxWorkers)
	named(s.Definitions["Owners"], "clusters", maxName)
	named(s.Definitions["Governance"], "environments", maxEnvironmentName)
	// `name:` without a value installs a component with its defaults.
	component := s.Definitions["Component"]
	component.Type = ""
	component.Extras = map[string]any{"type": []string{"object", "null"}}
	testsupport.HoldSchema(t, *update, "../../docs/schema/platform.v1alpha1.json", s)
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
