package prove

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/apischema"
	"github.com/groundwork-dev/groundwork/internal/apischema/constraint"
	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/objectdiff"
	"github.com/groundwork-dev/groundwork/internal/policy"
	"github.com/groundwork-dev/groundwork/internal/validate"
)

// schemas asks the API server's own code.
type schemas struct {
	*apischema.Schemas
	definitions *verdicts
}

// verdicts are those about definitions, by their content: they cost most to
// look at, and clusters have the same.
type verdicts struct {
	mu sync.Mutex
	of map[[sha256.Size]byte][]validate.Fault
}

// newSchemas returns what makes the schemas of a cluster: the built-in kinds,
// those of the catalogue, and over them those that the cluster brings. Clusters
// that bring the same share them.
func newSchemas(c *catalog.Catalog) func(context.Context, []*unstructured.Unstructured) (validate.Schemas, error) {
	known := sync.OnceValues(func() ([]*unstructured.Unstructured, error) { return apischema.Definitions(c) })
	seen := &verdicts{of: map[[sha256.Size]byte][]validate.Fault{}}
	var last struct {
		sync.Mutex
		own     []*unstructured.Unstructured
		schemas *apischema.Schemas
	}
	return func(_ context.Context, objects []*unstructured.Unstructured) (validate.Schemas, error) {
		catalogued, err := known()
		if err != nil {
			return nil, fmt.Errorf("reading the catalogue's definitions: %w", err)
		}
		own := definitionsOf(objects)
		last.Lock()
		defer last.Unlock()
		if last.schemas == nil || !slices.EqualFunc(own, last.own, objectdiff.Equal) {
			made, err := apischema.New(slices.Concat(catalogued, own))
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
	text, err := o.MarshalJSON()
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256(text)
	s.definitions.mu.Lock()
	faults, known := s.definitions.of[key]
	s.definitions.mu.Unlock()
	if known {
		return slices.Clone(faults), nil
	}
	if faults, err = s.check(ctx, o); err != nil {
		return nil, err
	}
	s.definitions.mu.Lock()
	defer s.definitions.mu.Unlock()
	s.definitions.of[key] = slices.Clone(faults)
	return faults, nil
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
