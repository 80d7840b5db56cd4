package apischema

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/yaml"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/render/fluxsystem"
)

// Definitions returns the custom resource definitions that a platform of this
// catalogue may have: Flux's own and those of every component.
func Definitions(c *catalog.Catalog) ([]*unstructured.Unstructured, error) {
	own, err := FluxDefinitions()
	if err != nil {
		return nil, err
	}
	all, err := ComponentDefinitions(c)
	return append(own, all...), err
}

// FluxDefinitions returns those of Flux.
func FluxDefinitions() ([]*unstructured.Unstructured, error) {
	all, err := ReadDefinitions(fluxsystem.Components())
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", fluxsystem.File, err)
	}
	return all, nil
}

// ComponentDefinitions returns those of a catalogue's components. The error names
// the component whose definitions cannot be read.
func ComponentDefinitions(c *catalog.Catalog) ([]*unstructured.Unstructured, error) {
	var all []*unstructured.Unstructured
	for _, name := range c.Names() {
		component, _ := c.Component(name)
		texts, err := component.CRDs()
		if err != nil {
			return nil, err
		}
		for _, crd := range slices.Sorted(maps.Keys(texts)) {
			read, err := ReadDefinitions(texts[crd])
			if err != nil {
				return nil, fmt.Errorf("reading definition %s of component %s: %w", crd, name, err)
			}
			all = append(all, read...)
		}
	}
	return all, nil
}

// ReadDefinitions returns the CustomResourceDefinition objects of a stream of
// YAML or JSON documents, in order; other objects are passed over.
func ReadDefinitions(stream []byte) ([]*unstructured.Unstructured, error) {
	var all []*unstructured.Unstructured
	documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(stream)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if !bytes.Contains(document, []byte("CustomResourceDefinition")) {
			continue // most of a stream is something else, and parsing is what takes time
		}
		object, err := readObject(document)
		if err != nil {
			return nil, err
		}
		if o := (&unstructured.Unstructured{Object: object}); o.GetKind() == "CustomResourceDefinition" {
			all = append(all, o)
		}
	}
}

// readObject reads one document; JSON, which the catalogue packs, without the
// way through YAML.
func readObject(document []byte) (map[string]any, error) {
	var object map[string]any
	if text := bytes.TrimSpace(document); len(text) > 0 && text[0] != '{' {
		converted, err := sigsyaml.YAMLToJSON(document)
		if err != nil {
			return nil, err
		}
		document = converted
	}
	if err := utiljson.Unmarshal(document, &object); err != nil {
		return nil, err
	}
	return object, nil
}
