package catalog

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"

	"github.com/groundwork-dev/groundwork/docs/schema"
)

var update = flag.Bool("update", false, "write golden files anew")

const schemaFile = "../../docs/schema/component.v1alpha1.json"

func TestSchemaIsMadeFromTheTypes(t *testing.T) {
	want := generateSchema(t)
	if *update {
		if err := os.WriteFile(schemaFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(schema.Component, want) {
		t.Errorf("%s differs from the types; run: go test ./internal/catalog -run TestSchema -update", schemaFile)
	}
}

// generateSchema reflects the types; comments become descriptions.
func generateSchema(t *testing.T) []byte {
	t.Helper()
	r := &jsonschema.Reflector{ExpandedStruct: true, Mapper: enum}
	if err := r.AddGoComments("github.com/groundwork-dev/groundwork/internal/catalog", "./", jsonschema.WithFullComment()); err != nil {
		t.Fatal(err)
	}
	s := r.Reflect(&file{})
	s.ID = "https://groundwork.dev/schema/component.v1alpha1.json"
	s.Title = "component.yaml"
	for _, d := range append([]*jsonschema.Schema{s}, values(s.Definitions)...) {
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

func values(definitions jsonschema.Definitions) []*jsonschema.Schema {
	var list []*jsonschema.Schema
	for _, d := range definitions {
		list = append(list, d)
	}
	return list
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
