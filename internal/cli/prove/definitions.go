package prove

import (
	"crypto/sha256"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/apischema"
	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/validate"
)

// definitions are the verdicts about CRDs: they cost most to look at, and
// clusters have the same.
type definitions struct {
	catalog *catalog.Catalog

	mu       sync.Mutex
	verdicts map[[sha256.Size]byte]verdict
}

// verdict is what is wrong with a CRD, found out once.
type verdict func() ([]validate.Fault, error)

// check returns what is wrong with a CRD: nothing with one that the tool brings
// itself (internal/apischema, TestRepository), for others what look finds.
func (d *definitions) check(o *unstructured.Unstructured, look verdict) ([]validate.Fault, error) {
	if d.proven(o) {
		return nil, nil
	}
	text, err := o.MarshalJSON()
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256(text)
	d.mu.Lock()
	known := d.verdicts[key]
	if known == nil {
		known = sync.OnceValues(look)
		d.verdicts[key] = known
	}
	d.mu.Unlock()
	faults, err := known()
	return slices.Clone(faults), err
}

// proven says whether a chart of the tool's own catalogue brings the definition.
func (d *definitions) proven(o *unstructured.Unstructured) bool {
	for _, name := range d.catalog.Names() {
		component, _ := d.catalog.Component(name)
		if !component.Proven || component.Chart == nil {
			continue
		}
		texts, err := component.CRDs()
		if err != nil || texts[o.GetName()] == nil {
			continue
		}
		own, err := apischema.ReadDefinitions(texts[o.GetName()])
		return err == nil && len(own) == 1 && apischema.SameDefinition(own[0], o)
	}
	return false
}
