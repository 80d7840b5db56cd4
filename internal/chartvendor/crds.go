package chartvendor

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/groundwork-dev/groundwork/internal/catalog"
)

// PackCRDs packs definitions as crds.json.gz, sorted by name, a line of JSON each.
// Left out is what no check reads and what differs from release to release:
// descriptions, labels, status, Helm's own annotations. It changes the objects,
// and returns nil for none.
func PackCRDs(definitions []map[string]any) ([]byte, error) {
	lines := map[string][]byte{}
	names := make([]string, 0, len(definitions))
	size := 0
	for _, object := range definitions {
		metadata, _ := object["metadata"].(map[string]any)
		name, _ := metadata["name"].(string)
		if name == "" {
			return nil, fmt.Errorf("packing CRDs: a CustomResourceDefinition has no name")
		}
		if lines[name] != nil {
			return nil, fmt.Errorf("packing CRDs: the chart defines %s twice", name)
		}
		delete(object, "status")
		object["metadata"] = identity(name, metadata)
		strip(object, false)
		line, err := json.Marshal(object)
		if err != nil {
			return nil, fmt.Errorf("packing %s: %w", name, err)
		}
		names, lines[name] = append(names, name), append(line, '\n')
		if size += len(lines[name]); size > catalog.MaxCRDs {
			return nil, fmt.Errorf("packing CRDs: they are more than %d MiB", catalog.MaxCRDs>>20)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	slices.Sort(names)
	return compress(names, lines)
}

func compress(names []string, lines map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if _, err := w.Write(lines[name]); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// identity is what is kept of a definition's metadata: the API server asks for
// some annotations, api-approved.kubernetes.io first of all.
func identity(name string, metadata map[string]any) map[string]any {
	kept := map[string]any{"name": name}
	annotations, _ := metadata["annotations"].(map[string]any)
	delete(annotations, "meta.helm.sh/release-name")
	delete(annotations, "meta.helm.sh/release-namespace")
	if len(annotations) > 0 {
		kept["annotations"] = annotations
	}
	return kept
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
