package standin

import (
	"bytes"
	"encoding/json"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const configType = "application/vnd.cncf.helm.config.v1+json"

// helmArtifact is an image whose configuration is a chart's metadata, as Helm
// pushes charts.
type helmArtifact struct {
	v1.Image
	config []byte
}

func (a *helmArtifact) RawConfigFile() ([]byte, error) { return a.config, nil }

func (a *helmArtifact) ConfigName() (v1.Hash, error) {
	h, _, err := v1.SHA256(bytes.NewReader(a.config))
	return h, err
}

func (a *helmArtifact) Manifest() (*v1.Manifest, error) {
	m, err := a.Image.Manifest()
	if err != nil {
		return nil, err
	}
	m = m.DeepCopy()
	if m.Config.Digest, err = a.ConfigName(); err != nil {
		return nil, err
	}
	m.Config.MediaType, m.Config.Size = configType, int64(len(a.config))
	return m, nil
}

func (a *helmArtifact) RawManifest() ([]byte, error) {
	m, err := a.Manifest()
	if err != nil {
		return nil, err
	}
	return json.Marshal(m)
}

func (a *helmArtifact) Digest() (v1.Hash, error) {
	raw, err := a.RawManifest()
	if err != nil {
		return v1.Hash{}, err
	}
	h, _, err := v1.SHA256(bytes.NewReader(raw))
	return h, err
}

func (a *helmArtifact) Size() (int64, error) {
	raw, err := a.RawManifest()
	return int64(len(raw)), err
}
