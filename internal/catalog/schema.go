package catalog

import (
	"encoding/json"
	"reflect"

	"github.com/invopop/jsonschema"
)

// schemaID is where the schema is published.
const schemaID = "https://groundwork.dev/schema/component.v1alpha1.json"

// JSONSchema returns the JSON schema of component.yaml, made from the types.
func JSONSchema() ([]byte, error) {
	r := jsonschema.Reflector{ExpandedStruct: true, Anonymous: true, Mapper: enum}
	s := r.Reflect(&file{})
	s.ID = schemaID
	s.Title = "Groundwork component"
	s.Description = "What is known about one component of the platform; the folder's name is the component's."
	return json.MarshalIndent(s, "", "  ")
}

// enum gives the string types their values.
func enum(t reflect.Type) *jsonschema.Schema {
	var values []any
	switch t {
	case reflect.TypeFor[CRDs]():
		values = []any{CRDsCreateReplace, CRDsSkip}
	case reflect.TypeFor[PodSecurity]():
		values = []any{Restricted, Baseline, Privileged}
	case reflect.TypeFor[WebhookType]():
		values = []any{Validating, Mutating, Conversion}
	case reflect.TypeFor[FailurePolicy]():
		values = []any{Fail, Ignore}
	case reflect.TypeFor[WorkloadKind]():
		values = []any{Deployment, StatefulSet, DaemonSet}
	case reflect.TypeFor[MadeBy]():
		values = []any{ByChart, ByOperator}
	case reflect.TypeFor[Direction]():
		values = []any{Ingress, Egress}
	case reflect.TypeFor[PeerKind]():
		values = []any{PeerAPIServer, PeerDNS, PeerSelf, PeerNamespace, PeerPods, PeerNodes, PeerInternet, PeerCIDR}
	case reflect.TypeFor[Protocol]():
		values = []any{TCP, UDP}
	case reflect.TypeFor[SchemaType]():
		values = []any{TypeString, TypeInteger, TypeNumber, TypeBoolean, TypeArray, TypeObject}
	default:
		return nil
	}
	return &jsonschema.Schema{Type: "string", Enum: values}
}
