package apischema

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apihelpers"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apiextensions-apiserver/pkg/controller/openapi/builder"
	"k8s.io/apiextensions-apiserver/pkg/crdserverscheme"
	"k8s.io/apiextensions-apiserver/pkg/registry/customresource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apiserver/pkg/registry/rest"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// define adds the kinds of definitions.
func (k kinds) define(definitions []*unstructured.Unstructured) error {
	for _, d := range definitions {
		if err := k.add(d); err != nil {
			return fmt.Errorf("reading definition %s: %w", d.GetName(), err)
		}
	}
	return nil
}

// add adds each version that a definition serves.
func (k kinds) add(o *unstructured.Unstructured) error {
	group, _, _ := unstructured.NestedString(o.Object, "spec", "group")
	kind, _, _ := unstructured.NestedString(o.Object, "spec", "names", "kind")
	scope, _, _ := unstructured.NestedString(o.Object, "spec", "scope")
	list, _, _ := unstructured.NestedFieldNoCopy(o.Object, "spec", "versions")
	versions, _ := list.([]any)
	if group == "" || kind == "" || len(versions) == 0 {
		return errors.New("it needs spec.group, spec.names.kind and spec.versions")
	}
	read := sync.OnceValues(func() (*apiextensionsv1.CustomResourceDefinition, error) { return readDefinition(o) })
	for _, v := range versions {
		version, _ := v.(map[string]any)
		name, _, _ := unstructured.NestedString(version, "name")
		if isServed, _, _ := unstructured.NestedBool(version, "served"); name == "" || !isServed {
			continue
		}
		k[schema.GroupVersionKind{Group: group, Version: name, Kind: kind}] = served{
			namespaced: scope == string(apiextensionsv1.NamespaceScoped),
			open: sync.OnceValues(func() (*resource, error) {
				crd, err := read()
				if err != nil {
					return nil, err
				}
				return custom{crd, schema.GroupVersionKind{Group: group, Version: name, Kind: kind}}.open()
			}),
		}
	}
	return nil
}

// readDefinition returns the definition with its defaults.
func readDefinition(o *unstructured.Unstructured) (*apiextensionsv1.CustomResourceDefinition, error) {
	var crd apiextensionsv1.CustomResourceDefinition
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &crd); err != nil {
		return nil, fmt.Errorf("reading definition %s: %w", o.GetName(), err)
	}
	definitionScheme().Default(&crd)
	return &crd, nil
}

// custom is one version of a definition.
type custom struct {
	crd  *apiextensionsv1.CustomResourceDefinition
	kind schema.GroupVersionKind
}

// open makes the version's machinery, as the server does when it begins to serve
// a definition.
func (c custom) open() (*resource, error) {
	props, err := c.schema()
	if err != nil {
		return nil, err
	}
	shape, err := structural.NewStructural(props)
	if err != nil {
		return nil, fmt.Errorf("reading the structural schema: %w", err)
	}
	shape = shape.DeepCopy() // it shares its defaults with the definition
	if err := defaulting.PruneDefaults(shape); err != nil {
		return nil, fmt.Errorf("pruning defaults: %w", err)
	}
	strategy, err := c.strategy(props, shape)
	if err != nil {
		return nil, err
	}
	types, err := c.types()
	if err != nil {
		return nil, err
	}
	blank := func() (runtime.Object, error) {
		o := &unstructured.Unstructured{}
		o.SetGroupVersionKind(c.kind)
		return o, nil
	}
	var reset map[fieldpath.APIVersion]fieldpath.Filter
	if r, ok := strategy.(rest.ResetFieldsStrategy); ok {
		reset = fieldpath.NewExcludeFilterSetMap(r.GetResetFields())
	}
	machinery := oneVersion{shape, blank}
	fields, err := managedfields.NewDefaultCRDFieldManager(types, machinery, machinery, machinery, c.kind, c.kind.GroupVersion(), "", reset)
	if err != nil {
		return nil, fmt.Errorf("making the field manager: %w", err)
	}
	rules := map[string]bool{}
	ruleMessages(shape, rules)
	return &resource{
		kind: c.kind, plural: c.crd.Spec.Names.Plural, strategy: strategy, types: types, fields: fields, blank: blank, rules: rules,
		strict: func(o map[string]any) ([]Fault, runtime.Object) { return strictCustom(o, shape) },
		known:  func(path []string) []string { return declaredIn(shape, path) },
	}, nil
}

// schema is the version's schema as validation knows it.
func (c custom) schema() (*apiextensions.JSONSchemaProps, error) {
	v1, err := apihelpers.GetSchemaForVersion(c.crd, c.kind.Version)
	if err != nil {
		return nil, err
	}
	if v1 == nil || v1.OpenAPIV3Schema == nil {
		return nil, errors.New("the version has no schema")
	}
	var props apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(v1.OpenAPIV3Schema, &props, nil); err != nil {
		return nil, fmt.Errorf("converting the schema: %w", err)
	}
	return &props, nil
}

func (c custom) strategy(props *apiextensions.JSONSchemaProps, shape *structural.Structural) (rest.RESTCreateStrategy, error) {
	validator, _, err := validation.NewSchemaValidator(props)
	if err != nil {
		return nil, fmt.Errorf("compiling the schema: %w", err)
	}
	subresources, err := apihelpers.GetSubresourcesForVersion(c.crd, c.kind.Version)
	if err != nil {
		return nil, err
	}
	var status *apiextensions.CustomResourceSubresourceStatus
	var scale *apiextensions.CustomResourceSubresourceScale
	if subresources != nil && subresources.Status != nil {
		status = &apiextensions.CustomResourceSubresourceStatus{}
	}
	if subresources != nil && subresources.Scale != nil {
		scale = &apiextensions.CustomResourceSubresourceScale{}
		if err := apiextensionsv1.Convert_v1_CustomResourceSubresourceScale_To_apiextensions_CustomResourceSubresourceScale(subresources.Scale, scale, nil); err != nil {
			return nil, fmt.Errorf("converting the scale subresource: %w", err)
		}
	}
	namespaced := c.crd.Spec.Scope == apiextensionsv1.NamespaceScoped
	return customresource.NewStrategy(crdserverscheme.NewUnstructuredObjectTyper(), namespaced, c.kind, validator, nil, shape, status, scale, nil), nil
}

