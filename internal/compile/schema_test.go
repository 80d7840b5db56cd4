package compile_test

import (
	"testing"

	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/groundwork-dev/groundwork/internal/apischema"
	"github.com/groundwork-dev/groundwork/internal/apischema/apischematest"
)

// TestObjects holds every object of the compiled trees to what the API server
// would say to it: types, unknown fields, validation, the definitions' CEL rules.
// Constraints, whose definitions a controller makes at run time, are held to the
// schema of their template; their action, which is its webhook's business, here.
func TestObjects(t *testing.T) {
	t.Parallel()
	files := compileRepository(t)
	memory := filesys.MakeFsInMemory()
	for _, name := range files.Paths() {
		data, _ := files.Get(name)
		if err := memory.WriteFile("/"+name, data); err != nil {
			t.Fatal(err)
		}
	}
	for _, cluster := range []string{"dev", "prod"} {
		objects := apischematest.Objects(t, memory, "/", cluster)
		schemas, err := apischema.New(apischematest.Definitions(t, objects))
		if err != nil {
			t.Fatal(err)
		}
		if len(objects) < 300 {
			t.Errorf("%s has %d objects, too few to mean anything", cluster, len(objects))
		}
		for _, o := range objects {
			faults, err := schemas.Check(t.Context(), o)
			if err != nil {
				t.Error(err)
			}
			for _, f := range faults {
				t.Errorf("%s: %s %s/%s: %q: %s (%s)", cluster, o.GroupVersionKind(), o.GetNamespace(), o.GetName(), f.Path, f.Message, f.Hint)
			}
		}
	}
}
