package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// Schema is a compiled JSON schema. The keyword x-want of a schema says in
// words what a value must be; messages use it.
type Schema struct {
	compiled *jsonschema.Schema
	raw      any
}

// noLoader keeps a schema from pulling in files or pages.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("a schema may not refer to %s", url)
}

// CompileSchema compiles a JSON schema (draft 2020-12 unless it says
// otherwise); name stands in errors about the schema itself.
func CompileSchema(name string, jsonSchema []byte) (*Schema, error) {
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(jsonSchema))
	if err != nil {
		return nil, fmt.Errorf("reading schema %s: %w", name, err)
	}
	const url = "groundwork:///schema.json"
	c := jsonschema.NewCompiler()
	c.UseLoader(noLoader{})
	if err := c.AddResource(url, raw); err != nil {
		return nil, fmt.Errorf("reading schema %s: %w", name, err)
	}
	compiled, err := c.Compile(url)
	if err != nil {
		return nil, fmt.Errorf("compiling schema %s: %w", name, err)
	}
	return &Schema{compiled: compiled, raw: raw}, nil
}

// Validate returns what the schema refuses in value, which stands at path of
// the document that at knows. Use it to check a part of a document, such as
// the parameters of a component.
func (s *Schema) Validate(value any, at Locator, path ...string) diag.Problems {
	err := s.compiled.Validate(value)
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return diag.Problems{{Position: at.Position(path...), Path: dotted(path), Message: "cannot be checked: " + err.Error()}}
	}
	e := explainer{schema: s, at: at, prefix: path, root: value}
	e.collect(invalid)
	return e.problems()
}

// finding is one thing that the schema refuses.
type finding struct {
	path   []string       // from the root of the checked value
	url    string         // of the schema that refuses
	schema map[string]any // what is at url; only when it is explained
	kind   jsonschema.ErrorKind
	key    string // the key that is unknown or missing, if that is it
}

type explainer struct {
	schema   *Schema
	at       Locator
	prefix   []string
	root     any
	findings []finding
}

// collect flattens the tree of errors into findings.
func (e *explainer) collect(v *jsonschema.ValidationError) {
	f := finding{path: v.InstanceLocation, url: v.SchemaURL, kind: v.ErrorKind}
	switch k := v.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		e.addKeys(f, k.Properties)
	case *kind.Required:
		e.addKeys(f, k.Missing)
	case *kind.DependentRequired:
		e.addKeys(f, k.Missing)
	case *kind.Dependency:
		e.addKeys(f, k.Missing)
	case *kind.PropertyNames:
		f.path = e.owner(f.path, k.Property)
		e.addKeys(f, []string{k.Property})
	case *kind.AnyOf, *kind.OneOf:
		if branch := likelyBranch(v); branch != nil {
			e.collect(branch)
			return
		}
		e.findings = append(e.findings, f)
	case *kind.Not, *kind.Contains, *kind.MinContains, *kind.MaxContains:
		e.findings = append(e.findings, f)
	default:
		if len(v.Causes) == 0 {
			e.findings = append(e.findings, f)
		}
		for _, c := range v.Causes {
			e.collect(c)
		}
	}
}

func (e *explainer) addKeys(f finding, keys []string) {
	for _, k := range keys {
		f.key = k
		e.findings = append(e.findings, f)
	}
}

// owner returns the path of the mapping that holds key. The library reports
// the path of a refused property name in memory that it uses again, so path
// may name a sibling.
func (e *explainer) owner(path []string, key string) []string {
	if m, ok := lookup(e.root, path).(map[string]any); ok {
		if _, ok := m[key]; ok {
			return slices.Clone(path)
		}
	}
	if found := search(e.root, nil, len(path), key); found != nil {
		return found
	}
	return slices.Clone(path)
}

func search(v any, path []string, depth int, key string) []string {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v[key]; ok && len(path) == depth {
			return slices.Clone(path)
		}
		if len(path) < depth {
			for _, k := range sortedKeys(v) {
				if found := search(v[k], append(path, k), depth, key); found != nil {
					return found
				}
			}
		}
	case []any:
		for i := 0; i < len(v) && len(path) < depth; i++ {
			if found := search(v[i], append(path, strconv.Itoa(i)), depth, key); found != nil {
				return found
			}
		}
	}
	return nil
}

// likelyBranch is the one alternative that the writer must have meant: the
// only one whose type fits.
func likelyBranch(v *jsonschema.ValidationError) *jsonschema.ValidationError {
	var fit []*jsonschema.ValidationError
	for _, c := range v.Causes {
		if !wrongType(c, len(v.InstanceLocation)) {
			fit = append(fit, c)
		}
	}
	if len(fit) == 1 {
		return fit[0]
	}
	return nil
}

func wrongType(v *jsonschema.ValidationError, depth int) bool {
	if _, ok := v.ErrorKind.(*kind.Type); ok {
		return len(v.InstanceLocation) == depth
	}
	return slices.ContainsFunc(v.Causes, func(c *jsonschema.ValidationError) bool { return wrongType(c, depth) })
}

// schemaAt returns the object of the schema that a location names.
func (e *explainer) schemaAt(url string) map[string]any {
	_, pointer, _ := strings.Cut(url, "#")
	var path []string
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for p := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if p != "" {
			path = append(path, unescape.Replace(unescapeURL(p)))
		}
	}
	m, _ := lookup(e.schema.raw, path).(map[string]any)
	return e.deref(m)
}

// deref follows references within the schema.
func (e *explainer) deref(m map[string]any) map[string]any {
	for range 8 {
		ref, ok := m["$ref"].(string)
		if !ok || !strings.HasPrefix(ref, "#/") {
			return m
		}
		next, _ := lookup(e.schema.raw, strings.Split(ref[2:], "/")).(map[string]any)
		if next == nil {
			return m
		}
		m = next
	}
	return m
}

func lookup(v any, path []string) any {
	for _, p := range path {
		switch t := v.(type) {
		case map[string]any:
			v = t[p]
		case []any:
			i, err := strconv.Atoi(p)
			if err != nil || i < 0 || i >= len(t) {
				return nil
			}
			v = t[i]
		default:
			return nil
		}
	}
	return v
}
