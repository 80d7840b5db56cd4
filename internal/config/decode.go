package config

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// decode reads as much of the document as fits the types, so that the checks
// can go on where the schema has refused a value; the schema reports what does
// not fit.
func decode(doc *strictyaml.Document) (*Platform, error) {
	data, err := json.Marshal(doc.Value())
	if err != nil {
		return nil, fmt.Errorf("reading the values: %w", err)
	}
	p := &Platform{source: doc}
	var mismatch *json.UnmarshalTypeError
	if err := json.Unmarshal(data, p); err != nil && !errors.As(err, &mismatch) {
		return nil, fmt.Errorf("reading the values: %w", err)
	}
	p.takeParameters(doc.Value())
	if mismatch != nil {
		return p, mismatch
	}
	return p, nil
}

// takeParameters puts the document's own values in place of what JSON made of
// them, so that whole numbers stay whole.
func (p *Platform) takeParameters(root any) {
	clusters := child(child(root, "spec"), "clusters")
	for name, cluster := range p.Spec.Clusters {
		components := child(child(clusters, name), "components")
		for id, component := range cluster.Components {
			if parameters, ok := child(child(components, id), "parameters").(map[string]any); ok {
				component.Parameters = parameters
				cluster.Components[id] = component
			}
		}
	}
}

func child(v any, key string) any {
	m, _ := v.(map[string]any)
	return m[key]
}

// plain returns a platform as the values of a document.
func plain(p *Platform) (any, error) {
	data, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("reading the values: %w", err)
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("reading the values: %w", err)
	}
	return v, nil
}
