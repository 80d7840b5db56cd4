package prove

import (
	"cmp"
	"context"
	"crypto/sha256"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/apischema"
	"github.com/groundwork-dev/groundwork/internal/apischema/constraint"
	"github.com/groundwork-dev/groundwork/internal/objectdiff"
	"github.com/groundwork-dev/groundwork/internal/policy"
	"github.com/groundwork-dev/groundwork/internal/validate"
)

// schemas asks the API server's own code.
type schemas struct {
	*apischema.Schemas
	definitions *definitions
}

// newSchemas returns what makes the schemas of a cluster: the built-in kinds and
// those that the cluster brings, and behind them those of the catalogue. Clusters
// that bring the same share them.
func newSchemas(c catalogue) func(context.Context, []*unstructured.Unstructured) (validate.Schemas, error) {
	seen := &definitions{verdicts: map[[sha256.Size]byte]verdict{}}
	components := func() ([]*unstructured.Unstructured, error) {
		loaded, err := c()
		if err != nil {
			return nil, err
		}
		return apischema.ComponentDefinitions(loaded)
	}
	var last struct {
		sync.Mutex
		own     []*unstructured.Unstructured
		schemas *apischema.Schemas
	}
	return func(_ context.Context, objects []*unstructured.Unstructured) (validate.Schemas, error) {
		own := definitionsOf(objects)
		last.Lock()
		defer last.Unlock()
		if last.schemas == nil || !slices.EqualFunc(own, last.own, objectdiff.Equal) {
			made, err := apischema.New(own, components, apischema.FluxDefinitions)
			if err != nil {
				return nil, err
			}
			last.own, last.schemas = own, made
		}
		return schemas{last.schemas, seen}, nil
	}
}

const definitionKind = "CustomResourceDefinition"

// definitionsOf returns the CRDs among the objects, sorted by name, and those
// that their templates make.
func definitionsOf(objects []*unstructured.Unstructured) []*unstructured.Unstructured {
	var own []*unstructured.Unstructured
	for _, o := range objects {
		if o.GetKind() == definitionKind {
			own = append(own, o)
		}
	}
	for _, template := range policy.Select(objects).Templates {
		if made, err := constraint.Definition(template); err == nil { // otherwise the rules' own check has more to say
			own = append(own, made)
		}
	}
	slices.SortStableFunc(own, func(a, b *unstructured.Unstructured) int { return cmp.Compare(a.GetName(), b.GetName()) })
	return own
}

// Check implements validate.Schemas.
func (s schemas) Check(ctx context.Context, o *unstructured.Unstructured) ([]validate.Fault, error) {
	if o.GetKind() != definitionKind {
		return s.check(ctx, o)
	}
	return s.definitions.check(o, func() ([]validate.Fault, error) { return s.check(ctx, o) })
}

func (s schemas) check(ctx context.Context, o *unstructured.Unstructured) ([]validate.Fault, error) {
	found, err := s.Schemas.Check(ctx, o)
	if err != nil {
		return nil, err
	}
	faults := make([]validate.Fault, len(found))
	for i, f := range found {
		faults[i] = validate.Fault{Path: slices.Clone(f.Path), Message: f.Message, Hint: f.Hint, UnknownKind: f.Kind == apischema.UnknownKind}
	}
	return faults, nil
}
