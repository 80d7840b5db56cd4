// Package standin serves the charts of a sandbox: the real archive where a
// cache folder has it, otherwise a stand-in made from what a component says of
// itself. Every object of a stand-in carries the label
// groundwork.dev/stand-in.
package standin

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// Label marks objects of stand-ins.
const Label = "groundwork.dev/stand-in"

// Component is what a chart is known by and what a stand-in is made from.
type Component struct {
	Name string
	// Chart, Version and Repository (https://… or oci://…) name the chart.
	Chart, Version, Repository string
	Namespace                  string
	// CRDs the chart brings, plural.group; Definitions holds the YAML of those
	// that are known, the others are made to accept anything.
	CRDs        []string
	Definitions map[string][]byte
	// TemplatedCRDs puts them among the templates, where the chart has them.
	TemplatedCRDs bool
	Workloads     []Workload
	// Manifests are objects of its own by file name. An object in them takes the
	// place of the workload of the same kind and name.
	Manifests map[string][]byte
}

// Workload is something that runs pods.
type Workload struct {
	// Kind is Deployment, StatefulSet or DaemonSet.
	Kind, Name string
	Images     []string
	Replicas   int
	Labels     map[string]string
}

// Chart is a chart that is served.
type Chart struct {
	Component, Version string
	// StandIn says that the real archive was not to be had.
	StandIn bool
	// Permissive are CRDs whose schema is not known: they accept anything.
	Permissive []string
	// Ref and Layout are set for a chart of an OCI registry: its reference
	// without oci:// and the OCI layout that holds it.
	Ref, Layout string
}

// charts writes the chart of every component below dir.
func charts(components []Component, cacheDir, dir string) ([]Chart, error) {
	var list []Chart
	index := map[string][]entry{}
	for _, c := range components {
		scheme, where, ok := strings.Cut(strings.TrimSuffix(c.Repository, "/"), "://")
		if !ok || !filepath.IsLocal(filepath.FromSlash(where)) || !filepath.IsLocal(c.file()) {
			return nil, fmt.Errorf("chart of component %s: repository %q: want https://… or oci://…", c.Name, c.Repository)
		}
		chart, data, err := c.archive(filepath.Join(cacheDir, "charts", filepath.FromSlash(where), c.file()))
		if err != nil {
			return nil, fmt.Errorf("chart of component %s: %w", c.Name, err)
		}
		if scheme == "oci" {
			chart.Ref = where + "/" + c.Chart + ":" + strings.ReplaceAll(c.Version, "+", "_")
			if chart.Layout, err = writeOCI(filepath.Join(dir, "oci"), c, data); err != nil {
				return nil, fmt.Errorf("chart of component %s: %w", c.Name, err)
			}
		} else {
			folder := filepath.Join(dir, "https", filepath.FromSlash(where))
			if err := write(filepath.Join(folder, c.file()), data); err != nil {
				return nil, err
			}
			index[folder] = append(index[folder], newEntry(c, data))
		}
		list = append(list, chart)
	}
	for folder, entries := range index {
		if err := writeIndex(folder, entries); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (c Component) file() string { return c.Chart + "-" + c.Version + ".tgz" }

func (c Component) archive(published string) (Chart, []byte, error) {
	chart := Chart{Component: c.Name, Version: c.Version}
	data, err := os.ReadFile(published)
	if err == nil {
		return chart, data, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return chart, nil, err
	}
	chart.StandIn = true
	data, chart.Permissive, err = Archive(c)
	return chart, data, err
}

func write(path string, data []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, data) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

func marshal(v any) ([]byte, error) {
	data, err := yaml.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("writing YAML: %w", err)
	}
	return data, nil
}
