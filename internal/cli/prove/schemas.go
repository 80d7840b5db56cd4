package prove

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/validate"
)

type none struct{}

func (none) Check(context.Context, *unstructured.Unstructured) ([]validate.Fault, error) {
	return nil, nil
}

func (none) Namespaced(schema.GroupVersionKind) (bool, bool) { return false, false }

func newSchemas([]*unstructured.Unstructured) (validate.Schemas, error) { return none{}, nil }
