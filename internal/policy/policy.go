// Package policy holds objects against Gatekeeper's templates and constraints
// with Gatekeeper's own engine, without a cluster: the same matching, the same
// CEL, the same Rego.
package policy

import (
	"context"
	"fmt"

	"github.com/open-policy-agent/frameworks/constraint/pkg/client"
	"github.com/open-policy-agent/frameworks/constraint/pkg/client/drivers/rego"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/drivers/k8scel"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/mutation/match"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/target"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/util"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Policies are templates and their constraints, ready to look at objects. They
// may be used by several goroutines at once.
type Policies struct {
	engine *client.Client
	// kinds are those that the constraints look at, each time as one has them.
	kinds []match.Match
}

// Fault is what is wrong with a template or a constraint.
type Fault struct {
	// Kind and Name say which object it is.
	Kind, Name string
	// Path is the field, such as spec.targets[0].code[0].source.rego; empty for
	// the object as a whole.
	Path string
	// Message is one line.
	Message string
}

// String says where the fault is, and what.
func (f Fault) String() string {
	at := f.Kind + "/" + f.Name
	if f.Path != "" {
		at += ": " + f.Path
	}
	return at + ": " + f.Message
}

// New compiles templates and adds constraints. What cannot work is left out and
// a fault: most of it a cluster accepts without a word and shows only once an
// object is refused for no reason, or not refused. The error is one of the
// engine or the context, and of no object.
func New(ctx context.Context, templates, constraints []*unstructured.Unstructured) (*Policies, []Fault, error) {
	engine, err := newEngine()
	if err != nil {
		return nil, nil, fmt.Errorf("starting the policy engine: %w", err)
	}
	p := &Policies{engine: engine}
	broken := map[string]bool{}
	var faults []Fault
	for _, t := range templates {
		found := p.addTemplate(ctx, t)
		broken[t.GetName()] = broken[t.GetName()] || len(found) > 0
		faults = append(faults, found...)
		if err := ctx.Err(); err != nil {
			return nil, nil, fmt.Errorf("compiling templates: %w", err)
		}
	}
	seen := map[string]bool{}
	for _, c := range constraints {
		key := c.GetKind() + "/" + c.GetName()
		if seen[key] {
			faults = append(faults, fault(c, "metadata.name", "there are two constraints of this kind and name"))
			continue
		}
		seen[key] = true
		faults = append(faults, p.addConstraint(ctx, c, broken)...)
	}
	return p, faults, nil
}

// newEngine is set up as Gatekeeper's main is, except that nothing a rule says
// may reach the network.
func newEngine() (*client.Client, error) {
	inCEL, err := k8scel.New()
	if err != nil {
		return nil, err
	}
	inRego, err := rego.New(rego.DisableBuiltins("http.send", "net.lookup_ip_addr"), rego.Externs("inventory"))
	if err != nil {
		return nil, err
	}
	return client.NewClient(
		client.Targets(&target.K8sValidationTarget{}),
		client.Driver(inCEL), client.Driver(inRego), // a template with both is run in CEL
		client.EnforcementPoints(util.WebhookEnforcementPoint, util.AuditEnforcementPoint),
	)
}

func fault(of *unstructured.Unstructured, path, message string) Fault {
	return Fault{Kind: of.GetKind(), Name: of.GetName(), Path: path, Message: oneLine(message)}
}
