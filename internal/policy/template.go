package policy

import (
	"context"
	"fmt"
	"strings"

	templatesv1 "github.com/open-policy-agent/frameworks/constraint/pkg/apis/templates/v1"
	templatesv1beta1 "github.com/open-policy-agent/frameworks/constraint/pkg/apis/templates/v1beta1"
	regoschema "github.com/open-policy-agent/frameworks/constraint/pkg/client/drivers/rego/schema"
	"github.com/open-policy-agent/frameworks/constraint/pkg/core/templates"
	celschema "github.com/open-policy-agent/gatekeeper/v3/pkg/drivers/k8scel/schema"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// addTemplate compiles a template, and adds it when nothing is wrong with it.
func (p *Policies) addTemplate(ctx context.Context, object *unstructured.Unstructured) []Fault {
	template, err := convert(object)
	if err != nil {
		return []Fault{fault(object, "", err.Error())}
	}
	if _, err := p.engine.GetTemplate(template); err == nil {
		return []Fault{fault(object, "metadata.name", "there are two templates of this name")}
	}
	var faults []Fault
	for i, target := range template.Spec.Targets {
		for j, code := range target.Code {
			at := fmt.Sprintf("spec.targets[%d].code[%d]", i, j)
			switch code.Engine {
			case celschema.Name:
				faults = append(faults, checkCEL(object, at+".source", code)...)
			case regoschema.Name:
				faults = append(faults, checkRego(object, at+".source", code)...)
			default:
				faults = append(faults, fault(object, at+".engine", fmt.Sprintf("there is no engine %q, but %s and %s", code.Engine, celschema.Name, regoschema.Name)))
			}
		}
	}
	if len(faults) > 0 {
		return faults
	}
	if _, err := p.engine.AddTemplate(ctx, template); err != nil {
		return []Fault{fault(object, where(object, template), err.Error())}
	}
	return nil
}

// convert reads a template. A field that the API does not know is an error.
func convert(object *unstructured.Unstructured) (*templates.ConstraintTemplate, error) {
	read := func(into any) error {
		return runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, into, true)
	}
	if object.GetKind() != "ConstraintTemplate" {
		return nil, fmt.Errorf("%s is no template", object.GetKind())
	}
	switch object.GetAPIVersion() {
	case templatesv1.SchemeGroupVersion.String():
		t := &templatesv1.ConstraintTemplate{}
		if err := read(t); err != nil {
			return nil, err
		}
		return t.ToVersionless()
	case templatesv1beta1.SchemeGroupVersion.String():
		t := &templatesv1beta1.ConstraintTemplate{}
		if err := read(t); err != nil {
			return nil, err
		}
		return t.ToVersionless()
	}
	return nil, fmt.Errorf("%s is no version of templates, %s is", object.GetAPIVersion(), templatesv1.SchemeGroupVersion)
}

// where is the path of what AddTemplate compiles last and so refuses most: the
// code. A template without any is at fault as a whole.
func where(object *unstructured.Unstructured, t *templates.ConstraintTemplate) string {
	if len(t.Spec.Targets) != 1 {
		return "spec.targets"
	}
	targets, _, _ := unstructured.NestedSlice(object.Object, "spec", "targets")
	if first, ok := targets[0].(map[string]any); ok && first["rego"] != nil {
		return "spec.targets[0].rego"
	}
	for i, code := range t.Spec.Targets[0].Code {
		if code.Engine == regoschema.Name {
			return fmt.Sprintf("spec.targets[0].code[%d].source.rego", i)
		}
	}
	return ""
}

// checkRego finds what the engine ignores: other fields, and a version that it
// would take for v0. The code itself compiles when the template is added.
func checkRego(object *unstructured.Unstructured, at string, code templates.Code) []Fault {
	var source regoschema.Source
	if err := strict(code, &source); err != nil {
		return []Fault{fault(object, at, err.Error())}
	}
	if v := source.Version; v != "" && v != "v0" && v != "v1" {
		return []Fault{fault(object, at+".version", fmt.Sprintf("there is no version %q of Rego here, but v0 and v1", v))}
	}
	return nil
}

func strict(code templates.Code, into any) error {
	if code.Source == nil {
		return fmt.Errorf("is missing")
	}
	value, ok := code.Source.Value.(map[string]any)
	if !ok {
		return fmt.Errorf("is %T and not a mapping", code.Source.Value)
	}
	return runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(value, into, true)
}

// oneLine joins the lines of a message, without the indent of compilers.
func oneLine(message string) string {
	return strings.Join(strings.Fields(message), " ")
}
