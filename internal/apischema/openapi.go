package apischema

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apiserver/pkg/endpoints/openapi"
	"k8s.io/kube-openapi/pkg/builder3"
	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/util"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// published is the schema of one type as server-side apply knows it, which an API
// server takes from the OpenAPI document that it publishes.
func published(scheme *runtime.Scheme, all common.GetOpenAPIDefinitions, o runtime.Object) (managedfields.TypeConverter, error) {
	config := &common.OpenAPIV3Config{
		Info:              &spec.Info{},
		GetDefinitionName: openapi.NewDefinitionNamer(scheme).GetDefinitionName,
		GetDefinitions:    all,
	}
	config.Definitions = all(func(name string) spec.Ref {
		short, _ := config.GetDefinitionName(name)
		return spec.MustCreateRef("#/components/schemas/" + common.EscapeJsonPointer(short))
	})
	document, err := builder3.BuildOpenAPIDefinitionsForResources(config, util.GetCanonicalTypeName(o))
	if err != nil {
		return nil, fmt.Errorf("building the OpenAPI document: %w", err)
	}
	types, err := managedfields.NewTypeConverter(document, false)
	if err != nil {
		return nil, fmt.Errorf("reading the OpenAPI document: %w", err)
	}
	return types, nil
}
