package apischema_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/groundwork-dev/groundwork/internal/apischema"
	"github.com/groundwork-dev/groundwork/internal/apischema/apischematest"
)

var update = flag.Bool("update", false, "write proven.txt")

// TestProven checks every definition that the tool brings, and that the list of
// those that need no check is the list of these.
func TestProven(t *testing.T) {
	t.Parallel()
	objects := apischematest.Objects(t, filesys.MakeFsOnDisk(), "../..", "prod")
	definitions := apischematest.Definitions(t, objects)
	for _, o := range objects {
		if o.GetKind() == "CustomResourceDefinition" {
			definitions = append(definitions, o)
		}
	}
	s, err := apischema.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, d := range definitions {
		taken(t, s, d)
		lines = append(lines, fmt.Sprintf("%s %s\n", apischema.Digest(d), d.GetName()))
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[64:]+a, b[64:]+b) })
	want := strings.Join(slices.Compact(lines), "")
	if *update && !t.Failed() {
		if err := os.WriteFile("proven.txt", []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("proven.txt")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("proven.txt is not the list of the definitions that the tool brings: run this test with -update")
	}
	if !*update && !apischema.Proven(definitions[0]) {
		t.Errorf("%s is not known as proven", definitions[0].GetName())
	}
}

func TestDigest(t *testing.T) {
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
			if (apischema.Digest(a) == apischema.Digest(b)) != test.same {
				t.Errorf("is it the same: want %v", test.same)
			}
		})
	}
}
