package policy

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/open-policy-agent/frameworks/constraint/pkg/client"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/util"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
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
	return nil
}
