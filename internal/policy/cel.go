package policy

import (
	"errors"
	"fmt"
	"strings"

	celgo "github.com/google/cel-go/cel"
	"github.com/open-policy-agent/frameworks/constraint/pkg/core/templates"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/drivers/k8scel/schema"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/drivers/k8scel/transform"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// checkCEL compiles each expression of a template the way the driver does, which
// keeps the errors to itself until an object is looked at.
func checkCEL(object *unstructured.Unstructured, at string, code templates.Code) []Fault {
	if err := strict(code, &schema.Source{}); err != nil {
		return []Fault{fault(object, at, err.Error())}
	}
	source, err := schema.GetSource(code)
	if err != nil {
		return []Fault{fault(object, at, err.Error())}
	}
	compiler, err := cel.NewCompositedCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	if err != nil {
		return []Fault{fault(object, at, err.Error())}
	}
	var faults []Fault
	report := func(path string, result cel.CompilationResult) {
		if result.Error != nil {
			faults = append(faults, fault(object, at+path, explain(result.Error)))
		}
	}
	withParams, without := cel.OptionalVariableDeclarations{HasParams: true}, cel.OptionalVariableDeclarations{}
	compiler.CompileAndStoreVariables(transform.AllVariablesCEL(), withParams, environment.StoredExpressions)
	variables, err := source.GetVariables()
	if err != nil {
		return []Fault{fault(object, at+".variables", err.Error())}
	}
	for i, v := range variables {
		report(fmt.Sprintf(".variables[%d].expression", i), compiler.CompileAndStoreVariable(v, withParams, environment.StoredExpressions))
	}
	all := func(path string, expressions []cel.ExpressionAccessor, err error) {
		if err != nil {
			faults = append(faults, fault(object, at, err.Error()))
		}
		for i, e := range expressions {
			if e != nil {
				report(fmt.Sprintf(path, i), compiler.CompileCELExpression(e, without, environment.StoredExpressions))
			}
		}
	}
	conditions, err := source.GetMatchConditions()
	all(".matchCondition[%d].expression", conditions, err)
	validations, err := source.GetValidations()
	all(".validations[%d].expression", validations, err)
	messages, err := source.GetMessageExpressions()
	all(".validations[%d].messageExpression", messages, err)
	if len(validations) == 0 {
		faults = append(faults, fault(object, at+".validations", "there are none: every object passes"))
	}
	return faults
}

// explain says what a compiler found, without the copy of the source.
func explain(err *apiservercel.Error) string {
	var issues []string
	if compilation, ok := errors.AsType[*apiservercel.CompilationError](err.Cause); ok {
		issues = list(compilation.Issues)
	}
	if len(issues) == 0 {
		return err.Detail
	}
	return strings.Join(issues, "; ")
}

func list(issues *celgo.Issues) []string {
	var all []string
	for _, e := range issues.Errors() {
		all = append(all, fmt.Sprintf("%d:%d: %s", e.Location.Line(), e.Location.Column()+1, e.Message))
	}
	return all
}
