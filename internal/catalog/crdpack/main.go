// Command crdpack packs the CRDs of a Helm chart for the catalogue: it reads
// YAML files, drops descriptions and writes one compressed stream of JSON
// documents, the same bytes every time.
//
//	go run ./internal/catalog/crdpack OUT.gz FILE.yaml...
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"k8s.io/apimachinery/pkg/util/yaml"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: crdpack OUT.gz FILE.yaml...")
		os.Exit(2)
	}
	if err := pack(os.Args[1], slices.Sorted(slices.Values(os.Args[2:]))); err != nil {
		fmt.Fprintln(os.Stderr, "crdpack:", err)
		os.Exit(1)
	}
}

func pack(out string, files []string) error {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := add(w, file); err != nil {
			return fmt.Errorf("packing %s: %w", file, err)
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(out, b.Bytes(), 0o644)
}

func add(w io.Writer, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	for decoder := yaml.NewYAMLOrJSONDecoder(f, 4096); ; {
		var object map[string]any
		switch err := decoder.Decode(&object); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case object["kind"] != "CustomResourceDefinition":
			continue
		}
		delete(object, "status")
		strip(object, false)
		line, err := json.Marshal(object)
		if err != nil {
			return err
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
}

// strip removes descriptions. Below properties a description is a property's
// name.
func strip(value any, names bool) {
	switch v := value.(type) {
	case map[string]any:
		if _, text := v["description"].(string); text && !names {
			delete(v, "description")
		}
		for key, child := range v {
			strip(child, key == "properties" && !names)
		}
	case []any:
		for _, child := range v {
			strip(child, false)
		}
	}
}
