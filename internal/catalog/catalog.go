// Package catalog loads components: one folder each, holding everything that
// is known about a piece of the platform and no Go. The component's name is
// its folder's name.
//
//	component.yaml    facts: chart, namespace, dependencies, webhooks, flows, workloads, parameters
//	values.yaml       the chart's values
//	values-ha.yaml    merged over values.yaml where the cluster's size is ha
//	manifests/*.yaml  plain objects that go with the controller
//	configs/*.yaml    custom resources that need the controller's CRDs; configs/NN-name/*.yaml are
//	                  stages, each applied after the one before it is ready
//	*.json            IAM policies that a service account names
//	standin/*.yaml    what the sandbox installs where the chart cannot be had
//	crds.json.gz      the chart's CRDs, for stand-ins and for checks without the chart
//	chart-keys.json   the keys of the chart's values; a mistyped one is an error then
//	README.md         what the component is for, in plain words
//
// Scalars of values, manifests and configs may refer to facts of the platform,
// {{cluster.name}}; package reference says how.
package catalog

import "io/fs"

// Layer is a folder of components.
type Layer struct {
	// Origin is how messages name the layer: it stands before the path of
	// every file, and is where a person finds it.
	Origin string
	// FS holds one folder a component. A symbolic link in it is an error.
	FS fs.FS
	// Proven says that the layer's tests hold its manifests to every rule, so that
	// those without references are taken without parsing them.
	Proven bool
}

// Catalog is every component that the layers hold. It is immutable.
type Catalog struct {
	components map[string]*Component
	names      []string
}

// Component returns the component of that name.
func (c *Catalog) Component(name string) (*Component, bool) {
	comp, ok := c.components[name]
	return comp, ok
}

// Names returns the names of all components, sorted. The caller must not
// change the slice.
func (c *Catalog) Names() []string { return c.names }
