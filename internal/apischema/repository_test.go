package apischema_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/groundwork-dev/groundwork/internal/apischema"
	"github.com/groundwork-dev/groundwork/internal/apischema/apischematest"
)

// TestRepository holds every object of this repository's own trees, and every
// definition of the catalogue, to what the API server would say: nothing.
func TestRepository(t *testing.T) {
	t.Parallel()
	for _, cluster := range []string{"dev", "prod"} {
		objects := apischematest.Objects(t, filesys.MakeFsOnDisk(), "../..", cluster)
		definitions := apischematest.Definitions(t, objects)
		s, err := apischema.New(definitions)
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[string]int{}
		for _, o := range append(objects, definitions...) {
			kinds[o.GetAPIVersion()+" "+o.GetKind()]++
			taken(t, s, o)
		}
		if len(objects) < 300 || len(definitions) < 80 || len(kinds) < 40 {
			t.Errorf("%s: %d objects and %d definitions of %d kinds are too few to mean anything", cluster, len(objects), len(definitions), len(kinds))
		}
		t.Logf("%s: %d objects, %d definitions, %d kinds", cluster, len(objects), len(definitions), len(kinds))
	}
}

func taken(t *testing.T, s *apischema.Schemas, o *unstructured.Unstructured) {
	t.Helper()
	faults, err := s.Check(t.Context(), o)
	if err != nil {
		t.Error(err)
	}
	for _, f := range faults {
		t.Errorf("%s %s/%s: %q: %s (%s)", o.GroupVersionKind(), o.GetNamespace(), o.GetName(), f.Path, f.Message, f.Hint)
	}
}

func BenchmarkCheck(b *testing.B) {
	objects := apischematest.Objects(b, filesys.MakeFsOnDisk(), "../..", "prod")
	s, err := apischema.New(apischematest.Definitions(b, objects))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for _, o := range objects {
			if _, err := s.Check(b.Context(), o); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(objects)), "µs/object")
}
