package apischema_test

import (
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/apischema"
)

func TestSameDefinition(t *testing.T) {
	t.Parallel()
	const definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.example.com}\n" +
		"spec: {versions: [{name: v1, schema: {openAPIV3Schema: {type: object, description: words, properties: {description: {type: string}}}}}]}\n"
	for name, test := range map[string]struct {
		old, new string
		same     bool
	}{
		"itself":                  {"", "", true},
		"other words":             {"description: words", "description: others", true},
		"no words":                {"description: words, ", "", true},
		"status":                  {"spec:", "status: {storedVersions: [v1]}\nspec:", true},
		"another type":            {"type: object", "type: array", false},
		"a property described":    {"{type: string}", "{type: string, description: words}", true},
		"property of this name":   {"description: {type: string}", "other: {type: string}", false},
		"one property more":       {"description: {type: string}", "description: {type: string}, other: {type: string}", false},
		"one property less":       {"description: {type: string}", "", false},
		"another label":           {"metadata: {", "metadata: {labels: {a: b}, ", false},
		"another version":         {"name: v1", "name: v2", false},
		"one version more":        {"[{name: v1", "[{name: v0}, {name: v1", false},
		"a description, no words": {"description: words", "description: {}", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := object(t, definition), object(t, strings.Replace(definition, test.old, test.new, 1))
			if apischema.SameDefinition(a, b) != test.same || apischema.SameDefinition(b, a) != test.same {
				t.Errorf("is it the same: want %v", test.same)
			}
		})
	}
}