// types is the schema as server-side apply knows it, which the server takes from
// the OpenAPI document that it publishes.
func (c custom) types() (managedfields.TypeConverter, error) {
	document, err := builder.BuildOpenAPIV3(c.crd, c.kind.Version, builder.Options{})
	if err != nil {
		return nil, fmt.Errorf("building the OpenAPI document: %w", err)
	}
	types, err := managedfields.NewTypeConverter(document.Components.Schemas, c.crd.Spec.PreserveUnknownFields)
	if err != nil {
		return nil, fmt.Errorf("reading the OpenAPI document: %w", err)
	}
	return types, nil
}

// strictCustom says what strict reading of a custom resource refuses: metadata
// that cannot be read, there or in embedded objects, and fields that would be
// dropped. Apply keeps a null where a create drops it: what that leaves is
// returned. The object is changed.
func strictCustom(o map[string]any, shape *structural.Structural) ([]Fault, runtime.Object) {
	var dropped []string
	faults := undecodable(map[string]any{"metadata": o["metadata"]}, func(part map[string]any) (err error) {
		_, _, dropped, err = objectmeta.GetObjectMetaWithOptions(part, objectmeta.ObjectMetaOptions{ReturnUnknownFieldPaths: true})
		return err
	})
	if len(faults) > 0 {
		return faults, nil
	}
	before := runtime.DeepCopyJSON(o)
	dropped = append(dropped, pruning.PruneWithOptions(o, shape, true, structural.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})...)
	defaulting.PruneNonNullableNullsWithoutDefaults(o, shape)
	refused, embedded := objectmeta.CoerceWithOptions(nil, o, shape, false, objectmeta.CoerceOptions{ReturnUnknownFieldPaths: true})
	if refused != nil {
		return []Fault{{Path: fieldPath(refused.Field, before), Kind: causeKind(metav1.CauseType(refused.Type)), Message: refused.ErrorBody()}}, nil
	}
	for _, path := range append(dropped, embedded...) {
		f := Fault{Path: fieldPath(path, before), Kind: UnknownField, Message: "unknown field"}
		f.Hint = meant(f.Path, func(path []string) []string { return declaredIn(shape, path) })
		faults = append(faults, f)
	}
	if len(faults) > 0 || reflect.DeepEqual(before, o) {
		return faults, nil
	}
	defaulting.Default(o, shape)
	return nil, &unstructured.Unstructured{Object: o}
}

// oneVersion creates, defaults and converts custom resources of one version:
// there is nothing to convert.
type oneVersion struct {
	shape *structural.Structural
	blank func() (runtime.Object, error)
}

func (v oneVersion) New(schema.GroupVersionKind) (runtime.Object, error) { return v.blank() }

func (v oneVersion) Default(o runtime.Object) {
	if u, ok := o.(*unstructured.Unstructured); ok {
		defaulting.Default(u.Object, v.shape)
	}
}

func (oneVersion) Convert(in, out, _ any) error {
	from, _ := in.(*unstructured.Unstructured)
	to, ok := out.(*unstructured.Unstructured)
	if from == nil || !ok {
		return fmt.Errorf("converting %T to %T is not known here", in, out)
	}
	to.Object = from.Object
	return nil
}

func (oneVersion) ConvertToVersion(in runtime.Object, _ runtime.GroupVersioner) (runtime.Object, error) {
	return in, nil
}

func (oneVersion) ConvertFieldLabel(_ schema.GroupVersionKind, label, value string) (newLabel, newValue string, err error) {
	return label, value, nil
}

// ruleMessages collects what the CEL rules of a schema say when they are broken.
func ruleMessages(s *structural.Structural, into map[string]bool) {
	if s == nil {
		return
	}
	for _, rule := range s.XValidations {
		if message := strings.TrimSpace(rule.Message); message != "" {
			into[message] = true
		} else {
			into["failed rule: "+strings.TrimSpace(rule.Rule)] = true
		}
	}
	ruleMessages(s.Items, into)
	if s.AdditionalProperties != nil {
		ruleMessages(s.AdditionalProperties.Structural, into)
	}
	for _, p := range s.Properties {
		ruleMessages(&p, into)
	}
}

// declaredIn are the names of the properties below a path.
func declaredIn(s *structural.Structural, path []string) []string {
	if len(path) > 0 && path[0] == "metadata" {
		return declared(reflect.TypeFor[metav1.ObjectMeta](), path[1:])
	}
	for i := 0; s != nil; i++ {
		if i == len(path) {
			var names []string
			for name := range s.Properties {
				names = append(names, name)
			}
			if i == 0 {
				names = append(names, "apiVersion", "kind", "metadata")
			}
			slices.Sort(names)
			return slices.Compact(names)
		}
		switch p, ok := s.Properties[path[i]]; {
		case ok:
			s = &p
		case s.Items != nil:
			s = s.Items
		case s.AdditionalProperties != nil:
			s = s.AdditionalProperties.Structural
		default:
			s = nil
		}
	}
	return nil
}
