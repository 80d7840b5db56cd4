package prove

import (
	"crypto/sha256"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/apischema"
	"github.com/groundwork-dev/groundwork/internal/validate"
)

// definitions are the verdicts about CRDs: they cost most to look at, and
// clusters have the same.
type definitions struct {
	mu       sync.Mutex
	verdicts map[[sha256.Size]byte]verdict
}

// verdict is what is wrong with a CRD, found out once.
type verdict func() ([]validate.Fault, error)

// check returns what is wrong with a CRD: nothing with one that the tool itself
// brings, for others what look finds.
func (d *definitions) check(o *unstructured.Unstructured, look verdict) ([]validate.Fault, error) {
	if apischema.Proven(o) {
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
