package catalog

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/catalog/chartkeys"
	"github.com/groundwork-dev/groundwork/internal/catalog/reference"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

var parameterName = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)

// Parameter is one value that platform.yaml may set for a component. It is a
// JSON schema, of which this is the part that is allowed, plus defaults.
type Parameter struct {
	Schema
	// Taken where platform.yaml says nothing. A parameter without a default must be
	// set.
	Default any `json:"default,omitempty"`
	// Taken instead of default where the cluster's size is ha.
	DefaultHA any `json:"defaultHA,omitempty"`
}

// Schema is the part of JSON schema that parameters use.
type Schema struct {
	Type        SchemaType `json:"type"`
	Description string     `json:"description,omitempty"`
	Enum        []any      `json:"enum,omitempty"`
	Pattern     string     `json:"pattern,omitempty"`
	MinLength   *int       `json:"minLength,omitempty"`
	MaxLength   *int       `json:"maxLength,omitempty"`
	Minimum     *float64   `json:"minimum,omitempty"`
	Maximum     *float64   `json:"maximum,omitempty"`
	MinItems    *int       `json:"minItems,omitempty"`
	UniqueItems bool       `json:"uniqueItems,omitempty"`
	// For arrays: what each item is.
	Items *Schema `json:"items,omitempty"`
	// For objects: its keys. Others are refused, unless additionalProperties says what
	// they are.
	Properties map[string]Schema `json:"properties,omitempty"`
	Required   []string          `json:"required,omitempty"`
	// For objects: what the value of any other key is.
	Additional *Schema `json:"additionalProperties,omitempty"`
}

// SchemaType is a JSON type.
type SchemaType string

// The types.
const (
	TypeString  SchemaType = "string"
	TypeInteger SchemaType = "integer"
	TypeNumber  SchemaType = "number"
	TypeBoolean SchemaType = "boolean"
	TypeArray   SchemaType = "array"
	TypeObject  SchemaType = "object"
)

// Scalar says whether values of the type have no parts.
func (t SchemaType) Scalar() bool { return t != TypeArray && t != TypeObject }

// jsonSchema returns the schema as JSON schema; objects refuse the keys that they do
// not name.
func (s Schema) jsonSchema() map[string]any {
	m := map[string]any{"type": s.Type}
	set := func(key string, value any, given bool) {
		if given {
			m[key] = value
		}
	}
	set("description", s.Description, s.Description != "")
	set("enum", s.Enum, s.Enum != nil)
	set("pattern", s.Pattern, s.Pattern != "")
	set("minLength", s.MinLength, s.MinLength != nil)
	set("maxLength", s.MaxLength, s.MaxLength != nil)
	set("minimum", s.Minimum, s.Minimum != nil)
	set("maximum", s.Maximum, s.Maximum != nil)
	set("minItems", s.MinItems, s.MinItems != nil)
	set("uniqueItems", true, s.UniqueItems)
	set("required", s.Required, s.Required != nil)
	if s.Items != nil {
		m["items"] = s.Items.jsonSchema()
	}
	if s.Type == TypeObject {
		m["properties"] = schemas(s.Properties)
		m["additionalProperties"] = false
		if s.Additional != nil {
			m["additionalProperties"] = s.Additional.jsonSchema()
		}
	}
	return m
}

func schemas(properties map[string]Schema) map[string]any {
	m := make(map[string]any, len(properties))
	for name, s := range properties {
		m[name] = s.jsonSchema()
	}
	return m
}

// parameters are a component's parameters, ready to use.
type parameters struct {
	declared map[string]Parameter
	schema   *strictyaml.Schema // nil without parameters
	// small and ha are the defaults by size, without those that must be set.
	small, ha map[string]*yaml.Node
	// keys are what the chart expects in the places that take a parameter as a
	// whole, by name; only where that is known.
	keys map[string][]chartkeys.Keys
}

// loadParameters compiles the parameters and checks their defaults.
func (f *folder) loadParameters(c *Component) bool {
	p := &c.parameters
	p.declared = c.Spec.Parameters
	p.small, p.ha = map[string]*yaml.Node{}, map[string]*yaml.Node{}
	if len(p.declared) == 0 {
		return true
	}
	object := Schema{Type: TypeObject, Properties: map[string]Schema{}}
	for name, param := range p.declared {
		object.Properties[name] = param.Schema
		if !parameterName.MatchString(name) {
			f.problems = append(f.problems, diag.Problem{
				Position: f.document.KeyPosition("spec", "parameters", name), Path: "spec.parameters." + name,
				Message: "is not a name that a parameter can have", Hint: "letters and digits, a lower-case letter first",
			})
		}
	}
	text, err := json.Marshal(object.jsonSchema())
	if err == nil {
		p.schema, err = strictyaml.CompileSchema(f.path(specFile), text)
	}
	if err != nil {
		f.problems = append(f.problems, diag.Problem{
			Position: f.document.KeyPosition("spec", "parameters"), Path: "spec.parameters",
			Message: "is not a schema: " + err.Error(),
		})
		return false
	}
	for name, param := range p.declared {
		if param.Default != nil {
			p.small[name] = f.loadDefault(p.schema, name, "default", param.Default)
			p.ha[name] = p.small[name]
		}
		if param.DefaultHA != nil {
			p.ha[name] = f.loadDefault(p.schema, name, "defaultHA", param.DefaultHA)
		}
	}
	return true
}

