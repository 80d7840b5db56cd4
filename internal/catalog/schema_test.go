package catalog

import (
	"flag"
	"reflect"
	"testing"

	"github.com/invopop/jsonschema"

	"github.com/groundwork-dev/groundwork/internal/testsupport"
)

var update = flag.Bool("update", false, "write golden files anew")

func TestSchemaIsMadeFromTheTypes(t *testing.T) {
	t.Parallel()
	s := testsupport.Reflect(t, &jsonschema.Reflector{ExpandedStruct: true, Mapper: enum}, "internal/catalog", &file{})
	s.ID, s.Title = "https://groundwork.dev/schema/component.v1alpha1.json", "component.yaml"
	testsupport.HoldSchema(t, *update, "../../docs/schema/component.v1alpha1.json", s)
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
