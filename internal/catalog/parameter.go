package catalog

// Parameter is one value that platform.yaml may set for a component. It is a
// JSON schema, of which this is the part that is allowed, plus defaults.
type Parameter struct {
	Schema
	Default   any `json:"default,omitempty" jsonschema_description:"Taken where platform.yaml says nothing. A parameter without a default must be set."`
	DefaultHA any `json:"defaultHA,omitempty" jsonschema_description:"Taken instead of default where the cluster's size is ha."`
}

// Schema is the part of JSON schema that parameters use.
type Schema struct {
	Type        SchemaType        `json:"type"`
	Description string            `json:"description,omitempty"`
	Enum        []any             `json:"enum,omitempty"`
	Pattern     string            `json:"pattern,omitempty"`
	MinLength   *int              `json:"minLength,omitempty"`
	MaxLength   *int              `json:"maxLength,omitempty"`
	Minimum     *float64          `json:"minimum,omitempty"`
	Maximum     *float64          `json:"maximum,omitempty"`
	MinItems    *int              `json:"minItems,omitempty"`
	UniqueItems bool              `json:"uniqueItems,omitempty"`
	Items       *Schema           `json:"items,omitempty" jsonschema_description:"For arrays: what each item is."`
	Properties  map[string]Schema `json:"properties,omitempty" jsonschema_description:"For objects: its keys. Others are refused, unless additionalProperties says what they are."`
	Required    []string          `json:"required,omitempty"`
	Additional  *Schema           `json:"additionalProperties,omitempty" jsonschema_description:"For objects: what the value of any other key is."`
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
