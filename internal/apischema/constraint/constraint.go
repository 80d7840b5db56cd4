// Package constraint makes the definitions that a policy engine makes at run
// time: of each constraint template, one for the kind of constraint that the
// template describes. It links the engine's own code and is apart from apischema
// because of that.
package constraint

import (
	"fmt"

	templatesv1 "github.com/open-policy-agent/frameworks/constraint/pkg/apis/templates/v1"
	templatesv1beta1 "github.com/open-policy-agent/frameworks/constraint/pkg/apis/templates/v1beta1"
	"github.com/open-policy-agent/frameworks/constraint/pkg/client/crds"
	"github.com/open-policy-agent/frameworks/constraint/pkg/core/templates"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/target"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// IsTemplate says whether objects of the kind are constraint templates that
// Definition reads.
func IsTemplate(kind schema.GroupVersionKind) bool {
	return kind.GroupKind() == schema.GroupKind{Group: templatesv1.SchemeGroupVersion.Group, Kind: "ConstraintTemplate"} &&
		(kind.Version == templatesv1.SchemeGroupVersion.Version || kind.Version == templatesv1beta1.SchemeGroupVersion.Version)
}

// Definition returns the CustomResourceDefinition of the constraints that the
// template describes, as apischema.New takes it. An error is about the template:
// it is of another kind, or its schema cannot be read.
func Definition(template *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	read, err := versionless(template)
	if err != nil {
		return nil, fmt.Errorf("reading template %s: %w", template.GetName(), err)
	}
	internal, err := crds.CreateCRD(read, crds.CreateSchema(read, &target.K8sValidationTarget{}))
	if err != nil {
		return nil, fmt.Errorf("making the definition of template %s: %w", template.GetName(), err)
	}
	var made apiextensionsv1.CustomResourceDefinition
	if err := apiextensionsv1.Convert_apiextensions_CustomResourceDefinition_To_v1_CustomResourceDefinition(internal, &made, nil); err != nil {
		return nil, fmt.Errorf("converting the definition of template %s: %w", template.GetName(), err)
	}
	made.SetGroupVersionKind(apiextensionsv1.SchemeGroupVersion.WithKind("CustomResourceDefinition"))
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&made)
	if err != nil {
		return nil, fmt.Errorf("writing the definition of template %s: %w", template.GetName(), err)
	}
	return &unstructured.Unstructured{Object: object}, nil
}

// versionless reads a template of either version.
func versionless(template *unstructured.Unstructured) (*templates.ConstraintTemplate, error) {
	kind := template.GroupVersionKind()
	if !IsTemplate(kind) {
		return nil, fmt.Errorf("%s is no constraint template", kind)
	}
	read := runtime.DefaultUnstructuredConverter.FromUnstructured
	if kind.Version == templatesv1beta1.SchemeGroupVersion.Version {
		var v1beta1 templatesv1beta1.ConstraintTemplate
		if err := read(template.Object, &v1beta1); err != nil {
			return nil, err
		}
		return v1beta1.ToVersionless()
	}
	var v1 templatesv1.ConstraintTemplate
	if err := read(template.Object, &v1); err != nil {
		return nil, err
	}
	return v1.ToVersionless()
}
