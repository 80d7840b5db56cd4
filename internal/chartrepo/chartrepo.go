// Package chartrepo downloads Helm chart archives from https:// repositories
// and OCI registries, checked against the digest that the source states.
package chartrepo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"sigs.k8s.io/yaml"
)

// What a source may send at most, in bytes: an index lists every version that
// there ever was.
const (
	maxIndex   = 64 << 20
	maxArchive = 32 << 20
)

// archiveType is the media type of a chart's archive in a registry.
const archiveType types.MediaType = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"

// Chart is one version of a chart.
type Chart struct {
	Name, Version string
	// Repository is https://…, above index.yaml, or oci://…, without the name.
	Repository string
}

// Client downloads charts. The zero value uses the default transport, which
// knows the proxy of the environment.
type Client struct {
	Transport http.RoundTripper
}

// Pull returns the chart's archive.
func (c Client) Pull(ctx context.Context, chart Chart) ([]byte, error) {
	pull := c.fromIndex
	if strings.HasPrefix(chart.Repository, "oci://") {
		pull = c.fromRegistry
	}
	data, err := pull(ctx, chart)
	if err != nil {
		return nil, fmt.Errorf("pulling chart %s %s from %s: %w", chart.Name, chart.Version, chart.Repository, err)
	}
	return data, nil
}

// Archive returns what stands at the https:// address of a chart's archive. Nobody
// says what its digest has to be.
func (c Client) Archive(ctx context.Context, address string) ([]byte, error) {
	from, err := url.Parse(address)
	if err != nil || from.Scheme != "https" || from.Host == "" {
		return nil, fmt.Errorf("pulling a chart: %q is no https:// address", address)
	}
	data, err := c.get(ctx, from, maxArchive)
	if err != nil {
		return nil, fmt.Errorf("pulling a chart: %w", err)
	}
	return data, nil
}

func (c Client) transport() http.RoundTripper {
	if c.Transport == nil {
		return http.DefaultTransport
	}
	return c.Transport
}

func (c Client) fromRegistry(ctx context.Context, chart Chart) ([]byte, error) {
	// A tag may not hold the + of a version.
	tag := strings.ReplaceAll(chart.Version, "+", "_")
	ref, err := name.ParseReference(strings.TrimPrefix(chart.Repository, "oci://") + "/" + chart.Name + ":" + tag)
	if err != nil {
		return nil, err
	}
	image, err := remote.Image(ref, remote.WithContext(ctx), remote.WithTransport(c.transport()))
	if err != nil {
		return nil, err
	}
	layers, err := image.Layers()
	if err != nil {
		return nil, err
	}
	for _, layer := range layers {
		if t, err := layer.MediaType(); err != nil || t != archiveType {
			continue
		}
		return content(layer)
	}
	return nil, errors.New("the artifact holds no chart")
}

// content reads a layer, whose digest is checked on the way.
func content(layer v1.Layer) ([]byte, error) {
	r, err := layer.Compressed()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return bounded(r, maxArchive)
}

// index is what is read of an index.yaml.
type index struct {
	Entries map[string][]struct {
		Version string   `json:"version"`
		Digest  string   `json:"digest"`
		URLs    []string `json:"urls"`
	} `json:"entries"`
}

func (c Client) fromIndex(ctx context.Context, chart Chart) ([]byte, error) {
	base, err := url.Parse(strings.TrimSuffix(chart.Repository, "/") + "/")
	if err != nil {
		return nil, err
	}
	data, err := c.get(ctx, base.JoinPath("index.yaml"), maxIndex)
	if err != nil {
		return nil, err
	}
	var idx index
	if err := yaml.Unmarshal(data, &idx); err != nil {
		return nil, fmt.Errorf("reading index.yaml: %w", err)
	}
	for _, v := range idx.Entries[chart.Name] {
		if v.Version != chart.Version || len(v.URLs) == 0 {
			continue
		}
		where, err := base.Parse(v.URLs[0])
		if err != nil {
			return nil, err
		}
		archive, err := c.get(ctx, where, maxArchive)
		if err != nil {
			return nil, err
		}
		if got := sha256.Sum256(archive); v.Digest != "" && hex.EncodeToString(got[:]) != strings.TrimPrefix(v.Digest, "sha256:") {
			return nil, fmt.Errorf("%s has digest %x, the index says %s", where, got, v.Digest)
		}
		return archive, nil
	}
	return nil, fmt.Errorf("the repository has no version %s of it", chart.Version)
}

func (c Client) get(ctx context.Context, from *url.URL, most int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from.String(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := (&http.Client{Transport: c.transport()}).Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", from, resp.Status)
	}
	return bounded(resp.Body, most)
}

// bounded reads everything, or fails when it is more than most bytes.
func bounded(r io.Reader, most int64) ([]byte, error) {
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(r, most+1))
	if err == nil && n > most {
		err = fmt.Errorf("more than %d bytes", most)
	}
	return b.Bytes(), err
}
