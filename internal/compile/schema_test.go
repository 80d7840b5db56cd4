package compile_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"k8s.io/apimachinery/pkg/util/yaml"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/render/fluxsystem"
)

// crdsFrom fills testdata/crds: go test ./internal/compile -run CRDSchemas
// -crds DIR takes the CRDs that are needed from a folder of upstream ones, one
// a file, at any depth.
var crdsFrom = flag.String("crds", "", "folder of upstream CRDs to take the schemas from")

const crdsDir = "testdata/crds"

type object = map[string]any

// TestCRDSchemas validates every custom resource of the compiled trees against
// the schema of its CRD, with unknown fields refused. Kinds that exist only at
// run time, because a controller makes their CRD, are listed.
func TestCRDSchemas(t *testing.T) {
	t.Parallel()
	madeAtRunTime := []string{"constraints.gatekeeper.sh"}
	schemas := map[string]*jsonschema.Schema{}
	for _, crd := range documents(t, "gotk-components.yaml", fluxsystem.Components()) {
		addSchemas(t, schemas, crd)
	}
	var missing []string
	needed := map[string]bool{}
	files := compileRepository(t)
	committed := committedCRDs(t)
	for _, crd := range committed {
		addSchemas(t, schemas, crd)
	}
	checked := 0
	for _, name := range files.Paths() {
		if strings.HasSuffix(name, "gotk-components.yaml") || filepath.Base(name) == "kustomization.yaml" || filepath.Base(name) == "inventory.yaml" {
			continue
		}
		data, _ := files.Get(name)
		for _, o := range documents(t, name, data) {
			group, custom := customGroup(o)
			if !custom || slices.Contains(madeAtRunTime, group) {
				continue
			}
			key := fmt.Sprint(o["apiVersion"], " ", o["kind"])
			schema := schemas[key]
			if schema == nil {
				missing = append(missing, key)
				needed[fmt.Sprint(group, "/", o["kind"])] = true
				continue
			}
			checked++
			if err := schema.Validate(o); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if *crdsFrom != "" {
		takeCRDs(t, needed)
		return
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		t.Errorf("no schema for %v: run go test ./internal/compile -run CRDSchemas -crds DIR with a folder of upstream CRDs", slices.Compact(missing))
	}
	if checked < 40 {
		t.Errorf("only %d custom resources were checked", checked)
	}
}

// TestStrict holds the check itself to what it must find.
func TestStrict(t *testing.T) {
	t.Parallel()
	schemas := map[string]*jsonschema.Schema{}
	for _, crd := range documents(t, "gotk-components.yaml", fluxsystem.Components()) {
		addSchemas(t, schemas, crd)
	}
	const good = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\nspec: {interval: 10m, prune: true, sourceRef: {kind: GitRepository, name: a}}\n"
	for name, test := range map[string]struct {
		from, to string
		valid    bool
	}{
		"good":          {valid: true},
		"unknown field": {from: "prune: true", to: "prune: true, pruned: true"},
		"wrong type":    {from: "prune: true", to: "prune: 1"},
		"missing field": {from: "prune: true, ", to: ""},
		"bad pattern":   {from: "10m", to: "10 minutes"},
		"not in enum":   {from: "kind: GitRepository", to: "kind: Repository"},
	} {
		o := documents(t, name, []byte(strings.Replace(good, test.from, test.to, 1)))[0]
		if err := schemas["kustomize.toolkit.fluxcd.io/v1 Kustomization"].Validate(o); (err == nil) != test.valid {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// customGroup returns an object's API group, and whether it is one of CRDs.
func customGroup(o object) (string, bool) {
	apiVersion, _ := o["apiVersion"].(string)
	group, _, grouped := strings.Cut(apiVersion, "/")
	return group, grouped && strings.Contains(group, ".") && !strings.HasSuffix(group, ".k8s.io")
}

func documents(t *testing.T, name string, data []byte) []object {
	t.Helper()
	var docs []object
	decoder := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	for {
		doc, err := decoder.Read()
		if errors.Is(err, io.EOF) {
			return docs
		}
		if err != nil {
			t.Fatalf("reading %s: %v", name, err)
		}
		text, err := sigsyaml.YAMLToJSONStrict(doc)
		if err != nil {
			t.Fatalf("reading %s: %v", name, err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("reading %s: %v", name, err)
		}
		if o, ok := value.(object); ok {
			docs = append(docs, o)
		}
	}
}

// addSchemas adds the schema of each version that a CRD serves.
func addSchemas(t *testing.T, schemas map[string]*jsonschema.Schema, crd object) {
	t.Helper()
	if crd["kind"] != "CustomResourceDefinition" {
		return
	}
	spec, _ := crd["spec"].(object)
	names, _ := spec["names"].(object)
	versions, _ := spec["versions"].([]any)
	for _, v := range versions {
		version, _ := v.(object)
		if version["served"] != true {
			continue
		}
		wrapper, _ := version["schema"].(object)
		key := fmt.Sprint(spec["group"], "/", version["name"], " ", names["kind"])
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource("crd.json", strict(wrapper["openAPIV3Schema"])); err != nil {
			t.Fatal(err)
		}
		schema, err := compiler.Compile("crd.json")
		if err != nil {
			t.Fatalf("compiling the schema of %s: %v", key, err)
		}
		schemas[key] = schema
	}
}

// strict turns a structural schema into a JSON schema that refuses the fields
// which an API server would drop.
func strict(v any) any {
	in, ok := v.(object)
	if !ok {
		return v
	}
	out := object{}
	for key, value := range in {
		switch key {
		case "properties":
			properties := object{}
			for name, p := range value.(object) {
				properties[name] = strict(p)
			}
			out[key] = properties
		case "items", "additionalProperties":
			out[key] = strict(value)
		case "description", "default", "format", "example":
		default:
			out[key] = value
		}
	}
	_, fields := in["properties"]
	_, open := in["additionalProperties"]
	if fields && !open && in["x-kubernetes-preserve-unknown-fields"] != true {
		out["additionalProperties"] = false
	}
	if in["x-kubernetes-int-or-string"] == true {
		out["type"] = []any{"integer", "string"}
		delete(out, "anyOf")
	}
	if kind, ok := out["type"].(string); ok && in["nullable"] == true {
		out["type"] = []any{kind, "null"}
	}
	return out
}

func committedCRDs(t *testing.T) []object {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(crdsDir, "*.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	var crds []object
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		zip, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(zip)
		if err != nil {
			t.Fatalf("reading %s: %v", name, err)
		}
		crds = append(crds, value.(object))
	}
	return crds
}

// takeCRDs writes the CRDs of the needed kinds, without what a schema does not
// need.
func takeCRDs(t *testing.T, needed map[string]bool) {
	t.Helper()
	err := filepath.WalkDir(*crdsFrom, func(name string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(name) != ".yaml" {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, crd := range documents(t, name, data) {
			spec, _ := crd["spec"].(object)
			names, _ := spec["names"].(object)
			if crd["kind"] == "CustomResourceDefinition" && needed[fmt.Sprint(spec["group"], "/", names["kind"])] {
				if err := writeCRD(crd); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func writeCRD(crd object) error {
	metadata, _ := crd["metadata"].(object)
	crd["metadata"] = object{"name": metadata["name"]}
	delete(crd, "status")
	text, err := json.Marshal(withoutProse(crd))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	zip, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := zip.Write(text); err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return err
	}
	if err := os.MkdirAll(crdsDir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(crdsDir, fmt.Sprint(metadata["name"])+".json.gz"), b.Bytes(), 0o644)
}

// withoutProse drops descriptions; a property of that name is an object.
func withoutProse(v any) any {
	switch v := v.(type) {
	case object:
		for key, value := range v {
			if _, prose := value.(string); prose && key == "description" {
				delete(v, key)
				continue
			}
			v[key] = withoutProse(value)
		}
	case []any:
		for i := range v {
			v[i] = withoutProse(v[i])
		}
	}
	return v
}
