package apischema

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	apiextensionsinstall "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensionsopenapi "k8s.io/apiextensions-apiserver/pkg/generated/openapi"
	"k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/client-go/applyconfigurations"
	apiregistrationinstall "k8s.io/kube-aggregator/pkg/apis/apiregistration/install"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	apiregistrationopenapi "k8s.io/kube-aggregator/pkg/generated/openapi"
	"k8s.io/kube-aggregator/pkg/registry/apiservice"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// builtin is a kind of Kubernetes' own. One API server is three, each with a
// scheme of its own: Kubernetes', that of definitions and that of aggregation.
type builtin struct {
	kind     schema.GroupVersionKind
	resource string
	strategy rest.RESTCreateStrategy
	scheme   *runtime.Scheme
	types    func() (managedfields.TypeConverter, error)
	written  func(path []string) []string
}

// builtins are all kinds that Kubernetes serves and lets a client apply.
func builtins() []builtin {
	kubernetes := func() (managedfields.TypeConverter, error) {
		return applyconfigurations.NewTypeConverter(legacyscheme.Scheme), nil
	}
	var all []builtin
	for _, r := range rows() {
		all = append(all, builtin{r.version.WithKind(r.kind), r.resource, r.strategy, legacyscheme.Scheme, kubernetes, nil})
	}
	definitions, aggregation := definitionScheme(), runtime.NewScheme()
	apiregistrationinstall.Install(aggregation)
	return append(all,
		builtin{
			apiextensionsv1.SchemeGroupVersion.WithKind("CustomResourceDefinition"), "customresourcedefinitions",
			customresourcedefinition.NewStrategy(definitions), definitions,
			func() (managedfields.TypeConverter, error) {
				return published(definitions, apiextensionsopenapi.GetOpenAPIDefinitions, &apiextensionsv1.CustomResourceDefinition{})
			},
			ofVersion,
		},
		builtin{
			apiregistrationv1.SchemeGroupVersion.WithKind("APIService"), "apiservices",
			apiservice.NewStrategy(aggregation), aggregation,
			func() (managedfields.TypeConverter, error) {
				return published(aggregation, apiregistrationopenapi.GetOpenAPIDefinitions, &apiregistrationv1.APIService{})
			},
			nil,
		})
}

// definitionScheme knows custom resource definitions.
var definitionScheme = sync.OnceValue(func() *runtime.Scheme {
	scheme := runtime.NewScheme()
	apiextensionsinstall.Install(scheme)
	return scheme
})

// ofVersion is where a definition with one version says what validation looks
// for outside of versions.
func ofVersion(path []string) []string {
	if len(path) < 2 || path[0] != "spec" {
		return path
	}
	place := map[string][]string{
		"validation": {"spec", "versions", "0", "schema"}, "subresources": {"spec", "versions", "0", "subresources"},
		"additionalPrinterColumns": {"spec", "versions", "0", "additionalPrinterColumns"}, "selectableFields": {"spec", "versions", "0", "selectableFields"},
	}
	if in, ok := place[path[1]]; ok {
		return append(in, path[2:]...)
	}
	return path
}

// open makes the kind's machinery.
func (b builtin) open() (*resource, error) {
	hub := schema.GroupVersion{Group: b.kind.Group, Version: runtime.APIVersionInternal}
	var reset map[fieldpath.APIVersion]fieldpath.Filter
	if r, ok := b.strategy.(rest.ResetFieldsStrategy); ok {
		reset = fieldpath.NewExcludeFilterSetMap(r.GetResetFields())
	}
	types, err := b.types()
	if err != nil {
		return nil, err
	}
	convertor := runtime.UnsafeObjectConvertor(b.scheme)
	fields, err := managedfields.NewDefaultFieldManager(types, convertor, b.scheme, b.scheme, b.kind, hub, "", reset)
	if err != nil {
		return nil, fmt.Errorf("making the field manager: %w", err)
	}
	blank := func() (runtime.Object, error) { return b.scheme.New(b.kind) }
	return &resource{
		kind: b.kind, plural: b.resource, strategy: b.strategy, types: types, fields: fields, blank: blank, written: b.written,
		strict: func(o map[string]any) ([]Fault, runtime.Object) {
			return undecodable(o, func(part map[string]any) error { return decodeStrict(part, blank) }), nil
		},
		known: func(path []string) []string {
			o, err := blank()
			if err != nil {
				return nil
			}
			return declared(reflect.TypeOf(o), path)
		},
	}, nil
}

// decodeStrict reads an object, or a part of one, into the version's type.
func decodeStrict(o map[string]any, blank func() (runtime.Object, error)) error {
	into, err := blank()
	if err != nil {
		return err
	}
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	strict, err := kjson.UnmarshalStrict(text, into)
	return errors.Join(append(strict, err)...)
}

// declared are the JSON names of the fields that a type has below a path.
func declared(t reflect.Type, path []string) []string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Kind() == reflect.Struct:
		fields := map[string]reflect.Type{}
		jsonFields(t, fields)
		if len(path) == 0 {
			return slices.Collect(maps.Keys(fields))
		}
		if next := fields[path[0]]; next != nil {
			return declared(next, path[1:])
		}
	case len(path) > 0 && (t.Kind() == reflect.Slice || t.Kind() == reflect.Map):
		return declared(t.Elem(), path[1:])
	}
	return nil
}

// jsonFields collects the fields of a struct, with those of the structs that are
// inlined.
func jsonFields(t reflect.Type, into map[string]reflect.Type) {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case name != "":
			into[name] = f.Type
		case strings.Contains(options, "inline") && f.Type.Kind() == reflect.Struct:
			jsonFields(f.Type, into)
		}
	}
}