func (f *folder) loadDefault(schema *strictyaml.Schema, name, key string, value any) *yaml.Node {
	at := defaultAt{f.document, key}
	for _, problem := range schema.Validate(map[string]any{name: value}, at) {
		problem.Path = strictyaml.Dotted(at.path([]string{name})...) + strings.TrimPrefix(problem.Path, name)
		f.problems = append(f.problems, problem)
	}
	n, err := reference.Node(value)
	if err != nil {
		f.problems = append(f.problems, diag.Problem{Position: at.Position(name), Message: err.Error()})
	}
	return n
}

// defaultAt finds the parts of a parameter's default in component.yaml.
type defaultAt struct {
	doc strictyaml.Locator
	key string
}

func (d defaultAt) path(path []string) []string {
	if len(path) == 0 {
		return []string{"spec", "parameters"}
	}
	return append([]string{"spec", "parameters", path[0], d.key}, path[1:]...)
}

// Position implements strictyaml.Locator.
func (d defaultAt) Position(path ...string) diag.Position { return d.doc.Position(d.path(path)...) }

// KeyPosition implements strictyaml.Locator.
func (d defaultAt) KeyPosition(path ...string) diag.Position {
	return d.doc.KeyPosition(d.path(path)...)
}

// ResolveParameters returns the value of every parameter: what platform.yaml
// gives, else the default for the size. The given values stand at path of the
// document that at knows; problems are about them. The result may be shared:
// nobody may change it.
func (c *Component) ResolveParameters(given map[string]any, ha bool, at strictyaml.Locator, path ...string) (map[string]*yaml.Node, diag.Problems) {
	p := &c.parameters
	defaults := p.small
	if ha {
		defaults = p.ha
	}
	var problems diag.Problems
	for _, name := range slices.Sorted(maps.Keys(p.declared)) {
		if _, set := given[name]; !set && defaults[name] == nil {
			problems = append(problems, diag.Problem{
				Position: at.Position(path...), Message: fmt.Sprintf("component %s needs the parameter %s", c.Name, name),
				Hint: p.declared[name].Description,
			})
		}
	}
	switch {
	case len(given) == 0:
		return defaults, problems
	case p.schema == nil:
		return nil, append(problems, diag.Problem{
			Position: at.KeyPosition(path...), Message: fmt.Sprintf("component %s has no parameters", c.Name),
			Hint: "remove this block",
		})
	}
	problems = append(problems, p.schema.Validate(given, at, path...)...)
	if len(problems) > 0 {
		return nil, problems
	}
	values := maps.Clone(defaults)
	for name, value := range given {
		n, err := reference.Node(value)
		if err != nil {
			problems = append(problems, diag.Problem{Position: at.Position(append(slices.Clone(path), name)...), Message: err.Error()})
			continue
		}
		values[name] = n
		problems = append(problems, p.unknownKeys(name, n, at, append(slices.Clone(path), name)...)...)
	}
	return values, problems
}

// The names that a component's files may refer to besides their parameters,
// parameters.<name>.
const (
	RefPlatformName       = "platform.name"
	RefRepositoryURL      = "repository.url"
	RefAWSAccountID       = "aws.accountID"
	RefAWSRegion          = "aws.region"
	RefAWSPartition       = "aws.partition"
	RefClusterName        = "cluster.name"
	RefClusterDomain      = "cluster.domain"
	RefClusterSize        = "cluster.size"
	RefClusterFullName    = "cluster.fullName"
	RefComponentName      = "component.name"
	RefComponentNamespace = "component.namespace"

	// RefParameters is what the names of parameters start with.
	RefParameters = "parameters."
	// RefRoles, RefBuckets and RefKeys are followed by the name of a service
	// account, bucket or key of the component, and are its ARN, its name and its
	// alias in AWS.
	RefRoles   = "roles."
	RefBuckets = "buckets."
	RefKeys    = "keys."
)

// references returns the names that the component's files may refer to.
func (c *Component) references() reference.Names {
	names := reference.Names{}
	for _, name := range []string{
		RefPlatformName, RefRepositoryURL, RefAWSAccountID, RefAWSRegion, RefAWSPartition, RefClusterName, RefClusterDomain,
		RefClusterSize, RefClusterFullName, RefComponentName, RefComponentNamespace,
	} {
		names[name] = true
	}
	for name, param := range c.parameters.declared {
		names[RefParameters+name] = param.Type.Scalar()
	}
	for _, account := range c.ServiceAccounts {
		names[RefRoles+account.Name] = true
	}
	for _, bucket := range c.Buckets {
		names[RefBuckets+bucket.Name] = true
	}
	for _, key := range c.Keys {
		names[RefKeys+key.Name] = true
	}
	return names
}
