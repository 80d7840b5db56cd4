package standin

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/groundwork-dev/groundwork/internal/sandbox/artifact"
)

type entry struct {
	APIVersion string   `json:"apiVersion"`
	Name       string   `json:"name"`
	Version    string   `json:"version"`
	Created    string   `json:"created"`
	Digest     string   `json:"digest"`
	URLs       []string `json:"urls"`
}

func newReader(data []byte) *bufio.Reader { return bufio.NewReader(bytes.NewReader(data)) }

func newEntry(c Component, data []byte) entry {
	return entry{
		APIVersion: "v2", Name: c.Chart, Version: c.Version, Created: "1970-01-01T00:00:00Z",
		Digest: digest(data), URLs: []string{c.file()},
	}
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func writeIndex(folder string, entries []entry) error {
	byName := map[string][]entry{}
	for _, e := range entries {
		byName[e.Name] = append(byName[e.Name], e)
	}
	data, err := marshal(map[string]any{"apiVersion": "v1", "generated": "1970-01-01T00:00:00Z", "entries": byName})
	if err != nil {
		return err
	}
	return write(filepath.Join(folder, "index.yaml"), data)
}

// writeOCI keeps the chart as an OCI artifact in a layout named by its content.
func writeOCI(dir string, c Component, data []byte) (string, error) {
	return artifact.Keep(filepath.Join(dir, digest(data)[:24]), func() (v1.Image, error) {
		config, err := json.Marshal(map[string]string{"apiVersion": "v2", "name": c.Chart, "version": c.Version})
		if err != nil {
			return nil, err
		}
		image, err := mutate.AppendLayers(mutate.MediaType(empty.Image, types.OCIManifestSchema1),
			static.NewLayer(data, "application/vnd.cncf.helm.chart.content.v1.tar+gzip"))
		if err != nil {
			return nil, fmt.Errorf("making the artifact: %w", err)
		}
		return &helmArtifact{Image: image, config: config}, nil
	})
}
