package apischema_test

import (
	"strings"
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

// BenchmarkCheck is the cost of one object once its kind's machinery is made.
func BenchmarkCheck(b *testing.B) {
	objects := apischematest.Objects(b, filesys.MakeFsOnDisk(), "../..", "prod")
	definitions := apischematest.Definitions(b, objects)
	s := fresh(b, definitions)
	kinds := map[string][]*unstructured.Unstructured{"definitions": definitions}
	for _, o := range objects {
		group := o.GroupVersionKind().Group
		switch {
		case o.GetKind() == "CustomResourceDefinition":
		case !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io"):
			kinds["built-in"] = append(kinds["built-in"], o)
		default:
			kinds["custom"] = append(kinds["custom"], o)
		}
	}
	for name, of := range kinds {
		b.Run(name, func(b *testing.B) {
			checkAll(b, s, of) // makes the machinery
			for b.Loop() {
				checkAll(b, s, of)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(of)), "µs/object")
		})
	}
}

// BenchmarkFirst is what a run over a whole cluster costs, from the definitions on.
func BenchmarkFirst(b *testing.B) {
	objects := apischematest.Objects(b, filesys.MakeFsOnDisk(), "../..", "prod")
	definitions := apischematest.Definitions(b, objects)
	for b.Loop() {
		checkAll(b, fresh(b, definitions), objects)
	}
}

func fresh(b *testing.B, definitions []*unstructured.Unstructured) *apischema.Schemas {
	b.Helper()
	s, err := apischema.New(definitions)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func checkAll(b *testing.B, s *apischema.Schemas, objects []*unstructured.Unstructured) {
	b.Helper()
	for _, o := range objects {
		if _, err := s.Check(b.Context(), o); err != nil {
			b.Fatal(err)
		}
	}
}
