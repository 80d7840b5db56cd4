package prove

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/apischema"
	"github.com/groundwork-dev/groundwork/internal/apischema/constraint"
	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/policy"
	"github.com/groundwork-dev/groundwork/internal/validate"
)

// schemas asks the API server's own code.
type schemas struct{ *apischema.Schemas }

// newSchemas returns what makes the schemas of a cluster: the built-in kinds,
// those of the catalogue, and over them those that the cluster brings.
func newSchemas(c *catalog.Catalog) func(context.Context, []*unstructured.Unstructured) (validate.Schemas, error) {
	return func(_ context.Context, objects []*unstructured.Unstructured) (validate.Schemas, error) {
		definitions, err := apischema.Definitions(c)
		if err != nil {
			return nil, fmt.Errorf("reading the catalogue's definitions: %w", err)
		}
		for _, o := range objects {
			if o.GetKind() == "CustomResourceDefinition" {
				definitions = append(definitions, o)
			}
		}
		for _, template := range policy.Select(objects).Templates {
			if made, err := constraint.Definition(template); err == nil { // otherwise the rules' own check has more to say
				definitions = append(definitions, made)
			}
		}
		made, err := apischema.New(definitions)
		return schemas{made}, err
	}
}

// Check implements validate.Schemas.
func (s schemas) Check(ctx context.Context, o *unstructured.Unstructured) ([]validate.Fault, error) {
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
