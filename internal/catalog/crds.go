package catalog

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
)

// MaxCRDs bounds what a component's CRDs unpack to, in bytes.
const MaxCRDs = 32 << 20

// CRDs returns the definitions that the component brings, JSON by plural.group:
// those among its manifests, and those of its chart in crds.json.gz, which
// 'bootstrap charts vendor' makes from the chart's own. One that is in both is as
// the manifest has it: Flux applies it anew, and Helm installs it once.
func (c *Component) CRDs() (map[string][]byte, error) {
	definitions, err := c.chartCRDs()
	if err != nil {
		return nil, fmt.Errorf("reading %s/%s: %w", c.Origin, CRDsFile, err)
	}
	own, err := c.ownCRDs()
	if err != nil {
		return nil, err
	}
	maps.Copy(definitions, own)
	return definitions, nil
}

// chartCRDs returns the definitions of crds.json.gz; none where it is not there.
func (c *Component) chartCRDs() (map[string][]byte, error) {
	f, err := c.Folder.Open(CRDsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string][]byte{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return UnpackCRDs(f)
}

// ownCRDs returns the definitions among the manifests.
func (c *Component) ownCRDs() (map[string][]byte, error) {
	definitions := map[string][]byte{}
	for _, m := range c.Manifests {
		if m.Kind != "CustomResourceDefinition" {
			continue
		}
		var object map[string]any
		if err := m.Decode(&object); err != nil {
			return nil, fmt.Errorf("reading %s/%s: %w", c.Origin, m.File, err)
		}
		data, err := json.Marshal(object)
		if err != nil {
			return nil, fmt.Errorf("reading %s/%s: %w", c.Origin, m.File, err)
		}
		metadata, _ := object["metadata"].(map[string]any)
		definitions[fmt.Sprint(metadata["name"])] = data
	}
	return definitions, nil
}

// UnpackCRDs reads crds.json.gz: definitions, JSON by plural.group.
func UnpackCRDs(r io.Reader) (map[string][]byte, error) {
	unpacked, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	bounded := &io.LimitedReader{R: unpacked, N: MaxCRDs + 1}
	lines := bufio.NewScanner(bounded)
	lines.Buffer(nil, MaxCRDs)
	definitions := map[string][]byte{}
	for lines.Scan() {
		var object struct {
			Metadata struct {
				Name string `json:"name"`
			} `json:"metadata"`
		}
		if err := json.Unmarshal(lines.Bytes(), &object); err != nil {
			return nil, err
		}
		definitions[object.Metadata.Name] = append([]byte(nil), lines.Bytes()...)
	}
	if bounded.N == 0 {
		return nil, fmt.Errorf("unpacks to more than %d bytes", MaxCRDs)
	}
	return definitions, lines.Err()
}
