package prove

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/helmrelease"
	"github.com/groundwork-dev/groundwork/internal/validate"
)

// charts knows the charts of the catalogue, and renders those that are in the
// cache folder.
type charts struct {
	catalog *catalog.Catalog
	cache   string
}

func newCharts(c *catalog.Catalog, cache string) *charts { return &charts{catalog: c, cache: cache} }

// Render implements validate.Charts.
func (c *charts) Render(context.Context, *helmrelease.Release) ([]*unstructured.Unstructured, bool, error) {
	return nil, false, nil
}

// Known implements validate.Charts. CRDs hardly change between the versions of
// a chart; keys do, and count for the very version only.
func (c *charts) Known(chart helmrelease.Chart) (validate.Known, bool) {
	for _, name := range c.catalog.Names() {
		component, _ := c.catalog.Component(name)
		if component.Chart == nil || component.Chart.Name != chart.Name || component.Chart.Repository != chart.Repository {
			continue
		}
		known := validate.Known{Component: component}
		if component.Chart.Version == chart.Version {
			known.Keys = component.ChartKeys()
		}
		var err error
		known.Definitions, err = definitions(component)
		return known, err == nil
	}
	return validate.Known{}, false
}

// definitions returns the CRDs of a component, sorted by name.
func definitions(c *catalog.Component) ([]*unstructured.Unstructured, error) {
	crds, err := c.CRDs()
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(crds))
	for name := range crds {
		names = append(names, name)
	}
	slices.Sort(names)
	list := make([]*unstructured.Unstructured, len(names))
	for i, name := range names {
		o := &unstructured.Unstructured{}
		if err := utiljson.Unmarshal(crds[name], &o.Object); err != nil {
			return nil, fmt.Errorf("reading the CRD %s of %s: %w", name, c.Name, err)
		}
		list[i] = o
	}
	return list, nil
}
