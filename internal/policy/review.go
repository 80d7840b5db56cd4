package policy

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	constraints "github.com/open-policy-agent/frameworks/constraint/pkg/apis/constraints"
	"github.com/open-policy-agent/frameworks/constraint/pkg/client/reviews"
	"github.com/open-policy-agent/frameworks/constraint/pkg/types"
	mutation "github.com/open-policy-agent/gatekeeper/v3/pkg/mutation/types"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/target"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/util"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// Violation is one rule that an object breaks.
type Violation struct {
	// Kind and Name are those of the constraint.
	Kind, Name string
	// Action is the constraint's: deny, warn, dryrun, or scoped when it depends on
	// who asks.
	Action string
	// Admission and Audit are what the webhook and the audit do about it. Empty
	// where the constraint is not asked.
	Admission, Audit []string
	// Message is the template's own.
	Message string
}

// Refused says that the object would not be let into a cluster.
func (v Violation) Refused() bool { return slices.Contains(v.Admission, string(util.Deny)) }

// Review holds an object that is about to be created against every constraint
// that matches it, and returns what it breaks in the order of the constraints'
// kinds and names. namespace is the Namespace that the object is in, which
// selectors look at; nil for an object without one. Neither is changed.
func (p *Policies) Review(ctx context.Context, object, namespace *unstructured.Unstructured) ([]Violation, error) {
	what := object.GetKind() + "/" + object.GetName()
	review := target.AugmentedUnstructured{Object: *object, Operation: admissionv1.Create, Source: mutation.SourceTypeOriginal}
	opts := []reviews.ReviewOpt{reviews.EnforcementPoint(constraints.AllEnforcementPoints)}
	switch {
	case namespace != nil && namespace.GetName() != object.GetNamespace():
		return nil, fmt.Errorf("reviewing %s: it is in the namespace %q, not in %q", what, object.GetNamespace(), namespace.GetName())
	case namespace == nil && object.GetNamespace() != "":
		return nil, fmt.Errorf("reviewing %s: its namespace %s is not given", what, object.GetNamespace())
	case !p.concerns(object):
		return nil, nil
	case namespace != nil:
		review.Namespace = &corev1.Namespace{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(namespace.Object, review.Namespace); err != nil {
			return nil, fmt.Errorf("reviewing %s: reading its namespace: %w", what, err)
		}
		opts = append(opts, reviews.Namespace(namespace.Object))
	}
	answer, err := p.engine.Review(ctx, review, opts...)
	if err == nil {
		err = ctx.Err() // the engine takes an interrupted rule for a broken one
	}
	if err != nil {
		return nil, fmt.Errorf("reviewing %s: %w", what, err)
	}
	var violations []Violation
	for _, r := range answer.Results() {
		violations = append(violations, violation(r))
	}
	slices.SortStableFunc(violations, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Message, b.Message))
	})
	return violations, nil
}

func violation(r *types.Result) Violation {
	v := Violation{Kind: r.Constraint.GetKind(), Name: r.Constraint.GetName(), Action: r.EnforcementAction, Message: oneLine(r.Msg)}
	if v.Action != string(util.Scoped) {
		v.Admission, v.Audit = []string{v.Action}, []string{v.Action}
		return v
	}
	points := []string{util.WebhookEnforcementPoint, util.AuditEnforcementPoint}
	// It was added, so it can be read.
	actions, _ := constraints.GetEnforcementActionsForEP(r.Constraint, points)
	v.Admission, v.Audit = actions[points[0]], actions[points[1]]
	slices.Sort(v.Admission)
	slices.Sort(v.Audit)
	return v
}

// AddData makes objects known to rules that look others up (data.inventory in
// Rego). A cluster's Gatekeeper knows those whose kind a SyncSet names, so these
// are the objects to add. One of the same kind and name replaces the other.
func (p *Policies) AddData(ctx context.Context, objects ...*unstructured.Unstructured) error {
	for _, o := range objects {
		if _, err := p.engine.AddData(ctx, o); err != nil {
			return fmt.Errorf("adding %s/%s to what rules know: %w", o.GetKind(), o.GetName(), err)
		}
	}
	return nil
}
