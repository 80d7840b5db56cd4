// Command jsonschemas writes the JSON schemas that kubeconform reads: those of
// Kubernetes, from the OpenAPI document in its module, and those of the
// CustomResourceDefinitions in the stand-ins of the catalogue's charts.
//
//	go run ./benchmarks/jsonschemas FOLDER
package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: jsonschemas FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "jsonschemas:", err)
		os.Exit(1)
	}
}

// kind is what a schema is about.
type kind struct{ Group, Version, Kind string }

// file is what kubeconform looks for: it calls the core group by its version.
func (k kind) file() string {
	return strings.ToLower(fmt.Sprintf("%s-%s-%s.json", k.Kind, cmp.Or(k.Group, k.Version), k.Version))
}

func write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := builtin(dir); err != nil {
		return fmt.Errorf("writing Kubernetes' schemas: %w", err)
	}
	return custom(dir)
}

// builtin writes all definitions into one file, and one that refers to it for
// each kind.
func builtin(dir string) error {
	module, err := exec.CommandContext(context.Background(), "go", "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", "k8s.io/kubernetes").Output()
	if err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(module)), "api", "openapi-spec", "swagger.json"))
	if err != nil {
		return err
	}
	var swagger struct {
		Definitions map[string]map[string]any `json:"definitions"`
	}
	if err := json.Unmarshal(data, &swagger); err != nil {
		return err
	}
	for _, loose := range []string{"io.k8s.apimachinery.pkg.util.intstr.IntOrString", "io.k8s.apimachinery.pkg.api.resource.Quantity"} {
		swagger.Definitions[loose] = map[string]any{"type": []string{"string", "integer", "number"}}
	}
	for name, definition := range swagger.Definitions {
		kinds, err := kindsOf(definition)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, k := range kinds {
			if err := save(filepath.Join(dir, k.file()), map[string]any{"$ref": "_definitions.json#/definitions/" + name}); err != nil {
				return err
			}
		}
	}
	return save(filepath.Join(dir, "_definitions.json"), map[string]any{"definitions": swagger.Definitions})
}

func kindsOf(definition map[string]any) ([]kind, error) {
	list, err := json.Marshal(definition["x-kubernetes-group-version-kind"])
	if err != nil {
		return nil, err
	}
	var kinds []kind
	err = json.Unmarshal(list, &kinds)
	return kinds, err
}

// custom writes the schema of every version of every CRD in the catalogue's
// crds.json.gz files and in Flux's manifests.
func custom(dir string) error {
	packed, err := filepath.Glob("internal/catalog/components/*/crds.json.gz")
	if err != nil {
		return err
	}
	var stream bytes.Buffer
	for _, file := range packed {
		if err := unpack(file, &stream); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	flux, err := filepath.Glob("internal/render/fluxsystem/base/crds/*.yaml")
	if err != nil {
		return err
	}
	for _, file := range flux {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if text, err = yaml.YAMLToJSON(text); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		stream.Write(text)
	}
	for decoder := json.NewDecoder(&stream); decoder.More(); {
		if err := definition(decoder, dir); err != nil {
			return err
		}
	}
	return nil
}

func unpack(file string, into *bytes.Buffer) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	_, err = into.ReadFrom(text)
	return err
}

func definition(decoder *json.Decoder, dir string) error {
	var crd struct {
		Spec struct {
			Group string `json:"group"`
			Names struct {
				Kind string `json:"kind"`
			} `json:"names"`
			Versions []struct {
				Name   string `json:"name"`
				Schema struct {
					OpenAPIV3Schema map[string]any `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	if err := decoder.Decode(&crd); err != nil {
		return err
	}
	for _, v := range crd.Spec.Versions {
		k := kind{crd.Spec.Group, v.Name, crd.Spec.Names.Kind}
		if err := save(filepath.Join(dir, k.file()), v.Schema.OpenAPIV3Schema); err != nil {
			return err
		}
	}
	return nil
}

func save(path string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}
