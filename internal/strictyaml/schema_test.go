package strictyaml_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

const testSchema = `{
  "type": "object", "additionalProperties": false, "required": ["name"],
  "properties": {
    "name": {"type": "string", "minLength": 2, "maxLength": 5, "x-want": "2 to 5 letters"},
    "mode": {"enum": ["fast", "slow", "careful"]},
    "count": {"type": "integer", "minimum": 1, "maximum": 9, "multipleOf": 2},
    "ratio": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1.5},
    "on": {"type": "boolean"},
    "list": {"type": "array", "items": {"type": "string"}, "uniqueItems": true, "minItems": 1, "maxItems": 3},
    "map": {"type": "object", "propertyNames": {"pattern": "^[a-z]+$", "x-want": "small letters"}, "additionalProperties": {"$ref": "#/$defs/inner"}},
    "secret": {"type": "string", "maxLength": 3, "writeOnly": true},
    "either": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/inner"}]},
    "one": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
    "never": false,
    "not": {"not": {"const": "x"}, "description": "Anything but x."},
    "const": {"const": "v1"},
    "pattern": {"type": "string", "pattern": "^a"},
    "sized": {"type": "object", "minProperties": 1, "maxProperties": 2}
  },
  "dependentRequired": {"count": ["mode"]},
  "$defs": {"inner": {"type": "object", "additionalProperties": false, "properties": {"size": {"type": "integer"}, "a.b": {"type": "integer"}}}}
}`

func TestValidateExplains(t *testing.T) {
	t.Parallel()
	schema, err := strictyaml.CompileSchema("test", []byte(testSchema))
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"name: abc":                      "",
		"mode: fast":                     "f:1:1: name: is missing (want 2 to 5 letters)",
		"name: 12":                       "f:1:7: name: 12 is a number, want 2 to 5 letters (quote it: \"12\")",
		"name: a":                        `f:1:7: name: is "a", want at least 2 characters (want 2 to 5 letters)`,
		"name: abcdef":                   `want at most 5`,
		"name:":                          "f:1:1: name: is empty, want 2 to 5 letters",
		"name: {}":                       "name: is a mapping, want 2 to 5 letters",
		"nmae: abc\nname: abc":           `f:1:1: nmae: unknown key (did you mean "name"?)`,
		"name: abc\nmode: fats":          `f:2:7: mode: is "fats", want one of fast, slow, careful (did you mean "fast"?)`,
		"name: abc\ncount: 2":            "f:1:1: mode: is missing (want fast or slow or careful)",
		"name: abc\ncount: 10":           "f:2:8: count: is 10, want at most 9",
		"name: abc\ncount: 0":            "want at least 1",
		"name: abc\ncount: 3":            "want a multiple of 2",
		"name: abc\ncount: \"4\"":        `count: "4" is text, want a whole number (remove the quotes)`,
		"name: abc\ncount: 1.5":          "count: 1.5 is a number, want a whole number",
		"name: abc\nratio: 0":            "is 0, want more than 0",
		"name: abc\nratio: 1.5":          "is 1.5, want less than 1.5",
		"name: abc\non: \"yes\"":         `on: "yes" is text, want true or false (write true, without quotes)`,
		"name: abc\nlist: [a, b, a]":     `f:2:14: list[2]: "a" is there twice (the first one is number 1 of the list)`,
		"name: abc\nlist: []":            "has 0 items, want at least 1",
		"name: abc\nlist: [a,b,c,d]":     "has 4 items, want at most 3",
		"name: abc\nlist: [a, 0x1f]":     "f:2:11: list[1]: 0x1f is a number",
		"name: abc\nmap: {a: {}, B: {}}": `f:2:14: map.B: "B" is not a valid name (want small letters)`,
		"name: abc\nmap: {a: {sise: 1}}": `map.a.sise: unknown key (did you mean "size"?)`,
		"name: abc\nmap: {a: {a.b: x}}":  `map.a["a.b"]: "x" is text, want a whole number`,
		"name: abc\nsecret: hunter2":     "secret: has 7 characters, want at most 3",
		"name: abc\neither: {sise: 1}":   `either.sise: unknown key (did you mean "size"?)`,
		"name: abc\none: []":             "f:2:6: one: is a list, which is not allowed here",
		"name: abc\nnever: 1":            "never: is 1, which is not allowed here",
		"name: abc\nnot: x":              "not: is \"x\", which is not allowed here (Anything but x.)",
		"name: abc\nconst: v2":           "const: is \"v2\", want v1",
		"name: abc\npattern: b":          "pattern: is \"b\", want text that matches ^a",
		"name: abc\nsized: {}":           "has 0 entries, want at least 1",
	} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			doc, err := strictyaml.Parse("f", []byte(in+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			got := doc.Validate(schema).Error()
			if want == "" && got != "" || !strings.Contains(got, want) {
				t.Errorf("problems are\n%s\nwant them to hold\n%s", got, want)
			}
			if strings.Contains(got, "hunter2") {
				t.Error("a secret is in the message")
			}
		})
	}
}

func TestValidateOfAPart(t *testing.T) {
	t.Parallel()
	schema, err := strictyaml.CompileSchema("test", []byte(testSchema))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := strictyaml.Parse("f", []byte("x:\n  y:\n    name: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := schema.Validate(map[string]any{"name": 1}, doc, "x", "y").Error()
	if want := "f:3:11: x.y.name: 1 is a number"; !strings.HasPrefix(got, want) {
		t.Errorf("problems are %s, want %s", got, want)
	}
}

// The library reuses the memory of the path of a refused property name; the
// message must still name the right mapping.
func TestPropertyNamesOfSiblings(t *testing.T) {
	t.Parallel()
	schema, err := strictyaml.CompileSchema("test", []byte(`{"additionalProperties": {"additionalProperties": {"propertyNames": {"maxLength": 2}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := strictyaml.Parse("f", []byte("a: {b: {c: 1}}\nd: {e: {long: 1}}\nf: {g: {h: 1}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if got := doc.Validate(schema).Error(); !strings.HasPrefix(got, `f:2:9: d.e.long: "long" is not a valid name`) {
			t.Fatalf("problems are %s", got)
		}
	}
}

func TestManyProblemsAreCut(t *testing.T) {
	t.Parallel()
	schema, err := strictyaml.CompileSchema("test", []byte(testSchema))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, "k%d: 1\n", i)
	}
	doc, err := strictyaml.Parse("f", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	first := doc.Validate(schema)
	if len(first) != strictyaml.MaxProblems+1 || !strings.Contains(first[strictyaml.MaxProblems].Message, "19901 more") {
		t.Errorf("%d problems, the last is %s", len(first), first[len(first)-1])
	}
	if again := doc.Validate(schema); first.Error() != again.Error() {
		t.Error("a second pass tells other problems")
	}
}

func TestCompileSchemaRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{`{`, `{"type": "strin"}`, `{"$ref": "file:///etc/passwd"}`, `{"$ref": "https://example.com/x.json"}`} {
		if _, err := strictyaml.CompileSchema("test", []byte(s)); err == nil {
			t.Errorf("schema %s passed", s)
		}
	}
}
