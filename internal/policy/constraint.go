package policy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/frameworks/constraint/pkg/client"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/mutation/match"
	mutation "github.com/open-policy-agent/gatekeeper/v3/pkg/mutation/types"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/util"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// addConstraint adds a constraint. broken holds the names of templates that have
// faults of their own: their constraints are not told about again.
func (p *Policies) addConstraint(ctx context.Context, c *unstructured.Unstructured, broken map[string]bool) []Fault {
	template := strings.ToLower(c.GetKind())
	if broken[template] {
		return nil
	}
	action, err := util.GetEnforcementAction(c.Object)
	if err == nil {
		err = util.ValidateEnforcementAction(action, c.Object)
	}
	if err != nil {
		path := "spec.enforcementAction"
		if action == util.Scoped {
			path = "spec.scopedEnforcementActions"
		}
		return []Fault{fault(c, path, err.Error())}
	}
	_, err = p.engine.AddConstraint(ctx, c.DeepCopy()) // defaults are written into it
	switch {
	case errors.Is(err, client.ErrMissingConstraintTemplate):
		return []Fault{fault(c, "kind", fmt.Sprintf("no template makes this kind: it would be the ConstraintTemplate %s", template))}
	case err != nil:
		return []Fault{fault(c, "", err.Error())}
	}
	p.kinds = append(p.kinds, kindsLookedAt(c))
	return nil
}

// kindsLookedAt is of what a constraint matches the kinds alone: every one where
// it names none.
func kindsLookedAt(c *unstructured.Unstructured) match.Match {
	spec, _, _ := unstructured.NestedFieldNoCopy(c.Object, "spec", "match")
	fields, _ := spec.(map[string]any)
	var m match.Match
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &m); err != nil {
		return match.Match{}
	}
	return match.Match{Kinds: m.Kinds}
}

// concerns says whether a constraint looks at objects of this kind. The engine
// finds out too, but reads the whole object anew for each constraint.
func (p *Policies) concerns(o *unstructured.Unstructured) bool {
	return slices.ContainsFunc(p.kinds, func(kinds match.Match) bool {
		matches, err := match.Matches(&kinds, &match.Matchable{Object: o, Source: mutation.SourceTypeOriginal})
		return matches || err != nil
	})
}
