package prove

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/policy"
	"github.com/groundwork-dev/groundwork/internal/validate"
)

// policies are the rules of one cluster.
type policies struct{ engine *policy.Policies }

// newPolicies reads the rules among the objects of a cluster; nil where there
// are none.
func newPolicies(ctx context.Context, objects []*unstructured.Unstructured) (validate.Policies, []validate.ObjectFault, error) {
	rules := policy.Select(objects)
	if len(rules.Templates)+len(rules.Constraints) == 0 {
		return nil, nil, nil
	}
	engine, wrong, err := policy.New(ctx, rules.Templates, rules.Constraints)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the rules: %w", err)
	}
	if err := engine.AddData(ctx, rules.Data...); err != nil {
		return nil, nil, fmt.Errorf("reading what rules look up: %w", err)
	}
	var faults []validate.ObjectFault
	for _, f := range wrong {
		for _, o := range append(rules.Templates, rules.Constraints...) {
			if o.GetKind() == f.Kind && o.GetName() == f.Name {
				faults = append(faults, validate.ObjectFault{Object: o, Fault: validate.Fault{Rule: "broken", Path: split(f.Path), Message: f.Message}})
			}
		}
	}
	return policies{engine}, faults, nil
}

// Review implements validate.Policies.
func (p policies) Review(ctx context.Context, o, namespace *unstructured.Unstructured) ([]validate.Fault, error) {
	broken, err := p.engine.Review(ctx, o, namespace)
	if err != nil {
		return nil, fmt.Errorf("holding %s %s against the rules: %w", o.GetKind(), o.GetName(), err)
	}
	faults := make([]validate.Fault, len(broken))
	for i, v := range broken {
		faults[i] = validate.Fault{Rule: v.Name, Message: v.Message, Severity: validate.Warning}
		if v.Refused() {
			faults[i].Severity = validate.Error
		}
	}
	return faults, nil
}

// split makes the parts of a path such as spec.targets[0].rego.
func split(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}
